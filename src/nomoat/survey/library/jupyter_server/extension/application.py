"""Jupyter Server: extensions that are classes, each with its handlers."""

from jupyter_server.utils import url_path_join


class ExtensionApp:
    handlers = []

    def link(self, serverapp):
        self.serverapp = serverapp
        self.settings = {}
        self.handlers = list(self.handlers)
        self.initialize_settings()
        self.initialize_handlers()
        listed = [(url_path_join("/", handler[0]), *handler[1:]) for handler in self.handlers]
        serverapp.web_app.add_handlers(".*$", listed)

    def initialize_settings(self):
        return None

    def initialize_handlers(self):
        return None


class ExtensionAppJinjaMixin:
    def initialize_templates(self):
        return None
