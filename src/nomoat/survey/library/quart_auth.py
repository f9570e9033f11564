"""Quart-Auth: who is signed in, asked for by handlers that are coroutines."""

from functools import wraps

from flask import request


def login_required(func):
    @wraps(func)
    async def wrapper(*args, **kwargs):
        if not await current_user.is_authenticated:
            raise Unauthorized()
        return await func(*args, **kwargs)

    return wrapper


def basic_auth_required(username_key="", password_key=""):
    def decorator(func):
        @wraps(func)
        async def wrapper(*args, **kwargs):
            if request.authorization is None:
                raise UnauthorizedBasicAuth()
            return await func(*args, **kwargs)

        return wrapper

    return decorator


class AuthUser:
    def __init__(self, auth_id=None, **kwargs):
        self.auth_id = auth_id


class QuartAuth:
    user_class = AuthUser

    def __init__(self, app=None, **kwargs):
        return None

    def init_app(self, app):
        return None
