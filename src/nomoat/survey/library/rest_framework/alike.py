"""Routers of packages that are not here and are named after those of REST framework or of drf-nested-routers.

They may take single views beside sets of them.
"""

from django.urls import re_path
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
