"""What the model of Jupyter Server says, route by route: each mark is what the map must show."""

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web


class Orders(APIHandler):
    # map: GET /shop/orders signed-in
    @web.authenticated
    def get(self):
        self.finish("orders")

    # map: POST /shop/orders signed-in
    @web.authenticated
    @authorized
    async def post(self):
        self.finish("placed")


class Hello(APIHandler):
    # map: GET /shop/hello open
    @allow_unauthenticated
    def get(self):
        self.finish("hello")

    # map: POST /shop/hello open
    def post(self):
        self.finish("hello")


def setup_handlers(web_app):
    base_url = web_app.settings["base_url"]
    listed = [("shop/orders", Orders), ("/shop/hello", Hello)]
    web_app.add_handlers(".*$", [(url_path_join(base_url, path), handler) for path, handler in listed])


def _load_jupyter_server_extension(server_app):
    server_app.log.info("the shop is open")
    setup_handlers(server_app.web_app)


load_jupyter_server_extension = _load_jupyter_server_extension
