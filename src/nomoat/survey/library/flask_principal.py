"""Flask-Principal: what the identity at hand may."""

from functools import wraps

from flask import abort, g


class IdentityContext:
    def __init__(self, permission, http_exception=None):
        self.permission = permission
        self.http_exception = http_exception

    def can(self):
        return g.identity.can(self.permission)

    def __call__(self, f):
        @wraps(f)
        def decorated(*args, **kwargs):
            self.__enter__()
            return f(*args, **kwargs)

        return decorated

    def __enter__(self):
        if not g.identity.can(self.permission):
            abort(self.http_exception or 403)

    def __exit__(self, *args):
        return False


class Permission:
    def __init__(self, *needs):
        self.needs = needs

    def require(self, http_exception=None):
        return IdentityContext(self, http_exception)

    def test(self, http_exception=None):
        with self.require(http_exception):
            pass

    def can(self):
        return self.require().can()

    def __enter__(self):
        self.require().__enter__()

    def __exit__(self, *args):
        return False
