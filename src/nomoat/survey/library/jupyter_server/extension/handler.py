"""Jupyter Server: what classes that answer for an extension are made of, beside the class of the server."""


class ExtensionHandlerMixin:
    def initialize(self, name, *args, **kwargs):
        self.name = name


class ExtensionHandlerJinjaMixin:
    def get_template(self, name):
        return None
