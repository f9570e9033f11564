"""django-allauth: accounts that somebody else signs in."""

from django.contrib.auth.decorators import login_not_required, login_required
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.generic import FormView, TemplateView


@method_decorator(login_not_required, name="dispatch")
class SignupView(FormView):
    pass


@method_decorator(login_not_required, name="dispatch")
class LoginCancelledView(TemplateView):
    pass


@method_decorator(login_not_required, name="dispatch")
class LoginErrorView(TemplateView):
    pass


@method_decorator(login_required, name="dispatch")
class ConnectionsView(FormView):
    pass


@login_not_required
def provider_login(request):
    return HttpResponse(request.POST)


@login_not_required
def provider_callback(request):
    return HttpResponse(request.POST)


signup = SignupView.as_view()
login_cancelled = LoginCancelledView.as_view()
login_error = LoginErrorView.as_view()
connections = ConnectionsView.as_view()
