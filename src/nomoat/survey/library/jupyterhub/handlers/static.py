"""JupyterHub: its files."""

from tornado.web import StaticFileHandler


class CacheControlStaticFilesHandler(StaticFileHandler):
    pass


class LogoHandler(StaticFileHandler):
    def get(self):
        return super().get("")

    def head(self):
        return self.get()
