from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Map
from nomoat.errors import DataFileError
from nomoat.respond import book, drills, linting

_WRONG = """\
format: 1
title: Wrong
parameters: {subject: {type: caller, from: subject}}
steps:
  - {id: stop, title: Stop, phase: contain, kind: block, who: wizard, target: "{subject}"}
  - {id: r, title: R, phase: contain, kind: run, auto: true, command: [x, "route:shop/GET /gone"], why: TODO}
"""


def test_lint_finds_what_would_cost_somebody_the_night(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(_WRONG)
    said = "\n".join(str(problem) for problem in linting.lint(file, Map()))

    for claim in (
        "changes something before evidence is kept", "nothing verifies it", "says no undo", "nobody acknowledges",
        "no role is called 'wizard'", "'TODO' is left in the text", "the map has no route:shop/GET /gone",
        "needs a person and is marked auto", "nobody asks whether it is real", "says when it is over",
    ):  # fmt: skip
        assert claim in said, claim
    assert f"{file}:5:" in said


def test_mistakes_of_a_file_are_told_all_at_once_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(
        "format: 1\nsteps:\n  - {id: A, title: A, phase: contian, kind: block}\n"
        '  - {id: b, title: B, phase: contain, kind: blok, command: ["{nobody}"]}\nextra: 1\n'
    )
    problems = linting.lint(file, None)

    assert len(problems) >= 5
    assert all(problem.where.count(":") >= 2 for problem in problems)


@pytest.mark.parametrize("name", sorted(book.files(None)))
def test_a_shipped_playbook_has_no_problem_and_its_drill_goes_as_expected(name: str) -> None:
    playbook = book.find(name, None)

    assert linting.lint(Path(playbook.file), None) == []
    assert drills.run(playbook, drills.load(drills.path_of(playbook))) == []


def test_a_drill_that_expects_something_else_fails() -> None:
    playbook = book.find("api-abuse", None)
    drill = drills.load(drills.path_of(playbook))
    other = drills.Drill(drill.alert, drill.answers, drill.steps[:-1], drill.messages)

    assert drills.run(playbook, other) == ["step 14: expected nothing, came write-it-down done"]


def test_a_drill_that_expects_other_messages_fails() -> None:
    playbook = book.find("api-abuse", None)
    drill = drills.load(drills.path_of(playbook))
    other = drills.Drill(drill.alert, drill.answers, drill.steps, drill.messages[::-1])

    said = "expected the messages breach, contained, sent were contained, breach"
    assert drills.run(playbook, other) == [said]


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("- {id: n, title: N, phase: review, kind: manual, only_if: {q: maybe}}", "answered 'maybe'"),
        ("- {id: n, title: N, phase: review, kind: manual, only_if: {later: yes}}", "no question before it"),
        ("- {id: n, title: N, phase: review, kind: notify, message: m}\ncovert: true", "this is covert"),
    ],
)
def test_a_condition_nobody_can_meet_and_a_covert_message_to_everybody_are_mistakes(more: str, what: str) -> None:
    text = f"format: 1\nmessages: {{m: x}}\nsteps:\n- {{id: q, title: Q, phase: identify, kind: ask}}\n{more}\n"

    with pytest.raises(DataFileError, match=what):
        book.parse(text, id="test")


def test_a_drill_of_a_newer_format_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "x.drill.yaml"
    file.write_text("format: 2\nexpect: {steps: [{id: a, state: done}]}\n")

    with pytest.raises(DataFileError, match="format 2 is newer") as caught:
        drills.load(file)
    assert caught.value.problems[0].where.endswith("x.drill.yaml:1:9")
