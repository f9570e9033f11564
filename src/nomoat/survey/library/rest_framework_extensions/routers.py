"""drf-extensions: routes below an object of other routes, registered on what registering gives back."""

from rest_framework.routers import DefaultRouter, SimpleRouter


class NestedRegistryItem:
    def __init__(self, router, path, viewset):
        self.router = router
        self.path = path
        self.value = getattr(viewset, "lookup_value_regex", "[^/.]+")

    def register(self, prefix, viewset, basename=None, parents_query_lookups=(), base_name=None):
        # The last one is about the object right above; those above it have the names that it was registered with.
        path = f"{self.path}/(?P<parent_lookup_{parents_query_lookups[-1]}>{self.value})/{prefix}"
        self.router._register(path, viewset, basename)
        return NestedRegistryItem(self.router, path, viewset)


class NestedRouterMixin:
    def _register(self, prefix, viewset, basename=None):
        super().register(prefix, viewset, basename)

    def register(self, prefix, viewset, basename=None, base_name=None):
        self._register(prefix, viewset, basename)
        return NestedRegistryItem(self, prefix, viewset)


class ExtendedRouterMixin(NestedRouterMixin):
    pass


class ExtendedSimpleRouter(ExtendedRouterMixin, SimpleRouter):
    pass


class ExtendedDefaultRouter(ExtendedRouterMixin, DefaultRouter):
    pass
