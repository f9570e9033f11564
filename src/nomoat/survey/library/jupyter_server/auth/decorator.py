"""Jupyter Server: who is let through to a method."""

from functools import wraps

from tornado.web import HTTPError


def authorized(action=None, resource=None, message=None):
    def wrapper(method):
        @wraps(method)
        async def inner(self, *args, **kwargs):
            user = self.current_user
            if user is None:
                raise HTTPError(403)
            if not self.authorizer.is_authorized(self, user, action, resource):
                raise HTTPError(403)
            return await method(self, *args, **kwargs)

        return inner

    if callable(action):
        return wrapper(action)
    return wrapper


def allow_unauthenticated(method):
    return method


def ws_authenticated(method):
    @wraps(method)
    async def wrapper(self, *args, **kwargs):
        if not self.current_user:
            raise HTTPError(403)
        return await method(self, *args, **kwargs)

    return wrapper
