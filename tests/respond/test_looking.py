"""Looking at something is not having done it: what a person runs at a step that only a person can do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nomoat.respond.leading import Keyboard, Leader
from tests.respond.project import playbook, project

_STEPS = """\
  - {id: close-it, title: Close the hole, phase: eradicate, kind: manual, why: It is open.,
     command: [nomoat, rules, list]}
"""


def _typing(*answers: str) -> Callable[[str], str]:
    typed = iter(answers)

    def read(_prompt: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    return read


def _led(root: Path, *answers: str) -> tuple[bool, str, str]:
    """Whether all is done; the state and the reason of the step."""
    stepper = project(root).stepper(playbook(_STEPS), by="ana")
    ended = Leader(stepper, Keyboard(_typing("c", *answers))).lead()
    fact = stepper.case.steps["close-it"]
    return ended, fact.state, fact.reason


def test_a_command_that_was_run_leaves_the_step_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended, state, _ = _led(tmp_path, "r")

    assert (False, "open") == (ended, state)
    assert "account-change" in capsys.readouterr().out


def test_after_a_look_the_person_says_what_came_of_it(tmp_path: Path) -> None:
    assert (True, "done", "mended in 12") == _led(tmp_path, "r", "r", "d mended in 12")


def test_what_the_command_said_stays_in_the_journal(tmp_path: Path) -> None:
    stepper = project(tmp_path).stepper(playbook(_STEPS), by="ana")
    Leader(stepper, Keyboard(_typing("c", "r", "d"))).lead()
    stepper.refresh()

    said = [fact.output for _, fact in stepper.case.step_times if fact.state == "open"]
    assert ["ended with 0"] == [text.splitlines()[0] for text in said]


def test_no_skips_with_a_reason(tmp_path: Path) -> None:
    assert (True, "skipped", "not ours") == _led(tmp_path, "n", "not ours")


def test_a_question_mark_says_what_answers_do_and_repeats_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _led(tmp_path, "?", "d")

    said = capsys.readouterr().out
    assert 1 == said.count("It is open.")
    assert "r only runs the command and asks again" in said


def test_no_prompt_is_wider_than_a_narrow_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stepper = project(tmp_path).stepper(by="ana")
    asked: list[str] = []

    def read(prompt: str) -> str:
        asked.append(prompt)
        return "real" if "attack?" in prompt else "no" if "[" not in prompt or "leave]" in prompt else "s enough"

    Leader(stepper, Keyboard(read)).lead()

    assert 5 < len(asked)
    assert [] == [prompt for prompt in asked if len(prompt) > 78 and "leave]" not in prompt]
