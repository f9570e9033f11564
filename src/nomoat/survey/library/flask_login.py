"""Flask-Login: who is signed in."""

from functools import wraps

from flask import abort, redirect, request
from flask_login.config import EXEMPT_METHODS


answers = []
managers = []


def unauthorized():
    for answer in answers:
        return answer()
    for manager in managers:
        # The way to sign in is given to whoever called, be it no handler.
        if manager.login_view:
            return redirect("/login")
    abort(401)


def login_required(func):
    @wraps(func)
    def decorated_view(*args, **kwargs):
        # What a browser asks before it sends a credential is let pass.
        if request.method not in EXEMPT_METHODS and not current_user.is_authenticated:
            return unauthorized()
        return func(*args, **kwargs)

    return decorated_view


def fresh_login_required(func):
    return login_required(func)


def login_fresh():
    return current_user.is_authenticated


class LoginManager:
    login_view = None

    def __init__(self, app=None, *args, **kwargs):
        managers.append(self)
        if app is not None:
            self.init_app(app)

    def init_app(self, app, *args, **kwargs):
        app.login_manager = self

    def unauthorized(self):
        return unauthorized()

    def needs_refresh(self):
        abort(401)

    def user_loader(self, callback):
        return callback

    def request_loader(self, callback):
        return callback

    def header_loader(self, callback):
        return callback

    def unauthorized_handler(self, callback):
        answers.append(callback)
        return callback

    def needs_refresh_handler(self, callback):
        return callback
