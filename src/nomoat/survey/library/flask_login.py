"""Flask-Login: who is signed in."""

from functools import wraps

from flask import abort


def login_required(func):
    @wraps(func)
    def decorated_view(*args, **kwargs):
        if not current_user.is_authenticated:
            abort(401)
        return func(*args, **kwargs)

    return decorated_view


def fresh_login_required(func):
    return login_required(func)
