"""REST framework JSON:API: sets of views whose answers are made of resources, and views of how these are related."""

from rest_framework import generics, viewsets


class PreloadIncludesMixin:
    pass


class AutoPrefetchMixin:
    pass


class RelatedMixin:
    def retrieve_related(self, request, *args, **kwargs):
        self.get_object()
        return None


class ModelViewSet(AutoPrefetchMixin, PreloadIncludesMixin, RelatedMixin, viewsets.ModelViewSet):
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]


class ReadOnlyModelViewSet(AutoPrefetchMixin, PreloadIncludesMixin, RelatedMixin, viewsets.ReadOnlyModelViewSet):
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]


class RelationshipView(generics.GenericAPIView):
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get(self, request, *args, **kwargs):
        self.get_object()
        return None

    def patch(self, request, *args, **kwargs):
        self.get_object().save()
        return None

    def post(self, request, *args, **kwargs):
        self.get_object().save()
        return None

    def delete(self, request, *args, **kwargs):
        self.get_object().save()
        return None
