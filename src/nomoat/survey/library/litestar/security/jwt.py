"""Litestar: tokens in a header or a cookie."""

from litestar.exceptions import NotAuthorizedException
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.middleware.base import DefineMiddleware


class JWTAuthenticationMiddleware(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        if not connection.authorization:
            raise NotAuthorizedException()
        return AuthenticationResult(connection.authorization, connection.authorization)


class BaseJWTAuth:
    middleware_class = JWTAuthenticationMiddleware

    def __init__(
        self,
        token_secret=None,
        retrieve_user_handler=None,
        exclude=None,
        exclude_opt_key="exclude_from_auth",
        exclude_http_methods=None,
        scopes=None,
        guards=None,
        authentication_middleware_class=None,
        **kwargs,
    ):
        self.exclude = exclude
        self.exclude_opt_key = exclude_opt_key
        self.exclude_http_methods = exclude_http_methods
        self.scopes = scopes
        self.guards = guards
        self.authentication_middleware_class = authentication_middleware_class or JWTAuthenticationMiddleware

    def on_app_init(self, app_config):
        app_config.middleware.append(self.middleware)
        for guard in self.guards or []:
            app_config.guards.append(guard)
        return app_config

    @property
    def middleware(self):
        return DefineMiddleware(
            self.authentication_middleware_class,
            exclude=self.exclude,
            exclude_from_auth_key=self.exclude_opt_key,
            exclude_http_methods=self.exclude_http_methods,
            scopes=self.scopes,
        )


class JWTAuth(BaseJWTAuth):
    pass


class JWTCookieAuth(BaseJWTAuth):
    pass


class OAuth2PasswordBearerAuth(BaseJWTAuth):
    pass


class JWTCookieAuthenticationMiddleware(JWTAuthenticationMiddleware):
    pass
