"""Connections that stay open: what is sent to a caller, and whom they are closed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial import given_statuses
from nomoat.survey.trial.values import Env, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls


def use(run: Calls, name: str, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> None:
    """Takes note of a call of a method of a connection, by its dotted name; of any other call, nothing."""
    if run.wires:
        return
    if name in run.models.closing:
        run.close(args, named, at)
    elif name in run.models.sending:
        if run.is_about_caller():
            given_statuses.note_sent(env, args[0] if args else None)
        elif run.anonymous:
            run.record.sent.append(at)
