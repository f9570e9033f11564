"""Flask: classes that answer."""

from flask import request


class View:
    decorators = []

    @classmethod
    def as_view(cls, name, *class_args, **class_kwargs):
        def view(**kwargs):
            return cls(*class_args, **class_kwargs).dispatch_request(**kwargs)

        view.view_class = cls
        for decorator in cls.decorators:
            view = decorator(view)
        view.view_class = cls
        return view


class MethodView(View):
    def dispatch_request(self, **kwargs):
        method = getattr(self, request.method.lower(), None)
        if method is None and request.method == "HEAD":
            method = self.get
        return method(**kwargs)
