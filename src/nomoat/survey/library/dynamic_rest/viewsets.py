"""dynamic-rest: classes of several routes, whose answers show what is asked for."""

from rest_framework.viewsets import ModelViewSet


class WithDynamicViewSetMixin:
    pass


class DynamicModelViewSet(WithDynamicViewSetMixin, ModelViewSet):
    pass
