"""What an expression may be, as far as source tells: constants, functions with their surroundings, objects, things.

`tags` say what a value derives from: `caller` (a credential, or who it belongs to), `input` (the rest of a request),
`setting` (configuration that source does not fix), `unset` (a setting that is None where nobody set it), `signature`,
`csrf`, `address`, `place` (where something stands in a list that may hold more), `unread` (what a function of another
package gave that was handed the request, or a credential that is not there: it may be anything), `made` (put together
from a credential that is not there: it is something all the same, but equals no secret).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nomoat.survey.trial.demands import Demand

if TYPE_CHECKING:
    from nomoat.survey.python.form import Node
    from nomoat.survey.python.symbols import Scope

NOTHING: frozenset[str] = frozenset()
CALLER = frozenset(("caller",))
INPUT = frozenset(("input",))
SETTING = frozenset(("setting",))
#: A setting that functions of the program change while it runs: what source has for it says nothing.
CHANGED = frozenset(("changed",))
#: A header of a name that no credential has: it may be one, or say what is asked for.
VAGUE = frozenset(("vague",))
UNREAD = frozenset(("unread",))
PLACE = frozenset(("place",))
#: The name of something that an object of the tree has, which cannot be told.
OWN_MEMBER = "own-member()"
#: The name of a text that is never empty.
FILLED = "filled"
#: The name of a text of which only the end is known, which is its argument: `f"{root}/login"`.
ENDING = "ending()"
#: One word of the command that a program was started with: `sys.argv[1]`.
ARGUMENT = "sys.argv[]"
#: What stands among names before the name of what was just kept in a table.
KEPT = "(kept)"
MADE = frozenset(("made",))
#: Stands before the name of what a request does not carry, because nobody put it there for who has no credential.
ABSENT = "-"
#: Set before the name of what was set where code may not run: whether it is there is not known.
PERHAPS = f"{ABSENT}?"
#: The name under which a call is given what it spreads of something unknown: `Settings(**loaded)`.
SPREAD = "**"


class Value:
    """Base of all."""

    __slots__ = ()

    @property
    def tags(self) -> frozenset[str]:
        """What it derives from."""
        return self._tags()

    def _tags(self) -> frozenset[str]:
        return NOTHING


@dataclass(eq=False)
class Const(Value):
    """A literal. `label` is the enum member it comes from; with the tag `setting`, it is only a default."""

    value: object
    marks: frozenset[str] = NOTHING
    label: str = ""

    def _tags(self) -> frozenset[str]:
        return self.marks


@dataclass(eq=False)
class NoneBy(Const):
    """None, because a caller does not meet what is demanded: `if user.role != "admin": return None`."""

    #: What somebody must meet not to get it (a `Demand`).
    escape: object = None


@dataclass(eq=False)
class Member(Const):
    """A member of an enumeration of the tree: of two, each is what the other is not, whatever stands behind them."""

    cls: Class | None = None
    #: What stands in the class where that is no literal: `DENIED = Answer(403, "no")`.
    held: Value | None = None


#: What source has written out, and nothing else.
LITERALS = (Const, Member)


@dataclass(eq=False)
class Items(Value):
    """A list, tuple or set; `is_whole` is False when it may hold more than is known."""

    values: list[Value]
    is_whole: bool = True
    #: Everything in it was added where it is not sure that code runs.
    may_be_empty: bool = False
    is_tuple: bool = False
    #: Something was made with it already, which what is added later does not reach.
    is_used: bool = False
    #: The last condition on the way to where it was made: whoever adds to it there has come that way, too.
    under: object = None
    #: The turn of a loop, or the branch, in which it was made.
    made_in: object = None
    #: Why it is empty: nobody is there who would have something in it.
    of: frozenset[str] = NOTHING
    #: Functions add to it, and no trial knows whether they have run: what is not in it may be.
    grows: bool = False
    #: Its first element is there for sure, whatever else may be missing.
    begins: bool = False

    def _tags(self) -> frozenset[str]:
        return union((self,))


@dataclass(eq=False)
class Table(Value):
    """A dictionary by constant keys; `other` is what any other key may give."""

    entries: dict[object, Value]
    is_whole: bool = True
    other: Value | None = None
    #: What stands under keys that are no constants, such as classes.
    pairs: list[tuple[Value, Value]] = field(default_factory=list)
    #: What was put there under keys that are known as values alone, in order.
    kept: list[tuple[Value, Value]] = field(default_factory=list)
    #: Keys that were put there where it is not sure that code runs.
    perhaps: set[object] = field(default_factory=set)
    #: Why it is empty: nobody is there who would have something in it.
    of: frozenset[str] = NOTHING
    #: It was written with classes as keys, and nothing else that is not a constant.
    by_class: bool = False

    @property
    def may_be_empty(self) -> bool:
        """Whether everything in it may as well not be there."""
        return bool(self.entries) and all(key in self.perhaps for key in self.entries)

    def put(self, key: object, value: Value, *, is_sure: bool) -> None:
        """Puts something under a key."""
        if is_sure:
            self.perhaps.discard(key)
        elif key not in self.entries:
            self.perhaps.add(key)
        self.entries[key] = value

    def _tags(self) -> frozenset[str]:
        return union((self,))


@dataclass(eq=False)
class Env:
    """Names of one scope while it runs, and the scope around it."""

    scope: Scope
    parent: Env | None = None
    names: dict[str, Value] = field(default_factory=dict)
    #: Where the function was called from, for a message that says who asked.
    called_at: str = ""

    @property
    def used_at(self) -> str:
        """Where the tree itself calls what leads here, for names of packages that are not part of it."""
        env: Env | None = self
        while env is not None:
            if env.called_at:
                return env.called_at
            env = env.parent
        return ""

    @property
    def module(self) -> Env:
        """The surroundings of the module."""
        env = self
        while env.parent is not None:
            env = env.parent
        return env

    def copy(self) -> Env:
        """The same names, to be changed apart."""
        return Env(self.scope, self.parent, dict(self.names), self.called_at)


@dataclass(eq=False)
class Function(Value):
    """A function of the project with the names it was defined among; `me` when it is bound; `given` by partial."""

    scope: Scope | None
    env: Env
    me: Value | None = None
    given: tuple[Value, ...] = ()
    named: dict[str, Value] = field(default_factory=dict)
    node: Node | None = None
    wraps: Function | None = None
    #: Decorators of other packages around it, the outermost last.
    outer: list[Value] = field(default_factory=list)
    #: Where it is given a `__signature__` that cannot be read: frameworks fill this one, not its own parameters.
    signed_at: str = ""
    #: What code sets on it: `view.view_class = cls`.
    attributes: dict[str, Value] = field(default_factory=dict)

    def set_on_it(self, name: str) -> Value | None:
        """What code has set on it under a name, or on what it wraps: `functools.wraps` takes that over."""
        if name == "__wrapped__":
            return self.wraps if self.wraps is not self else None
        function: Function | None = self
        seen: list[Function] = []
        while function is not None and function not in seen:
            if name in function.attributes:
                return function.attributes[name]
            seen.append(function)
            function = function.wraps
        return None

    def sign(self, signature: Value, at: str) -> None:
        """Takes note of a `__signature__`: `inspect.signature(other)` is that of `other`, all else cannot be read."""
        of = signature.args[:1] if isinstance(signature, Thing) and signature.name == "inspect.signature" else ()
        if of and isinstance(of[0], Function) and of[0] is not self and not signature.trail:  # type: ignore[attr-defined]
            self.wraps, self.signed_at = of[0], ""
        else:
            self.signed_at = at

    @property
    def unread_signature(self) -> str:
        """Why the parameters that a framework fills cannot be told; empty where they can."""
        function: Function | None = self
        seen: list[Function] = []
        while function is not None and function not in seen:
            if function.signed_at:
                return f"the signature of {self.name} is made when it runs ({function.signed_at})"
            seen.append(function)
            function = function.wraps
        return ""

    @property
    def name(self) -> str:
        """Its bare name."""
        return self.scope.name if self.scope is not None else "lambda"

    @property
    def own_name(self) -> str:
        """Its `__name__`: that of what it wraps, which `functools.wraps` takes over."""
        return self.innermost.name

    @property
    def innermost(self) -> Function:
        """What it wraps in the end."""
        function, seen = self, [self]
        while function.wraps is not None and function.wraps not in seen:
            function = function.wraps
            seen.append(function)
        return function

    @property
    def at(self) -> str:
        """`file:line` of its `def`; of what stands for a package that is not here, where source uses it."""
        if self.scope is not None:
            return self.env.used_at if self.scope.module.is_library else self.scope.at
        return self.env.scope.module.at(self.node) if self.node is not None else ""

    @property
    def made_at(self) -> str:
        """Where the factory that made it was called; empty for a plain function."""
        return self.env.called_at if self.env.parent is not None else ""


@dataclass(eq=False)
class Class(Value):
    """A class of the project."""

    scope: Scope
    env: Env


@dataclass(eq=False)
class Object(Value):
    """An object of a project's class."""

    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    at: str = ""
    marks: frozenset[str] = NOTHING
    #: It was made for one request: no other function has changed it meanwhile.
    is_fresh: bool = False
    #: Code that is not here was given it, and may have put something into it.
    is_handed: bool = False
    #: It stands for who has no credential, because of which it was made: what it says no to, it does for that reason.
    is_for_nobody: bool = False

    def _tags(self) -> frozenset[str]:
        return self.marks


@dataclass(eq=False)
class ModuleValue(Value):
    """A module of the project."""

    scope: Scope


@dataclass(eq=False)
class Outside(Value):
    """Something of another package or of Python, by its dotted name; `me` when it is an attribute of a thing."""

    name: str
    me: Value | None = None

    def _tags(self) -> frozenset[str]:
        return self.me.tags if self.me is not None else NOTHING


@dataclass(eq=False)
class Thing(Value):
    """What a call elsewhere gave, or something of which only the origin is known; `why` says what stays unknown."""

    name: str = ""
    args: tuple[Value, ...] = ()
    named: dict[str, Value] = field(default_factory=dict)
    marks: frozenset[str] = NOTHING
    trail: tuple[str, ...] = ()
    at: str = ""
    cls: Scope | None = None
    why: str = ""
    is_call: bool = False
    #: The class of the rows that it looks up, where it is a query or what gives one.
    rows: Scope | None = None

    def _tags(self) -> frozenset[str]:
        return self.marks


@dataclass(eq=False)
class Lazy(Value):
    """A coroutine or generator that nobody awaits or asks yet: nothing of it has run, and it is no None."""

    run: Callable[[], Value]
    #: A generator expression: whoever is given it goes through it.
    is_expression: bool = False
    #: It is gone through, and not waited for.
    is_generator: bool = False
    #: Whoever goes through it finds something there for sure.
    is_filled: bool = False
    #: What was answered on the way to where it was made, where answers are given piece by piece.
    answered: Value | None = None


@dataclass(eq=False)
class Test(Value):
    """A truth value: what it is for a caller without a credential, and what either answer demands of a caller."""

    anonymous: bool | None
    if_true: Demand
    if_false: Demand
    marks: frozenset[str] = NOTHING
    #: The answer with every setting as source has it, where that decides it.
    usual: bool | None = None

    def _tags(self) -> frozenset[str]:
        return self.marks


@dataclass(eq=False)
class Choice(Value):
    """One of several; which one is not known."""

    options: tuple[Value, ...]
    #: What it was taken out of, together with others, and the way that each option belongs to.
    of: Value | None = None
    ways: tuple[int, ...] = ()
    #: The one that it is with every setting as source has it, where that is told.
    usual: Value | None = None
    #: What decides which one it is, where that is a setting.
    decided_by: frozenset[str] = NOTHING

    def _tags(self) -> frozenset[str]:
        return union((self,))


def absent(default: Value, place: Value) -> Value:
    """What a request gives of a place for a credential to who sends none there: the default, known to be just that."""
    if isinstance(default, Const) and "setting" not in default.marks:
        return Const(default.value, default.marks | CALLER | (place.tags & VAGUE), default.label)
    if isinstance(default, (Items, Table)) and not (default.values if isinstance(default, Items) else default.entries):
        return Thing(marks=place.tags)
    return default if default.tags >= CALLER else Thing(marks=place.tags | default.tags | UNREAD)


def perhaps_given(default: Value, spread: Value | None) -> Value:
    """What stands where nobody gives anything, of a call that spreads something unknown: which may give it.

    What is loaded from somewhere is like a setting, of which source has the default.
    """
    if spread is None:
        return default
    tags = spread.tags - SETTING
    if tags:
        return joined([default, Thing(marks=tags)])
    if isinstance(default, Object) and SPREAD not in default.attributes:
        # What is made where nothing is loaded is as much a default as what stands in it.
        return replace(default, attributes={**default.attributes, SPREAD: Thing(marks=SETTING)})
    return Const(default.value, default.marks | SETTING, default.label) if isinstance(default, Const) else default


def union(values: Iterable[Value]) -> frozenset[str]:
    """The tags of all.

    Values stand within values, the same one in many places: each is asked once.
    """
    tags: frozenset[str] = NOTHING
    seen: set[int] = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, (Items, Choice, Table)):
            if id(value) not in seen:
                seen.add(id(value))
                tags = tags if isinstance(value, Choice) else tags | value.of
                waiting += _within(value)
            continue
        found = value.tags
        if found and found is not tags:
            tags = tags | found if tags else found
    return tags


def _within(value: Items | Choice | Table) -> Iterable[Value]:
    if isinstance(value, Table):
        return value.entries.values() if value.other is None else (*value.entries.values(), value.other)
    return value.values if isinstance(value, Items) else value.options


def options(value: Value) -> tuple[Value, ...]:
    """Everything the value may be."""
    return value.options if isinstance(value, Choice) else (value,)


def copied(table: Table) -> Table:
    """Another table with the same in it."""
    pairs, kept = list(table.pairs), list(table.kept)
    return replace(table, entries=dict(table.entries), perhaps=set(table.perhaps), pairs=pairs, kept=kept)


def gone_through(value: Value, *, also_empty: bool) -> Value:
    """What is gone through, element by element: of a dictionary that is known, its keys.

    `also_empty`: one without a key stays so; in a trial, functions that have not run may have put something there.
    """
    if not isinstance(value, Table) or not value.is_whole or value.other or value.pairs or value.kept:
        return value
    if not value.entries and not also_empty:
        return value
    return Items([Const(key) for key in value.entries], may_be_empty=value.may_be_empty)


def is_one_of_lists(value: Value) -> bool:
    """Whether it is one list or another, each known as a whole."""
    return isinstance(value, Choice) and all(isinstance(one, Items) and one.is_whole for one in value.options)


def in_either(value: Value) -> Items | None:
    """All that stands in one list or another, of which some may not be known; None where none is."""
    lists = [one for one in options(value) if isinstance(one, Items)]
    if not isinstance(value, Choice) or not lists:
        return None
    every: list[Value] = []
    for element in (each for one in lists for each in one.values):
        if not any(element is other or _says_the_same(element, other) for other in every):
            every.append(element)
    is_whole = len(lists) == len(value.options) and all(one.is_whole for one in lists)
    return Items(every, is_whole)


def _says_the_same(one: Value, other: Value) -> bool:
    if not isinstance(one, Const) or not isinstance(other, Const):
        return False
    return (one.value, one.label) == (other.value, other.label)


def one_list(value: Value) -> Value:
    """One list in the place of several, of which it is not known which one it is: what only some hold may not be there.

    `if settings.DEBUG: urlpatterns = [path("debug/", debug), *urlpatterns]`
    """
    lists = [_as_list(one) for one in options(value)]
    known = [one for one in lists if one is not None]
    if not isinstance(value, Choice) or len(known) != len(lists):
        return value
    every: list[Value] = []
    held = [{id(_first_alike(one, every)) for one in items.values} for items in known]
    usual = _as_list(value.usual) if value.usual is not None else None
    there = {id(_first_alike(one, every)) for one in usual.values} if usual is not None else None
    values = [one if all(id(one) in ids for ids in held) else _perhaps(one, there) for one in every]
    return Items(values, is_whole=all(one.is_whole for one in known))


def _first_alike(value: Value, every: list[Value]) -> Value:
    """The first of several that is the same value; it is added where none is.

    On two ways that meet, one place makes an entry twice: it is one entry, which is there for sure.
    """
    is_made = isinstance(value, Thing) and value.is_call
    for one in every:
        if one is value or (is_made and _alike(one, value)):
            return one
    every.append(value)
    return value


def _as_list(value: Value) -> Items | None:
    """A list; none at all is an empty one."""
    if isinstance(value, Const) and value.value is None:
        return Items([])
    return value if isinstance(value, Items) else None


def _perhaps(one: Value, there: set[int] | None) -> Choice:
    """What only some of several lists hold; `there` tells what does the one that counts as source has every setting."""
    usual = None if there is None else one if id(one) in there else Const(None)
    return Choice((one, Const(None)), usual=usual)


def holds(items: Items, value: Value, *, perhaps: bool) -> bool:
    """Whether a set has something already: two that are filled from one another do not grow each time.

    `perhaps`: it is not sure that it is added, so that what may be there is enough.
    """
    if any(one is value for one in items.values):
        return True
    there = [option for one in items.values for option in options(one)] if perhaps else []
    return all(
        (isinstance(option, Const) and option.value is None) or any(_alike(option, one) for one in there)
        for option in options(value)
    )


def subset(asked: Items, held: Value) -> Value | None:
    """Whether all that is asked for is held, where source fixes both; None where it does not."""
    answers: set[bool] = set()
    for one in options(held):
        values = [*asked.values, *one.values] if isinstance(one, Items) else []
        if not isinstance(one, Items) or not (asked.is_whole and one.is_whole):
            return None
        if not all(isinstance(value, Const) and not value.marks for value in values):
            return None
        has = {getattr(value, "value", None) for value in one.values}
        answers.add(all(getattr(value, "value", None) in has for value in asked.values))
    return Const(answers.pop()) if len(answers) == 1 else None


_MOST_OPTIONS = 8
#: A handler of many actions answers each of them, piece by piece, and each may be refused: so many are told apart.
_MOST_ANSWERS = 48


def joined(values: list[Value]) -> Value:
    """One value of several."""
    if len(values) == 1:
        return values[0]
    flat: list[Value] = []
    answers = 0
    is_too_much = False
    for option in (one for value in values for one in options(value)):
        if not any(_alike(option, one) for one in flat):
            flat.append(option)
            answers += isinstance(option, Thing) and option.name.startswith("__framework__.")
            is_too_much = len(flat) - answers > _MOST_OPTIONS or answers > _MOST_ANSWERS
            if is_too_much:
                break
    if len(flat) == 1:
        return flat[0]
    if is_too_much:
        # Whatever else it may be is not known; a public option must not be forgotten among those of callers.
        flat = [*flat[: _MOST_OPTIONS - 1], Thing()]
    deciding: frozenset[str] = NOTHING.union(*(one.decided_by for one in values if isinstance(one, Choice)))
    return Choice(tuple(flat), decided_by=deciding) if flat else Const(None)


def _alike(one: Value, other: Value) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, Thing) and isinstance(other, Thing):
        return _told(one) == _told(other) and ((_is_bare(one) and _is_bare(other)) or _is_same_call(one, other))
    return (
        type(one) in LITERALS
        and isinstance(one, Const)
        and isinstance(other, Const)
        and type(one.value) is type(other.value)
        and one.value == other.value
        and one.marks == other.marks
    )


def _is_bare(value: Thing) -> bool:
    """Whether nothing is ever set on it: another one that tells the same is the same."""
    return not (value.name or value.is_call or value.args or value.named)


def _is_same_call(one: Thing, other: Thing) -> bool:
    """Whether one place called the same with the same twice, as on two ways that meet there: `path("a/", view)`."""
    if not (one.is_call and other.is_call and one.at and one.name) or one.name != other.name:
        return False
    if len(one.args) != len(other.args) or one.named.keys() != other.named.keys():
        return False
    given = [*zip(one.args, other.args, strict=True), *((one.named[name], other.named[name]) for name in one.named)]
    return all(_alike(mine, its) for mine, its in given)


def _told(value: Thing) -> tuple[object, ...]:
    return value.marks, value.trail, value.at, value.cls, value.why


@dataclass(eq=False)
class FileOf(Value):
    """A file or folder of the tree, by its path from the root; also what is read from it."""

    path: str


@dataclass(eq=False)
class PathOf(Value):
    """The path of a request to one route: the template, of which parameters are not known."""

    template: str

    def behind(self, count: int) -> PathOf | None:
        """What is behind its first characters, where those are fixed."""
        fixed = self.template.partition("{")[0]
        return PathOf(self.template[count:]) if 0 <= count <= len(fixed) else None

    def may_begin(self, text: str) -> bool:
        """Whether the route can have a path that begins so."""
        return _may_begin(re.split(r"(\{[^{}]*\})", self.template), text)

    def may_be(self, path: str) -> bool:
        """Whether the route can have this path."""
        parts = re.split(r"(\{[^{}]*\})", self.template)
        pattern = "".join(
            (".*" if part.endswith(":path}") else "[^/]+") if part.startswith("{") else re.escape(part)
            for part in parts
        )
        return re.fullmatch(pattern, path) is not None

    def _tags(self) -> frozenset[str]:
        return INPUT


def _may_begin(parts: list[str], text: str) -> bool:
    for place, part in enumerate(parts):
        if not text:
            return True
        if not part.startswith("{"):
            if not text.startswith(part):
                return part.startswith(text)
            text = text[len(part) :]
        elif part.endswith(":path}"):
            return True
        else:
            # A parameter ends at a slash at the latest.
            end = text.find("/")
            rest = parts[place + 1 :]
            return end < 0 or any(_may_begin(rest, text[cut:]) for cut in range(1, end + 1))
    return not text
