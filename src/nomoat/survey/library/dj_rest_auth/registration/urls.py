"""dj-rest-auth: the paths of new accounts."""

from dj_rest_auth.registration import views
from django.urls import path
from django.views.generic import TemplateView

urlpatterns = [
    path("", views.RegisterView.as_view()),
    path("verify-email/", views.VerifyEmailView.as_view()),
    path("resend-email/", views.ResendEmailVerificationView.as_view()),
    path("account-confirm-email/<str:key>/", TemplateView.as_view()),
    path("account-email-verification-sent/", TemplateView.as_view()),
]
