"""django-allauth: views for who is signed in, with a verified address, or lately, or who is staff."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect


def verified_email_required(function=None, login_url=None, redirect_field_name="next"):
    return login_required(function) if function else login_required


def reauthentication_required(function=None, redirect_field_name="next", allow_get=False, enabled=None, **more):
    def decorator(view_func):
        @wraps(view_func)
        def _wrapper_view(request, *args, **kwargs):
            is_asked = (enabled is None) or (enabled(request) if callable(enabled) else enabled)
            if is_asked and not (allow_get and request.method == "GET") and not request.user.is_authenticated:
                raise PermissionDenied()
            return view_func(request, *args, **kwargs)

        return _wrapper_view

    return decorator(function) if function else decorator


def secure_admin_login(function=None):
    def decorator(view_func):
        @wraps(view_func)
        def _wrapper_view(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return redirect("account_login")
            if not request.user.is_staff:
                raise PermissionDenied()
            return view_func(request, *args, **kwargs)

        return _wrapper_view

    return decorator(function) if function else decorator
