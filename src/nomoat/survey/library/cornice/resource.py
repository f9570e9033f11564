"""Cornice: classes of which each method answers one method of HTTP, of one thing and of all of its kind."""

import venusian
from cornice.service import register_service_views, service_of


class view:
    def __init__(self, **settings):
        self.settings = settings

    def __call__(self, function):
        function.__views__ = [*getattr(function, "__views__", []), self.settings]
        return function


def resource(depth=1, **settings):
    def wrapper(klass):
        return add_resource(klass, depth, **settings)

    return wrapper


def add_resource(
    klass,
    depth=1,
    name=None,
    path=None,
    collection_path=None,
    pyramid_route=None,
    collection_pyramid_route=None,
    factory=None,
    collection_factory=None,
    acl=None,
    collection_acl=None,
    permission=None,
    collection_permission=None,
    validators=(),
    traverse=None,
    collection_traverse=None,
    **others,
):
    called = name or klass.__name__.lower()
    # Where none is named, the class itself makes what its permissions are asked about.
    made_by = factory or klass
    one = {"factory": made_by, "acl": acl, "permission": permission, "validators": validators, "traverse": traverse}
    services = []
    if path is not None or pyramid_route is not None:
        services.append(service_of(klass, "", called, path, {**one, "pyramid_route": pyramid_route}))
    if collection_path is not None or collection_pyramid_route is not None:
        every = {
            "factory": (collection_factory or factory) if factory is not None else klass,
            "acl": collection_acl or acl,
            "permission": permission if collection_permission is None else collection_permission,
            "validators": validators,
            "traverse": collection_traverse or traverse,
            "pyramid_route": collection_pyramid_route,
        }
        services.append(service_of(klass, "collection_", "collection_" + called, collection_path, every))
    klass.__services__ = services

    def callback(context, name, found):
        for service in services:
            register_service_views(context.config.with_package(info.module), service)

    info = venusian.attach(klass, callback, category="pyramid", depth=depth)
    return klass
