"""A policy of Rego that is evaluated within the process: as an OPA server answers it, in time, in threads and forks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Response

from nomoat import guard, settings
from nomoat.errors import SettingsError
from nomoat.guard import Identity
from nomoat.guard.backends.rego import THREADS, Rego
from nomoat.guard.backends.settings import RegoSettings
from nomoat.guard.settings import read
from nomoat.policy.decide import Answer
from tests.guard.guarded import Guarded, last
from tests.policy.maps import route

pytest.importorskip("regopy", reason="regopy is absent")

HEAD = "package nomoat\n\nimport rego.v1\n\n"
OWN = HEAD + "default allow := false\n\nallow if input.resource.owner == input.sub\n"
#: The engine is busy with it for many times longer than any question may take.
SLOW = HEAD + "allow if {\n\tsome a in numbers.range(1, 3000)\n\tsome b in numbers.range(1, 3000)\n\ta * b < 0\n}\n"


@pytest.fixture
def closing() -> Iterator[list[Rego]]:
    made: list[Rego] = []
    yield made
    for one in made:
        one.close()


def rego(tmp_path: Path, closing: list[Rego], module: str = OWN, **given: Any) -> Rego:
    (tmp_path / "policy.rego").write_text(module)
    made = RegoSettings("policy.rego", **{"timeout_s": 20.0, **given})
    closing.append(Rego(made, service="shop", root=tmp_path))
    return closing[-1]


def ask(backend: Rego, sub: str = "ana", **resource: Any) -> Answer:
    return backend.decide(
        subject=f"user:local/{sub}", roles=(), permissions=("p",), attributes={}, resource=resource or None
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", "granted"),
        ("false", "no-grant"),
        ('"true"', "backend-unavailable"),
        ("1", "backend-unavailable"),
        ("null", "backend-unavailable"),
        ('{"allow": true}', "backend-unavailable"),
        ("[true]", "backend-unavailable"),
        ("{true}", "backend-unavailable"),
        ('"deferred"', "depends-on-resource"),
        ('"a\\", true, \\""', "backend-unavailable"),
        ('concat("", ["a", "\\", true]}"])', "backend-unavailable"),
        ("1 / 0", "no-grant"),
        ('http.send({"url": "http://127.0.0.1", "method": "GET"}).status_code', "no-grant"),
    ],
)
def test_only_true_allows(tmp_path: Path, closing: list[Rego], value: str, expected: str) -> None:
    backend = rego(tmp_path, closing, HEAD + f"allow := {value}\n")

    assert expected == ask(backend).reason
    assert "depends-on-resource" != ask(backend, owner="ana").reason


def test_two_results_are_none(tmp_path: Path, closing: list[Rego]) -> None:
    backend = rego(tmp_path, closing, HEAD + "allow := true if input.sub\n\nallow := false if input.subject\n")

    assert ("deny", "backend-unavailable") == ask(backend)[:2]


def test_an_undefined_document_denies(tmp_path: Path, closing: list[Rego]) -> None:
    assert "no-grant" == ask(rego(tmp_path, closing, HEAD + "allow if false\n")).reason
    assert "no-grant" == ask(rego(tmp_path, closing, query="data.other.allow")).reason


@pytest.mark.parametrize(
    ("owner", "sub"),
    [
        ("ana", "ana\0ben"), ("", "\0"), ("ana\0", "ana"), ("A", "\\u0041"), ("\n", "\\n"), ("é", "e\u0301"),
        (4711, "4711"), (True, "true"), (2**63 - 1, str(2**63 - 1)),
    ],
)  # fmt: skip
def test_ids_that_differ_are_never_the_same(tmp_path: Path, closing: list[Rego], owner: Any, sub: str) -> None:
    """Handed over as the engine itself does it, a text ended at its zero byte: who was called so owned another's."""
    assert "no-grant" == ask(rego(tmp_path, closing), sub, owner=owner).reason


@pytest.mark.parametrize("sub", ["ana", 'a"b', "a\\b", "a\nb", "é", "\U0001f600", "a\0b", "{{", "`", "\u2028", "a/b"])
def test_an_id_is_itself_whatever_stands_in_it(tmp_path: Path, closing: list[Rego], sub: str) -> None:
    assert "granted" == ask(rego(tmp_path, closing), sub, owner=sub).reason


def test_what_takes_too_long_is_denied_in_time_and_the_others_go_on(tmp_path: Path, closing: list[Rego]) -> None:
    slow = rego(tmp_path, closing, SLOW, timeout_s=0.2)
    quick = rego(tmp_path, closing)

    began = time.monotonic()
    answers = [ask(slow) for _ in range(3)]
    assert (["backend-unavailable"] * 3, True) == ([one.reason for one in answers], time.monotonic() - began < 5)
    assert "it did not answer in time" in slow.trouble
    assert "granted" == ask(quick, owner="ana").reason


def test_sixteen_threads_each_get_their_own_answer(tmp_path: Path, closing: list[Rego]) -> None:
    backend = rego(tmp_path, closing)
    wrong: list[tuple[int, Answer]] = []

    def many(number: int) -> None:
        for turn in range(40):
            is_own = (number + turn) % 3 == 0
            answer = ask(backend, f"user{number}", owner=f"user{number if is_own else number + 1}")
            if (answer.outcome == "allow") != is_own or answer.reason == "backend-unavailable":
                wrong.append((number, answer))

    threads = [threading.Thread(target=many, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong
    assert 0 < backend._threads.get()._begun <= THREADS


def test_a_child_has_threads_of_its_own_also_when_it_is_forked_in_the_midst(
    tmp_path: Path, closing: list[Rego]
) -> None:
    backend = rego(tmp_path, closing)
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            ask(backend, "ana", owner="ana")

    threads = [threading.Thread(target=go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                answers = [ask(backend, "ana", owner=owner).reason for owner in ("ana", "ben") * 3]
                os._exit(0 if answers == ["granted", "no-grant"] * 3 else 1)
            assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_who_asks_after_the_end_is_answered(tmp_path: Path, closing: list[Rego]) -> None:
    backend = rego(tmp_path, closing)
    assert "granted" == ask(backend, owner="ana").reason
    backend.close()
    assert "granted" == ask(backend, owner="ana").reason


@pytest.mark.parametrize("module", ["", "package", "package nomoat\nallow := ", "\0", "package nomoat\nallow { true"])
def test_a_module_that_does_not_compile_is_a_mistake(
    tmp_path: Path, closing: list[Rego], module: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingsError):
        rego(tmp_path, closing, module)
    assert ("", "") == capfd.readouterr()


def test_a_module_that_is_not_there_or_too_large_is_a_mistake(tmp_path: Path, closing: list[Rego]) -> None:
    with pytest.raises(SettingsError):
        Rego(RegoSettings("none.rego"), service="shop", root=tmp_path)
    with pytest.raises(SettingsError):
        Rego(RegoSettings("."), service="shop", root=tmp_path)
    with pytest.raises(SettingsError):
        rego(tmp_path, closing, OWN + "#" * 1_100_000)


def test_without_the_engine_it_says_what_to_install(
    tmp_path: Path, closing: list[Rego], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "regopy", None)

    with pytest.raises(SettingsError) as raised:
        rego(tmp_path, closing)
    assert "pip install 'nomoat[rego]'" in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "backend: {rego: {}}",
        "backend: {rego: null}",
        "backend: {rego: {module: ''}}",
        "backend: {rego: {module: a.rego, query: allow}}",
        "backend: {rego: {module: a.rego, query: 'data.a; true'}}",
        "backend: {rego: {module: a.rego, query: null}}",
        "backend: {rego: {module: a.rego, timeout: 1m}}",
        "backend: {rego: {module: a.rego, claims: ['a b']}}",
        "backend: {rego: {module: a.rego, url: 'http://127.0.0.1/'}}",
        "backend: {rego: {module: a.rego}, opa: {url: 'http://127.0.0.1/v1/data/a'}}",
        "backend: {rego: {module: a.rego}}\ndeny: [{permission: a, because: b}]",
    ],
)
def test_what_cannot_be_meant_is_a_mistake(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        read(settings.parse(text, root=tmp_path))


ANA = Identity("user:local/ana", ("customer",), claims={"team": "north", "mail": "ana@example.test"})
ROUTES = (route("GET /export", binding=("export:read",)),)
POLICY = """\
services: {shop: {app: "main:app"}}
roles: {customer: [export:read]}
journal: {store: "sqlite:journal.db"}
backend: {rego: {module: policy.rego, timeout: 2s, claims: [team]}}
"""


def _app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/export")
    def export() -> Response:
        guard.require("export:read", owner="ana")
        return Response("all")

    return app


def test_a_request_is_decided_by_it_and_another_policy_holds_after_a_reload(tmp_path: Path) -> None:
    team = HEAD + 'allow := true if {\n\tinput.claims == {"team": "north"}\n\tinput.sub == "ana"\n}\n'
    (tmp_path / "policy.rego").write_text(team)
    shop = Guarded(tmp_path, _app(), ROUTES, policy=POLICY, who=ANA)
    answer, facts = shop.ask("GET", "/export")
    assert (200, ("allow", "granted"), "rego", ("rego",)) == (
        answer.status, last(facts), facts[0].read["backend"], facts[0].grants
    )  # fmt: skip

    (tmp_path / "policy.rego").write_text(HEAD + "allow := false\n")
    answer, facts = shop.ask("GET", "/export")
    assert (403, ("deny", "no-grant")) == (answer.status, last(facts[-1:]))


def test_a_module_that_changes_makes_what_is_loaded_stale(tmp_path: Path) -> None:
    from nomoat.appmap import codec
    from nomoat.guard import loading
    from tests.policy.maps import map_of

    (tmp_path / "policy.rego").write_text(OWN)
    (tmp_path / "nomoat.yaml").write_text(POLICY)
    (tmp_path / ".nomoat").mkdir()
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*ROUTES)))
    loaded = loading.load(tmp_path / "nomoat.yaml", "shop")
    assert (False, "rego") == (loading.is_stale(loaded), loaded.asking.name if loaded.asking else "")

    (tmp_path / "policy.rego").write_text(OWN + "# more\n")
    assert loading.is_stale(loaded)
