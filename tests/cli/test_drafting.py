from __future__ import annotations

import dataclasses
from pathlib import Path

from nomoat import datafile, settings
from nomoat.appmap.model import Guard, Map, Role, Route, Service, TokenCheck, Verdict
from nomoat.cli import drafting


def _route(
    method: str,
    path: str,
    *,
    verdict: Verdict = "guarded",
    binding: tuple[str, ...] | str | None = None,
    login: bool = False,
) -> Route:
    route_id = f"route:shop/{method} {path}"
    return Route(
        id=route_id,
        key=route_id,
        service="shop",
        method=method,
        path=path,
        handler="shop.main:handler",
        at="shop/main.py:1",
        verdict=verdict,
        guards=() if verdict != "guarded" else (Guard("authentication", "current_user", "shop/auth.py:1"),),
        binding=binding,  # type: ignore[arg-type]  # the tests give only what the model allows
        login=login,
    )


def _map(*routes: Route, tokens: tuple[TokenCheck, ...] = (), roles: tuple[Role, ...] = ()) -> Map:
    return Map(services=(Service("shop", "fastapi", ".", "shop.main:app"),), routes=routes, tokens=tokens, roles=roles)


_TOKEN = TokenCheck("shop/auth.py:9", algorithms=("HS256",), key_setting="SECRET_KEY", subject_claim="sub")


def _plain(text: str) -> object:
    return datafile.plain(settings.parse(text, root=Path()).document)


def test_an_application_that_only_asks_for_a_sign_in_gets_a_policy_with_which_it_works() -> None:
    drawn = _map(_route("GET", "/items", binding="signed-in"), tokens=(_TOKEN,))

    found = drafting.draft(drawn, {}, because="x")

    assert _plain(found.text) == {
        "format": 1,
        "services": {"shop": {"app": "shop.main:app"}},
        "identity": {
            "main": {
                "algorithms": ["HS256"],
                "key": "env:SECRET_KEY",
                "no_issuer": {"because": "the tokens of this application carry no iss"},
            }
        },
    }
    assert found.notes == ()


def test_an_open_route_is_named_only_when_somebody_opened_it() -> None:
    drawn = _map(
        _route("GET", "/export", verdict="unguarded"), _route("POST", "/login", verdict="unguarded", login=True)
    )

    denied = drafting.draft(drawn, {}, because="x").text
    opened = drafting.draft(drawn, {"route:shop/POST /login": "public"}, because='ana said "yes"').text

    assert "/export" not in denied + opened
    read = settings.parse(opened, root=Path()).section("routes")
    assert datafile.plain(read) == {"POST /login": {"public": True, "login": True, "because": 'ana said "yes"'}}


def test_roles_come_from_source_and_from_the_checks_on_them() -> None:
    drawn = _map(
        _route("GET", "/reports", binding=("reports:read",)),
        _route("GET", "/admin", binding=("role:admin",)),
        _route("GET", "/secret", binding=("secret:read",)),
        roles=(Role("clerk", ("reports:read",)),),
        tokens=(_TOKEN,),
    )

    found = drafting.draft(drawn, {}, because="x")

    read = settings.parse(found.text, root=Path())
    assert datafile.plain(read.section("roles")) == {"admin": ["role:admin"], "clerk": ["reports:read"]}
    assert "#   secret:read" in found.text
    assert any("nobody may secret:read" in note for note in found.notes)
    assert any("(admin, clerk) are not in the token" in note for note in found.notes)
    assert ("admin", "clerk") == found.roles_elsewhere


def test_without_a_token_check_in_source_the_person_is_told_about_identity() -> None:
    found = drafting.draft(_map(_route("GET", "/items", binding="signed-in")), {}, because="x")

    assert "identity" not in found.text
    assert any("identity=" in note for note in found.notes)


def test_names_that_yaml_would_misread_are_quoted() -> None:
    assert ["orders-read", '"orders:read"', '"no"', '"*"', '"a b"'] == [
        drafting.quoted(name) for name in ("orders-read", "orders:read", "no", "*", "a b")
    ]


def test_one_answer_decides_get_and_head_of_a_path_and_what_the_framework_adds() -> None:
    pages = [
        dataclasses.replace(_route(method, path, verdict="unguarded"), origin="framework")
        for path in ("/docs", "/redoc")
        for method in ("GET", "HEAD")
    ]
    own = [_route(method, "/files", verdict="unguarded") for method in ("GET", "HEAD", "POST")]

    groups = drafting.questions([*pages, *own])

    assert [
        ["GET /docs", "HEAD /docs", "GET /redoc", "HEAD /redoc"],
        ["GET /files", "HEAD /files"],
        ["POST /files"],
    ] == [[f"{route.method} {route.path}" for route in group] for group in groups]
