"""Django's admin: only staff comes through."""

from functools import wraps

from django.shortcuts import redirect


def staff_member_required(view_func=None, redirect_field_name="next", login_url="admin:login"):
    def decorator(function):
        @wraps(function)
        def _wrapper_view(request, *args, **kwargs):
            if request.user.is_active and request.user.is_staff:
                return function(request, *args, **kwargs)
            return redirect("login")

        return _wrapper_view

    return decorator(view_func) if view_func else decorator
