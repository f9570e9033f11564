"""djoser: signing in elsewhere."""

from rest_framework.generics import CreateAPIView
from rest_framework.permissions import AllowAny


class ProviderAuthView(CreateAPIView):
    permission_classes = [AllowAny]

    def get(self, request, *args, **kwargs):
        return None
