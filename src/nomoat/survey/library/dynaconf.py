"""Settings of files and the environment, by dynaconf."""

import os


class LazySettings:
    def __init__(self, *files, **options):
        pass

    def get(self, key, default=None, cast=None, fresh=False, parent=None):
        return os.environ.get(key, default)

    def as_bool(self, key):
        return os.environ[key]

    def exists(self, key, fresh=False):
        return key in os.environ

    def __call__(self, name, *arguments, **options):
        return os.environ[name]


Dynaconf = LazySettings
settings = LazySettings()
