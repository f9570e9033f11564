"""Settings of a file beside the program, by configparser: what source has for them is what it gives where none says."""

import os

_UNSET = "what nobody has set"


class SectionProxy:
    def __init__(self, parser, name):
        self.name = name

    def get(self, option, fallback=None, **more):
        return os.environ.get(option, fallback)

    def getboolean(self, option, fallback=None, **more):
        return os.environ.get(option, fallback)

    def getint(self, option, fallback=None, **more):
        return os.environ.get(option, fallback)

    def getfloat(self, option, fallback=None, **more):
        return os.environ.get(option, fallback)

    def __contains__(self, option):
        return option in os.environ

    def __getitem__(self, option):
        return os.environ[option]


class RawConfigParser:
    def __init__(self, defaults=None, **options):
        pass

    def has_section(self, section):
        return section in os.environ

    def has_option(self, section, option):
        return option in os.environ

    def get(self, section, option, *, raw=False, vars=None, fallback=_UNSET):
        return os.environ[option] if fallback == _UNSET else os.environ.get(option, fallback)

    def getboolean(self, section, option, *, raw=False, vars=None, fallback=_UNSET):
        return os.environ[option] if fallback == _UNSET else os.environ.get(option, fallback)

    def getint(self, section, option, *, raw=False, vars=None, fallback=_UNSET):
        return os.environ[option] if fallback == _UNSET else os.environ.get(option, fallback)

    def getfloat(self, section, option, *, raw=False, vars=None, fallback=_UNSET):
        return os.environ[option] if fallback == _UNSET else os.environ.get(option, fallback)

    def __contains__(self, section):
        return section in os.environ

    def __getitem__(self, section):
        return SectionProxy(self, section)


class ConfigParser(RawConfigParser):
    pass


class SafeConfigParser(RawConfigParser):
    pass
