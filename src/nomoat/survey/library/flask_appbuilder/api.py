"""Flask-AppBuilder: classes whose exposed methods are an interface; each asks by a decorator of its own."""

import functools

from flask import jsonify, make_response
from flask_appbuilder.baseviews import AbstractViewApi, expose
from flask_appbuilder.security.decorators import permission_name, protect
from werkzeug.exceptions import BadRequest


def safe(f):
    def wraps(self, *args, **kwargs):
        try:
            return f(self, *args, **kwargs)
        except BadRequest:
            return make_response(jsonify(), 400)
        except Exception:
            return make_response(jsonify(), 500)

    return functools.update_wrapper(wraps, f)


class BaseApi(AbstractViewApi):
    version = "v1"
    resource_name = None
    allow_browser_login = False
    csrf_exempt = True

    def _default_route_base(self):
        name = self.resource_name or self.__class__.__name__.lower()
        return "/api/" + self.version + "/" + name.lower()

    def response(self, code, **kwargs):
        return make_response(jsonify(kwargs), code)

    def response_400(self, message=None):
        return self.response(400, message=message)

    def response_401(self):
        return self.response(401, message="Not authorized")

    def response_403(self):
        return self.response(403, message="Forbidden")

    def response_404(self):
        return self.response(404, message="Not found")

    def response_422(self, message=None):
        return self.response(422, message=message)

    def response_500(self, message=None):
        return self.response(500, message=message)


class BaseModelApi(BaseApi):
    pass


class ModelRestApi(BaseModelApi):
    @expose("/_info", methods=["GET"])
    @protect()
    @safe
    @permission_name("info")
    def info(self, **kwargs):
        return self.response(200)

    @expose("/<int:pk>", methods=["GET"])
    @protect()
    @safe
    @permission_name("get")
    def get(self, pk, **kwargs):
        return self.response(200)

    @expose("/", methods=["GET"])
    @protect()
    @safe
    @permission_name("get")
    def get_list(self, **kwargs):
        return self.response(200)

    @expose("/", methods=["POST"])
    @protect()
    @safe
    @permission_name("post")
    def post(self):
        return self.response(201)

    @expose("/<pk>", methods=["PUT"])
    @protect()
    @safe
    @permission_name("put")
    def put(self, pk):
        return self.response(200)

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    @safe
    @permission_name("delete")
    def delete(self, pk):
        return self.response(200)
