"""FastAPI-Login: who is calling, by a token of the Authorization header or a cookie."""

from fastapi import Depends, HTTPException
from fastapi.security import APIKeyHeader


class LoginManager:
    def __init__(self, secret, token_url, algorithm="HS256", use_cookie=False, use_header=True, **more):
        self.use_header = use_header

    def user_loader(self, *args, **kwargs):
        def decorator(callback):
            return callback

        return decorator

    def __call__(self, user=Depends(APIKeyHeader(name="authorization", auto_error=False))):
        if user is None:
            raise HTTPException(401)
        return user

    def optional(self, user=Depends(APIKeyHeader(name="authorization", auto_error=False))):
        return user

    def get_current_user(self, token):
        if token is None:
            raise HTTPException(401)
        return token
