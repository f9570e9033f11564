"""The map as people read it: what is open first, then what asks for a sign-in, then the rest, then what is not known.

Text of a tree is never printed raw. Colour is added only where it is asked for, and is never the only sign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nomoat.appmap.model import SIGNED_IN, Entry, Map, Route, Service
from nomoat.appmap.query import told
from nomoat.errors import printable

_SHOWN = 12
#: More stores than this beside one route are counted.
_STORES = 5
#: So many names of calls that lead nobody knows where.
_UNRESOLVED = 5
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Style:
    """How much is shown, and whether in colour."""

    is_whole: bool = False
    has_colour: bool = False
    width: int = 110
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    sign: str
    method: str
    path: str
    at: str
    notes: tuple[str, ...]


def text(drawn: Map, style: Style = Style()) -> str:
    """The whole map."""
    blocks: list[str] = []
    for service in drawn.services:
        blocks.append(_service(drawn, service, style, is_first=not blocks))
    if not drawn.services:
        blocks.append("no service was found here\n")
    if not drawn.routes:
        blocks = [*(block.rstrip("\n") + "\n" for block in blocks), _nothing(drawn)]
    blocks.append(_edges(drawn, style))
    blocks.append(_rest(drawn, style))
    return "\n".join(block for block in blocks if block)


def _nothing(drawn: Map) -> str:
    """Why there is no route, as far as it can be told: a wrong folder looks like a safe application otherwise."""
    if not drawn.coverage.files:
        # A map that was drawn says so itself, below, with what was not read.
        return "" if drawn.not_read else "no Python file is here: is this the folder of the application?\n"
    return "no route of a framework that nomoat knows was found here\n"


def _service(drawn: Map, service: Service, style: Style, *, is_first: bool) -> str:
    routes = [route for route in drawn.routes if route.service == service.name]
    own = told(route for route in routes if route.origin == "source")
    files = {route.at.rpartition(":")[0] for route in own}
    kinds = f"{service.framework}, " if service.framework else ""
    counted = f"{kinds}{_count(len(own), 'route')} in {_count(len(files), 'file')}"
    guarded = f"; guard: {service.protected}" if service.protected else ""
    head = f"{printable(service.name)}   {counted}{guarded}"
    if is_first and style.seconds is not None:
        head = f"{head:<{style.width - 12}} {style.seconds:.1f} s"
    lines = [_paint(head, "1", style), ""]
    for title, chosen in _groups(own):
        lines += _group(title, chosen, own, style)
    added = [route for route in routes if route.origin == "framework" and route.verdict == "unguarded"]
    if added:
        paths = list(dict.fromkeys(printable(route.path or "/") for route in added))
        lines.append(f"added by the framework, open   {_some(paths, style)}")
    lines += _calls(routes, style)
    lines += _entries([entry for entry in drawn.entries if entry.service == service.name], style)
    return "\n".join(lines) + "\n"


def _entries(entries: list[Entry], style: Style) -> list[str]:
    """What is entered by no request, apart from the routes: a line for each kind."""
    lines: list[str] = []
    for kind, title in (("task", "tasks"), ("command", "commands"), ("rpc", "remote procedures")):
        names = [printable(entry.name) for entry in entries if entry.kind == kind]
        if names:
            lines.append(f"{title}   {_some(names, style)}")
    return lines


def _groups(routes: list[Route]) -> list[tuple[str, list[Route]]]:
    chosen: dict[str, list[Route]] = {"open to anyone": [], "signed in": [], "needs a permission": [], "not known": []}
    for route in routes:
        if route.verdict == "unguarded":
            chosen["open to anyone"].append(route)
        elif route.verdict == "unknown":
            chosen["not known"].append(route)
        elif isinstance(route.binding, tuple) or route.requires:
            chosen["needs a permission"].append(route)
        else:
            chosen["signed in"].append(route)
    return [(title, found) for title, found in chosen.items() if found]


def _group(title: str, routes: list[Route], every: list[Route], style: Style) -> list[str]:
    sign = "?" if title == "not known" else ""
    rows = [_row(route, every, sign, style) for route in routes]
    rows.sort(key=lambda row: (not row.sign, row.path, row.method))
    shown = rows if style.is_whole else rows[:_SHOWN]
    widths = [
        max((len(row.method) for row in shown), default=0),
        min(max((len(row.path) for row in shown), default=0), 48),
        min(max((len(row.at) for row in shown), default=0), 40),
    ]
    lines = [_paint(title, "1", style)]
    for row in shown:
        line = f"{row.sign or ' '}  {row.method:<{widths[0]}}  {row.path:<{widths[1]}}  {row.at:<{widths[2]}}"
        line = f"{line}  {'   '.join(row.notes)}".rstrip()
        lines.append(_paint(line, "31" if row.sign == "!" else "33", style) if row.sign else line)
    if len(rows) > len(shown):
        lines.append(f"   ... {len(rows) - len(shown)} more (--all)")
    return lines


def _row(route: Route, every: list[Route], sign: str, style: Style) -> _Row:
    notes: list[str] = []
    needed = route.binding if isinstance(route.binding, tuple) else ()
    needed = tuple(dict.fromkeys((*needed, *(route.requires or ()))))
    if needed:
        notes.append(", ".join(map(printable, needed)))
    elif route.verdict == "guarded" and route.binding != SIGNED_IN:
        notes.append("more is checked than can be read" if _has(route, "permission") else _kinds(route))
    if route.reads:
        notes.append(f"reads {_stores(route.reads, style)}")
    if route.writes:
        notes.append(f"writes {_stores(route.writes, style)}")
    remark = _remark(route, every)
    if remark:
        notes.append(remark)
        sign = sign or "!"
    if route.because:
        notes.append(printable(route.because))
    if _has(route, "ownership"):
        takes_object = any(parameter.location == "path" for parameter in route.parameters)
        notes.append("compares the owner" if takes_object else "own rows only")
    late = [guard.name for guard in route.guards if guard.runs == "never"]
    if late:
        notes.append(f"{printable(late[0])} never runs: it stands above the route")
        sign = "!"
    return _Row(sign, route.method, printable(route.path or "/"), printable(route.at), tuple(notes))


def _has(route: Route, kind: str) -> bool:
    return any(guard.kind == kind and guard.runs != "never" for guard in route.guards)


def _kinds(route: Route) -> str:
    return "checks " + ", ".join(sorted({guard.kind for guard in route.guards if guard.runs != "never"}))


def _remark(route: Route, every: list[Route]) -> str:
    """What a reader should look at: an open route among guarded ones, an object that is not compared with its owner."""
    if route.verdict == "unguarded" and not route.login:
        siblings = [one for one in every if one is not route and _file(one) == _file(route)]
        guarded = [one for one in siblings if one.verdict == "guarded"]
        touches = route.reads or route.writes or route.method not in _SAFE
        if guarded and len(guarded) == len(siblings) and touches:
            need = "need" if len(guarded) > 1 else "needs"
            return f"its {_count(len(guarded), 'sibling')} {need} {_common(guarded)}"
    takes_object = any(parameter.location == "path" for parameter in route.parameters)
    touches = takes_object and (route.reads or route.writes) and not _is_for_staff(route)
    # What the handler asks of guard, the policy compares.
    asks = route.requires is None or bool(route.requires)
    if route.verdict == "guarded" and touches and not asks and not _has(route, "ownership"):
        return "never compares the owner"
    return ""


def _is_for_staff(route: Route) -> bool:
    names = route.binding if isinstance(route.binding, tuple) else ()
    return any("admin" in name or name.startswith("role:") for name in names)


def _file(route: Route) -> str:
    return (route.registered_at or route.at).rpartition(":")[0]


def _common(routes: list[Route]) -> str:
    names = {name for route in routes for name in (route.binding if isinstance(route.binding, tuple) else (SIGNED_IN,))}
    return ", ".join(map(printable, sorted(names)[:3])) if names != {SIGNED_IN} else "a sign-in"


def _stores(ids: Iterable[str], style: Style) -> str:
    names = [printable(one.partition("/")[2]) for one in ids]
    if style.is_whole or len(names) <= _STORES:
        return ", ".join(names)
    return f"{', '.join(names[: _STORES - 1])} and {len(names) - _STORES + 1} more"


def _calls(routes: list[Route], style: Style) -> list[str]:
    places: dict[str, str] = {}
    for route in routes:
        for call in route.calls:
            name = call.host or (f"host from {call.setting}" if call.setting else "a host that cannot be read")
            places.setdefault(name, call.at)
    if not places:
        return []
    return ["calls out   " + _some([f"{printable(name)} ({printable(at)})" for name, at in places.items()], style)]


def _edges(drawn: Map, style: Style) -> str:
    """Who calls whom, one line a caller."""
    callees: dict[str, list[str]] = {}
    for edge in drawn.edges:
        by = f" by {printable(edge.setting)}" if edge.setting else ""
        callees.setdefault(printable(edge.caller), []).append(f"{printable(edge.callee)}{by}")
    lines = [f"{caller:<11} {_some(called, style)}" for caller, called in callees.items()]
    return "\n".join([_paint("who calls whom", "1", style), *lines]) + "\n" if lines else ""


def _rest(drawn: Map, style: Style) -> str:
    lines: list[str] = []
    for is_note, title in ((False, "not read"), (True, "notes")):
        chosen = [one for one in drawn.not_read if one.analysed is is_note]
        shown = chosen if style.is_whole else chosen[:_SHOWN]
        for place, one in enumerate(shown):
            lines.append(f"{title if not place else '':<11} {printable(one.at)}   {printable(one.why)}")
        if len(chosen) > len(shown):
            lines.append(f"{'':<11} ... {len(chosen) - len(shown)} more (--all)")
    if drawn.coverage.left_out:
        counted = ", ".join(f"{count} {printable(reason)}" for reason, count in drawn.coverage.left_out)
        lines.append(f"{'left out':<11} {counted}")
    total = drawn.coverage.calls_resolved + drawn.coverage.calls_unresolved
    if total:
        share = 100 * drawn.coverage.calls_resolved / total
        files = _count(drawn.coverage.files, "file")
        lines.append(
            f"{'read':<11} {files}, {drawn.coverage.lines} lines; {share:.0f} % of the calls on the way resolved"
        )
        unresolved = drawn.coverage.unresolved if style.is_whole else drawn.coverage.unresolved[:_UNRESOLVED]
        if unresolved:
            named = ", ".join(f"{printable(name)} ({count})" for name, count in unresolved)
            lines.append(f"{'':<11} {_count(drawn.coverage.calls_unresolved, 'call')} lead nobody knows where: {named}")
    return "\n".join(lines) + "\n" if lines else ""


def _some(items: list[str], style: Style) -> str:
    shown = items if style.is_whole else items[:6]
    more = f"   ... {len(items) - len(shown)} more (--all)" if len(items) > len(shown) else ""
    return "   ".join(shown) + more


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _paint(line: str, code: str, style: Style) -> str:
    return f"\033[{code}m{line}\033[0m" if style.has_colour else line


Shower = Callable[[Map, Style], str]
