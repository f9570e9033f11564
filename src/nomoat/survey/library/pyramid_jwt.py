"""pyramid_jwt: who is calling is told by a token; of whoever brings none, nothing is claimed."""

from pyramid.authentication import CallbackAuthenticationPolicy


class JWTAuthenticationPolicy(CallbackAuthenticationPolicy):
    def __init__(self, private_key, *args, **kwargs):
        self.callback = kwargs.get("callback")

    def create_token(self, principal, expiration=None, audience=None, **claims):
        return principal

    def get_claims(self, request):
        return _claims(request)


class JWTCookieAuthenticationPolicy(JWTAuthenticationPolicy):
    pass


def _claims(request):
    if request.remote_user is None:
        return {}
    return request.remote_user


def _create_token(request, principal, expiration=None, audience=None, **claims):
    return principal


def set_jwt_authentication_policy(config, private_key=None, *args, **kwargs):
    config.set_authentication_policy(JWTAuthenticationPolicy(private_key, **kwargs))
    config.add_request_method(_claims, "jwt_claims", reify=True)
    config.add_request_method(_create_token, "create_jwt_token")


def includeme(config):
    config.add_directive("set_jwt_authentication_policy", set_jwt_authentication_policy)
    config.add_directive("set_jwt_cookie_authentication_policy", set_jwt_authentication_policy)
