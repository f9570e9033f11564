import os
import stat
from pathlib import Path

MODE = 0o666


def bad(path):
    os.chmod(path, 0o777)  # expect: permissive-mode
    os.chmod(path, mode=MODE)  # expect: permissive-mode
    os.chmod(path, stat.S_IRWXU | stat.S_IRWXO)  # expect: permissive-mode
    Path(path).chmod(0o777)  # expect: permissive-mode


def safe(path, mode):
    os.chmod(path, 0o600)
    os.chmod(path, mode)
    os.chmod(path, stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP)
    Path(path).chmod(0o750)
    os.umask(0o077)
