"""drf-yasg: what an interface offers, described."""

from rest_framework.views import APIView


def get_schema_view(info=None, url=None, patterns=None, urlconf=None, public=False, validators=None,
                    generator_class=None, authentication_classes=None, permission_classes=None):
    class SchemaView(APIView):
        def get(self, request, *args, **kwargs):
            return None

        @classmethod
        def without_ui(cls, cache_timeout=0, cache_kwargs=None):
            return cls.as_view()

        @classmethod
        def with_ui(cls, renderer="swagger", cache_timeout=0, cache_kwargs=None):
            return cls.as_view()

    if permission_classes is not None:
        SchemaView.permission_classes = permission_classes
    return SchemaView
