"""Django: the paths of signing in and out."""

from django.contrib.auth import views
from django.urls import path

urlpatterns = [
    path("login/", views.LoginView.as_view()),
    path("logout/", views.LogoutView.as_view()),
    path("password_change/", views.PasswordChangeView.as_view()),
    path("password_change/done/", views.PasswordChangeDoneView.as_view()),
    path("password_reset/", views.PasswordResetView.as_view()),
    path("password_reset/done/", views.PasswordResetDoneView.as_view()),
    path("reset/<uidb64>/<token>/", views.PasswordResetConfirmView.as_view()),
    path("reset/done/", views.PasswordResetCompleteView.as_view()),
]
