"""Django: which methods a function answers."""

from functools import wraps

from django.http import HttpResponseNotAllowed


def require_http_methods(request_method_list):
    def decorator(func):
        @wraps(func)
        def inner(request, *args, **kwargs):
            return func(request, *args, **kwargs)

        inner.methods = request_method_list
        return inner

    return decorator


def require_GET(func):
    return require_http_methods(["GET"])(func)


def require_POST(func):
    return require_http_methods(["POST"])(func)


def require_safe(func):
    return require_http_methods(["GET", "HEAD"])(func)


def condition(etag_func=None, last_modified_func=None):
    return _same


def etag(etag_func):
    return _same


def last_modified(last_modified_func):
    return _same


def _same(view):
    return view
