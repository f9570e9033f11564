"""What the branches of an `if` leave on objects: each writes apart, and afterwards an attribute may be any of it.

`self.guard = None`, then `if settings.private: self.guard = Guard()`: whoever asks for it later finds one or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.usually import as_usual
from nomoat.survey.trial.values import CALLER, NOTHING, Choice, Const, Object, Test, Value, joined

#: What an attribute is that was taken away.
NOTHING_SET = Const(None)
#: An object and the name of one of its attributes.
Place = tuple[int, str]


@dataclass
class Branch:
    """What one branch wrote: the object, what stood there before, and what stood there in the end."""

    before: dict[Place, tuple[Object | Registry, Value | None]] = field(default_factory=dict)
    after: dict[Place, Value] = field(default_factory=dict)
    #: Objects that were made in it: no other way knows them, and where it leaves (`raise Denied(403)`) they are whole.
    made: dict[int, Object] = field(default_factory=dict)
    #: Whether it is gone, where those before it are not, as source has every setting; None where that is not told.
    usual: bool | None = None


@dataclass
class Branches:
    """Those that a trial is in, the innermost last."""

    _open: list[Branch] = field(default_factory=list)

    def write(self, owner: Object | Registry, name: str, value: Value) -> None:
        """Gives an attribute its value, on the way at hand."""
        if self._open and id(owner) not in self._open[-1].made:
            self._open[-1].before.setdefault((id(owner), name), (owner, owner.attributes.get(name)))
        owner.attributes[name] = value

    def make(self, made: Object) -> None:
        """Takes note of an object that is made on the way at hand."""
        if self._open:
            self._open[-1].made[id(made)] = made

    @contextmanager
    def apart(self, found: list[Branch], *, is_apart: bool) -> Iterator[None]:
        """Inside, what is written is written in one branch alone, which `found` gets."""
        if not is_apart:
            yield
            return
        branch = Branch()
        self._open.append(branch)
        try:
            yield
        finally:
            self._open.pop()
            for (place, name), (owner, before) in branch.before.items():
                branch.after[place, name] = owner.attributes.get(name, NOTHING_SET)
                if before is None:
                    owner.attributes.pop(name, None)
                else:
                    owner.attributes[name] = before
            found.append(branch)

    def together(
        self,
        found: list[Branch],
        unset: Callable[[Object | Registry, str], Value | None],
        deciding: frozenset[str] = NOTHING,
    ) -> None:
        """Afterwards: one of what the branches wrote, or what stood there before, where one wrote nothing.

        `unset` gives what an object has under a name that nothing was written to: what its class says; `deciding` tells
        that settings decide which of the branches is gone.
        """
        written = {place: owner for branch in found for place, (owner, _) in branch.before.items()}
        for (place, name), owner in written.items():
            before = owner.attributes.get(name)
            before = unset(owner, name) if before is None else before
            values = [branch.after.get((place, name), before) for branch in found]
            known = [value for value in values if value is not None]
            is_same = all(value is known[0] for value in known)
            # What nothing writes by default stays open: a setting need not have a default.
            gone = _usual(found) if isinstance(owner, Registry) else None
            usual = gone.after.get((place, name)) if gone is not None else None
            self.write(owner, name, known[0] if is_same else by_setting(_joined(known, usual), deciding))


def _usual(found: list[Branch]) -> Branch | None:
    """The branch that is gone as source has every setting; None where that is not told."""
    for branch in found:
        if branch.usual is None or branch.usual:
            return branch if branch.usual else None
    return None


def _joined(values: list[Value], gone: Value | None) -> Value:
    """One of several values; where it is told which one, or that each is the same as source has every setting, that."""
    found = joined(values)
    if gone is not None and isinstance(found, Choice):
        return replace(found, usual=as_usual(gone, by_default=True))
    usual = [one.usual if isinstance(one, Choice) else one for one in values]
    told = [one for one in usual if isinstance(one, Const)]
    is_one = len(told) == len(values) and all(one.value == told[0].value for one in told)
    if not is_one or not isinstance(found, Choice):
        return found
    return replace(found, usual=next((one for one in told if one.tags), told[0]))


#: Marks of a test that say that a setting decides it.
_DECIDING = frozenset(("setting", "changed"))


def deciding(tests: Iterable[Test]) -> frozenset[str]:
    """What says that settings decide which way is gone, of the tests of the ways; nothing where none does."""
    marks = NOTHING.union(*(test.marks for test in tests if test.anonymous is None))
    return marks & _DECIDING if "setting" in marks else NOTHING


def by_setting(value: Value, marks: frozenset[str]) -> Value:
    """A value that is one thing or another, settings deciding which: a test of it that is not decided says so."""
    return replace(value, decided_by=value.decided_by | marks) if marks and isinstance(value, Choice) else value


def for_nobody(value: Value) -> Value:
    """What stands somewhere because the caller has no credential: nothing, no, the lowest level."""
    if type(value) is Const and not value.value and not value.marks:
        return replace(value, marks=CALLER)
    return value


def decided(value: Choice, test: Test) -> Test:
    """A test of one of several values, which of them it is being decided by settings, perhaps."""
    if not value.decided_by or test.anonymous is not None:
        return test
    return replace(test, marks=test.marks | value.decided_by)


__all__ = ["Branch", "Branches", "by_setting", "decided", "deciding", "for_nobody"]
