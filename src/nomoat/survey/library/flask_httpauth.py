"""Flask-HTTPAuth: a name and a password, or a token, in the Authorization header."""

from functools import wraps

from flask import abort, request


class HTTPAuth:
    def login_required(self, f=None, role=None, optional=None):
        def internal(func):
            @wraps(func)
            def decorated(*args, **kwargs):
                # What a browser asks before it sends a credential is let pass.
                if request.method != "OPTIONS":
                    if not optional and not request.authorization:
                        abort(401)
                    if role is not None and request.authorization.role != role:
                        abort(403)
                return func(*args, **kwargs)

            return decorated

        return internal(f) if callable(f) else internal

    def current_user(self):
        return request.authorization

    def username(self):
        return request.authorization

    def verify_password(self, f):
        return f

    def verify_token(self, f):
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
    pass


class HTTPDigestAuth(HTTPAuth):
    pass


class HTTPTokenAuth(HTTPAuth):
    pass


class MultiAuth(HTTPAuth):
    pass
