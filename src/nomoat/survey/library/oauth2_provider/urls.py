"""django-oauth-toolkit: its paths, those of older releases too."""

from django.urls import path, re_path
from oauth2_provider import views

app_name = "oauth2_provider"

base_urlpatterns = [
    path("authorize/", views.AuthorizationView.as_view()),
    path("token/", views.TokenView.as_view()),
    path("revoke_token/", views.RevokeTokenView.as_view()),
    path("introspect/", views.IntrospectTokenView.as_view()),
]

management_urlpatterns = [
    path("applications/", views.ApplicationList.as_view()),
    path("applications/register/", views.ApplicationRegistration.as_view()),
    path("applications/<slug:pk>/", views.ApplicationDetail.as_view()),
    path("applications/<slug:pk>/delete/", views.ApplicationDelete.as_view()),
    path("applications/<slug:pk>/update/", views.ApplicationUpdate.as_view()),
    path("authorized_tokens/", views.AuthorizedTokensListView.as_view()),
    path("authorized_tokens/<slug:pk>/delete/", views.AuthorizedTokenDeleteView.as_view()),
]

oidc_urlpatterns = [
    re_path(r"^\.well-known/openid-configuration/?$", views.ConnectDiscoveryInfoView.as_view()),
    path(".well-known/jwks.json", views.JwksInfoView.as_view()),
    path("userinfo/", views.UserInfoView.as_view()),
    path("logout/", views.RPInitiatedLogoutView.as_view()),
]

urlpatterns = base_urlpatterns + management_urlpatterns + oidc_urlpatterns
