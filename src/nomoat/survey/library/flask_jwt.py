"""Flask-JWT: tokens in the Authorization header."""

from functools import wraps

from flask import abort, request


class JWTError(Exception):
    def __init__(self, error, description, status_code=401, headers=None):
        self.error = error
        self.description = description
        self.status_code = status_code


def _jwt_required(realm=None):
    if not request.authorization:
        abort(401)


def jwt_required(realm=None):
    def wrapper(fn):
        @wraps(fn)
        def decorator(*args, **kwargs):
            _jwt_required(realm)
            return fn(*args, **kwargs)

        return decorator

    return wrapper
