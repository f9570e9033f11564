"""Litestar: middleware that asks who is calling before anything else does."""

import re


class AuthenticationResult:
    def __init__(self, user, auth):
        self.user = user
        self.auth = auth


class AbstractAuthenticationMiddleware:
    def __init__(
        self, app, exclude=None, exclude_from_auth_key="exclude_from_auth", exclude_http_methods=None, scopes=None
    ):
        self.exclude = exclude
        self.exclude_opt_key = exclude_from_auth_key
        self.exclude_http_methods = exclude_http_methods or ("OPTIONS",)
        self.scopes = scopes

    async def guarding(self, request, following):
        if self.asks(request):
            result = await self.authenticate_request(request)
            request.user = result.user
            request.auth = result.auth
        return await following(request)

    def asks(self, request):
        if request.method in self.exclude_http_methods:
            return False
        if request.method == "WS" and self.scopes is not None and "websocket" not in self.scopes:
            return False
        if request.route_handler.opt.get(self.exclude_opt_key):
            return False
        patterns = [self.exclude] if isinstance(self.exclude, str) else self.exclude
        for pattern in patterns or []:
            if re.search(pattern, request.path):
                return False
        return True

    async def authenticate_request(self, connection):
        return AuthenticationResult(connection.authorization, connection.authorization)
