"""django-registration: paths to sign up in one step."""

from django.urls import path
from django.views.generic import TemplateView
from django_registration.views import RegistrationView

urlpatterns = [
    path("register/", RegistrationView.as_view(), name="django_registration_register"),
    path("register/closed/", TemplateView.as_view(), name="django_registration_disallowed"),
    path("register/complete/", TemplateView.as_view(), name="django_registration_complete"),
]
