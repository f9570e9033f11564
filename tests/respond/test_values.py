from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.errors import NomoatError
from nomoat.respond import execute, values
from tests.journal.made import hostile_text

_SHELL = st.sampled_from(
    ["; touch pwned", "$(id)", "`id`", "| sh", "&& rm -rf .", "\n", "\0", "-rf", "--help", "{x}", "*"]
)


@settings(max_examples=10_000, deadline=None)
@given(value=st.lists(st.one_of(hostile_text, _SHELL), max_size=4).map("".join), kind=st.sampled_from(values.TYPES))
def test_a_hostile_value_is_refused_or_stays_one_argument_as_it_is(value: str, kind: str) -> None:
    try:
        checked = values.checked("x", kind, value)
        made = values.arguments(("program", "{x}", "--of={x}"), {"x": checked, "pwned": "no"})
    except NomoatError:
        return

    assert made == ["program", value, f"--of={value}"]
    assert not value.startswith("-")


def test_what_looks_like_shell_reaches_a_program_as_text(tmp_path: Path) -> None:
    hostile = "$(touch pwned); `touch pwned` | touch pwned && touch pwned > pwned *"
    command = values.arguments((sys.executable, "-c", "import sys; print(sys.argv[1])", "{x}"), {"x": hostile})

    assert hostile in execute.run(command, cwd=tmp_path).output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["anonymous", "0.0.0.0/0", "10.0.0.0/8", "", "user:main/", "user:main/a b", "-x"])
def test_a_caller_is_one_subject_or_one_address(value: str) -> None:
    with pytest.raises(values.ValueRefusedError):
        values.checked("subject", "caller", value)
