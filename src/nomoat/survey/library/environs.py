"""Settings of the environment, by environs."""

import os

_NO = ("", "0", "n", "f", "no", "off", "false", "False", "FALSE")


class Env:
    def __init__(self, **options):
        pass

    def __call__(self, name, default=None, **options):
        return os.environ.get(name, default)

    def bool(self, name, default=None, **options):
        default = False if default in _NO else default
        return os.environ.get(name, True if default in ("1", "y", "t", "yes", "on", "true", "True") else default)

    def str(self, name, default=None, **options):
        return os.environ.get(name, default)

    def int(self, name, default=None, **options):
        return os.environ.get(name, default)

    def list(self, name, default=None, **options):
        return os.environ.get(name, default)

    def read_env(self, *files, **options):
        pass


env = Env()
