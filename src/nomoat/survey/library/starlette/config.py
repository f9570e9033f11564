"""Settings of the environment or of a file, by Starlette."""

import os


class Config:
    def __init__(self, *files, **options):
        pass

    def __call__(self, key, cast=None, default=None):
        return self.get(key, cast, default)

    def get(self, key, cast=None, default=None):
        if cast is bool:
            default = False if default in ("", "0", "false", "False") else default
            default = True if default in ("1", "true", "True") else default
        return os.environ.get(key, default)
