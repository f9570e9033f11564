"""What is known of a value that the caller of a route may have written, and of all names at one point of a function.

An environment maps paths (`q`, `search.words`, `d['a']`) to taint; a path that is there with None is known to be clean,
though what it belongs to is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from nomoat.check.model import CONFIDENCES, Confidence
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope

_MAX_TRAIL = 12
_MAX_TEXT = 400
#: Kinds that only something with parts bears, as JSON does: a text has no keys that its writer could choose.
OF_STRUCTURES = frozenset(("structure", "fields"))
#: Of a dict whose keys source or a schema fixed, whatever its values are.
_KEYS = frozenset(("fields", "keys"))
#: What is true of a container, not of what is in it.
_OF_THE_WHOLE = frozenset(("keys", "items", "object"))
#: A place of a tuple is counted from both ends.
_ONE_PLACE = 2
_ROOTED = frozenset(("rooted", "single"))
_LEADS_HOME = frozenset(("url", "redirect"))


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of data on its way: the place, and what happens there in words."""

    scope: Scope
    node: Node
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class Taint:
    """Data of the caller. `removed` are the kinds that it no longer bears, `text` constant text around it.

    Of `doubted` kinds something was asked that may have refused it. `source` names where it came from; `is_request` is
    the whole request, from which data is taken. `fields`: of an object or dict made in source, the fields that hold
    data; None when any may.
    """

    source: str
    trail: tuple[Step, ...]
    removed: frozenset[str] = frozenset()
    confidence: Confidence = "sure"
    text: str = ""
    is_request: bool = False
    fields: frozenset[str] | None = None
    doubted: frozenset[str] = frozenset()

    def then(self, scope: Scope, node: Node, words: str) -> Taint:
        """The same one step later; of very long ways the first steps are kept."""
        if len(self.trail) >= _MAX_TRAIL or (self.trail and self.trail[-1].node is node):
            return self
        return replace(self, trail=(*self.trail, Step(scope, node, words)))

    def without(self, kinds: Iterable[str]) -> Taint:
        """The same without kinds that a sanitizer removes."""
        removed = self.removed | frozenset(kinds)
        # An URL that begins with one slash, not two, leads to us.
        return replace(self, removed=removed | _LEADS_HOME if removed >= _ROOTED else removed)

    def less_sure(self, confidence: Confidence) -> Taint:
        """The same, at most this sure."""
        return self if CONFIDENCES.index(self.confidence) <= CONFIDENCES.index(confidence) else replace(
            self, confidence=confidence
        )  # fmt: skip

    def doubtful(self, kinds: frozenset[str] | None) -> Taint:
        """The same after something was asked that cannot be read: of these kinds, or whatever it was."""
        return self.less_sure("low") if kinds is None else replace(self, doubted=self.doubted | kinds)

    def whole(self) -> Taint:
        """The same as something whose parts are not told apart."""
        if self.fields is None and not self.removed & _OF_THE_WHOLE:
            return self
        return replace(self, fields=None, removed=self.removed - _OF_THE_WHOLE)

    def as_text(self) -> Taint:
        """The same as a text, or as several."""
        whole = self.whole()
        return whole if whole.removed >= OF_STRUCTURES else whole.without(OF_STRUCTURES)

    def parsed(self) -> Taint:
        """The same after a parser made a structure of the text."""
        return replace(self, fields=None, removed=self.removed - OF_STRUCTURES - {"keys"})

    def with_fixed_keys(self) -> Taint:
        """The same as a dict whose keys a schema fixed."""
        return replace(self.whole(), removed=self.removed | _KEYS)

    @property
    def has_fixed_keys(self) -> bool:
        """True for a dict whose keys source or a schema wrote; places of a tuple are numbers."""
        if "keys" in self.removed:
            return True
        return self.fields is not None and not any(name.lstrip("-").isdigit() for name in self.fields)

    def within(self, text: str) -> Taint:
        """The same with constant text around it."""
        return replace(self, text=(text + self.text)[:_MAX_TEXT]) if text else self


Environment: TypeAlias = dict[str, Taint | None]


def merged(found: Iterable[Taint | None]) -> Taint | None:
    """What several ways give together: any taint, the surest, with only those kinds removed that all removed."""
    best: Taint | None = None
    for taint in found:
        if taint is None:
            continue
        if best is None or (best.is_request and not taint.is_request):
            best = taint
            continue
        if taint.is_request and not best.is_request:
            continue
        first, second = (taint, best) if _sureness(taint) > _sureness(best) else (best, taint)
        one, other = _removed(first), _removed(second)
        if "object" in first.removed - other:
            # What is no object may go where an object cannot, and is no surer than it was.
            first, second = second, first
        fields = None if first.fields is None or second.fields is None else first.fields | second.fields
        removed = one & other
        doubted = first.doubted & second.doubted
        best = replace(first, removed=removed, text=first.text or second.text, fields=fields, doubted=doubted)
    return best


def _removed(taint: Taint) -> frozenset[str]:
    """The kinds that a value does not bear as a whole: what is no HTML is shown no more than an object is."""
    return taint.removed | {"object"} if "html" in taint.removed else taint.removed


def _sureness(taint: Taint) -> tuple[int, int]:
    return CONFIDENCES.index(taint.confidence), -len(taint.removed)


def at_place(taint: Taint | None, place: str | None) -> Taint | None:
    """The taint of one place of a tuple; without a place, or when no place is known, that of the whole."""
    if taint is None or (place is not None and taint.fields is not None and place not in taint.fields):
        return None
    # Where several places hold data, what is true of one may not be true of the other.
    places = sum(name.lstrip("-").isdigit() for name in taint.fields or ())
    is_mixed = places > _ONE_PLACE
    return taint.whole().less_sure("likely") if is_mixed else taint.whole()


def path_of(node: Node) -> str | None:
    """The path of a name, attribute or item with a constant key; None for everything else."""
    parts: list[str] = []
    while True:
        kind = node[0]
        if kind == form.NAME:
            return str(node[3]) + "".join(reversed(parts))
        if kind == form.ATTRIBUTE:
            parts.append(f".{node[4]}")
        elif kind == form.SUBSCRIPT and node[4][0] == form.CONSTANT:
            parts.append(f"[{node[4][3]!r}]")
        elif kind == form.CALL and (key := _got(node)) is not None:
            # `request.args.get("q")` is the item, too.
            parts.append(f"[{key!r}]")
            node = node[3]
        else:
            return None
        node = node[3]


def _got(call: Node) -> str | None:
    is_get = call[3][0] == form.ATTRIBUTE and call[3][4] == "get" and len(call[4]) in (1, 2) and not call[5]
    return form.text_of(call[4][0]) if is_get else None


def look_up(env: Environment, path: str) -> Taint | None:
    """The taint of a path: its own, else that of the nearest thing it belongs to."""
    while True:
        if path in env:
            return env[path]
        cut = max(path.rfind("."), path.rfind("["))
        if cut < 0:
            return None
        path = path[:cut]


def assign(env: Environment, path: str, taint: Taint | None) -> None:
    """Gives a path a new value; what was known of its parts is over."""
    for known in [known for known in env if known.startswith((f"{path}.", f"{path}["))]:
        del env[known]
    if taint is None and "." not in path and "[" not in path:
        env.pop(path, None)
    else:
        env[path] = taint


def clean(env: Environment, path: str, kinds: frozenset[str] | None = None) -> None:
    """Notes that a test proved a path clean, of these kinds or of all."""
    taint = look_up(env, path)
    if taint is None:
        return
    assign(env, path, None if kinds is None else taint.without(kinds))
    if kinds is None and path not in env:
        env[path] = None


def join(env: Environment, outcomes: list[Environment]) -> None:
    """What holds after branches come together: whatever may be tainted in any of them."""
    paths = {path for outcome in outcomes for path in outcome}
    together: Environment = {}
    for path in paths:
        found = [look_up(outcome, path) for outcome in outcomes]
        if any(path not in outcome for outcome in outcomes) and _is_read(path, outcomes, found):
            continue
        together[path] = merged(found)
    env.clear()
    env.update(together)


def _is_read(path: str, outcomes: list[Environment], found: list[Taint | None]) -> bool:
    """Whether a path is a part of the request that some branch looked at: the others still have it as it came."""
    root = path.partition(".")[0].partition("[")[0]
    if root == path:
        return False
    return any(taint is not None and taint.is_request for taint in found) or not any(root in one for one in outcomes)
