"""Django: files, served while developing only."""


def static(prefix, view=None, **kwargs):
    return []
