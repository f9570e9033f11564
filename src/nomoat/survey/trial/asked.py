"""The path of a request that takes note of what is asked about it, so that a trial need not be repeated for each route.

Middleware is tried with the path of each route, and mostly asks the same few questions: `path.startswith("/api")`,
`path in OPEN`. Where a path gives the answers that another one gave to all of them, the trial would go the same way.
Whatever looks at the text of the path in any other way makes the notes useless, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from nomoat.survey.trial.values import (
    INPUT,
    LITERALS,
    Choice,
    Const,
    Function,
    Items,
    Object,
    PathOf,
    Table,
    Test,
    Thing,
    Value,
)

#: What is done to the text of a path, one after the other.
Chain = tuple[Callable[[str], str], ...]


@dataclass
class Log:
    """Questions about one path, each with the answer; `is_untold` where somebody looked at the text itself."""

    questions: list[tuple[Chain, Callable[[Value], object], object]] = field(default_factory=list)
    is_untold: bool = False

    def note(self, me: AskedText | AskedPath, does: Callable[[Value], Value | None]) -> Value | None:
        """The answer to a question about a path, of which it takes note."""
        found = does(plain(me))
        self.questions.append((me.chain, lambda path: _told(does(path)), _told(found)))
        return found

    def fits(self, path: str, *, is_open: bool) -> bool:
        """Whether another path gives the same answers to all that was asked about this one."""
        if self.is_untold:
            return False
        for chain, does, answer in self.questions:
            value: Value = PathOf(path) if is_open else Const(_changed(path, chain), INPUT)
            if does(value) != answer:
                return False
        return True


def _changed(text: str, chain: Chain) -> str:
    for change in chain:
        text = change(text)
    return text


def _told(found: Value | None) -> object:
    """What an answer says, to be compared."""
    if isinstance(found, Const):
        return "constant", found.value, found.marks
    if isinstance(found, Test):
        return "test", found.anonymous, found.usual, found.marks
    return ("thing", found.name, found.marks) if isinstance(found, Thing) else type(found).__name__


class AskedText(Const):
    """The path of a request to a route without parameters."""

    def __init__(
        self, value: str, marks: frozenset[str] = INPUT, label: str = "", log: Log | None = None, chain: Chain = ()
    ) -> None:
        self._text, self.marks, self.label, self.log, self.chain = value, marks, label, log or Log(), chain

    @property
    def value(self) -> object:  # type: ignore[override]
        """The text itself: whoever asks for it may do anything with it."""
        self.log.is_untold = True
        return self._text

    def changed(self, change: Callable[[str], str]) -> AskedText:
        """What becomes of the text."""
        return AskedText(change(self._text), self.marks, self.label, self.log, (*self.chain, change))


class AskedPath(PathOf):
    """The path of a request to a route with parameters. What is done to it leaves it as it is."""

    chain: Chain = ()

    def __init__(self, template: str, log: Log | None = None) -> None:
        self._template, self.log = template, log or Log()

    @property
    def template(self) -> str:  # type: ignore[override]
        """The template itself."""
        self.log.is_untold = True
        return self._template


def plain(value: Value) -> Value:
    """The same without notes."""
    if isinstance(value, AskedText):
        return Const(value._text, value.marks, value.label)
    return PathOf(value._template) if isinstance(value, AskedPath) else value


def is_asked(value: Value) -> bool:
    """Whether notes are taken of what is asked about it."""
    return isinstance(value, (AskedText, AskedPath))


def is_kept_in(values: Iterable[Value]) -> bool:
    """Whether a path is kept in one of some values, however deep; of what is too much to look through it may be."""
    left, seen = list(values), set[int]()
    while left:
        value = left.pop()
        if is_asked(value) or len(seen) > _MAX_SEEN:
            return True
        if id(value) not in seen:
            seen.add(id(value))
            left += parts(value)
    return False


_MAX_SEEN = 300


def parts(value: Value) -> Iterable[Value]:
    """What a value is made of."""
    if isinstance(value, Choice):
        return value.options
    if isinstance(value, Items):
        return value.values
    if isinstance(value, Table):
        return [*value.entries.values(), *(one for pair in value.pairs for one in pair)]
    if isinstance(value, Thing):
        return (*value.args, *value.named.values())
    if isinstance(value, Object):
        return value.attributes.values()
    if isinstance(value, Function):
        me = (value.me,) if value.me is not None else ()
        return (*value.given, *value.named.values(), *me)
    return ()


#: Methods that give another text.
_CHANGES = frozenset(
    ("strip", "rstrip", "lstrip", "lower", "upper", "casefold", "removeprefix", "removesuffix", "replace")
)


def of_method(
    me: AskedText | AskedPath, name: str, args: tuple[Value, ...], does: Callable[[Value], Value | None]
) -> Value | None:
    """What a method of a path gives; `does` gives it for one without notes."""
    if name in ("startswith", "endswith"):
        return me.log.note(me, does)
    found = does(plain(me))
    texts = [one.value for one in args if isinstance(one, Const) and isinstance(one.value, str)]
    if name in _CHANGES and isinstance(me, AskedPath) and isinstance(found, PathOf) and found.template == me._template:
        return me
    if name in _CHANGES and isinstance(me, AskedText) and len(texts) == len(args) and isinstance(found, Const):
        return me.changed(lambda text: str(getattr(text, name)(*texts)))
    me.log.is_untold = True
    return found


def written(values: list[Value]) -> AskedText | None:
    """A text of which one part is a path, and all others are fixed; None where they are not."""
    paths = [place for place, value in enumerate(values) if isinstance(value, AskedText)]
    fixed = [value for value in values if type(value) in LITERALS]
    path = values[paths[0]] if len(paths) == 1 else None
    if not isinstance(path, AskedText) or len(fixed) != len(values) - 1:
        return None
    before, after = (
        "".join(str(one.value) for one in part if isinstance(one, Const))
        for part in (values[: paths[0]], values[paths[0] + 1 :])
    )
    return path.changed(lambda text: f"{before}{text}{after}")
