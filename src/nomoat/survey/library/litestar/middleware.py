"""Litestar: middleware, by the package that gives it to whoever imports it."""

from litestar.middleware.authentication import AbstractAuthenticationMiddleware as AbstractAuthenticationMiddleware
from litestar.middleware.authentication import AuthenticationResult as AuthenticationResult
from litestar.middleware.base import AbstractMiddleware as AbstractMiddleware
from litestar.middleware.base import ASGIMiddleware as ASGIMiddleware
