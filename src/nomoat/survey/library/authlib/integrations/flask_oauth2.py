"""Authlib: a token in the Authorization header; a server whose endpoints are classes that are registered by name."""

from functools import wraps

from authlib.oauth2.rfc6749 import authenticate_endpoint_client
from flask import Response, abort, request


class AuthorizationServer:
    def create_endpoint_response(self, name, request_=None):
        # Which class answers under the name, and whether it asks for a client or a token, is not told here.
        authenticate_endpoint_client(request)
        return Response()


class ResourceProtector:
    def register_token_validator(self, validator):
        return None

    def acquire_token(self, scopes=None, **kwargs):
        if not request.authorization:
            abort(401)
        if scopes and not request.authorization.has_scope(scopes):
            abort(403)
        return request.authorization

    def acquire(self, scopes=None, **kwargs):
        return self.acquire_token(scopes)

    def __call__(self, scopes=None, optional=False, **kwargs):
        def wrapper(f):
            @wraps(f)
            def decorated(*args, **kwargs):
                if not optional:
                    self.acquire_token(scopes)
                return f(*args, **kwargs)

            return decorated

        return wrapper
