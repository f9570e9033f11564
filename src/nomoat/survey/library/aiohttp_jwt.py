"""aiohttp-jwt: a token in the Authorization header, or wherever `token_getter` looks for it."""

import re
from functools import wraps

from aiohttp import web


def JWTMiddleware(
    secret_or_pub_key,
    request_property="payload",
    credentials_required=True,
    whitelist=(),
    token_getter=None,
    is_revoked=None,
    store_token=False,
    algorithms=None,
    auth_scheme="Bearer",
    audience=None,
    issuer=None,
):
    @web.middleware
    async def jwt_middleware(request, handler):
        if request.method == "OPTIONS":
            return await handler(request)
        for pattern in whitelist:
            if re.match(pattern, request.path):
                return await handler(request)
        token = await token_getter(request) if token_getter is not None else request.headers.get("Authorization")
        if not token and credentials_required:
            raise web.HTTPUnauthorized()
        if token:
            request[request_property] = request.user
        return await handler(request)

    return jwt_middleware


def match_any(required, provided):
    return any(scope in provided for scope in required)


def match_all(required, provided):
    return all(scope in provided for scope in required)


def _request_of(args):
    last = args[-1]
    return last.request if isinstance(last, web.View) else last


def login_required(func):
    @wraps(func)
    async def wrapped(*args, **kwargs):
        if not _request_of(args).user.is_authenticated:
            raise web.HTTPUnauthorized()
        return await func(*args, **kwargs)

    return wrapped


def check_permissions(scopes, permissions_property="scopes", comparison=match_all):
    required = scopes.split(" ") if isinstance(scopes, str) else scopes

    def scopes_checker(func):
        @wraps(func)
        async def wrapped(*args, **kwargs):
            user = _request_of(args).user
            if not user.is_authenticated:
                raise web.HTTPUnauthorized()
            if comparison is match_all:
                for scope in required:
                    if not user.has_permission(scope):
                        raise web.HTTPForbidden()
            elif not comparison(required, user.scopes):
                raise web.HTTPForbidden()
            return await func(*args, **kwargs)

        return wrapped

    return scopes_checker
