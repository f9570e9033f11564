"""What the model of Pyramid says, route by route: each mark is what the map must show."""

from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import Allow, Authenticated, Everyone
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import forbidden_view_config, view_config, view_defaults


class Root:
    __acl__ = [
        (Allow, Everyone, "read"),
        (Allow, Authenticated, "write"),
        (Allow, "group:admins", ("admin", "write")),
    ]

    def __init__(self, request):
        self.request = request


# map: GET / open
# map: HEAD / open
@view_config(route_name="home", permission=NO_PERMISSION_REQUIRED)
def home(request):
    return Response("hello")


# map: GET /orders open
# map: HEAD /orders open
@view_config(route_name="orders", request_method="GET", permission="read")
def orders(context, request):
    return Response("all")


# map: POST /orders needs write
@view_config(route_name="orders", request_method="POST", permission="write")
def place(request):
    return Response("placed")


# Without a permission of its own, a view has the default one.
# map: GET /orders/{order_id} needs admin
# map: HEAD /orders/{order_id} needs admin
# map: DELETE /orders/{order_id} needs delete
@view_defaults(route_name="order")
class Order:
    def __init__(self, request):
        self.request = request

    @view_config(request_method="GET")
    def read(self):
        return Response("order")

    @view_config(request_method="DELETE", permission="delete")
    def remove(self):
        return Response("")


# map: GET /api/me signed-in
# map: HEAD /api/me signed-in
@view_config(route_name="me", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def me(request):
    if request.authenticated_userid is None:
        raise HTTPForbidden()
    return Response(request.authenticated_userid)


# map: GET /api/files/{name} signed-in
# map: HEAD /api/files/{name} signed-in
def files(request):
    if not request.authenticated_userid:
        return HTTPFound(location="/login")
    return Response("file")


@forbidden_view_config()
def refused(request):
    return Response("sign in", status=403)


def api(config):
    config.add_route("me", "/me")
    config.add_route("files", r"files/{name:.*}", request_method="GET")
    config.add_view(files, route_name="files", permission=NO_PERMISSION_REQUIRED)


# map: ANY /static open
def main(global_config, **settings):
    with Configurator(settings=settings, root_factory=Root) as config:
        config.set_authentication_policy(AuthTktAuthenticationPolicy("secret", hashalg="sha512"))
        config.set_default_permission("admin")
        config.add_static_view("static", "shop:static")
        config.add_route("home", "/")
        config.add_route("orders", "/orders")
        config.add_route("order", r"/orders/{order_id:\d+}")
        config.include(api, route_prefix="/api")
        config.scan()
        return config.make_wsgi_app()
