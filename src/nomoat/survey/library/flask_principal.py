"""Flask-Principal: what the identity at hand may; whoever is not signed in has what receivers of a signal give."""

from functools import wraps

from flask import abort, current_app, session
from flask_login import current_user


class Signal:
    def __init__(self):
        self.receivers = []

    def connect(self, receiver, sender=None, weak=True):
        self.receivers.append(receiver)
        return receiver

    def connect_via(self, sender, weak=False):
        return self.connect

    def send(self, *args, **kwargs):
        return []


identity_loaded = Signal()
identity_changed = Signal()


class Identity:
    def __init__(self, id, auth_type=None):
        self.id = id
        self.auth_type = auth_type
        self.provides = set()

    def can(self, permission):
        return permission.allows(self)


class AnonymousIdentity(Identity):
    def __init__(self):
        self.id = None
        self.auth_type = None
        self.provides = set()


class Principal:
    def __init__(self, app=None, *args, **kwargs):
        self.app = app

    def init_app(self, app):
        self.app = app

    def identity_loader(self, f):
        return f

    def identity_saver(self, f):
        return f

    def set_identity(self, identity):
        return None


def holds(permission):
    if not permission.needs:
        return True
    if current_user.is_authenticated or session.get("identity.id"):
        return current_user.has_permission(permission)
    identity = AnonymousIdentity()
    for receiver in identity_loaded.receivers:
        receiver(current_app, identity=identity)
    # Whatever nobody has from there, it is a question about who calls.
    return permission.allows(identity) or current_user.is_authenticated


class IdentityContext:
    def __init__(self, permission, http_exception=None):
        self.permission = permission
        self.http_exception = http_exception

    def can(self):
        return holds(self.permission)

    def __call__(self, f):
        @wraps(f)
        def decorated(*args, **kwargs):
            self.__enter__()
            return f(*args, **kwargs)

        return decorated

    def __enter__(self):
        if not self.can():
            abort(self.http_exception or 403)

    def __exit__(self, *args):
        return False


class Permission:
    def __init__(self, *needs):
        self.needs = needs

    def allows(self, identity):
        return bool([need for need in self.needs if need in identity.provides])

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
