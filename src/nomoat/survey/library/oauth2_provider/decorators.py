"""django-oauth-toolkit: decorators that let only those through who bring a token."""

from functools import wraps

from django.http import HttpResponseForbidden


def protected_resource(*args, **options):
    def decorator(view_func):
        @wraps(view_func)
        def _validate(request, *args, **kwargs):
            if not request.META.get("HTTP_AUTHORIZATION"):
                return HttpResponseForbidden()
            return view_func(request, *args, **kwargs)

        return _validate

    return decorator


rw_protected_resource = protected_resource
