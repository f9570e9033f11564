"""django-oauth-toolkit: its classes that answer, by their shorter names."""

from oauth2_provider.views.application import (
    ApplicationDelete,
    ApplicationDetail,
    ApplicationList,
    ApplicationRegistration,
    ApplicationUpdate,
)
from oauth2_provider.views.base import AuthorizationView, RevokeTokenView, TokenView
from oauth2_provider.views.generic import (
    ClientProtectedResourceView,
    ClientProtectedScopedResourceView,
    ProtectedResourceView,
    ReadWriteScopedResourceView,
    ScopedProtectedResourceView,
)
from oauth2_provider.views.introspect import IntrospectTokenView
from oauth2_provider.views.oidc import ConnectDiscoveryInfoView, JwksInfoView, RPInitiatedLogoutView, UserInfoView
from oauth2_provider.views.token import AuthorizedTokenDeleteView, AuthorizedTokensListView
