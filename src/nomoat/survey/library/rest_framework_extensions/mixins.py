"""drf-extensions: what classes that answer ask for below an object of other routes."""


class NestedViewSetMixin:
    def get_queryset(self):
        return self.filter_queryset_by_parents_lookups(super().get_queryset())

    def filter_queryset_by_parents_lookups(self, queryset):
        return queryset


class DetailSerializerMixin:
    pass


class PaginateByMaxMixin:
    pass


class CacheResponseMixin:
    pass
