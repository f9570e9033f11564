"""Classes that get their application from the constructor of a class above: `class Orders(Endpoint)`.

`Endpoint.__init__` makes the application and calls `self.setup_routes()`, which each class below writes for itself.
Takes the constructors that make an application; gives the classes below, and makes those that nothing else has made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from nomoat.survey.python import form
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.statements import Trial
from nomoat.survey.trial.values import Class, Function, Object, Thing, options

#: More classes than this below one: they are no parts of one application.
_MOST = 100
_UNMADE = "nothing that was read makes an object of this class: routes that it registers are not on the map"
_INHERITS = rb"^[ \t]*class\s+\w+\s*\([^)]*\b%s\b"


@dataclass
class Heirs:
    """The classes below, by what stands for a call of each: its own constructor, or the class that has none."""

    program: Program
    classes: dict[Scope, Scope] = field(default_factory=dict)
    #: The constructors above them.
    makers: set[Scope] = field(default_factory=set)

    def callable(self) -> list[Scope]:
        """What a call of one of them enters."""
        return list(self.classes)

    def is_own(self, function: Scope) -> bool:
        """Whether it is a method of one of them: who makes that one runs it."""
        return function.parent in self.classes.values()

    def is_made(self, cls: Scope, trial: Trial) -> bool:
        """Whether code that ran has made one: something of its own has run."""
        return any(one.is_function and one in trial.executed for one in cls.children.values())

    def make(self, trial: Trial, run: Callable[[Callable[[], None], str], bool]) -> None:
        """Makes those that nothing has made: by who holds the class (`self.root_class()`), or else by themselves."""
        if not self.classes or any(self.is_made(one, trial) for one in self.classes.values()):
            return
        for holder in self._holders():
            run(lambda cls=holder: self._held(trial, cls), holder.at)  # type: ignore[misc]
        if any(self.is_made(one, trial) for one in self.classes.values()):
            return
        # A part is served where another one includes it: by itself it would be at a wrong path.
        wholes = [one for one in self.classes.values() if self._names_another(one)]
        if not wholes:
            wholes = [*self.classes.values()][:1] if len(self.classes) == 1 else []
            lost = [] if wholes else self.classes.values()
            trial.around.lost.update((one.at, _UNMADE) for one in lost if one.at not in trial.around.lost)
        for whole in wholes:
            if not self.is_made(whole, trial):
                run(lambda cls=whole: self._alone(trial, cls), whole.at)  # type: ignore[misc]

    def _holders(self) -> Iterator[Scope]:
        """Classes that name one of them and call something of their own: `self.root_class(key)`."""
        names = {one.name for one in self.classes.values()}
        mine = {*self.classes.values()} | {one.parent for one in self.makers}
        for path in self.program.words.holding(map(str.encode, names)):
            if TEST_FILE.search(path):
                continue
            for cls in self.program.classes(within=self.program.modules[path]):
                if cls not in mine and any(self._is_named(cls, node, names) for node in form.walk(cls.body)):
                    yield cls

    def _names_another(self, cls: Scope) -> bool:
        names = {one.name for one in self.classes.values()} - {cls.name}
        return any(self._is_named(cls, node, names) for node in form.walk(cls.body))

    def _is_named(self, cls: Scope, node: form.Node, names: set[str]) -> bool:
        if node[0] != form.NAME or node[3] not in names:
            return False
        return any(one.scope in self.classes.values() for one in self.program.resolve(cls, node).all)

    def _held(self, trial: Trial, cls: Scope) -> None:
        """Runs the methods of an object that call a class which it holds."""
        made = trial.construct(trial.class_of(cls), (), {}, cls.at)
        for method in cls.children.values():
            if method.is_function and method not in trial.executed and self._calls_held(trial, made, method):
                own = trial.attribute(made, method.name)
                if isinstance(own, Function):
                    trial.uncalled.add(method)
                    trial.call(own, _unknown(method)[1:], {}, method.at, own.env)

    def _calls_held(self, trial: Trial, made: object, method: Scope) -> bool:
        me = method.parameters[0][form.P_NAME] if method.parameters else ""
        called = (node[3] for node in form.walk(method.body) if node[0] == form.CALL)
        attributes = {
            one[4] for one in called if one[0] == form.ATTRIBUTE and one[3][0] == form.NAME and one[3][3] == me
        }
        return isinstance(made, Object) and any(
            isinstance(held, Class) and held.scope in self.classes.values()
            for attribute in attributes
            for held in options(trial.attribute(made, str(attribute)))
        )

    def _alone(self, trial: Trial, cls: Scope) -> None:
        making = _constructor(cls)
        trial.construct(trial.class_of(cls), _unknown(making)[1:] if making is not None else (), {}, cls.at)


def heirs(program: Program, makers: Iterable[Scope]) -> Heirs:
    """The classes below those of these constructors, near and far."""
    found = Heirs(program)
    for maker in makers:
        if maker.name == "__init__" and maker.parent is not None and maker.parent.is_class:
            classes = below(program, maker.parent)
            if classes:
                found.makers.add(maker)
                found.classes.update((_constructor(one) or one, one) for one in classes)
    return found


def below(program: Program, cls: Scope) -> list[Scope]:
    """The classes below one, near and far; none where they are too many."""
    seen: dict[Scope, None] = {}
    left = [cls]
    while left and len(seen) <= _MOST:
        base = left.pop()
        word = base.name.encode()
        for path in program.words.matching(re.compile(_INHERITS % re.escape(word), re.M), (word,)):
            if TEST_FILE.search(path):
                continue
            module = program.modules[path]
            new = [one for one in program.classes(within=module) if one not in seen and base in program.bases(one)[1:]]
            seen.update(dict.fromkeys(new))
            left += new
    return list(seen) if len(seen) <= _MOST else []


def _constructor(cls: Scope) -> Scope | None:
    return next((one for one in cls.children.values() if one.is_function and one.name == "__init__"), None)


def _unknown(function: Scope) -> tuple[Thing, ...]:
    """What nobody knows, for each parameter that has to be given."""
    needed = (form.POSITIONAL, form.REGULAR)
    return tuple(Thing() for one in function.parameters if one[form.P_DEFAULT] is None and one[form.P_KIND] in needed)


__all__ = ["Heirs", "below", "heirs"]
