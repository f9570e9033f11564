"""django-registration: views of one way to sign up."""

from django_registration.views import ActivationView, RegistrationView
