"""Pyramid: what an application keeps of itself."""


class Registry:
    def __init__(self, settings):
        self.settings = settings
