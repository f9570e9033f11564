"""APIFlask: Flask, with decorators that say what is taken, what is given and who may call."""

from flask import Blueprint, Flask, abort
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth
from werkzeug.exceptions import HTTPException


def _as_it_is(function):
    return function


class _Scaffold:
    def auth_required(self, auth, roles=None, optional=None):
        return auth.login_required(role=roles, optional=optional)

    def input(self, schema, location="json", **more):
        return _as_it_is

    def output(self, schema, status_code=200, **more):
        return _as_it_is

    def doc(self, **more):
        return _as_it_is


class APIFlask(_Scaffold, Flask):
    pass


class APIBlueprint(_Scaffold, Blueprint):
    pass


class APIKeyHeaderAuth(HTTPTokenAuth):
    pass


class APIKeyCookieAuth(HTTPTokenAuth):
    pass


class APIKeyQueryAuth(HTTPTokenAuth):
    pass


class HTTPError(HTTPException):
    def __init__(self, status_code, message=None, detail=None, headers=None, extra_data=None):
        self.code = status_code
