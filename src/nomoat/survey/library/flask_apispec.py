"""flask-apispec: what documents, reads and writes leaves alone who may call; its resources are Flask's own views."""

from flask.views import MethodView


def _as_it_is(function):
    return function


def doc(inherit=None, **kwargs):
    return _as_it_is


def marshal_with(schema, code="default", description="", inherit=None, apply=None, **kwargs):
    return _as_it_is


def use_kwargs(args, location=None, inherit=None, apply=None, **kwargs):
    return _as_it_is


class MethodResource(MethodView):
    pass
