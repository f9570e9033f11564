"""What the model of JupyterHub says, route by route: each mark is what the map must show."""

from jupyterhub.apihandlers import APIHandler
from jupyterhub.auth import Authenticator
from jupyterhub.handlers import BaseHandler
from jupyterhub.handlers.pages import HomeHandler
from jupyterhub.scopes import needs_scope
from jupyterhub.utils import admin_only
from tornado import web
from traitlets.config import get_config


class Boards(BaseHandler):
    # map: GET /hub/boards signed-in
    @web.authenticated
    async def get(self):
        self.finish(await self.render_template("boards.html"))

    # map: POST /hub/boards needs admin:servers
    @needs_scope("admin:servers")
    async def post(self):
        self.finish("made")


class Hello(BaseHandler):
    # map: GET /hub/hello open
    def get(self):
        self.finish(f"hello {self.current_user}")


class Start(HomeHandler):
    # map: GET /hub/start signed-in
    async def get(self):
        return await super().get()


class Board(APIHandler):
    # map: GET /hub/api/boards/{name} signed-in
    @web.authenticated
    async def get(self, name):
        self.finish(name)

    # map: DELETE /hub/api/boards/{name} needs role:admin
    @admin_only
    async def delete(self, name):
        self.set_status(204)


class SignUp(BaseHandler):
    # map: GET /hub/signup open
    async def get(self):
        self.finish(await self.render_template("signup.html"))

    # map: POST /hub/signup open
    async def post(self):
        self.redirect("/hub/login")


class People(Authenticator):
    def get_handlers(self, app):
        return [*super().get_handlers(app), (r"/signup", SignUp)]


pages = [
    (r"boards", Boards),
    (r"hello", Hello),
    (r"start", Start),
    (r"api/boards/(?P<name>[^/]+)", Board),
]
c = get_config()
c.JupyterHub.extra_handlers = pages
c.JupyterHub.authenticator_class = People
