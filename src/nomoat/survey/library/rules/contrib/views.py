"""django-rules: views that ask for a permission on what they are about."""

from functools import wraps

from django.contrib.auth import mixins
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.views.generic.edit import BaseCreateView


class PermissionRequiredMixin(mixins.PermissionRequiredMixin):
    def get_permission_object(self):
        if not isinstance(self, BaseCreateView) and hasattr(self, "get_object"):
            return self.get_object()
        return None

    def has_permission(self):
        obj = self.get_permission_object()
        return self.request.user.has_perms(self.get_permission_required(), obj)


class AutoPermissionRequiredMixin(PermissionRequiredMixin):
    def get_permission_required(self):
        return [self.model.get_perm(self.permission_type)]


def objectgetter(model, attr_name="pk", field_name="pk"):
    def found(request, *args, **kwargs):
        return get_object_or_404(model, **{field_name: kwargs[attr_name]})

    return found


def permission_required(perm, fn=None, login_url=None, raise_exception=False, redirect_field_name="next"):
    def decorator(view_func):
        @wraps(view_func)
        def inner(request, *args, **kwargs):
            obj = fn(request, *args, **kwargs) if callable(fn) else fn
            perms = (perm,) if isinstance(perm, str) else perm
            if not request.user.has_perms(perms, obj):
                if raise_exception:
                    raise PermissionDenied()
                return redirect("login")
            return view_func(request, *args, **kwargs)

        return inner

    return decorator
