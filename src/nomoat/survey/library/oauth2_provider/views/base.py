"""django-oauth-toolkit: where people allow an application what it asks for, and where it gets its tokens."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.views.generic import FormView, View
from oauth2_provider.views.mixins import OAuthLibMixin


class BaseAuthorizationView(LoginRequiredMixin, OAuthLibMixin, View):
    pass


class AuthorizationView(BaseAuthorizationView, FormView):
    pass


class TokenView(OAuthLibMixin, View):
    def post(self, request, *args, **kwargs):
        return HttpResponse(request.POST)


class RevokeTokenView(OAuthLibMixin, View):
    def post(self, request, *args, **kwargs):
        return HttpResponse(request.POST)
