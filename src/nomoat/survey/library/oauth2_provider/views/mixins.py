"""django-oauth-toolkit: mixins of classes that answer whoever brings a token."""

from django.http import HttpResponseForbidden


class OAuthLibMixin:
    pass


class ScopedResourceMixin:
    required_scopes = None

    def get_scopes(self, *args, **kwargs):
        return self.required_scopes


class ProtectedResourceMixin(OAuthLibMixin):
    def dispatch(self, request, *args, **kwargs):
        if request.method == "OPTIONS":
            return super().dispatch(request, *args, **kwargs)
        if not request.META.get("HTTP_AUTHORIZATION"):
            return HttpResponseForbidden()
        return super().dispatch(request, *args, **kwargs)


class ReadWriteScopedResourceMixin(ScopedResourceMixin, OAuthLibMixin):
    pass


class ClientProtectedResourceMixin(ProtectedResourceMixin):
    pass
