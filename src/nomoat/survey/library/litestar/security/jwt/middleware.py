"""Litestar: tokens, by the module that defines what asks for them."""

from litestar.security.jwt import BaseJWTAuth as BaseJWTAuth
from litestar.security.jwt import JWTAuth as JWTAuth
from litestar.security.jwt import JWTAuthenticationMiddleware as JWTAuthenticationMiddleware
from litestar.security.jwt import JWTCookieAuth as JWTCookieAuth
from litestar.security.jwt import JWTCookieAuthenticationMiddleware as JWTCookieAuthenticationMiddleware
from litestar.security.jwt import OAuth2PasswordBearerAuth as OAuth2PasswordBearerAuth
