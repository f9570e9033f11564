"""django-oauth-toolkit for Django REST framework, by its shorter names."""

from oauth2_provider.contrib.rest_framework.authentication import (
    OAuth2Authentication,
    OAuth2ProtectedResourceAuthentication,
)
from oauth2_provider.contrib.rest_framework.permissions import (
    IsAuthenticatedOrTokenHasScope,
    TokenHasReadWriteScope,
    TokenHasResourceScope,
    TokenHasScope,
    TokenMatchesOASRequirements,
)
