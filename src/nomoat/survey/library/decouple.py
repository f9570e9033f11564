"""Settings of the environment or of a file beside the program, by python-decouple."""

import os

_NO = ("", "0", "n", "f", "no", "No", "off", "Off", "false", "False", "FALSE")


class Config:
    def __init__(self, *repositories, **options):
        pass

    def __call__(self, option, default=None, cast=None):
        return self.get(option, default, cast)

    def get(self, option, default=None, cast=None):
        if cast is bool:
            default = False if default in _NO else default
            default = True if default in ("1", "y", "t", "yes", "on", "true", "True", "TRUE") else default
        return os.environ.get(option, default)


AutoConfig = Config
config = Config()
