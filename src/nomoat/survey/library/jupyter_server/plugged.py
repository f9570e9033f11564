"""Jupyter Server: what an extension is given when the server loads it, and the class that it may name instead."""

from jupyter_server.auth.identity import ProviderOfServer
from tornado.web import Application as WebApplication

from nomoat.survey import is_read, is_several


class Application(WebApplication):
    def __init__(self):
        super().__init__([])

    def include(self, loader):
        self.settings["base_url"] = "/"
        self.settings["identity_provider"] = ProviderOfServer()
        given = loader(ServerApp(self))
        if is_several(given):
            for point in given:
                self.add_extension(point.get("app"))

    def add_extension(self, extension):
        if is_read(extension):
            extension().link(ServerApp(self))


class ServerApp:
    base_url = "/"

    def __init__(self, web_app):
        self.web_app = web_app
