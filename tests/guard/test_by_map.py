"""guard around applications whose router it cannot ask: it goes by the map alone."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from nomoat.appmap import codec
from nomoat.appmap.model import Route
from nomoat.errors import SettingsError, UsageError
from nomoat.guard import Guard, Identity, WSGIGuard, protect, report
from nomoat.guard.loading import Mode
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from nomoat.settings import load
from tests.guard.calling import Answer, handshake, scope_of, serve
from tests.guard.guarded import ANA, POLICY, running
from tests.guard.wsgi_calling import call, environ_of
from tests.policy.maps import map_of, route

ROUTES = (
    route("GET /export", binding=("export:read",)),
    route("GET /me", binding="signed-in"),
    route("GET /{page}", binding="signed-in"),
    route("GET /reports/{name:path}", binding="signed-in"),
    route("GET /reports/secret", binding=("reports:secret",)),
    route("POST /me", binding="signed-in"),
    route("DELETE /me", binding=("me:delete",)),
    route("GET /orders/{number:int}", binding=("orders:read",), requires=("orders:read",)),
    route("WS /live", binding="signed-in"),
    route("WS /admin", binding=("live:admin",)),
    route("GET /first/second/", binding="signed-in"),
)


class App:
    """It notes what reached it, and answers with `status` and `headers`."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.status, self.headers = "200 OK", [("content-type", "text/plain")]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.ran.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        start_response(self.status, self.headers)
        return [b"done"]


class Service:
    """A folder with policy and map, and an application behind guard."""

    def __init__(self, root: Path, mode: Mode = "enforce", who: Identity | None = ANA, also: str = "") -> None:
        self.root, self.app = root, App()
        self.asked_with: list[Any] = [None]
        files(root, also)
        self.guard = WSGIGuard(self.app, mode, config=root / "nomoat.yaml", identity=self._identity)
        self.who = who

    def _identity(self, environ: Any) -> Identity | None:
        self.asked_with = [environ]
        return self.who

    def ask(self, method: str, target: str, headers: Iterable[tuple[str, str]] = (), **environ: Any) -> Answer:
        return call(self.guard, {**environ_of(method, target, headers), **environ})

    def decisions(self) -> list[Decision]:
        self.guard.close()
        return decisions(self.root)


def files(root: Path, also: str = "", routes: tuple[Route, ...] = ROUTES) -> None:
    (root / "nomoat.yaml").write_text(POLICY + also)
    (root / ".nomoat").mkdir(exist_ok=True)
    (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*routes)))


def decisions(root: Path) -> list[Decision]:
    store = open_store(f"sqlite:{root}/journal.db")
    found = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
    store.close()
    return found


def test_every_route_that_may_be_meant_must_allow_it(tmp_path: Path) -> None:
    service = Service(tmp_path)

    answers = [
        service.ask("GET", path).status for path in ("/export", "/reports/open", "/reports/secret", "/nowhere/1")
    ]

    assert [200, 200, 403, 403] == answers
    assert ["GET /export", "GET /reports/open"] == service.app.ran
    facts = service.decisions()
    assert [
        ("route:shop/GET /export", "granted"), ("route:shop/GET /reports/{name}", "signed-in"),
        ("route:shop/GET /reports/secret", "no-grant"), ("route:shop/GET *", "unknown-route"),
    ] == [(one.target, one.reason) for one in facts]  # fmt: skip
    assert all(one.by_map for one in facts)


@pytest.mark.parametrize(
    ("target", "headers", "environ"),
    [
        ("/me/../export", (), {}),
        ("//me", (), {}),
        ("/me;x=1", (), {}),
        ("/me%00", (), {}),
        ("/me%0A", (), {}),
        ("/%256de", (), {}),
        ("/me%FF", (), {}),
        ("/me%5Cexport", (), {}),
        ("/me%20", (), {}),
        ("http://testserver/me", (), {}),
        ("/me", (), {"RAW_URI": "/%6De"}),
        ("/me", (), {"REQUEST_URI": "/m%2Fe"}),
        ("/me", (("X-HTTP-Method-Override", "DELETE"),), {}),
        ("/me?_method=delete", (), {}),
        ("/me?%5Fmethod=delete", (), {}),
        ("/me", (("X-Original-URL", "/export"),), {}),
        ("/me", (), {"REQUEST_METHOD": "get"}),
    ],
)
def test_what_routers_read_differently_is_refused(target: str, headers: Any, environ: Any, tmp_path: Path) -> None:
    service = Service(tmp_path)

    answer = service.ask("GET", target, headers, **environ)

    assert (403, []) == (answer.status, service.app.ran)
    (fact,) = service.decisions()
    assert (fact.reason, fact.target.endswith(" *")) == ("ambiguous-request", True)


def test_audit_says_so_and_changes_nothing(tmp_path: Path, capsys: Any) -> None:
    service = Service(tmp_path, "audit")

    answer = service.ask("GET", "//me")

    assert (200, b"done") == (answer.status, answer.body)
    said = capsys.readouterr().err
    assert "the path has an empty segment" in said
    assert "guards shop by its map alone" in said
    (fact,) = service.decisions()
    assert ("deny", "ambiguous-request", False, 200) == (fact.outcome, fact.reason, fact.enforced, fact.status)


def test_overrides_pass_where_somebody_says_that_nobody_reads_them(tmp_path: Path) -> None:
    section = 'overrides: {ignored: true, because: "the application reads none"}\n'
    service = Service(tmp_path, also=section)

    assert 200 == service.ask("GET", "/me?_method=DELETE", [("X-HTTP-Method-Override", "DELETE")]).status


def test_overrides_are_not_let_pass_without_a_reason(tmp_path: Path) -> None:
    from nomoat.guard import settings

    files(tmp_path, "overrides: {ignored: true}\n")

    with pytest.raises(SettingsError, match="does not say why"):
        settings.read(load(tmp_path / "nomoat.yaml"))


@pytest.mark.parametrize(
    ("status", "location", "expected"),
    [
        ("308 Permanent Redirect", "http://testserver/first/second/", 308),
        ("404 Not Found", "", 404),
        ("308 Permanent Redirect", "http://elsewhere/", 403),
        ("200 OK", "", 403),
    ],
)
def test_only_a_redirect_to_the_other_slash_passes(status: str, location: str, expected: int, tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.app.status, service.app.headers = status, [("Location", location)] if location else []

    assert expected == service.ask("GET", "/first/second").status
    assert 403 == service.ask("POST", "/first/second").status
    service.who = None
    assert 401 == service.ask("GET", "/first/second").status
    assert ["GET /first/second"] == service.app.ran


def test_head_is_held_to_the_route_of_get(tmp_path: Path) -> None:
    service = Service(tmp_path, who=Identity("user:local/eve"))

    assert [200, 403] == [service.ask("HEAD", path).status for path in ("/me", "/export")]


def test_letters_of_another_case_are_held_to_both_routes(tmp_path: Path) -> None:
    service = Service(tmp_path, who=Identity("user:local/eve"))

    assert [200, 403] == [service.ask("GET", path).status for path in ("/mine", "/EXPORT")]


def test_a_path_behind_a_mount_is_held_to_the_routes_of_both(tmp_path: Path) -> None:
    service = Service(tmp_path)

    assert 403 == service.ask("GET", "/secret", SCRIPT_NAME="/reports").status
    assert 200 == service.ask("GET", "/open", SCRIPT_NAME="/reports").status


def test_identity_is_asked_with_the_environ(tmp_path: Path) -> None:
    service = Service(tmp_path)

    service.ask("GET", "/me")

    assert service.asked_with[0] is not None and "/me" == service.asked_with[0]["PATH_INFO"]


def test_what_depends_on_the_object_is_left_to_the_handler(tmp_path: Path) -> None:
    service = Service(tmp_path)

    # The application never asks.
    assert 403 == service.ask("GET", "/orders/1").status
    assert ["GET /orders/1"] == service.app.ran
    assert "decision-missing" == service.decisions()[-1].reason


def test_guard_is_put_around_once(tmp_path: Path) -> None:
    for wrong in (Service(tmp_path).guard, "no application"):
        with pytest.raises(UsageError):
            WSGIGuard(wrong)  # type: ignore[arg-type]


def test_protect_says_what_to_use_instead() -> None:
    with pytest.raises(UsageError) as caught:
        protect(App())

    assert "WSGIGuard(app)" in caught.value.fix


def _gate(root: Path, capsys: Any, style: str = "text") -> tuple[int, str]:
    capsys.readouterr()
    asked = argparse.Namespace(config=root / "nomoat.yaml", since="24h", format=style, unseen=False, gate=True)
    return report.run(asked), capsys.readouterr().out


def test_the_gate_is_shut_by_an_answer_that_no_route_explains(tmp_path: Path, capsys: Any) -> None:
    service = Service(tmp_path, "audit")
    service.ask("GET", "/deep/down/there")
    service.guard.close()

    status, said = _gate(tmp_path, capsys)

    assert 1 == status
    assert "the application answered it, and no route of the map could be meant" in said


def test_the_gate_says_that_nothing_was_compared(tmp_path: Path, capsys: Any) -> None:
    service = Service(tmp_path, "audit")
    service.ask("GET", "/me")
    service.app.status = "404 Not Found"
    service.ask("GET", "/deep/down/there")
    service.ask("GET", "//me")
    service.guard.close()

    status, said = _gate(tmp_path, capsys)

    assert (0, True) == (status, "which nobody has compared with what is served" in said)
    assert ["shop"] == json.loads(_gate(tmp_path, capsys, "json")[1])["not_compared"]


# -- ASGI -------------------------------------------------------------------------------------------------------------


class AsyncApp:
    """The same over ASGI, with a start and an end."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for word in ("startup", "shutdown"):
                await receive()
                self.ran.append(word)
                await send({"type": f"lifespan.{word}.complete"})
            return
        self.ran.append(f"{scope.get('method', 'WS')} {scope['path']}")
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})


def _asked(root: Path, *asked: Any, who: Identity | None = ANA) -> tuple[list[Any], AsyncApp]:
    app = AsyncApp()
    guarded = Guard(
        app, "enforce", config=root / "nomoat.yaml", identity=lambda scope: who if "path" in scope else None
    )

    async def answers() -> list[Any]:
        async with running(guarded):
            return [
                await (handshake(guarded, one) if one["type"] == "websocket" else serve(guarded, one)) for one in asked
            ]

    return asyncio.run(answers()), app


def test_any_asgi_application_is_guarded_by_its_map(tmp_path: Path) -> None:
    files(tmp_path)

    answers, app = _asked(
        tmp_path, scope_of("GET", "/export"), scope_of("GET", "/reports/secret"), scope_of("GET", "/deep/down"),
        scope_of("GET", "/m%65"), scope_of("GET", "//me"), scope_of("POST", "/me", [("X-Method-Override", "DELETE")]),
        scope_of("GET", "/me?_method=DELETE"), scope_of("GET", "/open", root="/reports"),
        scope_of("GET", "/secret", root="/reports"),
    )  # fmt: skip

    assert [200, 403, 403, 403, 403, 403, 403, 200, 403] == [one.status for one in answers]
    assert ["startup", "GET /export", "GET /reports/open", "shutdown"] == app.ran
    assert all(one.by_map for one in decisions(tmp_path))


def test_websockets_of_any_asgi_application(tmp_path: Path) -> None:
    files(tmp_path)

    answers, app = _asked(
        tmp_path, *(scope_of("GET", path, kind="websocket") for path in ("/live", "/admin", "/me", "/live/")),
    )  # fmt: skip

    assert ["websocket.accept", "websocket.close", "websocket.close", "websocket.close"] == [
        one[0]["type"] for one in answers
    ]
    assert ["startup", "WS /live", "shutdown"] == app.ran
