"""Routes that no map has, made at run time or by a package: denied, unless a person decided about them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI

from nomoat import settings
from nomoat.errors import SettingsError
from nomoat.guard import Identity
from nomoat.guard.routers.starlette import Routes
from nomoat.guard.routers.table import Found
from nomoat.policy import document
from nomoat.policy.bindings import bind
from nomoat.policy.model import loads
from nomoat.policy.questions import ask
from tests.guard.guarded import ANA, POLICY, Guarded, last
from tests.policy.maps import map_of, route

MAPPED = (route("GET /export", binding=("export:read",)),)
RULES = """\
routes:
  "POST /{name}/run": {permission: export:read, unmapped: true, because: "pipelines are deployed while it runs"}
  "GET /models": {public: true, unmapped: true, because: "a package adds it"}
  "POST /admin/run": {permission: orders:refund, unmapped: true, because: "this one is not for everybody"}
  "GET /files/{rest:path}": {permission: signed-in, unmapped: true, because: "a package adds them"}
"""


def application() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    package = APIRouter()

    @package.get("/models")
    def models() -> str:
        return "models"

    @package.get("/files/{kind}/{number}")
    def files(kind: str, number: int) -> str:
        return "file"

    @package.get("/debug")
    def debug() -> str:
        return "secret"

    app.include_router(package)
    for name in ("report", "admin"):
        app.add_api_route(f"/{name}/run", lambda: "ran", methods=["POST"])
    return app


@pytest.mark.parametrize(
    ("request_line", "who", "status", "reason", "target"),
    [
        ("POST /report/run", ANA, 200, "granted", "POST /report/run"),
        ("POST /report/run", None, 401, "unauthenticated", "POST /report/run"),
        ("POST /report/run", Identity("user:local/eve"), 403, "no-grant", "POST /report/run"),
        # Two rules fit: the one that names it.
        ("POST /admin/run", ANA, 403, "no-grant", "POST /admin/run"),
        ("GET /models", None, 200, "public", "GET /models"),
        ("GET /files/a/1", ANA, 200, "signed-in", "GET /files/{}/{}"),
        ("GET /files/a/1", None, 401, "unauthenticated", "GET /files/{}/{}"),
        # Nobody decided about it.
        ("GET /debug", ANA, 403, "unknown-route", "GET /debug"),
        ("POST /nowhere/run", ANA, 404, "unknown-route", "POST *"),
    ],
)
def test_a_person_decides_what_no_map_has(
    tmp_path: Path, request_line: str, who: Identity | None, status: int, reason: str, target: str
) -> None:
    method, _, path = request_line.partition(" ")
    guarded = Guarded(tmp_path, application(), MAPPED, policy=POLICY + RULES, who=who)

    answer, facts = guarded.ask(method, path)

    assert (status, reason) == (answer.status, last(facts)[1])
    assert f"route:shop/{target}" == facts[-1].target


def test_at_the_start_only_the_rest_is_told_as_denied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Guarded(tmp_path, application(), MAPPED, policy=POLICY + RULES, protects=True).ask("GET", "/models")

    said = capsys.readouterr().err
    assert "denied   GET /debug" in said
    assert "models" not in said
    assert "/run" not in said


def test_it_must_say_why(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(f'{POLICY}routes:\n  "GET /a": {{permission: b, unmapped: true}}\n')

    with pytest.raises(SettingsError, match="loosened by unmapped and does not say why"):
        document.read(settings.load(tmp_path / "nomoat.yaml"))


def test_the_policy_asks_about_it_as_of_any_route_and_remembers_it(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(POLICY + RULES)
    policy = document.read(settings.load(tmp_path / "nomoat.yaml"))

    found = {(one.id, one.target) for one in ask(map_of(*MAPPED), policy, today=date(2026, 1, 1))}

    assert ("ungranted-permission", "route:shop/POST /admin/run") in found
    assert not [one for one in found if one[0] == "unmatched-route-rule"]
    again = loads(policy.text)
    assert again.hash == policy.hash
    assert [rule.unmapped for rule in again.routes] == [True] * 4


def test_without_the_word_a_rule_for_no_route_stays_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(f'{POLICY}routes:\n  "GET /models": {{public: true, because: "a"}}\n')
    policy = document.read(settings.load(tmp_path / "nomoat.yaml"))

    bindings = bind(map_of(*MAPPED), policy)

    assert 1 == len(bindings.unmatched)
    assert bindings.beside_map("route:shop/GET /models") is None


@pytest.mark.parametrize(
    ("within", "reason"), [("GET /export", "granted"), ("GET /nothing", "public"), (None, "public")]
)
def test_what_the_map_has_as_a_part_of_a_whole_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, within: str | None, reason: str
) -> None:
    """As of Django's admin: the map has the whole of it, and no rule with `unmapped` may open a part of that."""
    served = Found("GET /models", "/models", {}, within)
    monkeypatch.setattr(Routes, "match", lambda *_: served)

    _, facts = Guarded(tmp_path, application(), MAPPED, policy=POLICY + RULES).ask("GET", "/models")

    assert reason == last(facts)[1]
