"""guard in front of real Pyramid applications: what Pyramid has matched is decided about before its root factory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyramid.config import Configurator
from pyramid.events import ContextFound
from pyramid.request import Request
from pyramid.response import Response

from nomoat import guard
from nomoat.appmap import codec
from nomoat.appmap.model import Route
from nomoat.errors import UsageError
from nomoat.guard import Identity
from nomoat.guard.loading import Mode
from nomoat.guard.routers.pyramid import Routes
from nomoat.guard.testing import journal_in_memory
from tests.guard.guarded import ANA, POLICY
from tests.guard.wsgi_calling import call, environ_of
from tests.policy.maps import map_of, route

ROUTES = (
    route("GET /me", binding="signed-in"),
    route("GET /export", binding=("export:read",)),
    route("GET /sub", binding="signed-in"),
    route("GET /slash/", binding="signed-in"),
    route("GET /orders/{number:int}", binding="signed-in"),
    route("GET /tree/{traverse:path}", binding="signed-in"),
    route("GET /asks", binding="signed-in"),
    route("ANY /static", binding="signed-in"),
)


class Service:
    """An application of which each view notes that it ran, and a caller."""

    def __init__(self, root: Path, mode: Mode = "enforce", who: Identity | None = ANA) -> None:
        self.ran: list[str] = []
        self.who = who
        (root / "nomoat.yaml").write_text(POLICY)
        (root / ".nomoat").mkdir(exist_ok=True)
        (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*ROUTES)))
        self.config = config = Configurator(root_factory=self._root)
        guard.protect(config, mode, config=root / "nomoat.yaml", identity=self._identity)
        for name in ("me", "export", "hidden", "slash/"):
            self._add(name.strip("/"), f"/{name}", lambda request: Response("done"))
        self._add("orders", r"orders/{number:\d+}", lambda request: Response("done"))
        self._add("sub", "/sub", lambda request: request.invoke_subrequest(Request.blank("/hidden")))
        self._add("asks", "/asks", self._asks)
        config.add_route("tree", "/tree/*traverse")
        config.add_view(lambda context, request: Response("tools"), route_name="tree", name="tools")
        config.add_static_view("static", str(root))
        config.add_notfound_view(lambda request: Response("nothing", status=request.GET.get("status", 404)))
        config.add_subscriber(self._change, ContextFound)

    def _add(self, name: str, pattern: str, view: Callable[[Any], Any]) -> None:
        def noted(request: Any) -> Any:
            self.ran.append(name)
            return view(request)

        self.config.add_route(name, pattern)
        self.config.add_view(noted, route_name=name, request_method=("GET", "POST"))

    def _root(self, request: Any) -> object:
        self.ran.append("root")
        return object()

    def _identity(self, request: Any) -> Identity | None:
        assert request.authenticated_userid is None
        return self.who

    def _asks(self, request: Any) -> Any:
        guard.require("orders:read", owner="ben")
        raise AssertionError("it went on")

    def _change(self, event: Any) -> None:
        if "number" in event.request.GET:
            event.request.matchdict = {"number": event.request.GET["number"]}
        if "method" in event.request.GET:
            event.request.method = event.request.GET["method"]

    def ask(self, method: str, target: str) -> int:
        if not hasattr(self, "app"):
            self.app = self.config.make_wsgi_app()
        return call(self.app, environ_of(method, target)).status


@pytest.mark.parametrize(
    ("method", "target", "status", "ran"),
    [
        ("GET", "/me", 200, ["root", "me"]),
        ("GET", "/orders/1", 200, ["root", "orders"]),
        # Refused before the root factory.
        ("GET", "/hidden", 403, []),
        ("HEAD", "/me", 403, []),
        ("POST", "/me", 403, []),
        # Pyramid's own answers pass, and no page in their place.
        ("GET", "/nowhere", 404, ["root"]),
        ("DELETE", "/me", 404, ["root"]),
        ("GET", "/me%2F", 404, ["root"]),
        ("GET", "//me", 404, ["root"]),
        ("GET", "/nowhere?status=200", 403, ["root"]),
        # What guard decided about is what runs.
        ("GET", "/orders/1?number=2", 403, ["root"]),
        ("GET", "/orders/1?method=POST", 403, ["root"]),
        ("GET", "/sub", 403, ["root", "sub"]),
        ("GET", "/asks", 403, ["root", "asks"]),
        # Which view of a tree runs is known too late.
        ("GET", "/tree/tools", 403, []),
        ("GET", "/static/nomoat.yaml", 200, ["root"]),
    ],
)
def test_what_pyramid_matched_is_decided_about(
    method: str, target: str, status: int, ran: list[str], tmp_path: Path
) -> None:
    service = Service(tmp_path)

    with journal_in_memory():
        assert (status, ran) == (service.ask(method, target), service.ran)


def test_a_header_that_leads_to_another_view_is_refused(tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.config.add_view(lambda context, request: Response("secret"), route_name="me", name="secret")

    with journal_in_memory():
        app = service.config.make_wsgi_app()
        asked = [environ_of("GET", "/me", headers) for headers in ((), (("X-Vhm-Root", "/secret"),))]
        assert [200, 403] == [call(app, environ).status for environ in asked]


def test_nobody_is_asked_to_sign_in(tmp_path: Path) -> None:
    with journal_in_memory():
        assert 401 == Service(tmp_path, who=None).ask("GET", "/me")


def test_audit_changes_nothing(tmp_path: Path) -> None:
    service = Service(tmp_path, "audit", who=None)

    with journal_in_memory():
        assert [200, 200, 200] == [service.ask("GET", path) for path in ("/hidden", "/sub", "/orders/1?number=2")]


def test_protect_comes_once_and_before_the_application_is_made(tmp_path: Path) -> None:
    service = Service(tmp_path)

    with pytest.raises(UsageError, match="already"):
        guard.protect(service.config)
    with pytest.raises(UsageError, match="made already"):
        guard.protect(Configurator().make_wsgi_app())


SEGMENTS = ("a", "b", "{x}", r"{x:\d+}", "{x:.*}", "a{x}", "A")
ASKED = (
    "/a",
    "/b",
    "/1",
    "/a/b",
    "/a/1",
    "/A",
    "/ab/c",
    "//a",
    "/a/",
    "/a%2Fb",
    "/a/../b",
    "/%61",
    "/a;x",
    "/a%0A",
    "/",
)


def made(chance: Random) -> Callable[[], Configurator]:
    """An application whose every view answers with its route's own path."""
    patterns = []
    for number in range(chance.randint(1, 5)):
        segments = [chance.choice(SEGMENTS).replace("{x", f"{{x{n}") for n in range(chance.randint(1, 2))]
        rest = chance.choice(("", "", "/*rest"))
        patterns.append((str(number), "/".join(segments) + rest, chance.choice(("GET", "POST", None))))

    def make() -> Configurator:
        config = Configurator()
        for name, pattern, method in patterns:
            config.add_route(name, pattern)
            config.add_view(lambda request, of=name: Response(of), route_name=name, request_method=method)
        return config

    return make


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_what_pyramid_dispatches_is_what_guard_decided_on(chance: Random, tmp_path: Path) -> None:
    make = made(chance)
    plain = make().make_wsgi_app()
    served = list(Routes(plain.registry).served())
    opened = {f"{one.method} {one.path}" for one in served if chance.random() < 0.5}
    (tmp_path / "nomoat.yaml").write_text(POLICY)
    (tmp_path / ".nomoat").mkdir(exist_ok=True)
    known: tuple[Route, ...] = tuple(route(name, binding="signed-in") for name in sorted(opened))
    (tmp_path / ".nomoat" / "map.json").write_text(
        codec.file_text(map_of(*known, route("GET /x", binding="signed-in")))
    )
    config = make()
    guard.protect(config, "enforce", config=tmp_path / "nomoat.yaml", identity=lambda _: ANA)
    keys = {one.key.partition("/")[2] for one in known}
    with journal_in_memory():
        app = config.make_wsgi_app()
        by_name = {name: of.pattern for name, of in app.routes_mapper._mapper.routes.items()}
        for target in ASKED:
            for method in ("GET", "POST", "HEAD"):
                real, answer = call(plain, environ_of(method, target)), call(app, environ_of(method, target))
                if real.status == 404:
                    assert 404 == answer.status, (method, target)
                elif method != "HEAD":
                    key = Routes(plain.registry)._path(by_name[real.body.decode()])
                    path = route(f"GET {key}").key.partition(" ")[2]
                    may = {f"{method} {path}", f"ANY {path}"} & keys
                    assert (200 if may else 403) == answer.status, (method, target, path)
