"""flask-smorest: what its blueprints give to handlers, what it answers to exceptions, and what it refuses with."""

from functools import wraps

import flask
from flask import abort as aborted
from flask import request


def abort(http_status_code, **kwargs):
    aborted(http_status_code)


class Api:
    def handle_http_exception(self, error):
        return {}, error.code, {}


class Blueprint(flask.Blueprint):
    def arguments(self, schema, *, location="json", as_kwargs=False, **more):
        def decorator(func):
            @wraps(func)
            def wrapper(*args, **kwargs):
                if as_kwargs:
                    return func(*args, **kwargs)
                if location in ("query", "querystring"):
                    return func(*args, request.args, **kwargs)
                if location == "headers":
                    return func(*args, request.headers, **kwargs)
                if location == "cookies":
                    return func(*args, request.cookies, **kwargs)
                return func(*args, request.get_json(), **kwargs)

            return wrapper

        return decorator
