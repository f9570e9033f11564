"""Django REST framework: functions that answer, and further actions of a class."""

from functools import wraps

from rest_framework.views import APIView


def api_view(http_method_names=None):
    def decorator(func):
        class WrappedAPIView(APIView):
            pass

        WrappedAPIView.permission_classes = getattr(func, "permission_classes", APIView.permission_classes)

        WrappedAPIView.authentication_classes = getattr(
            func, "authentication_classes", APIView.authentication_classes
        )

        @wraps(func)
        def view(request, *args, **kwargs):
            self = WrappedAPIView()
            self.request = request
            self.initial(request, *args, **kwargs)
            return func(request, *args, **kwargs)

        view.methods = http_method_names or ["GET"]
        view.login_required = False
        return view

    return decorator


def permission_classes(classes):
    def decorator(func):
        func.permission_classes = classes
        return func

    return decorator


def authentication_classes(classes):
    def decorator(func):
        func.authentication_classes = classes
        return func

    return decorator


class MethodMapper:
    def __init__(self, function, methods):
        self.entries = {}
        for method in methods:
            self.entries[method.lower()] = function.__name__

    def add(self, method, function):
        self.entries[method] = function.__name__
        return function

    def get(self, function):
        return self.add("get", function)

    def post(self, function):
        return self.add("post", function)

    def put(self, function):
        return self.add("put", function)

    def patch(self, function):
        return self.add("patch", function)

    def delete(self, function):
        return self.add("delete", function)

    def head(self, function):
        return self.add("head", function)

    def options(self, function):
        return self.add("options", function)


def action(methods=None, detail=None, url_path=None, url_name=None, **kwargs):
    def decorator(func):
        func.is_action = True
        func.mapping = MethodMapper(func, methods or ["get"])
        func.detail = detail
        func.url_path = url_path or func.__name__
        func.kwargs = kwargs
        return func

    return decorator


def list_route(methods=None, **kwargs):
    return action(methods=methods, detail=False, **kwargs)


def detail_route(methods=None, **kwargs):
    return action(methods=methods, detail=True, **kwargs)
