"""JupyterHub: how somebody signs in and out."""

from jupyterhub.handlers.base import BaseHandler


class LogoutHandler(BaseHandler):
    async def get(self):
        self.finish("a page")


class LoginHandler(BaseHandler):
    async def get(self):
        self.finish("a page")

    async def post(self):
        self.redirect("/hub/home")
