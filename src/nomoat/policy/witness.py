"""Looks for a request that two policies answer otherwise, by trying values: a witness proves, none proves nothing.

Values come from what the conditions compare with (a literal, and what stands just beside it), in one order, so that two
runs try the same. Both answers are those of the decider that guard runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from math import gcd, prod

from nomoat.policy.cel.canonical import as_any, tree_of
from nomoat.policy.cel.names import OWN
from nomoat.policy.cel.networks import CIDR, IP, text_of_ip
from nomoat.policy.cel.times import Timestamp, text_of_timestamp
from nomoat.policy.cel.tree import (
    Called,
    Constant,
    Each,
    Given,
    Joined,
    Member,
    Negation,
    Node,
    Read,
    Related,
)
from nomoat.policy.decide import Decider
from nomoat.policy.inputs import bare_subject

#: As many requests are tried at most; the grid is sampled evenly where it has more.
MOST_TRIED = 10_000
#: Longer texts are not made up to meet a size.
_LONGEST = 64
_ABSENT = object()
_SECOND = 1_000_000_000
_NAMES = ("ana", "ben")
_HOURS = (0, 12, 23)
#: What a request always has.
_ALWAYS = {
    "context.hour": _HOURS,
    "context.now": ("2026-11-30T12:00:00Z",),
    "context.client": ("192.0.2.1",),
    "context.method": ("GET", "POST"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One side: who asks a decider for what. Without a subject, conditions that read one get one made up."""

    decider: Decider
    subject: str
    roles: tuple[str, ...]
    permissions: tuple[str, ...]

    def allows(self, subject: str, given: Mapping[str, object], resource: Mapping[str, object]) -> bool:
        """Whether a request is allowed, once everything is known of it."""
        answer = self.decider.decide(
            subject=self.subject or subject, roles=self.roles, permissions=self.permissions, attributes=given,
            resource=resource,
        )  # fmt: skip
        return bool(self.permissions) and answer.outcome == "allow"


@dataclass(frozen=True, slots=True)
class Found:
    """What trying found: the first request that is newly allowed and the first newly denied, by attribute."""

    tried: int = 0
    newly_allowed: Mapping[str, object] | None = None
    newly_denied: Mapping[str, object] | None = None


def search(before: Asked, after: Asked, texts: tuple[str, ...]) -> Found:
    """Tries requests on both sides; `texts` are all the conditions that either of them reads."""
    tried = 0
    examples: dict[bool, Mapping[str, object]] = {}
    for request in islice(_requests(texts, has_subject=bool(after.subject or before.subject)), MOST_TRIED):
        tried += 1
        subject = str(request.get("subject.id", ""))
        given = {name: value for name, value in request.items() if name not in OWN and not name.startswith("resource.")}
        resource = {name[9:]: value for name, value in request.items() if name.startswith("resource.")}
        was, now = before.allows(subject, given, resource), after.allows(subject, given, resource)
        if was != now:
            examples.setdefault(now, request)
            if len(examples) == 2:
                break
    return Found(tried, examples.get(True), examples.get(False))


def _requests(texts: tuple[str, ...], *, has_subject: bool) -> Iterator[Mapping[str, object]]:
    pools = _pools(texts)
    subjects = _subjects(pools)
    axes: list[tuple[str, tuple[object, ...]]] = [
        (name, tuple(pool)) for name, pool in sorted(pools.items()) if name not in OWN
    ]
    if not has_subject and any(name in pools for name in ("subject.id", "subject.sub")):
        axes.append(("subject.id", subjects))
    total = prod(len(values) for _, values in axes)
    step = _step(total)
    for index in range(min(total, MOST_TRIED)):
        at = index * step % total
        request: dict[str, object] = {}
        for name, values in axes:
            at, place = divmod(at, len(values))
            if values[place] is not _ABSENT:
                request[name] = values[place]
        if "subject.id" in request:
            request["subject.sub"] = bare_subject(str(request["subject.id"]))
        yield request


def _step(total: int) -> int:
    """1 where all are tried; else a step that spreads what is tried over the whole grid and never comes back."""
    if total <= MOST_TRIED:
        return 1
    step = int(total * 0.618)
    while gcd(step, total) != 1:
        step += 1
    return step


def _subjects(pools: Mapping[str, Mapping[object, None]]) -> tuple[object, ...]:
    whole = [value for value in pools.get("subject.id", ()) if isinstance(value, str) and ":" in value]
    bare = [value for value in pools.get("subject.sub", ()) if isinstance(value, str) and value]
    return tuple(dict.fromkeys((*whole, *(f"user:main/{name}" for name in (*bare, *_NAMES)))))


@dataclass(slots=True)
class _Pools:
    """Attributes that are compared with one another share the values of each."""

    values: dict[str, dict[object, None]] = field(default_factory=dict)
    together: list[set[str]] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)


def _pools(texts: tuple[str, ...]) -> dict[str, dict[object, None]]:
    pools = _Pools()
    for text in texts:
        _walk(tree_of(text), pools)
    shared = {name: _group(name, pools.together) for name in pools.types}
    found: dict[str, dict[object, None]] = {}
    for name, kind in pools.types.items():
        values = dict.fromkeys(value for other in sorted(shared[name]) for value in pools.values.get(other, {}))
        found[name] = dict.fromkeys(_typed(name, kind, values, pools))
    return found


def _group(name: str, together: list[set[str]]) -> set[str]:
    group = {name}
    while True:
        wider = group.union(*(one for one in together if one & group))
        if wider == group:
            return group
        group = wider


def _typed(name: str, kind: str, values: Mapping[object, None], pools: _Pools) -> Iterator[object]:
    """The values to try of one attribute, absent among them where it may be."""
    if name in pools.lists and not name.startswith(("params.", "context.")):
        items = [value for value in values if type(value) in (str, int, bool)] or list(_NAMES)
        yield from (tuple[object, ...](), *((item,) for item in items), tuple(items))
    elif name == "context.hour":
        yield from (value for value in (*values, *_HOURS) if type(value) is int and 0 <= value <= 23)
    elif kind:
        plain = (_as_text(value) for value in values)
        yield from _of_kind(name, [text for text in plain if text is not None])
    else:
        yield from (value if type(value) in (str, int, bool) else _as_text(value) for value in values)
        yield from (True, False) if name in pools.flags else ()
        yield from () if values or name in pools.flags else _NAMES
    if name not in _ALWAYS and name not in OWN:
        yield _ABSENT


def _of_kind(name: str, texts: list[str]) -> Iterator[object]:
    yield from texts
    yield from _ALWAYS.get(name, _NAMES if not texts or name in OWN else ())


def _as_text(value: object) -> str | None:
    if isinstance(value, Timestamp):
        return text_of_timestamp(value)
    if isinstance(value, IP):
        return text_of_ip(value)
    if isinstance(value, CIDR):
        return text_of_ip(IP(value.family, value.number))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int)) else None


def _walk(node: Node, pools: _Pools) -> None:
    """Takes what is compared with what out of a condition."""
    match as_any(node):
        case Joined(sides=sides):
            for side in sides:
                _walk(side, pools)
        case Negation(inner=inner):
            _walk(inner, pools)
        case Each(items=items, body=body):
            _compared(node, pools)
            _walk(items, pools)
            _walk(body, pools)
        case Related() | Member() | Called():
            _compared(node, pools)
        case Read(name=name, type=kind):
            pools.types.setdefault(name, kind)
            pools.flags.add(name)
        case Given(name=name):
            pools.types.setdefault(name, "")
        case _:
            pass


def _compared(node: Node, pools: _Pools) -> None:
    reads: dict[str, str] = {}
    values: dict[object, None] = {}
    _collect(node, reads, values, pools)
    for name, kind in reads.items():
        pools.types.setdefault(name, kind)
        pools.values.setdefault(name, {}).update(values)
    if len(reads) > 1:
        pools.together.append(set(reads))


def _collect(node: Node, reads: dict[str, str], values: dict[object, None], pools: _Pools) -> None:
    match as_any(node):
        case Read(name=name, type=kind):
            reads[name] = kind
        case Constant(value=value):
            values.update(dict.fromkeys(_beside(value)))
        case Member(left=left, right=right):
            if isinstance(right, Read):
                pools.lists.add(right.name)
            _collect(left, reads, values, pools)
            _collect(right, reads, values, pools)
        case Related(left=left, right=right):
            for side, other in ((left, right), (right, left)):
                if isinstance(side, Called) and side.name == "size" and isinstance(other, Constant):
                    values.update(("a" * n, None) for n in _beside(other.value) if type(n) is int and n <= _LONGEST)
                _collect(side, reads, values, pools)
        case Called(arguments=arguments):
            for argument in arguments:
                _collect(argument, reads, values, pools)
        case Each(items=items, body=body):
            if isinstance(items, Read):
                pools.lists.add(items.name)
            _collect(items, reads, values, pools)
            _collect(body, reads, values, pools)
        case Joined(sides=sides):
            for side in sides:
                _collect(side, reads, values, pools)
        case Negation(inner=inner):
            _collect(inner, reads, values, pools)
        case Given(name=name):
            pools.types.setdefault(name, "")
        case _:
            pass


def _beside(value: object) -> Iterator[object]:
    """A literal, and what stands just below and above it."""
    if isinstance(value, tuple):
        for item in value:
            yield from _beside(item)
    elif isinstance(value, bool):
        yield from (True, False)
    elif isinstance(value, Timestamp):
        yield from (Timestamp(value + moved) for moved in (-_SECOND, 0, _SECOND))
    elif type(value) is int:
        yield from (value - 1, value, value + 1)
    elif isinstance(value, CIDR):
        yield from (value, IP(value.family, max(0, value.number - 1)))
    elif isinstance(value, str):
        yield from (value, f"{value}x", f"x{value}")
    elif isinstance(value, IP):
        yield value
