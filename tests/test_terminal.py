from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import integers, text

from nomoat import terminal


def test_long_lines_are_broken_at_spaces_and_stand_below_their_beginning() -> None:
    shown = terminal.laid_out("    " + "one two three " * 6, columns=40)

    assert shown.splitlines() == [
        "    one two three one two three one two",
        "      three one two three one two three",
        "      one two three",
    ]


def test_a_long_word_stays_whole() -> None:
    assert terminal.laid_out("at /" + "a" * 60 + " and so on", columns=40).splitlines() == [
        "at",
        "  /" + "a" * 60,
        "  and so on",
    ]


@given(shown=text(alphabet="ab c\n", max_size=300), columns=integers(40, 120))
def test_nothing_is_lost_and_nothing_is_too_wide(shown: str, columns: int) -> None:
    rows = terminal.laid_out(shown, columns=columns).split("\n")

    assert "\n".join(rows).split() == shown.split()
    assert all(len(row) <= columns or len(row.split()) <= 1 for row in rows if len(row.lstrip()) > 2)


def test_what_no_terminal_reads_keeps_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)

    assert terminal.width() is None
    assert terminal.laid_out("x " * 300, columns=terminal.width()) == "x " * 300


@pytest.mark.parametrize(("given_", "used"), [("10", 40), ("80", 80), ("400", 120)])
def test_the_width_is_kept_between_what_can_be_read(given_: str, used: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", given_)

    assert used == terminal.width()
