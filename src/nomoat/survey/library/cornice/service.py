"""Cornice: services of Pyramid, each a path with a view for each method, registered where a scan finds them."""

from functools import wraps

import venusian
from pyramid.httpexceptions import exception_response

from nomoat.survey import is_read


class Errors:
    def __init__(self):
        self.listed = []
        self.status = 400

    def add(self, location, name=None, description=None, **kw):
        self.listed.append(location)

    def __len__(self):
        return len(self.listed)


class Ruled:
    __parent__ = None

    def __init__(self, rows):
        self.__acl__ = rows


def as_list(given):
    return list(given) if isinstance(given, (list, tuple)) else [given]


class Service:
    default_validators = []

    def __init__(
        self,
        name,
        path=None,
        description=None,
        cors_policy=None,
        depth=1,
        pyramid_route=None,
        acl=None,
        factory=None,
        traverse=None,
        permission=None,
        validators=(),
        **kw,
    ):
        self.name = name
        self.path = path
        self.pyramid_route = pyramid_route
        self.acl = acl
        self.factory = factory
        self.traverse = traverse
        self.permission = permission
        self.validators = [*self.default_validators, *as_list(validators)]
        self.arguments = kw
        self.definitions = []

        def callback(context, name, found):
            register_service_views(context.config.with_package(info.module), self)

        info = venusian.attach(self, callback, category="pyramid", depth=depth)

    def add_view(self, method, view, **kwargs):
        self.definitions.append((method.upper(), view, kwargs))

    def decorator(self, method, **kwargs):
        def wrapper(view):
            self.add_view(method, view, **kwargs)
            return view

        return wrapper

    def get(self, **kwargs):
        return self.decorator("GET", **kwargs)

    def post(self, **kwargs):
        return self.decorator("POST", **kwargs)

    def put(self, **kwargs):
        return self.decorator("PUT", **kwargs)

    def delete(self, **kwargs):
        return self.decorator("DELETE", **kwargs)

    def options(self, **kwargs):
        return self.decorator("OPTIONS", **kwargs)

    def patch(self, **kwargs):
        return self.decorator("PATCH", **kwargs)

    def made_for(self, request):
        return Ruled(self.acl(request)) if self.acl is not None else self.factory(request)


def register_service_views(config, service):
    route_name = service.pyramid_route or service.name
    if service.pyramid_route is None:
        is_ruled = service.acl is not None or service.factory is not None
        factory = service.made_for if is_ruled else None
        config.add_route(service.name, service.path, factory=factory, traverse=service.traverse)
    for method, view, given in service.definitions:
        add_one(config, service, route_name, method, view, **given)


def add_one(
    config, service, route_name, method, view, permission=None, validators=(), klass=None, decorator=None, **kw
):
    asked = [*service.validators, *as_list(validators)]
    answer = decorated(view, klass, asked, kw)
    needed = service.permission if permission is None else permission
    config.add_view(view=answer, route_name=route_name, request_method=method, permission=needed, decorator=decorator)


def decorated(view, klass, validators, given):
    @wraps(view if klass is None else getattr(klass, view))
    def wrapper(request):
        made = None
        request.errors = Errors()
        request.validated = {**request.json_body}
        if klass is not None:
            made = klass(request, context=request.context)
        for validator in validators:
            validated = getattr(made, validator) if isinstance(validator, str) else validator
            validated(request, **given)
        if request.errors.listed:
            raise exception_response(request.errors.status)
        answer = view(request) if klass is None else getattr(made, view)()
        if request.errors.listed:
            # A view that finds faults answers with them, whatever it gives.
            raise exception_response(request.errors.status)
        return answer

    return wrapper


def includeme(config):
    config.add_directive("add_cornice_service", register_service_views)
    config.add_directive("add_cornice_resource", register_resource_views)


def register_resource_views(config, resource):
    for service in resource.__services__:
        register_service_views(config, service)


VERBS = ("get", "post", "put", "delete", "options", "patch")


def service_of(klass, prefix, name, path, settings):
    service = Service(name, path, **settings)
    for verb in VERBS:
        method = getattr(klass, prefix + verb, None)
        if is_read(method):
            for given in getattr(method, "__views__", [{}]):
                service.add_view(verb, prefix + verb, klass=klass, **given)
    return service
