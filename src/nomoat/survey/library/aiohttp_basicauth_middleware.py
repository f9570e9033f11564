"""aiohttp-basicauth-middleware: names and passwords for all paths that begin in one of some ways."""

from aiohttp import web


def basic_auth_middleware(urls, auth_dict, strategy=None):
    async def factory(app, handler):
        async def middleware(request):
            for url in urls:
                if request.path.startswith(url):
                    if not request.headers.get("Authorization"):
                        raise web.HTTPUnauthorized()
                    return await handler(request)
            return await handler(request)

        return middleware

    return factory
