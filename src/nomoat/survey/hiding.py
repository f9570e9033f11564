"""Whom an end or an answer is about: who calls, or what was asked for; and who is told that there is nothing."""

from __future__ import annotations

from collections.abc import Set

from nomoat.survey.guards import Tried
from nomoat.survey.trial.machine import Condition, End, marks_of
from nomoat.survey.trial.refusals import names_of, status_of_raised

_NOT_FOUND, _GONE, _OWN_FAULTS = 404, 410, 500


def is_about_caller(
    conditions: tuple[Condition, ...], caught: bool, sent_away: Set[tuple[str, bool]] = frozenset()
) -> bool:
    """Whether an answer is given because of who calls; where somebody comes who met what is asked, it is not.

    `sent_away`: tests behind which somebody was refused, so that who was not has met what they ask.
    """
    against = (
        one
        for one in conditions
        if not _is_beyond(one) and not (_is_untold(one) and one.is_implied and (one.at, not one.answer) in sent_away)
    )
    return caught or bool(marks_of(against) & {"caller", "signature"})


def is_hidden(tried: Tried) -> bool:
    """Whether everybody who has no credential is told that there is nothing, and because of that: `abort(404)`.

    Or that it has gone, or of a fault that is raised for them alone. Who is told that something is missing (400, 422)
    may have to send what is no credential.
    """
    return (
        bool(tried.ends)
        and not tried.passes
        and not tried.is_exhausted
        and all(_hides(tried, end) for end in tried.ends)
    )


def is_asked(tried: Tried, end: End) -> bool:
    """Whether the last test on the way to it is about who calls, and decided for who has no credential.

    Of 404 it may be that nothing is there for anybody.
    """
    last = end.conditions[-1].test if end.conditions else None
    is_decided = last is not None and last.anonymous is not None and "caller" in last.marks
    return is_decided and status_of_raised(tried.trial, end.value) != _NOT_FOUND


def _hides(tried: Tried, end: End) -> bool:
    status = status_of_raised(tried.trial, end.value)
    raised = tried.trial.models.raised.keys()
    is_fault = status == _GONE or status >= _OWN_FAULTS
    is_told = is_fault and not raised.isdisjoint(names_of(tried.trial, end.value))
    return end.needs_credential and (status == _NOT_FOUND or is_told)


def _is_beyond(condition: Condition) -> bool:
    """Whether only who has what is asked comes here: `if user.has_perm("view", page): return redirect(page)`."""
    needed = condition.test.if_true if condition.answer else condition.test.if_false
    return condition.test.anonymous is None and needed.is_about_caller and not condition.escape.is_about_caller


def _is_untold(condition: Condition) -> bool:
    """Whether nothing tells which of both answers of a test is for whom."""
    test = condition.test
    return test.anonymous is None and not (test.if_true.is_about_caller or test.if_false.is_about_caller)
