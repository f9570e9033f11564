"""Jupyter Server: classes that answer. Who calls is asked by what stands around their methods."""

from jupyter_server.auth.identity import ProviderOfServer
from jupyter_server.auth.login import user_of
from tornado.web import RequestHandler, StaticFileHandler, authenticated

path_regex = r"(?P<path>(?:(?:/[^/]+)+|/?))"


class AuthenticatedHandler(RequestHandler):
    async def prepare(self):
        provider = self.settings.get("identity_provider")
        if provider is not None and not isinstance(provider, ProviderOfServer):
            self.current_user = await provider.get_user(self)

    def get_current_user(self):
        if self.settings.get("identity_provider") is None:
            # A server of its own has no provider: the version of the package says whether anybody is somebody there.
            return user_of(self)
        return self.request.authorization

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
