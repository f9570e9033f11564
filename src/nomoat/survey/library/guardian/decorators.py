"""django-guardian: permissions on one object, asked for before a view runs."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from functools import wraps


def permission_required(perm, lookup_variables=None, **kwargs):
    accepts_global = kwargs.get("accept_global_perms", False)

    def decorator(view_func):
        @wraps(view_func)
        def _wrapped_view(request, *args, **view_kwargs):
            # Who holds it on the object, or everywhere where that counts as well.
            if not request.user.has_perm(perm):
                if kwargs.get("return_403") or kwargs.get("return_404"):
                    raise PermissionDenied
                return redirect("login")
            return view_func(request, *args, **view_kwargs)

        return _wrapped_view

    return decorator


def permission_required_or_403(perm, *args, **kwargs):
    kwargs["return_403"] = True
    return permission_required(perm, *args, **kwargs)


def permission_required_or_404(perm, *args, **kwargs):
    kwargs["return_404"] = True
    return permission_required(perm, *args, **kwargs)
