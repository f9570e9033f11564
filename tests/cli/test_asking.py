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
    return Map(services=(Service("shop", "fastapi", ".", "shop.main:api", protected),))


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
