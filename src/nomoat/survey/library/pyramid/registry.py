"""Pyramid: what an application keeps of itself."""

from pyramid.included import utility_of_a_package


class Registry:
    def __init__(self, settings):
        self.settings = settings
        self.utilities = []

    def registerUtility(self, component=None, provided=None, name="", **others):
        self.utilities.append((provided, name, component))

    def queryUtility(self, provided, name="", default=None):
        for known, called, component in self.utilities:
            if known is provided and called == name:
                return component
        # Whatever else is here may have registered one.
        return utility_of_a_package(provided)

    def getUtility(self, provided, name=""):
        return self.queryUtility(provided, name)
