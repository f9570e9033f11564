"""What somebody tries against guard in a Flask service: odd requests, odd answers, several at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from werkzeug.routing import BaseConverter

from nomoat import guard
from nomoat.guard.asking import NoRequestError
from nomoat.guard.loading import Mode
from nomoat.journal.facts import Decision
from tests.guard.calling import Answer
from tests.guard.wsgi_calling import Served, call, environ_of
from tests.policy.maps import route

POLICY = """\
services: {shop: {app: "main:app"}}
roles: {customer: [export:read]}
deny: [{permission: export:read, when: context.method == "POST", because: "nobody writes"}]
journal: {store: "sqlite:journal.db"}
"""
ROUTES = (
    route("GET /export", binding=("export:read",)),
    route("POST /export", binding=("export:read",)),
    *(route(f"GET /{name}", binding="signed-in") for name in ("me", "stream", "taken", "teapot", "odd/{thing:odd}")),
)


class Odd:
    def __str__(self) -> str:
        raise LookupError("no text")


class OddConverter(BaseConverter):
    def to_python(self, value: str) -> Odd:
        return Odd()


class Taken(Response):
    """Says nothing: its connection was taken over by a websocket."""

    def __call__(self, *given: Any) -> Any:
        return []


def application() -> Flask:
    app = Flask(__name__)
    app.url_map.converters["odd"] = OddConverter

    @app.route("/export", methods=["GET", "POST"])
    def export() -> str:
        return "all"

    @app.get("/me")
    def me() -> str:
        return "you"

    @app.get("/stream")
    def stream() -> Response:
        def parts() -> Iterator[str]:
            for number in range(3):
                guard.may("export:read")
                yield f"{number}"

        return Response(parts())

    @app.get("/taken")
    def taken() -> Response:
        return Taken()

    @app.get("/teapot")
    def teapot() -> tuple[str, str]:
        return "tea", "teapot"

    @app.get("/odd/<odd:thing>")
    def odd(thing: Odd) -> str:
        return "odd"

    return app


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path, application(), ROUTES, policy=POLICY)
    yield one
    with contextlib.suppress(AttributeError):
        one.close()


@pytest.mark.parametrize("method", ["POST", "post", "pOsT"])
def test_a_method_is_what_flask_takes_it_for(served: Served, method: str) -> None:
    assert served.ask(method, "/export").status == 403

    (fact,) = served.decisions()
    assert (fact.method, fact.reason) == ("POST", "denied-by-rule")


@pytest.mark.parametrize("mode", ["audit", "enforce"])
@pytest.mark.parametrize("target", ["/taken", "/teapot"])
def test_an_odd_answer_leaves_as_it_is(tmp_path: Path, target: str, mode: Mode) -> None:
    served = Served(tmp_path, application(), ROUTES, policy=POLICY, mode=mode)

    answer = _said(served.start(), target)

    assert answer == _said(application(), target)
    assert [fact.outcome for fact in served.decisions()] == ["allow"]


def _said(app: Any, target: str) -> tuple[list[Any], list[bytes]]:
    said: list[Any] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        said.append((status, headers))
        return lambda _: None

    parts = app(environ_of("GET", target), start_response)
    body = list(parts)
    with contextlib.suppress(AttributeError):
        parts.close()
    return said, body


@pytest.mark.parametrize(("mode", "status"), [("audit", 200), ("enforce", 503)])
def test_a_parameter_that_has_no_text_is_a_fault_that_guard_answers(tmp_path: Path, mode: Mode, status: int) -> None:
    served = Served(tmp_path, application(), ROUTES, policy=POLICY, mode=mode)

    assert served.ask("GET", "/odd/thing").status == status
    served.close()


def test_two_answers_that_one_thread_serves_in_turns_do_not_meet(served: Served) -> None:
    app = served.start()
    answers = [app(environ_of("GET", "/stream"), lambda *_: lambda _: None) for _ in range(2)]
    ahead = [iter(one) for one in answers]
    for _ in range(2):
        for one in ahead:
            next(one)
            # The server has the word: nobody is asked about.
            with pytest.raises(NoRequestError):
                guard.may("export:read")
    for answer in answers:
        answer.close()  # type: ignore[attr-defined]
    with pytest.raises(NoRequestError):
        guard.may("export:read")


def test_a_stream_that_asks_is_not_broken_while_guard_cannot_load(tmp_path: Path) -> None:
    app = application()
    guard.protect(app, "audit", config=tmp_path / "absent.yaml", identity=lambda _: None)

    answer: Answer = call(app, environ_of("GET", "/stream"))

    assert (answer.status, answer.body) == (200, b"012")
    with pytest.raises(NoRequestError):
        guard.may("export:read")


def test_a_request_without_what_a_server_may_leave_out_is_decided(served: Served) -> None:
    environ = environ_of("GET", "/export")
    for name in ("REMOTE_ADDR", "QUERY_STRING", "SCRIPT_NAME", "CONTENT_LENGTH", "HTTP_HOST"):
        del environ[name]

    assert call(served.start(), environ).status == 200
    (fact,) = served.decisions()
    assert isinstance(fact, Decision)
    assert fact.client == ""


@pytest.mark.parametrize(
    "target",
    ["/%00", "/%ff%fe", "/export%00", "//export", "/./export", "/EXPORT", "/export%2f", "/export;a=b", "/export%0a"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "BREW"])
def test_no_spelling_of_a_path_reaches_what_somebody_unknown_may_not(served: Served, method: str, target: str) -> None:
    served.who = None

    assert served.ask(method, target).status in (401, 403, 404, 405, 308)
