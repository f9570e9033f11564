"""dj-rest-auth: the paths of signing in and out."""

from dj_rest_auth import views
from django.urls import path

urlpatterns = [
    path("password/reset/", views.PasswordResetView.as_view()),
    path("password/reset/confirm/", views.PasswordResetConfirmView.as_view()),
    path("login/", views.LoginView.as_view()),
    path("logout/", views.LogoutView.as_view()),
    path("user/", views.UserDetailsView.as_view()),
    path("password/change/", views.PasswordChangeView.as_view()),
]
