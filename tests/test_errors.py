from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import text

from nomoat.errors import NomoatError, Problem, StorageError, UsageError, printable


def test_an_error_says_what_where_and_fix() -> None:
    error = NomoatError("unknown severity 'hgih'", where="rules/x.yaml:2:11", fix="use low or high")

    assert str(error) == "error: unknown severity 'hgih'\n  --> rules/x.yaml:2:11\n  fix: use low or high"


def test_every_problem_is_printed() -> None:
    error = NomoatError("mistakes", problems=[Problem("one"), Problem("two", "here")])

    assert str(error) == "error: one\nerror: two\n  --> here"


def test_wrong_use_and_what_could_not_complete_have_their_exit_codes() -> None:
    assert (2, 3) == (UsageError("x").exit_code, StorageError("x").exit_code)


def test_a_terminal_escape_is_shown_and_not_obeyed() -> None:
    assert "\\x1b[2Jname\\u202e" == printable("\x1b[2Jname\u202e")


@given(text())
def test_no_control_character_survives(raw: str) -> None:
    shown = printable(raw)

    assert all(character in "\t\n" or (ord(character) >= 32 and not 127 <= ord(character) < 160) for character in shown)
