"""Django REST framework: the routes of registered classes."""

from inspect import getmembers

from django.urls import re_path
from nomoat.survey import is_text, is_written
from rest_framework.views import APIView


class BaseRouter:
    def __init__(self):
        self.registry = []

    def register(self, prefix, viewset, basename=None, base_name=None):
        self.registry.append((prefix, viewset, basename))

    @property
    def urls(self):
        return self.get_urls()


class SimpleRouter(BaseRouter):
    def __init__(self, trailing_slash=True, use_regex_path=True, **kwargs):
        super().__init__()
        self.trailing_slash = "/" if trailing_slash else ""
        self.is_converted = not use_regex_path

    def get_urls(self):
        found = []
        for prefix, viewset, basename in self.registry:
            self.add(found, prefix, viewset)
        return found

    def get_lookup_regex(self, viewset, lookup_prefix=""):
        name = lookup_prefix + _text(
            getattr(viewset, "lookup_url_kwarg", None), _text(getattr(viewset, "lookup_field", None), "pk")
        )
        if self.is_converted:
            kind = getattr(viewset, "lookup_value_converter", "str")
            return f"(?P<{name}>[0-9]+)" if kind == "int" else f"(?P<{name}>[^/.]+)"
        value = _text(getattr(viewset, "lookup_value_regex", None), "[^/.]+")
        return f"(?P<{name}>{value})"

    def add(self, found, prefix, viewset):
        # What a class that is not here may have, all of it, counts where nothing of it is here.
        whole, one = _actions(viewset, is_written if _has_any(viewset) else hasattr)
        # A method of the class that is called like one of HTTP answers it, wherever the class answers at all.
        for method in ("get", "post", "put", "patch", "delete"):
            if is_written(viewset, method):
                if whole:
                    whole.setdefault(method, method)
                if one:
                    one.setdefault(method, method)
        start = f"{prefix}/" if prefix else ""
        lookup = self.get_lookup_regex(viewset)
        slash = self.trailing_slash
        if whole:
            found.append(re_path(f"^{prefix}{slash if prefix else ''}$", viewset.as_view(whole)))
        for member, function in getmembers(viewset):
            if not hasattr(function, "is_action"):
                continue
            middle = f"{lookup}/" if function.detail else ""
            further = dict(function.mapping.entries)
            where = f"^{start}{middle}{function.url_path}{slash}$"
            found.append(re_path(where, viewset.as_view(further, **function.kwargs)))
        if one:
            found.append(re_path(f"^{start}{lookup}{slash}$", viewset.as_view(one)))


class APIRootView(APIView):
    def get(self, request, *args, **kwargs):
        return None


class DefaultRouter(SimpleRouter):
    include_root_view = True
    APIRootView = APIRootView

    def get_urls(self):
        found = super().get_urls()
        if self.include_root_view:
            found.append(re_path("^$", self.APIRootView.as_view()))
        return found


def _has_any(viewset):
    return (
        is_written(viewset, "list")
        or is_written(viewset, "create")
        or is_written(viewset, "retrieve")
        or is_written(viewset, "update")
        or is_written(viewset, "partial_update")
        or is_written(viewset, "destroy")
    )


def _actions(viewset, has):
    whole = {}
    if has(viewset, "list"):
        whole["get"] = "list"
    if has(viewset, "create"):
        whole["post"] = "create"
    one = {}
    if has(viewset, "retrieve"):
        one["get"] = "retrieve"
    if has(viewset, "update"):
        one["put"] = "update"
    if has(viewset, "partial_update"):
        one["patch"] = "partial_update"
    if has(viewset, "destroy"):
        one["delete"] = "destroy"
    return whole, one


def _text(value, default):
    return value if is_text(value) else default
