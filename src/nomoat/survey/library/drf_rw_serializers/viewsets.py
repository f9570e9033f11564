"""drf-rw-serializers: sets of views, with one serializer to read and one to write."""

from drf_rw_serializers.generics import GenericAPIView
from rest_framework import viewsets


class GenericViewSet(GenericAPIView, viewsets.GenericViewSet):
    pass


class ModelViewSet(GenericAPIView, viewsets.ModelViewSet):
    pass


class ReadOnlyModelViewSet(GenericAPIView, viewsets.ReadOnlyModelViewSet):
    pass
