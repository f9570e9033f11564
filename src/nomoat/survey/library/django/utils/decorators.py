"""Django: decorators of functions, put on methods."""

from functools import wraps

from nomoat.survey import is_several


def _on_method(decorators, method):
    @wraps(method)
    def _wrapper(self, *args, **kwargs):
        def bound(*inner_args, **inner_kwargs):
            return method(self, *inner_args, **inner_kwargs)

        for decorator in decorators:
            bound = decorator(bound)
        return bound(*args, **kwargs)

    for decorator in decorators:
        _wrapper.__dict__.update(getattr(decorator(_nothing), "__dict__", {}))
    return _wrapper


def _nothing(*args, **kwargs):
    pass


def method_decorator(decorator, name=""):
    decorators = list(decorator) if is_several(decorator) else [decorator]

    def _decorate(obj):
        if not isinstance(obj, type):
            return _on_method(decorators, obj)
        setattr(obj, name, _on_method(decorators, getattr(obj, name)))
        return obj

    return _decorate
