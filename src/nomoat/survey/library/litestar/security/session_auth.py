"""Litestar: who is signed in stands in a session."""

from litestar.security.jwt import BaseJWTAuth, JWTAuthenticationMiddleware


class SessionAuthMiddleware(JWTAuthenticationMiddleware):
    pass


class SessionAuth(BaseJWTAuth):
    pass
