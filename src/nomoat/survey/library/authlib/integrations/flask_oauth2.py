"""Authlib: a token in the Authorization header."""

from functools import wraps

from flask import abort, request


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
