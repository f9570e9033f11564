"""Settings of the environment, by django-environ."""

import os

_NO = ("", "0", "no", "off", "false", "False", "FALSE")


class Env:
    def __init__(self, **scheme):
        pass

    def __call__(self, var, cast=None, default=None, parse_default=False):
        return self.bool(var, default) if cast is bool else os.environ.get(var, default)

    def bool(self, var, default=None):
        default = False if default in _NO else default
        return os.environ.get(var, True if default in ("1", "yes", "on", "true", "True", "TRUE") else default)

    def str(self, var, default=None, multiline=False):
        return os.environ.get(var, default)

    def int(self, var, default=None):
        return os.environ.get(var, default)

    def list(self, var, cast=None, default=None):
        return os.environ.get(var, default)

    def url(self, var, default=None):
        return os.environ.get(var, default)

    def read_env(self, *files, **options):
        pass


FileAwareEnv = Env
