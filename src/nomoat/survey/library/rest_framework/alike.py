"""Classes of packages that are not here and are named after those of REST framework or of drf-nested-routers.

Routers may take single views beside sets of them. What sets of views ask is not known but for what the tree says.
"""

from another_package import may_enter
from django.urls import re_path
from rest_framework import viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.routers import DefaultRouter as Default
from rest_framework.routers import SimpleRouter as Simple
from rest_framework.viewsets import ViewSetMixin
from rest_framework_nested.routers import NestedMixin


class Mixed:
    def add(self, found, prefix, viewset):
        if issubclass(viewset, ViewSetMixin):
            super().add(found, prefix, viewset)
        else:
            found.append(re_path(f"^{prefix}{self.trailing_slash}$", viewset.as_view()))


class SimpleRouter(Mixed, Simple):
    pass


class DefaultRouter(Mixed, Default):
    pass


class NestedRouter(NestedMixin, Mixed, Simple):
    pass


class Unseen:
    """What a package that is not here may ask of a caller after all that the class of the tree asks."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if not may_enter(request, self):
            raise PermissionDenied()


class ModelViewSet(Unseen, viewsets.ModelViewSet):
    pass


class ReadOnlyModelViewSet(Unseen, viewsets.ReadOnlyModelViewSet):
    pass


class GenericViewSet(Unseen, viewsets.GenericViewSet):
    pass
