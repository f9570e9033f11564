"""Django REST framework: the paths of classes with actions."""

from inspect import getmembers

from django.urls import path


class SimpleRouter:
    def __init__(self, trailing_slash=True, **kwargs):
        self.registry = []
        self.slash = "/" if trailing_slash else ""

    def register(self, prefix, viewset, basename=None, base_name=None):
        self.registry.append((prefix, viewset))

    @property
    def urls(self):
        return self.get_urls()

    def get_urls(self):
        found = []
        for prefix, viewset in self.registry:
            self.add(found, prefix, viewset)
        return found

    def add(self, found, prefix, viewset):
        whole = {}
        if hasattr(viewset, "list"):
            whole["get"] = "list"
        if hasattr(viewset, "create"):
            whole["post"] = "create"
        one = {}
        if hasattr(viewset, "retrieve"):
            one["get"] = "retrieve"
        if hasattr(viewset, "update"):
            one["put"] = "update"
        if hasattr(viewset, "partial_update"):
            one["patch"] = "partial_update"
        if hasattr(viewset, "destroy"):
            one["delete"] = "destroy"
        start = f"{prefix}/" if prefix else ""
        ended = f"{prefix}{self.slash}" if prefix else ""
        name = viewset.lookup_url_kwarg or viewset.lookup_field or "pk"
        if whole:
            found.append(path(ended, viewset.as_view(whole)))
        for member, function in getmembers(viewset):
            if not hasattr(function, "is_action"):
                continue
            further = {}
            for method in function.methods:
                further[method.lower()] = member
            if function.detail:
                where = f"{start}<{name}>/{function.url_path}{self.slash}"
            else:
                where = f"{start}{function.url_path}{self.slash}"
            found.append(path(where, viewset.as_view(further, **function.kwargs)))
        if one:
            found.append(path(f"{start}<{name}>{self.slash}", viewset.as_view(one)))


class DefaultRouter(SimpleRouter):
    pass
