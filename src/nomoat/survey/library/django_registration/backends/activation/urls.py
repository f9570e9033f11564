"""django-registration: paths to sign up, and to follow the link of a mail."""

from django.urls import path
from django.views.generic import TemplateView
from django_registration.views import ActivationView, RegistrationView

urlpatterns = [
    path("activate/complete/", TemplateView.as_view(), name="django_registration_activation_complete"),
    path("activate/", ActivationView.as_view(), name="django_registration_activate"),
    path("register/", RegistrationView.as_view(), name="django_registration_register"),
    path("register/complete/", TemplateView.as_view(), name="django_registration_complete"),
    path("register/closed/", TemplateView.as_view(), name="django_registration_disallowed"),
]
