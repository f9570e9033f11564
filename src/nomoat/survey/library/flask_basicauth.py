"""Flask-BasicAuth: one name and one password for everybody."""

from functools import wraps

from flask import Response, current_app, request


class BasicAuth:
    def __init__(self, app=None):
        if app is not None:
            self.init_app(app)

    def init_app(self, app):
        app.config.setdefault("BASIC_AUTH_FORCE", False)

        @app.before_request
        def require_basic_auth():
            if not current_app.config["BASIC_AUTH_FORCE"]:
                return None
            if not self.authenticate():
                return self.challenge()
            return None

    def check_credentials(self, username, password):
        return bool(username and password)

    def authenticate(self):
        return request.authorization is not None

    def challenge(self):
        return Response(status=401)

    def required(self, view_func):
        @wraps(view_func)
        def wrapper(*args, **kwargs):
            if self.authenticate():
                return view_func(*args, **kwargs)
            return self.challenge()

        return wrapper
