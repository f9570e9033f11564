"""Flask-Security: who is signed in, by any of several ways, and what they may."""

from functools import wraps

from flask import abort, redirect, request
from flask_login import answers, current_user


def login_required(func):
    @wraps(func)
    def decorated_view(*args, **kwargs):
        if request.method != "OPTIONS" and not current_user.is_authenticated:
            for answer in answers:
                return answer()
            # It always has a page to sign in on, and gives the way there to whoever called, be it no handler.
            return redirect("/login")
        return func(*args, **kwargs)

    return decorated_view


def auth_required(*auth_methods, **kwargs):
    def wrapper(fn):
        @wraps(fn)
        def decorated(*args, **kwargs):
            if not current_user.is_authenticated:
                abort(401)
            return fn(*args, **kwargs)

        return decorated

    return wrapper


def auth_token_required(fn):
    return auth_required("token")(fn)


def http_auth_required(realm):
    return auth_required("basic")(realm) if callable(realm) else auth_required("basic")


def roles_required(*roles):
    def wrapper(fn):
        @wraps(fn)
        def decorated(*args, **kwargs):
            for role in roles:
                if not current_user.has_role(role):
                    abort(403)
            return fn(*args, **kwargs)

        return decorated

    return wrapper


def roles_accepted(*roles):
    def wrapper(fn):
        @wraps(fn)
        def decorated(*args, **kwargs):
            if not any(current_user.has_role(role) for role in roles):
                abort(403)
            return fn(*args, **kwargs)

        return decorated

    return wrapper


def permissions_required(*permissions):
    def wrapper(fn):
        @wraps(fn)
        def decorated(*args, **kwargs):
            for permission in permissions:
                if not current_user.has_permission(permission):
                    abort(403)
            return fn(*args, **kwargs)

        return decorated

    return wrapper


def permissions_accepted(*permissions):
    def wrapper(fn):
        @wraps(fn)
        def decorated(*args, **kwargs):
            if not any(current_user.has_permission(permission) for permission in permissions):
                abort(403)
            return fn(*args, **kwargs)

        return decorated

    return wrapper
