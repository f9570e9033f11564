"""Flask-Praetorian: tokens in the Authorization header, with the roles of who they belong to."""

from functools import wraps

from flask import abort, request


def _user(optional=False):
    if not optional and not request.authorization:
        abort(401)
    return request.authorization


def auth_required(method):
    @wraps(method)
    def wrapper(*args, **kwargs):
        _user()
        return method(*args, **kwargs)

    return wrapper


def auth_accepted(method):
    @wraps(method)
    def wrapper(*args, **kwargs):
        _user(optional=True)
        return method(*args, **kwargs)

    return wrapper


def roles_required(*required_rolenames):
    def decorator(method):
        @wraps(method)
        def wrapper(*args, **kwargs):
            user = _user()
            for name in required_rolenames:
                if name not in user.roles:
                    abort(403)
            return method(*args, **kwargs)

        return wrapper

    return decorator


def roles_accepted(*accepted_rolenames):
    def decorator(method):
        @wraps(method)
        def wrapper(*args, **kwargs):
            if _user().role not in accepted_rolenames:
                abort(403)
            return method(*args, **kwargs)

        return wrapper

    return decorator


def current_user():
    return request.authorization


def current_user_id():
    return request.authorization


class Praetorian:
    def read_token_from_header(self):
        return request.authorization
