"""drf-spectacular: what an interface offers, described; settings say for whom."""

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

_TOLD = getattr(settings, "SPECTACULAR_SETTINGS", {}).get("SERVE_PERMISSIONS", [])


class SpectacularAPIView(APIView):
    permission_classes = [import_string(name) for name in _TOLD] or [AllowAny]

    def get(self, request, *args, **kwargs):
        return None


class SpectacularYAMLAPIView(SpectacularAPIView):
    pass


class SpectacularJSONAPIView(SpectacularAPIView):
    pass


class SpectacularSwaggerView(SpectacularAPIView):
    pass


class SpectacularSwaggerSplitView(SpectacularAPIView):
    pass


class SpectacularRedocView(SpectacularAPIView):
    pass
