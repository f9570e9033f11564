"""django-registration: anybody may sign up, or follow the link of a mail."""

from django.views.generic import FormView, TemplateView


class RegistrationView(FormView):
    pass


class ActivationView(FormView):
    pass
