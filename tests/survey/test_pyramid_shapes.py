"""Shapes of Pyramid as real applications have them: each says which routes there are and who comes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Map
from nomoat.survey.draw import draw
from tests.survey.asking import refused_by_wsgi, status_by_wsgi
from tests.survey.running import loaded

pytest.importorskip("pyramid")
# What Pyramid imports of its own is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


def mapped(folder: Path, source: str, **files: str) -> Map:
    """The map of `main.py` and of other modules."""
    (folder / "main.py").write_text(source)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return draw(folder).map


def rows(drawn: Map) -> dict[str, str]:
    """`GET /path` to verdict, without HEAD."""
    return {f"{one.method} {one.path}": one.verdict for one in drawn.routes if one.method != "HEAD"}


_MAIN = """
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response
from pyramid.view import view_config
"""
_MADE = """
def main(global_config, **settings):
    config = Configurator(settings=settings)
    {}
    config.scan()
    return config.make_wsgi_app()
"""


def test_what_is_added_to_every_request_is_asked_like_a_function(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
def get_user(request):
    user_id = request.authenticated_userid
    if user_id is None:
        return None
    return find(user_id)

@view_config(route_name="me", request_method="GET")
def me(request):
    if request.user is None:
        raise HTTPForbidden()
    return Response("me")

@view_config(route_name="all", request_method="GET")
def everybody(request):
    return Response(str(request.user))
"""
        + _MADE.format(
            "config.add_request_method(get_user, 'user', reify=True)\n"
            "    config.add_route('me', '/me')\n    config.add_route('all', '/all')"
        )
    )

    assert {"GET /me": "guarded", "GET /all": "unguarded"} == rows(mapped(tmp_path, source))


def test_a_permission_without_a_policy_asks_nobody(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
@view_config(route_name="admin", request_method="POST", permission="admin")
def admin(request):
    return Response("done")
"""
        + _MADE.format("config.add_route('admin', '/admin')")
    )

    assert {"POST /admin": "unguarded"} == rows(mapped(tmp_path, source))


def test_a_policy_that_a_setting_decides_leaves_a_permission_unknown(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
from pyramid.authentication import AuthTktAuthenticationPolicy

@view_config(route_name="admin", request_method="POST", permission="admin")
def admin(request):
    return Response("done")
"""
        + _MADE.format(
            "if settings.get('secure'):\n        config.set_authentication_policy(AuthTktAuthenticationPolicy('s'))\n"
            "    config.add_route('admin', '/admin')"
        )
    )

    assert {"POST /admin": "unknown"} == rows(mapped(tmp_path, source))


def test_a_tween_that_refuses_stands_before_every_view(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
def signed_in_tween_factory(handler, registry):
    def tween(request):
        if "X-User" not in request.headers and not request.path.startswith("/open"):
            return Response("sign in", status=401)
        return handler(request)
    return tween

@view_config(route_name="a", request_method="GET")
@view_config(route_name="b", request_method="GET")
def view(request):
    return Response("ok")
"""
        + _MADE.format(
            "config.add_tween('main.signed_in_tween_factory')\n"
            "    config.add_route('a', '/a')\n    config.add_route('b', '/open/b')"
        )
    )

    assert {"GET /a": "guarded", "GET /open/b": "unguarded"} == rows(mapped(tmp_path, source))


def test_a_decorator_above_hides_a_view_from_the_scan_and_one_below_guards_it(tmp_path: Path) -> None:
    source = f"""{_MAIN}
from functools import wraps

def signed_in(view):
    @wraps(view)
    def inner(request):
        if request.authenticated_userid is None:
            raise HTTPForbidden()
        return view(request)
    return inner

def method_signed_in(method):
    @wraps(method)
    def inner(self):
        if self.request.authenticated_userid is None:
            raise HTTPForbidden()
        return method(self)
    return inner

@signed_in
@view_config(route_name="a", request_method="GET")
def above(request):
    return Response("the scan does not find it")

@view_config(route_name="b", request_method="GET")
@signed_in
def below(request):
    return Response("ok")

class Views:
    def __init__(self, request):
        self.request = request

    @method_signed_in
    @view_config(route_name="c", request_method="GET")
    def answer(self):
        return Response("ok")

def main(global_config, **settings):
    config = Configurator(settings=settings)
    for name in ("a", "b", "c"):
        config.add_route(name, "/" + name)
    config.scan("main")
    return config.make_wsgi_app()
"""

    drawn = rows(mapped(tmp_path, source))

    assert {"GET /b": "guarded", "GET /c": "guarded"} == drawn
    with loaded(tmp_path, "main:main") as main:
        app = main({})
        assert [404, 403, 403] == [status_by_wsgi(app, "GET", f"/{name}") for name in "abc"]


def test_what_adds_to_the_application_of_somebody_else_is_mapped(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
def includeme(config):
    config.include("parts", route_prefix="/shop")
"""
    )
    parts = """
from pyramid.response import Response

def order(request):
    return Response("order")

def includeme(config):
    config.add_route("order", "/orders/{id}")
    config.add_view(order, route_name="order", request_method="GET")
"""

    assert {"GET /shop/orders/{id}": "unguarded"} == rows(mapped(tmp_path, source, parts=parts))


def test_a_directive_registers_for_who_defines_services_by_themselves(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
import venusian

class Service:
    def __init__(self, name, path):
        self.name, self.path, self.views = name, path, []
        def callback(context, name, found):
            context.config.add_service(self)
        venusian.attach(self, callback, category="pyramid")

    def get(self, **settings):
        def wrapper(view):
            self.views.append(("GET", view, settings))
            return view
        return wrapper

def add_service(config, service):
    config.add_route(service.name, service.path)
    for method, view, settings in service.views:
        config.add_view(view, route_name=service.name, request_method=method, **settings)

orders = Service("orders", "/orders")

@orders.get()
def list_orders(request):
    return Response("orders")
"""
        + _MADE.format("config.add_directive('add_service', add_service)")
    )

    assert {"GET /orders": "unguarded"} == rows(mapped(tmp_path, source))


def test_answers_and_faults_of_a_class_of_its_own_have_its_status(tmp_path: Path) -> None:
    source = f"""{_MAIN}
from pyramid.httpexceptions import HTTPClientError, HTTPSuccessful

class Answer(HTTPSuccessful):
    pass

class SignIn(HTTPClientError):
    code = 401

def answered(code, text):
    return Answer(body=text, status=code)

@view_config(route_name="a", request_method="GET")
def answers(request):
    if request.authenticated_userid is None:
        return answered(403, "no")
    return answered(200, "yes")

@view_config(route_name="b", request_method="GET")
def raises(request):
    if not request.authenticated_userid:
        raise SignIn()
    return answered(200, "yes")

@view_config(route_name="c", request_method="GET")
def everybody(request):
    return answered(200, request.authenticated_userid or "nobody")

def main(global_config, **settings):
    config = Configurator(settings=settings)
    for name in ("a", "b", "c"):
        config.add_route(name, "/" + name)
    config.scan("main")
    return config.make_wsgi_app()
"""

    assert {"GET /a": "guarded", "GET /b": "guarded", "GET /c": "unguarded"} == rows(mapped(tmp_path, source))


def test_an_answer_that_is_raised_is_one(tmp_path: Path) -> None:
    source = f"""{_MAIN}
from pyramid.httpexceptions import HTTPFound, HTTPOk
from elsewhere import may

@view_config(route_name="a", request_method="POST")
def perhaps(request):
    if not may(request):
        raise HTTPForbidden()
    raise HTTPOk()

@view_config(route_name="b", request_method="POST")
def never(request):
    if request.authenticated_userid is None:
        raise HTTPForbidden()
    raise HTTPFound("/")

@view_config(route_name="c", request_method="POST")
def chosen(request):
    if request.json_body.get("quiet") and request.authenticated_userid is None:
        raise HTTPForbidden()
    raise HTTPFound("/")

def main(global_config, **settings):
    config = Configurator(settings=settings)
    for name in ("a", "b", "c"):
        config.add_route(name, "/" + name)
    config.scan("main")
    return config.make_wsgi_app()
"""

    assert {"POST /a": "unknown", "POST /b": "guarded", "POST /c": "unknown"} == rows(mapped(tmp_path, source))


def test_a_view_for_any_exception_answers_none_that_is_an_answer_itself(tmp_path: Path) -> None:
    """Pyramid's own view for HTTP exceptions stands nearer to them; `pyramid.exceptions` has the same classes."""
    source = """
from pyramid.config import Configurator
from pyramid.exceptions import HTTPForbidden
from pyramid.response import Response


def failed(exc, request):
    return Response(str(exc), status=200)


def new(request):
    if not request.authenticated_userid:
        raise HTTPForbidden("no")
    return Response("1")


def faulty(request):
    if not request.authenticated_userid:
        raise ValueError("no")
    return Response("1")


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.add_view(failed, context=Exception)
    config.add_route("new", "/new")
    config.add_route("faulty", "/faulty")
    config.add_view(new, route_name="new")
    config.add_view(faulty, route_name="faulty")
    return config.make_wsgi_app()
"""
    (tmp_path / "app.py").write_text(source)
    with loaded(tmp_path, "app:main") as main:
        app = main({})
        assert refused_by_wsgi(app, "GET", "/new")
        assert not refused_by_wsgi(app, "GET", "/faulty")

    found = {route.path: route.verdict for route in draw(tmp_path).map.routes}

    assert "guarded" == found["/new"]
    assert "guarded" != found["/faulty"]


def test_traversal_and_prefixes_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
from elsewhere import Prefix

@view_config(name="edit", context="main.Order")
def edit(request):
    return Response("edited")

@view_config(route_name="a", request_method="GET")
def view(request):
    return Response("ok")

class Order:
    pass
"""
        + _MADE.format("config.route_prefix = Prefix(global_config).text\n    config.add_route('a', '/a')")
    )

    drawn = mapped(tmp_path, source)

    # Who comes through to it is the same wherever it stands.
    assert {"GET /a": "unguarded"} == rows(drawn)
    assert "its prefix cannot be read" in (drawn.routes[0].because or "")
    assert ["main.py"] == [one.at for one in drawn.not_read if "traversal" in one.why]


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("orders/{id}", "/orders/{id}"),
        (r"/orders/{id:\d+}", "/orders/{id}"),
        (r"/at/{day:[0-9]{4}-[0-9]{2}}/x", "/at/{day}/x"),
        ("/files/*rest", "/files/{rest}"),
        ("/old/:id/edit", "/old/{id}/edit"),
    ],
)
def test_patterns_are_paths(tmp_path: Path, pattern: str, path: str) -> None:
    source = (
        _MAIN
        + """
@view_config(route_name="a", request_method="GET")
def view(request):
    return Response("ok")
"""
        + _MADE.format(f"config.add_route('a', {pattern!r})")
    )

    assert {f"GET {path}": "unguarded"} == rows(mapped(tmp_path, source))


def test_a_view_for_what_packages_raise_is_no_route(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
from sqlalchemy.exc import IntegrityError
from stock.exceptions import Unavailable
from stock.models import Shelf


@view_config(context=IntegrityError)
@view_config(context=Unavailable, accept="application/json")
@view_config(context="stock.errors.OutOfStockError")
def failed(error, request):
    return Response("later", status=503)


@view_config(context=Shelf)
def shelf(context, request):
    return Response("shelf")
"""
        + _MADE.format("pass")
    )
    assert {one.handler: one.path for one in mapped(tmp_path, source).routes} == {"main:shelf": "/"}


_ASKED = """
@view_config(route_name="asked", permission="edit")
def asked(request):
    return Response("asked")


@view_config(route_name="free")
def free(request):
    return Response("free")
"""
_ROUTES = "config.add_route('asked', '/asked')\n    config.add_route('free', '/free')"


@pytest.mark.parametrize(
    ("included", "verdict"),
    [
        # What is not here may have brought who is asked.
        ("config.include('pyramid_ourauth')", "unknown"),
        ("config.include(settings['parts'])", "unknown"),
        # What is here has not, nor what is called like something else.
        ("config.include('pyramid_tm')", "unguarded"),
        ("config.include('included')", "unguarded"),
        ("pass", "unguarded"),
        ("config.include('pyramid_multiauth')", "guarded"),
    ],
)
def test_a_permission_is_asked_of_whom_something_that_is_not_here_may_have_brought(
    tmp_path: Path, included: str, verdict: str
) -> None:
    source = _MAIN + _ASKED + _MADE.format(f"{included}\n    {_ROUTES}")

    drawn = mapped(tmp_path, source, included="def includeme(config):\n    config.add_route('more', '/more')\n")

    assert rows(drawn) == {"GET /asked": verdict, "GET /free": "unguarded"}


def test_policies_that_settings_name_are_asked_one_after_another(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
from pyramid.authorization import Allow, Authenticated, Everyone
from pyramid_multiauth import MultiAuthenticationPolicy


class Root:
    __acl__ = [(Allow, Authenticated, "edit"), (Allow, Everyone, "see"), (Allow, "guest", "visit")]

    def __init__(self, request):
        pass


class Guests:
    def authenticated_userid(self, request):
        return None

    def unauthenticated_userid(self, request):
        return None

    def effective_principals(self, request):
        return ["guest"]


@view_config(route_name="edit", permission="edit")
@view_config(route_name="see", permission="see")
@view_config(route_name="visit", permission="visit")
def view(request):
    return Response("view")
"""
        + _MADE.format(
            "config.set_root_factory(Root)\n"
            "    config.set_authentication_policy(MultiAuthenticationPolicy([Guests()]))\n"
            "    for name in ('edit', 'see', 'visit'):\n        config.add_route(name, '/' + name)"
        )
    )

    assert rows(mapped(tmp_path, source)) == {
        "GET /edit": "guarded",
        "GET /see": "unguarded",
        "GET /visit": "unguarded",
    }


def test_a_view_for_any_method_answers_those_that_no_other_view_of_its_path_takes(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
@view_config(route_name="orders", request_method="GET", accept="application/json")
def orders(request):
    if request.authenticated_userid is None:
        raise HTTPForbidden()
    return Response("orders")


@view_config(route_name="orders")
def fallback(request):
    return Response("not so", status=405)


@view_config(route_name="parts", request_method="GET", request_param="all")
def all_parts(request):
    if request.authenticated_userid is None:
        raise HTTPForbidden()
    return Response("all")


@view_config(route_name="parts")
def parts(request):
    return Response("parts")
"""
        + _MADE.format("config.add_route('orders', '/orders')\n    config.add_route('parts', '/parts')")
    )

    found = sorted((one.method, one.path, one.handler, one.verdict) for one in mapped(tmp_path, source).routes)

    assert [one for one in found if one[0] == "GET"] == [
        ("GET", "/orders", "main:orders", "guarded"),
        # A request without the parameter is answered by the other view.
        ("GET", "/parts", "main:all_parts", "guarded"),
        ("GET", "/parts", "main:parts", "unguarded"),
    ]
    assert ("POST", "/orders", "main:fallback", "unguarded") in found


@pytest.mark.parametrize(("command", "is_there"), [("", True), ("    return config.make_wsgi_app()\n", False)])
def test_a_configurator_of_a_command_does_not_stand_for_what_others_include(
    tmp_path: Path, command: str, is_there: bool
) -> None:
    source = (
        _MAIN
        + f"""
def profiled(request):
    return Response("profiled")


def profile(config):
    config.add_route("profiled", "/profiled")
    config.add_view(profiled, route_name="profiled")


def setup(settings):
    config = Configurator(settings=settings)
    profile(config)
{command}

def orders(request):
    if request.authenticated_userid is None:
        raise HTTPForbidden()
    return Response("orders")


def includeme(config):
    config.add_route("orders", "/orders")
    config.add_view(orders, route_name="orders")
"""
    )

    found = rows(mapped(tmp_path, source))

    assert found.get("GET /orders") == ("guarded" if is_there else None)
    assert found["GET /profiled"] == "unguarded"


def test_what_ends_before_all_is_included_is_said(tmp_path: Path) -> None:
    source = (
        _MAIN
        + """
def orders(request):
    return Response("orders")


def includeme(config):
    config.add_route("orders", "/orders")
    config.add_view(orders, route_name="orders")
    raise RuntimeError("not yet")
"""
    )

    drawn = mapped(tmp_path, source)

    assert rows(drawn) == {"GET /orders": "unguarded"}
    assert ["this ends in an exception" in one.why and not one.analysed for one in drawn.not_read] == [True]


_BARE = """
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy, Allow, Authenticated
from pyramid.config import Configurator

from parts import includeme


class Root:
    __acl__ = [(Allow, Authenticated, "see")]

    def __init__(self, request):
        self.request = request


def main(global_config, **settings):
    # Their parts are told by the settings: `pyramid.includes = main`.
    config = Configurator(
        settings=settings,
        root_factory=Root,
        authentication_policy=AuthTktAuthenticationPolicy("secret", hashalg="sha512"),
        authorization_policy=ACLAuthorizationPolicy(),
    )
    return config.make_wsgi_app()
"""
_PARTS = """
from pyramid.exceptions import Forbidden
from pyramid.response import Response


def home(request):
    return Response("home")


def basic(request):
    return Response(status=401)


def includeme(config):
    config.add_route("home", "/home")
    config.add_view(home, route_name="home", permission="see")
    config.add_route("free", "/free")
    config.add_view(home, route_name="free")
    config.add_view("parts.basic", route_name="home", context="pyramid.exceptions.Forbidden")
"""


def test_parts_that_settings_include_are_those_of_the_application_that_has_nothing_else(tmp_path: Path) -> None:
    drawn = mapped(tmp_path, _BARE, parts=_PARTS)

    assert rows(drawn) == {"GET /home": "guarded", "GET /free": "unguarded"}
    with loaded(tmp_path, "main:main") as main:
        app = main({}, **{"pyramid.includes": "parts"})
        assert refused_by_wsgi(app, "GET", "/home")
        assert status_by_wsgi(app, "GET", "/free") == 200
