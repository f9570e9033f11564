"""wrapt: a function that is called in the place of another one, with what that was called with."""

from functools import wraps


def decorator(wrapper=None, enabled=None, adapter=None, proxy=None):
    if wrapper is None:
        return decorator

    def decorated(wrapped):
        @wraps(wrapped)
        def called(*args, **kwargs):
            instance = args[0] if args else None
            return wrapper(wrapped, instance, args, kwargs)

        return called

    return decorated
