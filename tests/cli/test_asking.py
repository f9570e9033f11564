"""What `nomoat init` asks, explains and says to do next."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nomoat.appmap.model import Map, Protection, Route, Service
from nomoat.cli import asking
from nomoat.errors import UsageError


def _open(path: str) -> tuple[Route, ...]:
    name = f"route:shop/GET {path}"
    return (
        Route(id=name, key=name, service="shop", method="GET", path=path, handler="shop.main:handler",
              at="shop/main.py:7", verdict="unguarded", guards=(), reads=("store:shop/users",)),
    )  # fmt: skip


def _typing(*answers: str) -> Callable[[str], str]:
    typed = iter(answers)
    return lambda _prompt: next(typed)


def test_each_question_is_numbered_and_says_what_the_route_reaches(capsys: pytest.CaptureFixture[str]) -> None:
    answers = asking.asked([_open("/a"), _open("/b")], read=_typing("p", ""))

    said = capsys.readouterr().err
    assert ["public", "denied"] == answers
    assert "2 questions" in said
    assert "1/2  GET    /a  shop/main.py:7  open in source today  reads users" in said


def test_a_question_mark_explains_and_a_wrong_answer_says_which_are_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = asking.asked([_open("/a")], read=_typing("?", "x\x1b[2J", "signed-in"))

    said = capsys.readouterr().err
    assert ["signed-in"] == answers
    assert "Audit mode answers as before and records it" in said
    assert "'x\\x1b[2j' is no answer: p, s, d, q or ?" in said


def test_nobody_is_told_of_questions_that_there_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert [] == asking.asked([], read=_typing())
    assert "" == capsys.readouterr().err


def test_q_writes_nothing() -> None:
    with pytest.raises(UsageError, match="nothing was written"):
        asking.asked([_open("/a")], read=_typing("q"))


def _map(protected: Protection | None) -> Map:
    return Map(services=(Service("shop", "FastAPI", ".", "shop.main:api", protected),))


def test_what_comes_next_depends_on_what_is_there_already() -> None:
    plain = asking.next_steps(_map(None), roles_elsewhere=None)
    looked_up = asking.next_steps(_map(None), roles_elsewhere=("admin",))
    protected = asking.next_steps(_map("audit"), roles_elsewhere=None)

    assert 'protect(api, mode="audit")' in plain
    assert "shop.main" in plain
    assert "identity" not in plain
    assert 'protect(api, mode="audit", identity=identity)' in looked_up
    assert "# of: admin" in looked_up
    assert "nomoat map --write" in plain
    assert "protect(" not in protected


def test_the_code_that_is_shown_is_python() -> None:
    for elsewhere in (None, ("admin",)):
        lines = asking.next_steps(_map(None), roles_elsewhere=elsewhere).splitlines()
        compile("\n".join(line.removeprefix("  ") for line in lines[1:-1]), "shown", "exec")


@pytest.mark.parametrize("framework", ["FastAPI", "Flask"])
def test_who_calls_is_asked_as_the_framework_can_be_asked(framework: str) -> None:
    drawn = Map(services=(Service("shop", framework, ".", "shop.main:api", None),))

    lines = asking.next_steps(drawn, roles_elsewhere=("admin",)).splitlines()

    compile("\n".join(line.removeprefix("  ") for line in lines[1:-1]), "shown", "exec")
    assert ("async def identity(connection)" in "\n".join(lines)) == (framework == "FastAPI")
    assert "user:local/{user.id}" in "\n".join(lines)


def test_django_is_told_its_settings_and_others_that_guard_does_not_stand_there_yet() -> None:
    django = Map(services=(Service("shop", "Django", ".", "shop.urls:urlpatterns", None),))
    pyramid = Map(services=(Service("shop", "Pyramid", ".", "shop.main:app", None),))
    tornado = Map(services=(Service("shop", "Tornado", ".", "shop.main:app", None),))

    assert '"nomoat.guard.DjangoGuard"' in asking.next_steps(django, roles_elsewhere=("admin",))
    litestar = Map(services=(Service("shop", "Litestar", ".", "shop.main:app", None),))
    assert 'on_app_init=[LitestarGuard("audit")]' in asking.next_steps(litestar, roles_elsewhere=None)
    assert "protect(config" in asking.next_steps(pyramid, roles_elsewhere=None)
    assert "does not stand in front of that yet" in asking.next_steps(tornado, roles_elsewhere=None)
