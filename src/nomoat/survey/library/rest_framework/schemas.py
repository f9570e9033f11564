"""Django REST framework: what an interface offers, described."""

from rest_framework.views import APIView


class SchemaView(APIView):
    def get(self, request, *args, **kwargs):
        return None


def get_schema_view(permission_classes=None, **kwargs):
    if permission_classes is None:
        return SchemaView.as_view()
    return SchemaView.as_view(permission_classes=permission_classes)
