"""guard in front of real Flask applications, with a real SQLite journal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, redirect, request, session
from flask.views import MethodView

from nomoat import guard
from nomoat.errors import UsageError
from nomoat.guard import Identity
from nomoat.guard.loading import Mode
from nomoat.journal import blocks
from nomoat.journal.facts import Decision
from nomoat.journal.facts import Response as Ended
from nomoat.journal.journal import open_store
from tests.guard.calling import Answer
from tests.guard.guarded import ANA
from tests.guard.wsgi_calling import Served, call, environ_of
from tests.policy.maps import route

ROUTES = (
    route("GET /orders/{number:int}", binding=("orders:read",), requires=("orders:read",)),
    route("HEAD /orders/{number:int}", binding=("orders:read",), requires=("orders:read",)),
    route("POST /orders/{number:int}", binding=("orders:write",), requires=("orders:write",)),
    route("DELETE /orders/{number:int}", binding=("orders:write",), requires=()),
    route("GET /export", binding=("export:read",)),
    route("POST /export", binding=("export:read",)),
    route("GET /me", binding="signed-in"),
    route("GET /slash/", binding="signed-in"),
    route("GET /stream", binding=("orders:read",), requires=("orders:read",)),
    route("GET /forgets", binding=("orders:read",), requires=("orders:read",)),
)
OWNERS = {1: "ana", 2: "ben"}


def application() -> Flask:
    app = Flask(__name__)
    app.secret_key = "for tests only"
    orders = Blueprint("orders", __name__, url_prefix="/orders")
    ran: list[str] = []
    app.extensions["ran"] = ran

    class Order(MethodView):
        def get(self, number: int) -> dict[str, Any]:
            ran.append(f"read {number}")
            guard.require("orders:read", owner=OWNERS[number])
            return {"number": number}

        def post(self, number: int) -> dict[str, Any]:
            guard.require("orders:write", owner=OWNERS[number])
            ran.append(f"wrote {number}")
            return {"number": number}

        def delete(self, number: int) -> str:
            ran.append(f"deleted {number}")
            return ""

    orders.add_url_rule("/<int:number>", view_func=Order.as_view("order"))
    app.register_blueprint(orders)

    @app.route("/export", methods=["GET", "POST"])
    def export() -> str:
        ran.append("export")
        return "all"

    @app.get("/me")
    def me() -> str:
        return "you"

    @app.get("/slash/")
    def slash() -> str:
        return "slash"

    @app.get("/hidden")
    def hidden() -> str:
        ran.append("hidden")
        return "not on the map"

    @app.get("/stream")
    def stream() -> Response:
        guard.require("orders:read", owner="ana")

        def parts() -> Iterator[str]:
            for number in range(5):
                ran.append(f"part {number}")
                yield f"{number};"

        return Response(parts())

    @app.get("/forgets")
    def forgets() -> str:
        return "secret"

    return app


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path, application(), ROUTES)
    yield one
    with contextlib.suppress(AttributeError):
        one.close()


def _last(served: Served) -> tuple[str, str]:
    fact = max(served.decisions(), key=lambda one: one.sequence)
    return fact.outcome, fact.reason


def test_what_the_policy_grants_reaches_its_handler(served: Served) -> None:
    answer = served.ask("GET", "/export")

    (fact,) = served.decisions()
    assert (answer.status, answer.body) == (200, b"all")
    assert (fact.outcome, fact.reason, fact.target, fact.subject, fact.status) == (
        "allow", "granted", "route:shop/GET /export", "user:local/ana", 200,
    )  # fmt: skip
    assert fact.client == "192.0.2.1"


@pytest.mark.parametrize(
    ("who", "target", "status", "reason"),
    [
        (None, "/export", 401, "unauthenticated"),
        (Identity("user:local/eve"), "/export", 403, "no-grant"),
        (ANA, "/hidden", 403, "unknown-route"),
        (ANA, "/orders/2", 403, "condition-false"),
        (ANA, "/forgets", 403, "decision-missing"),
    ],
)
def test_everything_else_is_refused_as_problem_details(
    served: Served, who: Identity | None, target: str, status: int, reason: str
) -> None:
    served.who = who

    answer = served.ask("GET", target)

    assert answer.status == status
    assert answer.json() == {"type": "about:blank", "title": answer.json()["title"], "status": status}
    assert answer.header("content-type") == "application/problem+json"
    assert answer.header("www-authenticate") == ("Bearer" if status == 401 else "")
    assert _last(served) == ("deny", reason)
    assert served.app.extensions["ran"] == (["read 2"] if target == "/orders/2" else [])


def test_a_write_is_in_the_journal_before_its_handler_runs(served: Served) -> None:
    seen: list[int] = []

    def look() -> None:
        store = open_store(f"sqlite:{served.root}/journal.db")
        seen.append(len(list(store.read(kinds=(Decision,)))))
        store.close()

    view = served.app.view_functions["export"]

    def export() -> Any:
        look()
        return view()

    served.app.view_functions["export"] = export

    answer = served.ask("POST", "/export")

    facts = served.close()
    assert (answer.status, seen) == (200, [1])
    assert [type(fact) for fact in facts] == [Decision, Ended]
    assert isinstance(facts[1], Ended)
    assert facts[1].status == 200


def test_a_write_that_its_handler_never_decides_is_refused_before_it(served: Served) -> None:
    answer = served.ask("DELETE", "/orders/1")

    assert answer.status == 403
    assert served.app.extensions["ran"] == []
    assert _last(served) == ("deny", "undecided-before-write")


def test_a_handler_decides_on_the_object(served: Served) -> None:
    mine, others, wrote = (
        served.ask("GET", "/orders/1"),
        served.ask("GET", "/orders/2"),
        served.ask("POST", "/orders/2"),
    )

    assert [mine.status, others.status, wrote.status] == [200, 403, 403]
    assert b"number" not in others.body
    assert "wrote 2" not in served.app.extensions["ran"]


def test_a_denied_require_sticks_whatever_the_handler_does_next(served: Served) -> None:
    @served.app.get("/swallows")
    def swallows() -> Response:
        with contextlib.suppress(Exception):
            guard.require("orders:read", owner="ben")
        return Response("secret", headers={"X-Secret": "1", "Set-Cookie": "a=b", "Access-Control-Allow-Origin": "*"})

    served.routes = (*ROUTES, route("GET /swallows", binding=("orders:read",), requires=("orders:read",)))

    answer = served.ask("GET", "/swallows")

    assert (answer.status, b"secret" in answer.body) == (403, False)
    names = {name for name, _ in answer.headers}
    assert not names & {b"x-secret", b"set-cookie"}
    # A page of another origin could not read the refusal without it.
    assert answer.header("access-control-allow-origin") == "*"


def test_an_error_handler_of_the_application_changes_no_refusal(served: Served) -> None:
    served.app.register_error_handler(Exception, lambda error: ("all is well", 200))

    assert served.ask("GET", "/orders/2").status == 403


def test_the_frameworks_own_answers_pass(served: Served) -> None:
    assert served.ask("GET", "/nowhere").status == 404
    assert served.ask("PATCH", "/me").status == 405
    assert served.ask("GET", "/slash").status == 308
    options = served.ask("OPTIONS", "/export")
    assert (options.status, set(options.header("allow").split(", "))) == (200, {"GET", "HEAD", "OPTIONS", "POST"})


def test_whatever_else_answers_where_no_route_matches_is_denied(served: Served) -> None:
    served.app.register_error_handler(404, lambda error: ("the front page of everything", 200))

    assert served.ask("GET", "/nowhere").status == 403


def test_before_request_runs_after_the_decision(served: Served) -> None:
    @served.app.before_request
    def log() -> None:
        served.app.extensions["ran"].append("before")

    @served.app.url_value_preprocessor
    def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        served.app.extensions["ran"].append("values")

    served.who = None

    assert served.ask("GET", "/export").status == 401
    assert served.app.extensions["ran"] == []


def test_a_request_that_is_sent_elsewhere_afterwards_is_denied(served: Served) -> None:
    hidden = next(rule for rule in served.app.url_map.iter_rules() if rule.endpoint == "hidden")

    @served.app.before_request
    def elsewhere() -> None:
        request.url_rule = hidden

    answer = served.ask("GET", "/me")

    assert (answer.status, served.app.extensions["ran"]) == (403, [])
    assert _last(served) == ("deny", "rerouted")


def test_a_parameter_that_is_taken_out_is_no_other_route(served: Served) -> None:
    @served.app.url_value_preprocessor
    def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and "lang" in values:
            values.pop("lang")

    @served.app.get("/<lang>/me")
    def spoken() -> str:
        return "you"

    served.routes = (*ROUTES, route("GET /{lang}/me", binding="signed-in"))

    assert served.ask("GET", "/de/me").status == 200


def test_a_parameter_that_is_changed_is_denied(served: Served) -> None:
    @served.app.url_value_preprocessor
    def change(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and "number" in values:
            values["number"] = 1

    assert served.ask("GET", "/orders/2").status == 403
    assert served.app.extensions["ran"] == []


def test_a_stream_ends_when_its_caller_is_blocked(served: Served) -> None:
    app = served.start()
    sent: list[bytes] = []

    def block() -> None:
        if not sent:
            store = open_store(f"sqlite:{served.root}/journal.db")
            blocks.place(store, "user:local/ana", for_s=60, because="a test", by="somebody", never_block=())
            store.close()
            served.runtime.standing.look()
        sent.append(b"")

    with pytest.raises(guard.Denied):
        call(app, environ_of("GET", "/stream"), between=block)
    assert len(sent) == 1
    assert served.ask("GET", "/me").status == 403


def test_a_block_refuses_in_audit_mode_too(served: Served) -> None:
    served.mode = "audit"
    served.start()
    served.ask("GET", "/me")
    store = open_store(f"sqlite:{served.root}/journal.db")
    blocks.place(store, "user:local/ana", for_s=60, because="a test", by="somebody", never_block=())
    store.close()
    served.runtime.standing.look()

    assert served.ask("GET", "/me").status == 403


@pytest.mark.parametrize("target", ["/export", "/hidden", "/forgets", "/nowhere", "/slash"])
def test_audit_changes_no_answer(tmp_path: Path, target: str) -> None:
    plain = call(application(), environ_of("GET", target))
    served = Served(tmp_path, application(), ROUTES, mode="audit", who=None)

    answer = served.ask("GET", target)

    assert (answer.status, answer.body, answer.headers) == (plain.status, plain.body, plain.headers)
    outcome, _ = _last(served)
    assert outcome == "deny"


@pytest.mark.parametrize(("target", "reason"), [("/orders/2", "condition-false"), ("/stream", "no-grant")])
def test_audit_lets_handlers_ask_in_vain(tmp_path: Path, target: str, reason: str) -> None:
    who = ANA if target == "/orders/2" else Identity("user:local/eve")
    served = Served(tmp_path, application(), ROUTES, mode="audit", who=who)

    assert served.ask("GET", target).status == 200
    assert _last(served) == ("deny", reason)


def test_a_session_that_the_service_has_names_its_caller(tmp_path: Path) -> None:
    app = application()

    @app.post("/login")
    def login() -> str:
        session["user"] = request.args["name"]
        return ""

    def identity(asked: Any) -> Identity | None:
        return replace(ANA, subject=f"user:local/{session['user']}") if "user" in session else None

    served = Served(
        tmp_path, app, (*ROUTES, route("POST /login", verdict="unguarded", binding=())), identity=identity,
        policy=(
            'services: {shop: {app: "main:app"}}\nroles: {customer: [export:read]}\n'
            'routes: {"POST /login": {public: true, because: "people sign in"}}\n'
            'journal: {store: "sqlite:journal.db"}\n'
        ),
    )  # fmt: skip
    with served.start().test_client() as client:
        assert client.get("/export").status_code == 401
        assert client.post("/login?name=kim").status_code == 200
        assert client.get("/export").status_code == 200
    assert [fact.subject for fact in served.decisions()][-1] == "user:local/kim"


def test_an_identity_that_fails_denies(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    async def late(asked: Any) -> None:
        raise AssertionError("nobody awaits it")

    def broken(asked: Any) -> Identity:
        raise LookupError("no table")

    for identity, said in ((late, "async"), (broken, "no table")):
        one = Served(served.root, application(), ROUTES, identity=identity)
        assert one.ask("GET", "/export").status == 401
        one.close()
        assert said in capsys.readouterr().err


def test_a_handler_that_fails_leaves_its_decision_and_error(served: Served) -> None:
    served.app.view_functions["export"] = lambda: abort(418)
    assert served.ask("GET", "/export").status == 418

    def fail() -> None:
        raise LookupError("nothing there")

    served.app.view_functions["export"] = fail
    assert served.ask("POST", "/export").status == 500
    facts = served.close()
    assert [getattr(fact, "status", None) for fact in facts] == [418, 0, 500]


def test_guard_that_cannot_load_denies_and_audit_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers: list[Answer] = []
    for mode in ("enforce", "audit"):
        app = application()
        guard.protect(app, mode, config=tmp_path / "absent.yaml", identity=lambda _: None)
        answers.append(call(app, environ_of("GET", "/me")))

    assert [answer.status for answer in answers] == [503, 200]
    assert "absent.yaml" in capsys.readouterr().err


def test_it_stands_innermost_and_once(served: Served) -> None:
    served.start()
    with pytest.raises(UsageError, match="already"):
        guard.protect(served.app)

    wrapped = Flask("wrapped")
    inner = wrapped.wsgi_app
    wrapped.wsgi_app = lambda *given: inner(*given)  # type: ignore[method-assign]
    with pytest.raises(UsageError, match="stands around"):
        guard.protect(wrapped)


def test_differences_and_what_runs_before_are_said_at_start(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    class Proxy:
        def __init__(self, app: Any) -> None:
            self.app = app

        def __call__(self, *given: Any) -> Any:
            return self.app(*given)

    served.routes = (*ROUTES, route("GET /gone", binding="signed-in"))
    app = served.start()
    app.wsgi_app = Proxy(app.wsgi_app)  # type: ignore[method-assign, assignment]
    served.ask("GET", "/me")

    said = capsys.readouterr().err
    assert "denied   GET /hidden: the map lacks it" in said
    assert "warning  GET /gone: on the map, not served" in said
    assert "may answer without it: Proxy" in said
    assert "OPTIONS" not in said


def test_a_redirect_of_the_rules_passes_and_one_of_the_handler_is_its_own(served: Served) -> None:
    @served.app.get("/new")
    def new() -> Any:
        return redirect("/me")

    served.app.add_url_rule("/old", redirect_to="/me", endpoint="old")
    served.routes = (*ROUTES, route("GET /new", binding="signed-in"))

    assert served.ask("GET", "/old").header("location") == "http://testserver/me"
    assert served.ask("GET", "/new").status == 302


def test_require_finds_its_request_from_another_thread_when_it_is_passed(served: Served) -> None:
    import threading

    @served.app.get("/threads")
    def threads() -> str:
        inner = request._get_current_object()  # type: ignore[attr-defined]
        found: list[bool] = []
        one = threading.Thread(target=lambda: found.append(guard.may("orders:read", request=inner, owner="ana")))
        one.start()
        one.join()
        guard.require("orders:read", request=inner, owner="ana")
        return str(found)

    served.routes = (*ROUTES, route("GET /threads", binding=("orders:read",), requires=("orders:read",)))

    assert served.ask("GET", "/threads").body == b"[True]"


def test_an_application_that_nobody_has_any_more_ends_guard(tmp_path: Path) -> None:
    import gc
    import threading
    import weakref

    before = set(threading.enumerate())
    served = Served(tmp_path, application(), ROUTES, identity=_is_ana)
    assert served.ask("GET", "/me").status == 200
    app = weakref.ref(served.app)
    assert set(threading.enumerate()) > before

    del served
    gc.collect()

    assert app() is None
    assert not [one for one in threading.enumerate() if one not in before and one.is_alive()]
    store = open_store(f"sqlite:{tmp_path}/journal.db")
    assert [entry.fact for entry in store.read(kinds=(Decision,))]
    store.close()


def test_it_ends_also_where_a_thread_of_its_own_collects_it(tmp_path: Path) -> None:
    import gc
    import threading
    import time

    from nomoat.journal.writer import Writer, _Ticket

    before = set(threading.enumerate())
    held = [Served(tmp_path, application(), ROUTES, identity=_is_ana)]
    assert held[0].ask("GET", "/me").status == 200
    writer: Writer = held[0].app.wsgi_app.starting.runtime.writer  # type: ignore[attr-defined]  # It is guard's.

    def collect(_: Any) -> None:
        held.clear()
        gc.collect()

    writer._hand_over((), _Ticket(collect, durable=False))

    ends = time.monotonic() + 30
    while (left := set(threading.enumerate()) - before) and time.monotonic() < ends:
        time.sleep(0.01)
    assert not held
    assert not left
    store = open_store(f"sqlite:{tmp_path}/journal.db")
    assert [entry.fact for entry in store.read(kinds=(Decision,))]
    assert all(one.ended for one in store.processes())
    store.close()


def _is_ana(_: Any) -> Identity:
    return ANA


@pytest.mark.parametrize(("mode", "status"), [("enforce", 403), ("audit", 200)])
def test_what_is_dispatched_inside_the_application_never_passed_guard(
    tmp_path: Path, mode: Mode, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    app = application()

    @app.get("/batch")
    def batch() -> str:
        with app.test_request_context("/hidden"):
            return str(app.full_dispatch_request().status_code)

    served = Served(tmp_path, app, (*ROUTES, route("GET /batch", binding="signed-in")), mode=mode)

    assert served.ask("GET", "/batch").body == str(status).encode()
    assert app.extensions["ran"] == (["hidden"] if mode == "audit" else [])
    assert "around guard" in capsys.readouterr().err


@pytest.mark.parametrize(("binding", "status"), [("signed-in", 200), (("orders:read",), 403)])
def test_a_websocket_is_decided_at_its_handshake(served: Served, binding: tuple[str, ...] | str, status: int) -> None:
    served.app.add_url_rule("/live", "live", lambda: "opened", websocket=True)
    served.routes = (*ROUTES, route("WS /live", binding=binding))
    environ = environ_of("GET", "/live", [("Upgrade", "websocket"), ("Connection", "Upgrade")])

    answer = call(served.start(), environ)

    assert answer.status == status
    outcome, reason = _last(served)
    assert (outcome, reason) == (("allow", "signed-in") if status == 200 else ("deny", "depends-on-resource"))
