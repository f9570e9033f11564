"""JupyterHub: its pages, for classes of others that are made of them."""

from tornado.web import authenticated

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.scopes import needs_scope


class RootHandler(BaseHandler):
    def get(self):
        self.redirect("/hub/login")


class HomeHandler(BaseHandler):
    @authenticated
    async def get(self):
        self.finish("a page")


class SpawnHandler(BaseHandler):
    @authenticated
    async def get(self, user_name=None, server_name=""):
        self.finish("a page")

    @authenticated
    async def post(self, user_name=None, server_name=""):
        self.finish("a page")


class SpawnPendingHandler(BaseHandler):
    @authenticated
    async def get(self, user_name, server_name=""):
        self.finish("a page")


class AdminHandler(BaseHandler):
    @authenticated
    @needs_scope("admin-ui")
    async def get(self):
        self.finish("a page")


class TokenPageHandler(BaseHandler):
    @authenticated
    async def get(self):
        self.finish("a page")


class ProxyErrorHandler(BaseHandler):
    async def get(self, status_code_s):
        self.finish("a page")
