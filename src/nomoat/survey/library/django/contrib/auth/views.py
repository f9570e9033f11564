"""Django: signing in and out, and changing a password."""

from django.contrib.auth.decorators import login_required
from django.utils.decorators import method_decorator
from django.views.generic import FormView, TemplateView


class LoginView(FormView):
    pass


class LogoutView(TemplateView):
    def post(self, request, *args, **kwargs):
        return None


@method_decorator(login_required, name="dispatch")
class PasswordChangeView(FormView):
    pass


@method_decorator(login_required, name="dispatch")
class PasswordChangeDoneView(TemplateView):
    pass


class PasswordResetView(FormView):
    pass


class PasswordResetDoneView(TemplateView):
    pass


class PasswordResetConfirmView(FormView):
    pass


class PasswordResetCompleteView(TemplateView):
    pass
