"""Flask-JWT-Extended: tokens in the Authorization header or a cookie."""

from functools import wraps

from flask import abort, request


def verify_jwt_in_request(optional=False, fresh=False, refresh=False, **kwargs):
    # What a browser asks before it sends a credential is let pass.
    if optional or request.method == "OPTIONS":
        return None
    if not request.authorization:
        abort(401)
    return request.authorization


def jwt_required(optional=False, fresh=False, refresh=False, **kwargs):
    def wrapper(fn):
        @wraps(fn)
        def decorator(*args, **kwargs):
            verify_jwt_in_request(False if callable(optional) else optional)
            return fn(*args, **kwargs)

        return decorator

    # Before version 4 it stood without parentheses.
    return wrapper(optional) if callable(optional) else wrapper


def jwt_optional(fn):
    return fn


def jwt_refresh_token_required(fn):
    return jwt_required()(fn)


def fresh_jwt_required(fn):
    return jwt_required()(fn)


def get_jwt_identity():
    return request.authorization


def get_current_user():
    return request.authorization


def get_jwt():
    return request.authorization


def get_jwt_claims():
    return request.authorization
