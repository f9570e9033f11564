"""django-ninja: functions that answer, in routers; who may call is said for one, for a router, or for all."""

from functools import wraps

from django.http import HttpResponse
from django.urls import path as _path
from django.utils.module_loading import import_string
from ninja.errors import AuthenticationError

_NOT_SAID = "not said"


def _docs(request):
    return HttpResponse()


class Router:
    def __init__(self, *, auth=_NOT_SAID, **kwargs):
        self.auth = auth
        self.operations = []
        self.routers = []

    def api_operation(self, methods, path, *, auth=_NOT_SAID, **kwargs):
        def decorator(view_func):
            self.operations.append((methods, path, auth, view_func))
            return view_func

        return decorator

    def add_api_operation(self, path, methods, view_func, *, auth=_NOT_SAID, **kwargs):
        self.operations.append((methods, path, auth, view_func))

    def get(self, path, *, auth=_NOT_SAID, **kwargs):
        return self.api_operation(["GET"], path, auth=auth)

    def post(self, path, *, auth=_NOT_SAID, **kwargs):
        return self.api_operation(["POST"], path, auth=auth)

    def put(self, path, *, auth=_NOT_SAID, **kwargs):
        return self.api_operation(["PUT"], path, auth=auth)

    def patch(self, path, *, auth=_NOT_SAID, **kwargs):
        return self.api_operation(["PATCH"], path, auth=auth)

    def delete(self, path, *, auth=_NOT_SAID, **kwargs):
        return self.api_operation(["DELETE"], path, auth=auth)

    def add_router(self, prefix, router, *, auth=_NOT_SAID, **kwargs):
        found = import_string(router) if isinstance(router, str) else router
        self.routers.append((prefix, found, auth))

    def collect(self, found, prefix, auth):
        own = auth if isinstance(self.auth, str) else self.auth
        for methods, path, asked, view_func in self.operations:
            where = f"{prefix}/{path}".replace("///", "/").replace("//", "/").removeprefix("/")
            needed = own if isinstance(asked, str) else asked
            found.append(_path(where.replace("{", "<").replace("}", ">"), authentication(methods, needed, view_func)))
        for inner, router, asked in self.routers:
            router.collect(found, f"{prefix}/{inner}", own if isinstance(asked, str) else asked)


def authentication(methods, auth, view_func):
    callbacks = auth if isinstance(auth, (list, tuple)) else [auth]

    @wraps(view_func)
    def view(request, *args, **kwargs):
        if auth is not None and not isinstance(auth, str):
            if not any([callback(request) for callback in callbacks]):
                raise AuthenticationError()
        return view_func(request, *args, **kwargs)

    view.methods = methods
    view.login_required = False
    return view


class NinjaAPI(Router):
    def __init__(self, *, auth=_NOT_SAID, docs_url="/docs", openapi_url="/openapi.json", docs_decorator=None, **kwargs):
        super().__init__(auth=auth)
        self.docs_url = docs_url
        self.openapi_url = openapi_url
        self.docs_decorator = docs_decorator

    def exception_handler(self, exc_class):
        def decorator(func):
            return func

        return decorator

    @property
    def urls(self):
        found = []
        docs = self.docs_decorator(_docs) if self.docs_decorator else _docs
        if self.openapi_url:
            found.append(_path(self.openapi_url.removeprefix("/"), docs))
            if self.docs_url:
                found.append(_path(self.docs_url.removeprefix("/"), docs))
        self.collect(found, "", self.auth)
        return (found, "ninja", "api")
