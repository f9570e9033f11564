"""What an `identity=` of somebody's own may hand over, and what becomes of it where it does not fit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nomoat import guard
from nomoat.guard import Identity
from tests.guard.calling import scope_of, serve
from tests.guard.guarded import Guarded, last
from tests.guard.test_handlers import _app
from tests.policy.maps import route

ANA = "user:local/ana"
EXPORT = route("GET /orders", binding=("export:read",))


def _handler() -> str:
    return "ok"


def _asked(root: Path, who: Any) -> tuple[int, tuple[str, str]]:
    answer, facts = Guarded(root, _app(_handler), (EXPORT,), who=who).ask("GET", "/orders")
    return answer.status, last(facts)


UNFIT: list[dict[str, Any]] = [
    {"subject": "ana"}, {"subject": "user:main/ana"}, {"subject": "user:local/"}, {"subject": "user:local/a\nb"},
    {"subject": None}, {"roles": "customer"}, {"roles": None}, {"roles": ("customer", 5)},
    {"credential": b"x"}, {"claims": None}, {"jti": 5}, {"issued_at": "yesterday"}, {"issued_at": True},
    {"roles": (name for name in ("customer",))},
]  # fmt: skip


@pytest.mark.parametrize("unfit", UNFIT, ids=lambda unfit: f"{unfit}"[:30])
def test_an_identity_that_does_not_fit_names_nobody(unfit: dict[str, Any], tmp_path: Path) -> None:
    who = Identity(**{"subject": ANA, "roles": ("customer",), **unfit})

    assert (401, ("deny", "identity-failed")) == _asked(tmp_path, who)


@pytest.mark.parametrize("roles", [("customer",), ["customer"], {"customer"}, frozenset(("customer", "\ud800"))])
def test_roles_may_be_any_collection_of_names(roles: Any, tmp_path: Path) -> None:
    assert (200, ("allow", "granted")) == _asked(tmp_path, Identity(ANA, roles))


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl"


def _says(text: str) -> Callable[[Any], Identity]:
    def identity(_: Any) -> Identity:
        raise LookupError(text)

    return identity


@pytest.mark.parametrize("text", [f"no session for Bearer {TOKEN}", f"{TOKEN} is not known", "password=hunter2hunter2"])
def test_what_an_error_of_identity_says_is_told_without_credentials(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Guarded(tmp_path, _app(_handler), (EXPORT,)).ask("GET", "/orders")
    app: Any = guard.Guard(inner := _app(_handler), "enforce", application=inner, config=tmp_path / "nomoat.yaml",
                           identity=_says(text))  # fmt: skip

    status = asyncio.run(serve(app, scope_of("GET", "/orders"))).status
    app.close()

    said = capsys.readouterr().err
    assert 401 == status
    assert "identity= failed: LookupError" in said and "[credential" in said
    assert TOKEN not in said and "hunter2" not in said


async def _awaited(who: Identity | None) -> Identity | None:
    if who is not None and who.subject.endswith("/eve"):
        raise LookupError("no session")
    return who


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Identity(ANA, ("customer",)), (200, ("allow", "granted"))),
        (None, (401, ("deny", "unauthenticated"))),
        (Identity("user:local/eve", ("customer",)), (401, ("deny", "identity-failed"))),
    ],
)
def test_an_identity_may_be_awaited(who: Identity | None, expected: Any, tmp_path: Path) -> None:
    guarded = Guarded(tmp_path, _app(_handler), (EXPORT,), who=_awaited(who))  # type: ignore[arg-type]  # awaited once
    answer, facts = guarded.ask("GET", "/orders")

    assert expected == (answer.status, last(facts))
