"""django-oauth-toolkit: who is calling, by a token; None where there is none."""

from rest_framework.authentication import TokenAuthentication


class OAuth2Authentication(TokenAuthentication):
    pass


class OAuth2ProtectedResourceAuthentication(OAuth2Authentication):
    pass
