"""Flask-AppBuilder: the description of the interfaces, and its pages."""

from flask import make_response
from flask_appbuilder.api import BaseApi, expose, protect, safe
from flask_appbuilder.baseviews import BaseView
from flask_appbuilder.security.decorators import has_access


class OpenApi(BaseApi):
    route_base = "/api"
    allow_browser_login = True

    @expose("/<version>/_openapi")
    @protect()
    @safe
    def get(self, version):
        return self.response(200)


class SwaggerView(BaseView):
    route_base = "/swagger"
    default_view = "ui"

    @expose("/<version>")
    @has_access
    def show(self, version):
        return make_response("", 200)
