"""Django: decorators that let only some callers through."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect


def user_passes_test(test_func, login_url=None, redirect_field_name="next"):
    def decorator(view_func):
        @wraps(view_func)
        def _wrapper_view(request, *args, **kwargs):
            if test_func(request.user):
                return view_func(request, *args, **kwargs)
            return redirect("login")

        return _wrapper_view

    return decorator


def login_required(function=None, redirect_field_name="next", login_url=None):
    def decorator(view_func):
        @wraps(view_func)
        def _wrapper_view(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return redirect("login")
            return view_func(request, *args, **kwargs)

        return _wrapper_view

    return decorator(function) if function else decorator


def permission_required(perm, login_url=None, raise_exception=False):
    def decorator(view_func):
        @wraps(view_func)
        def _wrapper_view(request, *args, **kwargs):
            perms = (perm,) if isinstance(perm, str) else perm
            if not request.user.has_perms(perms):
                if raise_exception:
                    raise PermissionDenied
                return redirect("login")
            return view_func(request, *args, **kwargs)

        return _wrapper_view

    return decorator


def login_not_required(view_func):
    view_func.login_required = False
    return view_func
