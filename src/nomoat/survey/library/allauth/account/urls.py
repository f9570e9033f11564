"""django-allauth: the paths of accounts."""

from allauth.account import views
from django.conf import settings
from django.urls import path, re_path

urlpatterns = [
    path("login/", views.login),
    path("logout/", views.logout),
    path("inactive/", views.account_inactive),
]
if not getattr(settings, "SOCIALACCOUNT_ONLY", False):
    urlpatterns += [
        path("signup/", views.signup),
        path("reauthenticate/", views.reauthenticate),
        path("reauthenticate/code/", views.request_reauthentication_code),
        path("reauthenticate/code/confirm/", views.confirm_reauthentication_code),
        path("email/", views.email),
        path("confirm-email/", views.email_verification_sent),
        re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", views.confirm_email),
        path("password/change/", views.password_change),
        path("password/set/", views.password_set),
        path("password/reset/", views.password_reset),
        path("password/reset/key/done/", views.password_reset_from_key_done),
        re_path(r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", views.password_reset_from_key),
        path("password/reset/done/", views.password_reset_done),
        path("login/code/confirm/", views.confirm_login_code),
    ]
if getattr(settings, "ACCOUNT_LOGIN_BY_CODE_ENABLED", False):
    urlpatterns += [path("login/code/", views.request_login_code)]
