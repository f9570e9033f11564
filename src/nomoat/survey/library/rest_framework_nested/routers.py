"""drf-nested-routers: routes below an object of other routes."""

from rest_framework.routers import DefaultRouter, SimpleRouter


class NestedMixin:
    def __init__(self, parent_router, parent_prefix, *args, **kwargs):
        lookup = kwargs.pop("lookup", "nested_1")
        super().__init__(*args, **kwargs)
        self.trailing_slash = parent_router.trailing_slash
        self.above = getattr(parent_router, "above", "")
        for prefix, viewset, basename in parent_router.registry:
            if prefix == parent_prefix:
                regex = parent_router.get_lookup_regex(viewset, f"{lookup}_")
                self.above = f"{self.above}{parent_prefix}/{regex}/"

    def add(self, found, prefix, viewset):
        super().add(found, f"{self.above}{prefix}", viewset)


class NestedSimpleRouter(NestedMixin, SimpleRouter):
    pass


class NestedDefaultRouter(NestedMixin, DefaultRouter):
    include_root_view = False
