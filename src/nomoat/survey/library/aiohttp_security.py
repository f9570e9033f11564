"""aiohttp-security: who is signed in, by policies of the application."""

from functools import wraps

from aiohttp import web


async def authorized_userid(request):
    return request.user.id


async def is_anonymous(request):
    return not request.user.is_authenticated


async def check_authorized(request):
    if not request.user.is_authenticated:
        raise web.HTTPUnauthorized()
    return request.user.id


async def check_permission(request, permission, context=None):
    if not request.user.is_authenticated:
        raise web.HTTPUnauthorized()
    if not request.user.has_permission(permission):
        raise web.HTTPForbidden()


def login_required(fn):
    @wraps(fn)
    async def wrapped(request):
        await check_authorized(request)
        return await fn(request)

    return wrapped


def has_permission(permission, context=None):
    def wrapper(fn):
        @wraps(fn)
        async def wrapped(request):
            await check_permission(request, permission, context)
            return await fn(request)

        return wrapped

    return wrapper
