"""Pyramid: what happens to a request."""


import venusian


class subscriber:
    def __init__(self, *ifaces, **predicates):
        self.ifaces = ifaces

    def __call__(self, wrapped):
        def callback(context, name, found):
            for iface in self.ifaces:
                context.config.with_package(info.module).add_subscriber(found, iface)

        info = venusian.attach(wrapped, callback, "pyramid")
        return wrapped


class NewRequest:
    def __init__(self, request):
        self.request = request


class ContextFound(NewRequest):
    pass


class BeforeTraversal(NewRequest):
    pass


class NewResponse:
    """What happens once there is an answer."""


class BeforeRender:
    """The same."""


class ApplicationCreated:
    """What happens before there is a request."""
