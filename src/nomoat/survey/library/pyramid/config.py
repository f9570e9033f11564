"""Pyramid: what configures an application, and what stands around each of its views."""

from functools import partial
from inspect import getmodule, isclass

from pyramid.authorization import ACLAuthorizationPolicy
from pyramid.events import BeforeTraversal, ContextFound, NewRequest
from pyramid.included import policy_of_a_package, who_is_calling
from pyramid.exceptions import PredicateMismatch
from pyramid.httpexceptions import HTTPException, HTTPForbidden
from pyramid.path import caller_package, package_of, resolved
from pyramid.registry import Registry
from pyramid.security import NO_PERMISSION_REQUIRED, Everyone, LegacySecurityPolicy
from pyramid.traversal import traversed
from pyramid.viewderivers import requestonly
from venusian import scanned

from nomoat.survey import is_read, made_below, may_ask


class DefaultRootFactory:
    __parent__ = None
    __name__ = None

    def __init__(self, request):
        self.request = request


class ViewDeriverInfo:
    exception_only = False
    predicates = ()

    def __init__(self, registry, view, options):
        self.registry = registry
        self.settings = registry.settings
        self.original_view = view
        self.options = options


class not_:
    """The value of a predicate that must not hold."""

    def __init__(self, value):
        self.value = value


class Scanning:
    def __init__(self, config):
        self.config = config


class Prefixed:
    def __init__(self, config, before, inside):
        self.config = config
        self.before = before
        self.inside = inside

    def __enter__(self):
        self.config.route_prefix = self.inside

    def __exit__(self, *args):
        self.config.route_prefix = self.before


def joined(prefix, pattern):
    return prefix.rstrip("/") + "/" + pattern.lstrip("/") if prefix else pattern


class UnreadPolicy:
    """A policy that is not here: it says who is calling, and of whom it says nothing is not told."""

    def identity(self, request):
        return who_is_calling(request)

    def authenticated_userid(self, request):
        return who_is_calling(request)

    def unauthenticated_userid(self, request):
        return who_is_calling(request)

    def effective_principals(self, request):
        principals = [Everyone]
        principals.extend(who_is_calling(request))
        return principals

    def permits(self, request, context, permission):
        return policy_of_a_package(request, permission)


def read_or_not(policy):
    return policy if is_read(policy) else UnreadPolicy()


class Configuring:
    def maybe_dotted(self, dotted):
        return resolved(dotted, self.package)

    def include(self, callable, route_prefix=None):
        module = self.maybe_dotted(callable)
        function = getattr(module, "includeme", module)
        if not is_read(function) and may_ask(function):
            self.root.is_given_away = True
        function(Included(self.root, joined(self.route_prefix, route_prefix or "") or None, getmodule(function)))

    def with_package(self, package):
        return Included(self.root, self.route_prefix, package)

    def route_prefix_context(self, route_prefix):
        return Prefixed(self, self.route_prefix, joined(self.route_prefix, route_prefix))

    def scan(self, package=None, categories=None, onerror=None, ignore=None, **others):
        found = package_of(self.package) if package is None else self.maybe_dotted(package)
        scanned(Scanning(self), found, ignore)

    def add_directive(self, name, directive, action_wrap=True):
        self.root.directives[name] = self.maybe_dotted(directive)

    def __getattr__(self, name):
        return partial(self.root.directives.get(name), self)

    def add_route(self, name, pattern=None, factory=None, request_method=None, path=None, traverse=None, **others):
        written = path if pattern is None else pattern
        if "://" in written:
            return
        made = self.maybe_dotted(factory)
        told = {"factory": made, "request_method": request_method, "traverse": traverse, "of_route": others}
        self.root._route(name=name, pattern=written, prefix=self.route_prefix, **told)

    def add_view(self, view=None, name="", for_=None, permission=None, route_name=None, context=None, **others):
        found = self.maybe_dotted(view)
        defaults = getattr(found, "__view_defaults__", {})
        given = {**defaults, **others}
        if permission is not None:
            given["permission"] = permission
        if route_name is not None:
            given["route_name"] = route_name
        about = context or for_ or given.pop("context", None) or given.pop("for_", None)
        if about is not None:
            given["context"] = self.maybe_dotted(about)
        if name or "name" not in given:
            given["name"] = name
        self._added(found, **given)

    def _added(self, view, context=None, route_name=None, **others):
        if _is_exception(context):
            # Of one route or of all: what answers faults is no way to the route.
            self.add_exception_view(view, context=context, **others)
        else:
            self.root._view(view=view, route_name=route_name, context=context, **others)

    def add_exception_view(self, view=None, context=None, attr=None, **others):
        found = self.maybe_dotted(view)

        def answer(request, exception):
            # A view for HTTP exceptions stands nearer to them than one for any: they answer as they are.
            return exception if isinstance(exception, HTTPException) else called(found, attr, exception, request)

        raised = self.maybe_dotted(context)
        if not issubclass(raised, HTTPException):
            self.root._handle(raised, answer)

    def add_forbidden_view(self, view=None, **others):
        """Who is refused sees another page, and is refused."""

    def add_notfound_view(self, view=None, **others):
        """What is not there is shown by another page."""

    def add_static_view(self, name, path=None, **others):
        if "://" not in name:
            self.root._static("/" + joined(self.route_prefix, name).lstrip("/"))

    def add_view_predicate(self, name, factory, weighs_more_than=None, weighs_less_than=None):
        self.root.view_predicates[name] = self.maybe_dotted(factory)

    def add_route_predicate(self, name, factory, weighs_more_than=None, weighs_less_than=None):
        self.root.route_predicates[name] = self.maybe_dotted(factory)

    def add_view_deriver(self, deriver, name=None, under=None, over=None):
        self.root.derivers.append(self.maybe_dotted(deriver))

    def add_tween(self, tween_factory, under=None, over=None):
        self.root._tween(partial(self.maybe_dotted(tween_factory), registry=self.registry))

    def add_subscriber(self, subscriber, iface=None, **predicates):
        found = self.maybe_dotted(subscriber)
        event = self.maybe_dotted(iface)
        if is_read(event) and (event is NewRequest or event is ContextFound or event is BeforeTraversal):

            def subscribed(request):
                found(NewRequest(request))

            self.root._before(subscribed)

    def add_request_method(self, callable=None, name=None, property=False, reify=False):
        found = self.maybe_dotted(callable)
        self._added_to_request(found, name or found.__name__, property or reify)

    def set_request_property(self, callable, name=None, reify=False):
        found = self.maybe_dotted(callable)
        self._added_to_request(found, name or found.__name__, True)

    def _added_to_request(self, found, name, is_property):
        if is_property:
            self.root._attribute(name, found)
        else:
            self.root._attribute(name, lambda request: partial(found, request))

    def set_default_permission(self, permission):
        self.root.default_permission = permission

    def set_root_factory(self, factory):
        self.root.root_factory = self.maybe_dotted(factory) or DefaultRootFactory

    def _set_root_factory(self, factory):
        self.set_root_factory(factory)

    def set_security_policy(self, policy):
        found = read_or_not(self.maybe_dotted(policy))
        self.root.policy = found
        self.root._attribute("identity", lambda request: found.identity(request))
        self.root._attribute("authenticated_userid", lambda request: found.authenticated_userid(request))
        self.root._attribute("is_authenticated", lambda request: request.authenticated_userid is not None)
        self._asks_policy()

    def set_authentication_policy(self, policy):
        found = read_or_not(self.maybe_dotted(policy))
        self.root.authentication = found
        self.root.policy = LegacySecurityPolicy(self.root)
        self.root._attribute("authenticated_userid", lambda request: found.authenticated_userid(request))
        self.root._attribute("is_authenticated", lambda request: request.authenticated_userid is not None)
        self.root._attribute("unauthenticated_userid", lambda request: found.unauthenticated_userid(request))
        self.root._attribute("effective_principals", lambda request: found.effective_principals(request))
        self._asks_policy()

    def set_authorization_policy(self, policy):
        self.root.authorization = self.maybe_dotted(policy)

    def _asks_policy(self):
        root = self.root
        self.root._attribute("has_permission", lambda request: partial(permitted, root, request))

    def make_wsgi_app(self):
        self.root.serves = True
        return self.root

    def get_settings(self):
        return self.registry.settings

    def add_settings(self, settings=None, **more):
        self.registry.settings.update(settings or more)

    def __enter__(self):
        return self


class Configurator(Configuring):
    def __init__(
        self,
        registry=None,
        package=None,
        settings=None,
        root_factory=None,
        authentication_policy=None,
        authorization_policy=None,
        security_policy=None,
        default_permission=None,
        route_prefix=None,
        **others,
    ):
        self.root = self
        self.directives = {}
        self.derivers = []
        self.view_predicates = {}
        self.route_predicates = {}
        self.route_prefix = route_prefix
        self.package = package or caller_package()
        self.registry = Registry({} if settings is None else settings)
        self.default_permission = default_permission
        self.policy = None
        self.is_given_away = False
        self.serves = False
        self.authentication = None
        self.authorization = self.maybe_dotted(authorization_policy) or ACLAuthorizationPolicy()
        self.root_factory = self.maybe_dotted(root_factory) or DefaultRootFactory
        if authentication_policy is not None:
            self.set_authentication_policy(authentication_policy)
        if security_policy is not None:
            self.set_security_policy(security_policy)

    def secured_view(
        self,
        view=None,
        attr=None,
        permission=None,
        decorator=None,
        factory=None,
        traverse=None,
        context=None,
        is_below=False,
        of_route=None,
        **others,
    ):
        root = self
        asked = self.default_permission if permission is None else permission
        make = factory or self.root_factory

        def respond(context, request):
            return called(view, attr, context, request)

        answer = respond
        decorators = decorator if isinstance(decorator, (list, tuple)) else [decorator]
        for one in reversed(decorators):
            answer = self.maybe_dotted(one)(answer) if one is not None else answer

        options = {**others, "permission": permission, "context": context, "attr": attr, "decorator": decorator}
        info = ViewDeriverInfo(root.registry, view, options)
        sought = context

        def secured(request):
            context = make(request)
            if traverse is not None:
                context = context[traverse]
            if is_below:
                context = found_below(sought, request)
            request.context = context
            if of_route is not None:
                asks_predicates(root, root.route_predicates, of_route, {}, request)
            asks_predicates(root, root.view_predicates, others, context, request)
            if asked is not None and asked != NO_PERMISSION_REQUIRED and root.policy is None and root.is_given_away:
                # A permission is asked for: what was included and is not here has brought who is asked.
                if not policy_of_a_package(request, asked):
                    raise HTTPForbidden()
            if asked is not None and asked != NO_PERMISSION_REQUIRED and root.policy is not None:
                if not request.somebody:
                    if not root.policy.permits(request, context, asked):
                        raise HTTPForbidden()
                elif not request.remote_user.has_permission(asked):
                    raise HTTPForbidden()
            derived = answer
            for deriver in root.derivers:
                derived = deriver(derived, info)
            return derived(context, request)

        return secured


def asks_predicates(root, factories, given, about, request):
    """Goes on where a request is one for this view; for who is nobody, what asks who calls refuses."""
    for name, factory in factories.items():
        if name in given and is_read(factory):
            value = given[name]
            if isinstance(value, not_):
                if factory(value.value, root)(about, request):
                    raise PredicateMismatch()
            elif not factory(value, root)(about, request):
                raise PredicateMismatch()
    for predicate in given.get("custom_predicates", ()):
        if not predicate(about, request):
            raise PredicateMismatch()
    needed = given.get("effective_principals")
    if needed is not None:
        principals = [Everyone] if root.policy is None else request.effective_principals
        for one in [needed] if isinstance(needed, str) else needed:
            if one not in principals:
                raise HTTPForbidden()
    if "is_authenticated" in given:
        if given["is_authenticated"] and (root.policy is None or not request.is_authenticated):
            raise HTTPForbidden()


def found_below(sought, request):
    """What traversal leads to, of which only the class is known; what stands above it, its own class may say."""
    if not is_read(sought):
        return traversed()
    context = made_below(sought, request)
    if not is_read(getattr(context, "__parent__", None)):
        context.__parent__ = traversed()
    return context


class Included(Configuring):
    __class__ = Configurator

    def __init__(self, root, route_prefix, package):
        self.root = root
        self.route_prefix = route_prefix
        self.package = package
        self.registry = root.registry


def _is_exception(context):
    return context is not None and issubclass(context, BaseException)


def called(view, attr, context, request):
    if isclass(view):
        made = view(request) if requestonly(view) else view(context, request)
        return getattr(made, attr or "__call__")()
    answer = getattr(view, attr) if attr else view
    return answer(request) if requestonly(answer) else answer(context, request)


def permitted(root, request, permission, context=None):
    if not request.somebody:
        if root.policy.permits(request, context or request.context, permission):
            return True
        return False
    return request.remote_user.has_permission(permission)
