"""django-oauth-toolkit: what a token is good for, told to whoever may ask."""

from django.http import JsonResponse
from oauth2_provider.views.generic import ClientProtectedScopedResourceView


class IntrospectTokenView(ClientProtectedScopedResourceView):
    required_scopes = ["introspection"]

    def get(self, request, *args, **kwargs):
        return JsonResponse({})

    def post(self, request, *args, **kwargs):
        return JsonResponse({})
