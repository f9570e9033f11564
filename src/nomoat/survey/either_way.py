"""Refusals that somebody with a credential meets just the same: they ask for something else than who calls.

What is wrong with a request (400) is told after a test of who calls, and is not about that: `if not request.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nomoat.survey.guards import Tried
from nomoat.survey.trial.machine import Condition
from nomoat.survey.trial.refusals import status_of, status_of_raised
from nomoat.survey.trial.values import CALLER

_OF_REQUEST = 400
_ABOUT = CALLER | {"signature"}
_Way = tuple[Condition, ...]


def tell_apart(nobody: Tried, signed: Callable[[], Tried]) -> None:
    """Takes the tests of who calls off the refusals of who has no credential that do not depend on them.

    Args:
        nobody: the trial of a handler without a credential.
        signed: gives that with one; asked only where it may tell something.
    """
    ends = [
        end for end in nobody.ends
        if end.needs_credential and not end.is_caught and _may_be_else(end.conditions)
        and status_of_raised(nobody.trial, end.value) == _OF_REQUEST
    ]  # fmt: skip
    answered = nobody.trial.answered
    answers = [
        number for number, (value, _, way, _, is_caught) in enumerate(answered)
        if not is_caught and _may_be_else(way)
        and status_of(nobody.trial, value, nobody.trial.models.answers) == _OF_REQUEST
    ]  # fmt: skip
    other = signed() if ends or answers else None
    if other is None or other.is_exhausted:
        return
    raised = [(end.at, end.conditions) for end in other.ends]
    for end in ends:
        if _is_met_by(raised, end.at, end.conditions):
            end.needs_credential, end.conditions = False, _without_caller(end.conditions)
    given = [(at, way) for _, at, way, _, _ in other.trial.answered]
    for number in answers:
        value, at, way, scope, is_caught = answered[number]
        if _is_met_by(given, at, way):
            answered[number] = value, at, _without_caller(way), scope, is_caught


def _may_be_else(way: _Way) -> bool:
    """Whether what is asked last is something else than who calls, after that was asked."""
    last = way[-1].test if way else None
    return last is not None and last.anonymous is None and not last.marks & _ABOUT and any(map(_is_about_caller, way))


def _is_met_by(ways: Iterable[tuple[str, _Way]], at: str, way: _Way) -> bool:
    """Whether a way of somebody with a credential leads to the same place, past every test of who calls that stands on
    this one: answered otherwise, or not asked.
    """
    asked = {(one.at, one.answer) for one in way if _is_about_caller(one)}
    last = way[-1].at, way[-1].answer
    for place, other in ways:
        met = {(one.at, one.answer) for one in other}
        is_past = any((where, not answer) in met for where, answer in asked) and asked.isdisjoint(met)
        if place == at and is_past and other and (other[-1].at, other[-1].answer) == last:
            return True
    return False


def _is_about_caller(condition: Condition) -> bool:
    return bool(condition.test.marks & _ABOUT)


def _without_caller(way: _Way) -> _Way:
    return tuple(one for one in way if not _is_about_caller(one))
