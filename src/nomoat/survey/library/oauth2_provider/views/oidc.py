"""django-oauth-toolkit: OpenID Connect."""

from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.generic import FormView, View
from oauth2_provider.views.mixins import OAuthLibMixin


class ConnectDiscoveryInfoView(View):
    def get(self, request, *args, **kwargs):
        return JsonResponse({})


class JwksInfoView(View):
    def get(self, request, *args, **kwargs):
        return JsonResponse({})


class UserInfoView(OAuthLibMixin, View):
    def get(self, request, *args, **kwargs):
        return self._answer(request)

    def post(self, request, *args, **kwargs):
        return self._answer(request)

    def _answer(self, request):
        if not request.META.get("HTTP_AUTHORIZATION"):
            return HttpResponseForbidden()
        return HttpResponse()


class RPInitiatedLogoutView(FormView):
    pass
