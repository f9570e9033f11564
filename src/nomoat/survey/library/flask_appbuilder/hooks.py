"""Flask-AppBuilder: methods of a class that run before its routes, and may answer in their place."""

from nomoat.survey import marked


def before_request(hook=None, only=None):
    def wrap(hook):
        hook._before_request_hook = True
        hook._before_request_only = only
        return hook

    return wrap if hook is None else wrap(hook)


def get_before_request_hooks(view):
    return [hook for name, hook in marked(view, "_before_request_hook")]


def wrap_route_handler_with_hooks(name, handler, hooks):
    applicable = [hook for hook in hooks if hook._before_request_only is None or name in hook._before_request_only]
    if not applicable:
        return handler

    def wrapped_handler(*args, **kwargs):
        for hook in applicable:
            result = hook()
            if result is not None:
                return result
        return handler(*args, **kwargs)

    return wrapped_handler
