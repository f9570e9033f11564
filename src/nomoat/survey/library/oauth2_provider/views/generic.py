"""django-oauth-toolkit: classes that answer whoever brings a token."""

from django.views.generic import View
from oauth2_provider.views.mixins import (
    ClientProtectedResourceMixin,
    ProtectedResourceMixin,
    ReadWriteScopedResourceMixin,
    ScopedResourceMixin,
)


class ProtectedResourceView(ProtectedResourceMixin, View):
    pass


class ScopedProtectedResourceView(ScopedResourceMixin, ProtectedResourceView):
    pass


class ReadWriteScopedResourceView(ReadWriteScopedResourceMixin, ProtectedResourceView):
    pass


class ClientProtectedResourceView(ClientProtectedResourceMixin, View):
    pass


class ClientProtectedScopedResourceView(ScopedResourceMixin, ClientProtectedResourceView):
    pass
