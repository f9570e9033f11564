"""Flask-RESTful: resources, whose methods answer."""

from flask import abort as aborted
from flask import request
from flask.views import MethodView


def abort(http_status_code, **kwargs):
    aborted(http_status_code)


class Resource(MethodView):
    method_decorators = []

    def dispatch_request(self, *args, **kwargs):
        method = getattr(self, request.method.lower(), None)
        if method is None and request.method == "HEAD":
            method = self.get
        decorators = self.method_decorators
        if isinstance(decorators, dict):
            decorators = decorators.get(request.method.lower(), [])
        for decorator in decorators:
            method = decorator(method)
        return method(*args, **kwargs)
