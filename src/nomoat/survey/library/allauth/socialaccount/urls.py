"""django-allauth: the paths of accounts that somebody else signs in."""

from allauth.socialaccount import views
from django.urls import path

urlpatterns = [
    path("login/cancelled/", views.login_cancelled),
    path("login/error/", views.login_error),
    path("signup/", views.signup),
    path("", views.connections),
]
