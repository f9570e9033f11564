"""dynamic-rest: routes of registered classes, with changes to many objects at once."""

from django.urls import re_path
from rest_framework.routers import DefaultRouter


class DynamicRouter(DefaultRouter):
    def __init__(self, *args, **kwargs):
        kwargs.pop("optional_trailing_slash", True)
        super().__init__(*args, **kwargs)

    def add(self, found, prefix, viewset):
        many = {}
        if hasattr(viewset, "partial_update"):
            many["patch"] = "partial_update"
        if hasattr(viewset, "destroy"):
            many["delete"] = "destroy"
        if many:
            found.append(re_path(f"^{prefix}{self.trailing_slash}$", viewset.as_view(many)))
        super().add(found, prefix, viewset)
