"""Flask-HTTPAuth: a name and a password, or a token, in a header; who sends none is asked about with empty texts."""

from functools import wraps

from flask import abort, request


class HTTPAuth:
    def __init__(self, scheme=None, realm=None, header=None):
        self.header = header
        self.verifies = None

    def login_required(self, f=None, role=None, optional=None):
        def internal(func):
            @wraps(func)
            def decorated(*args, **kwargs):
                # What a browser asks before it sends a credential is let pass.
                if request.method != "OPTIONS":
                    found = self.authenticate(self.get_auth(), "")
                    if not optional and not found:
                        abort(401)
                    if role is not None and request.authorization.role != role:
                        abort(403)
                return func(*args, **kwargs)

            return decorated

        return internal(f) if callable(f) else internal

    def get_auth(self):
        return request.headers.get(self.header) if self.header else request.authorization

    def authenticate(self, auth, stored_password):
        return auth

    def auth_error_callback(self, status=401):
        abort(401)

    def ensure_sync(self, f):
        return f

    def current_user(self):
        return request.authorization

    def username(self):
        return request.authorization

    def verify_password(self, f):
        self.verifies = f
        return f

    def verify_token(self, f):
        self.verifies = f
        return f

    def get_password(self, f):
        return f

    def hash_password(self, f):
        return f

    def get_user_roles(self, f):
        return f

    def error_handler(self, f):
        return f


class HTTPBasicAuth(HTTPAuth):
    def authenticate(self, auth, stored_password):
        name = auth.username if auth else ""
        password = auth.password if auth else ""
        return self.verifies(name, password) if self.verifies is not None else auth


class HTTPDigestAuth(HTTPAuth):
    def generate_ha1(self, username, password):
        return ""


class HTTPTokenAuth(HTTPAuth):
    def authenticate(self, auth, stored_password):
        token = auth.token if auth else ""
        return self.verifies(token) if self.verifies is not None else auth


class MultiAuth(HTTPAuth):
    def __init__(self, main_auth, *args):
        self.main_auth = main_auth

    def login_required(self, f=None, role=None, optional=None):
        # Who sends nothing is asked by the first of them.
        return self.main_auth.login_required(f, role=role, optional=optional)
