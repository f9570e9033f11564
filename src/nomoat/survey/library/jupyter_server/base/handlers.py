"""Jupyter Server: classes that answer. Who calls is asked by what stands around their methods."""

from tornado.web import RequestHandler, StaticFileHandler, authenticated

path_regex = r"(?P<path>(?:(?:/[^/]+)+|/?))"


class AuthenticatedHandler(RequestHandler):
    @property
    def base_url(self):
        return self.settings.get("base_url", "/")

    @property
    def logged_in(self):
        return self.current_user is not None


class JupyterHandler(AuthenticatedHandler):
    pass


class APIHandler(JupyterHandler):
    pass


class Template404(JupyterHandler):
    @authenticated
    def prepare(self):
        self.send_error(404)


class AuthenticatedFileHandler(JupyterHandler, StaticFileHandler):
    @authenticated
    async def get(self, path, **kwargs):
        return None

    @authenticated
    async def head(self, path):
        return None


class FileFindHandler(JupyterHandler, StaticFileHandler):
    def initialize(self, path, default_filename=None, no_cache_paths=None):
        return None
