"""JupyterHub: what a caller has to be granted before a method runs; one of several is enough."""

from functools import wraps

from tornado.web import HTTPError


def needs_scope(*scopes):
    def decorator(method):
        @wraps(method)
        def wrapper(self, *args, **kwargs):
            user = self.current_user
            if not user or not any([scope in user.scopes for scope in scopes]):
                raise HTTPError(403)
            return method(self, *args, **kwargs)

        return wrapper

    return decorator
