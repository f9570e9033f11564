"""Django: signing in and out, and changing a password."""

from django.contrib.auth.decorators import login_not_required, login_required
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.generic import FormView, TemplateView


@method_decorator(login_not_required, name="dispatch")
class LoginView(FormView):
    def get(self, request, *args, **kwargs):
        return HttpResponse()

    def post(self, request, *args, **kwargs):
        return HttpResponse()


class LogoutView(TemplateView):
    def post(self, request, *args, **kwargs):
        return None


@method_decorator(login_required, name="dispatch")
class PasswordChangeView(FormView):
    pass


@method_decorator(login_required, name="dispatch")
class PasswordChangeDoneView(TemplateView):
    pass


@method_decorator(login_not_required, name="dispatch")
class PasswordResetView(FormView):
    pass


@method_decorator(login_not_required, name="dispatch")
class PasswordResetDoneView(TemplateView):
    pass


@method_decorator(login_not_required, name="dispatch")
class PasswordResetConfirmView(FormView):
    pass


@method_decorator(login_not_required, name="dispatch")
class PasswordResetCompleteView(TemplateView):
    pass


def login(request, *args, **kwargs):
    return HttpResponse(request.POST)


def logout(request, *args, **kwargs):
    return HttpResponse()


def logout_then_login(request, *args, **kwargs):
    return HttpResponse()


@login_required
def password_change(request, *args, **kwargs):
    return HttpResponse(request.POST)


@login_required
def password_change_done(request, *args, **kwargs):
    return HttpResponse()


def password_reset(request, *args, **kwargs):
    return HttpResponse(request.POST)


def password_reset_done(request, *args, **kwargs):
    return HttpResponse()


def password_reset_confirm(request, *args, **kwargs):
    return HttpResponse(request.POST)


def password_reset_complete(request, *args, **kwargs):
    return HttpResponse()
