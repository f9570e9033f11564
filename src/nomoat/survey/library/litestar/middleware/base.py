"""Litestar: middleware that stands around an application as ASGI has it, but for the paths that it leaves out."""

import re


def left_out(scope, patterns, key, scopes):
    if scopes is not None and scope["type"] not in scopes:
        return True
    if key is not None and scope["route_handler"].opt.get(key):
        return True
    for pattern in [patterns] if isinstance(patterns, str) else patterns or []:
        if re.search(pattern, scope["path"]):
            return True
    return False


class AbstractMiddleware:
    exclude = None
    exclude_opt_key = None
    scopes = None

    def __init__(self, app, exclude=None, exclude_opt_key=None, scopes=None):
        self.app = app
        self.exclude = exclude or self.exclude
        self.exclude_opt_key = exclude_opt_key or self.exclude_opt_key
        self.scopes = scopes or self.scopes

    async def standing_around(self, scope, receive, send):
        if left_out(scope, self.exclude, self.exclude_opt_key, self.scopes):
            await self.app(scope, receive, send)
        else:
            await self(scope, receive, send)


class ASGIMiddleware:
    exclude_path_pattern = None
    exclude_opt_key = None
    scopes = None

    def __call__(self, app):
        async def standing_around(scope, receive, send):
            if left_out(scope, self.exclude_path_pattern, self.exclude_opt_key, self.scopes):
                await app(scope, receive, send)
            else:
                await self.handle(scope, receive, send, app)

        return standing_around
