"""What a change of sections beside the grants opens up: who may open a break-glass role, how often callers may come,
and who decides at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from nomoat.policy.backend import NATIVE
from nomoat.policy.break_glass import eligible
from nomoat.policy.diff import Caller, Change, Comparison, Side, listed
from nomoat.policy.limits import LimitRule
from nomoat.policy.model import BreakGlass


def openers(comparison: Comparison) -> Iterator[Change]:
    """Roles for an emergency that others may open now, or for longer; by what `roles:` and `assign:` say, too."""
    for rule in comparison.after.policy.break_glass:
        was = comparison.before.policy.glass(rule.name)
        if was is None:
            continue
        if (was.roles, was.for_s) != (rule.roles, rule.for_s):
            yield _rule(was, rule)
        yield from _who(comparison, was, rule)


def _rule(was: BreakGlass, rule: BreakGlass) -> Change:
    is_weaker = bool(set(rule.roles) - set(was.roles)) or rule.for_s > was.for_s
    then, now = (f"{listed(one.roles)} may open it for {one.for_s:,} s" for one in (was, rule))
    what = f"break-glass {rule.name}: {now}; before: {then} ({rule.at})"
    return Change("weaker" if is_weaker else "stricter", "break-glass", rule.name, what, (), then, now, rule.at)


def _who(comparison: Comparison, was: BreakGlass, rule: BreakGlass) -> Iterator[Change]:
    """Those who may open it newly, or no more, though the rule names their role as it did."""
    gaining, losing = [], []
    for caller in comparison.callers:
        before = bool(eligible(comparison.before.decider(), caller.before, (rule.name,)))
        after = bool(eligible(comparison.after.decider(), caller.after, (rule.name,)))
        if after and not before and not _names(rule, was, caller):
            gaining.append(caller.name)
        elif before and not after and not _names(was, rule, caller):
            losing.append(caller.name)
    if gaining:
        what = f"{listed(gaining)} may now open break-glass {rule.name}, for {rule.for_s:,} s ({rule.at})"
        yield Change("weaker", "break-glass", rule.name, what, tuple(gaining), at=rule.at)
    if losing:
        what = f"{listed(losing)} may no longer open break-glass {rule.name}"
        yield Change("stricter", "break-glass", rule.name, what, tuple(losing), at=rule.at)


def _names(one: BreakGlass, other: BreakGlass, caller: Caller) -> bool:
    """Whether the rule itself names this role, and the other one does not: that has been told."""
    return caller.name in set(one.roles) - set(other.roles)


def limits(before: Side, after: Side) -> Iterator[Change]:
    """Limits that are gone, new, or another: requests that were one too many are answered."""
    old, new = ({rule.name: rule for rule in side.limits} for side in (before, after))
    gone = [rule for name, rule in sorted(old.items()) if name not in new]
    added = [rule for name, rule in sorted(new.items()) if name not in old]
    for was in gone:
        same = [[one for one in many if _of(one) == _of(was)] for many in (gone, added)]
        if len(same[0]) == len(same[1]) == 1:
            added.remove(same[1][0])
            yield _limit(was, same[1][0])
        else:
            yield Change("weaker", "limit", was.name, f"there is no limit of {was.name} any more", before=was.name)
    for now in added:
        what = f"there is a limit of {now.name} now ({_line(now)})"
        yield Change("stricter", "limit", now.name, what, after=now.name, at=_line(now))


def _of(rule: LimitRule) -> tuple[str, str, str]:
    return rule.route, rule.permission, rule.by


def _line(rule: LimitRule) -> str:
    """`nomoat.yaml:13`: as grants have it, whatever folder the file is in."""
    return ":".join(PurePath(rule.at).name.split(":")[:2])


def _limit(was: LimitRule, now: LimitRule) -> Change:
    what = f"the limit is {now.name}; before: {was.name} ({_line(now)})"
    # Five a minute and 300 an hour: each lets through what the other does not, so only this is sure to be stricter.
    is_stricter = now.at_most <= was.at_most and now.within_s >= was.within_s
    return Change("stricter" if is_stricter else "weaker", "limit", now.name, what, (), was.name, now.name, _line(now))


def backends(before: Side, after: Side) -> Iterator[Change]:
    """Who decides, where it is somebody else: what that one says nobody knows here."""
    if before.backend != after.backend:
        who = "the policy of this file decides" if after.backend == NATIVE else f"{after.backend} decides"
        then = "the policy of this file did" if before.backend == NATIVE else f"{before.backend} did"
        what = f"{who} now; before: {then}: what that allows or denies is not compared"
        yield Change("untold", "backend", "backend", what, (), before.backend, after.backend)
