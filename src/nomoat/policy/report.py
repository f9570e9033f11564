"""How the answers of `nomoat policy` look, as text and as JSON: plain functions from records to what is printed.

Text that came from a journal or a file is made harmless for a terminal here.
"""

from __future__ import annotations

from typing import Any

from nomoat.appmap import ids
from nomoat.errors import printable
from nomoat.journal.facts import Decision
from nomoat.policy.backtest import Backtest, Change
from nomoat.policy.explain import Explanation
from nomoat.policy.grown import Grown
from nomoat.policy.learn import Lesson, Need
from nomoat.policy.observation import Observation

#: How many lines of one kind are shown; the JSON has all.
MOST_LINES = 20
#: As many routes of which the same is true are told together.
_MANY = 3
#: So many of the permissions that a role has gained are named.
_SOME_ADDED = 3
#: Stands where the route stood, which no text of ours has.
_PLACE = "\0"


def explanation_text(found: Explanation, about: dict[str, Any]) -> str:
    """One paragraph; with a decision of the journal, its own line above."""
    lines = [found.text]
    if about:
        decision = about["decision"]
        enforced = "enforced" if decision["enforced"] else "audit mode"
        lines.insert(0, f"{decision['at']}  {decision['subject']}  {decision['target']}  ({enforced})")
    return "\n".join(printable(line) for line in lines)


def explanation_json(found: Explanation) -> dict[str, Any]:
    """`verdict` is allowed, denied or depends; `reason` is the code that decisions carry."""
    answer = found.answer
    return {
        "format": 1,
        "verdict": found.verdict,
        "text": found.text,
        "reason": answer.reason if answer else "",
        "grants": list(answer.grants) if answer else [],
        "read": dict(answer.read) if answer else {},
        "depends_on": list(found.depends_on),
        "at": [clause.at for clause in answer.clauses if clause.at] if answer else [],
        "denied_by": answer.denied_by.at if answer and answer.denied_by else "",
    }


def decision_json(position: str, decision: Decision) -> dict[str, Any]:
    """Which decision an explanation is about."""
    return {
        "decision": {
            "position": position,
            "at": decision.happened_at,
            "subject": decision.subject,
            "target": decision.target,
            "permissions": list(decision.permissions),
            "outcome": decision.outcome,
            "reason": decision.reason,
            "enforced": decision.enforced,
            "policy": decision.policy,
        }
    }


def observations_text(found: tuple[Observation, ...], routes: int) -> str:
    """Each as an error or a warning with its place and fix, and a last line with the numbers.

    What is the same of many routes is said once, with the routes below it.
    """
    alike: dict[tuple[str, str, str, str], list[Observation]] = {}
    for one in found:
        shown = _route(one)
        alike.setdefault((one.level, one.id, _without(one.what, shown), _without(one.fix, shown)), []).append(one)
    blocks = []
    for (level, name, what, fix), same in alike.items():
        if len(same) < _MANY or _PLACE not in what:
            blocks += [_block(one) for one in same]
            continue
        width = max(len(_route(one)) for one in same)
        rows = [f"  {printable(_route(one)):<{width}}  {printable(one.at)}".rstrip() for one in same]
        head = f"{level}[{name}]: {printable(what.replace(_PLACE, f'{len(same)} routes'))}"
        blocks.append("\n".join([head, *rows, f"  fix: {printable(fix.replace(_PLACE, 'METHOD /path'))}"]))
    errors = sum(one.level == "error" for one in found)
    numbers = f"{_counted(errors, 'error')}, {_counted(len(found) - errors, 'warning')}.  "
    return "\n".join([*blocks, f"{numbers}{_counted(routes, 'route')} compared with the policy."])


def _block(one: Observation) -> str:
    lines = [f"{one.level}[{one.id}]: {printable(one.what)}"]
    if one.at:
        lines.append(f"  --> {printable(one.at)}")
    if one.fix:
        lines.append(f"  fix: {printable(one.fix)}")
    return "\n".join(lines)


def _route(one: Observation) -> str:
    """Method and path of the route that it is about; empty where it is about something else."""
    parsed = ids.parse_route(one.target)
    return f"{parsed.method} {parsed.path}" if parsed is not None else ""


def _without(text: str, route: str) -> str:
    return text.replace(route, _PLACE, 1) if route else text


def observations_json(found: tuple[Observation, ...]) -> dict[str, Any]:
    """Every observation with its id, level and target."""
    fields = ("id", "level", "target", "what", "at", "fix")
    return {"format": 1, "answers": [{name: getattr(one, name) for name in fields} for one in found]}


def backtest_text(found: Backtest, window: str, blanked: int = 0) -> str:
    """The numbers in one line, then what changes, the largest first."""
    of = f" of {window}" if window else ""
    head = (
        f"{_counted(found.total, 'decision')}{of}: {found.same:,} the same, "
        f"{_with_example(found.newly_denied, 'newly denied')}, {_with_example(found.newly_allowed, 'newly allowed')}, "
        f"{found.cannot_be_told:,} cannot be told"
    )
    if found.untold:
        head += f" ({found.untold[0].why})"
    lines = [head + "."]
    for title, changes in (("newly denied", found.newly_denied), ("newly allowed", found.newly_allowed)):
        for change in changes[:MOST_LINES]:
            told = "  ".join(filter(None, (", ".join(change.permissions), change.target, change.reason)))
            lines.append(f"{change.count:>8,}  {title:<14} {change.subject:<24} {told}")
        if len(changes) > MOST_LINES:
            lines.append(f"          {len(changes) - MOST_LINES:,} more (--format json)")
    for untold in found.untold[:MOST_LINES]:
        lines.append(f"{untold.count:>8,}  cannot be told {', '.join(untold.permissions)}: {untold.why}")
    if found.unknown_policies:
        lines.append(f"note: the text of {_counted(len(found.unknown_policies), 'policy', 'policies')} is not recorded")
    if blanked:
        lines.append(f"note: {_counted(blanked, 'decision')} had been pruned and could not be judged")
    return "\n".join(printable(line) for line in lines)


def _with_example(changes: tuple[Change, ...], title: str) -> str:
    count = sum(change.count for change in changes)
    if not changes:
        return f"0 {title}"
    first = changes[0]
    return f"{count:,} {title} ({first.subject}, {', '.join(first.permissions) or first.target})"


def backtest_json(found: Backtest) -> dict[str, Any]:
    """Numbers, and every change."""
    return {
        "format": 1,
        "total": found.total,
        "same": found.same,
        "newly_denied": [_change_json(change) for change in found.newly_denied],
        "newly_allowed": [_change_json(change) for change in found.newly_allowed],
        "cannot_be_told": [
            {"why": one.why, "permissions": list(one.permissions), "count": one.count} for one in found.untold
        ],
        "unknown_policies": list(found.unknown_policies),
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "subject": change.subject,
        "permissions": list(change.permissions),
        "reason": change.reason,
        "target": change.target,
        "count": change.count,
    }


def lesson_text(lesson: Lesson) -> str:
    """What is granted and how often it is used, the proposal as a diff, and how it did on traffic it did not see."""
    lines = [f"{_counted(lesson.decisions, 'decision')}; what is granted, and how often it was used:"]
    for need in lesson.needs:
        used = f"{need.uses:,}" if need.uses else "never"
        last = f"last {need.last_used[:10]}" if need.last_used else f"its bearers were seen {need.seen:,} times"
        lines.append(f"{used:>10}  {need.holder:<22} {need.permission:<24} {last}  {need.at}")
        if need.instead:
            lines.append(f"{'':>10}  in its place would do: {', '.join(need.instead)}")
    for need in lesson.withdrawn:
        lines.append(f"kept: {need.holder} {need.permission} was unused for most of the time, and used in the end")
    if lesson.why_not:
        lines.append(f"proposes nothing: {lesson.why_not}.")
    text = "\n".join(printable(line) for line in lines)
    if lesson.diff:
        text += "\n\n" + "\n".join(printable(line) for line in lesson.diff.splitlines())
        counts = [f"{len(lesson.proposed)} unused"] if lesson.proposed else []
        counts += [f"{len(lesson.named)} with a star named"] if lesson.named else []
        text += f"\n\n{', '.join(counts)}, confidence {_confidence((*lesson.proposed, *lesson.named))}."
    if lesson.tried is not None:
        text += "\nTried on the part it did not learn from: " + backtest_text(lesson.tried, "")
    return text


def grown_text(roles: tuple[Grown, ...]) -> str:
    """Roles to which only ever something was added; empty where there are none."""
    lines = []
    for one in roles:
        some = ", ".join(one.added[:_SOME_ADDED])
        more = f" and {len(one.added) - _SOME_ADDED} more" if len(one.added) > _SOME_ADDED else ""
        lines.append(
            f"only ever grew: {one.role}, from {one.before} to {_counted(one.now, 'permission')} since {one.since[:10]}"
            f" (added: {some}{more})"
        )
    return "".join(f"\n{printable(line)}" for line in lines)


def _confidence(proposed: tuple[Need, ...]) -> str:
    levels = {need.confidence for need in proposed}
    return next(level for level in ("low", "medium", "high") if level in levels)


def lesson_json(lesson: Lesson) -> dict[str, Any]:
    """Everything, with the diff and the backtest."""
    return {
        "format": 1,
        "decisions": lesson.decisions,
        "window_s": lesson.window_s,
        "needs": [_need_json(need) for need in lesson.needs],
        "proposed": [_need_json(need) for need in lesson.proposed],
        "named": [_need_json(need) for need in lesson.named],
        "withdrawn": [_need_json(need) for need in lesson.withdrawn],
        "why_not": lesson.why_not,
        "diff": lesson.diff,
        "tried": backtest_json(lesson.tried) if lesson.tried is not None else None,
    }


def _need_json(need: Need) -> dict[str, Any]:
    return {
        "holder": need.holder,
        "permission": need.permission,
        "at": need.at,
        "uses": need.uses,
        "last_used": need.last_used,
        "seen": need.seen,
        "confidence": need.confidence,
        "instead": list(need.instead),
    }


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
