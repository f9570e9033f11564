"""What the functions of a program change of what modules, classes and objects hold: no trial knows when they run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope
from nomoat.survey.trial.alone import Alone
from nomoat.survey.trial.own import is_own_table
from nomoat.survey.trial.values import CHANGED, SETTING, Class, Const, Function, Items, Table, Thing, Value, joined

_ADDS = frozenset(("append", "add", "update", "setdefault", "insert", "extend", "appendleft"))
_ASSIGNING = (form.ASSIGN, form.AUGMENTED, form.ANNOTATED)


class Changes:
    """Answers for the modules that an application imports; tests that change a setting are no part of it."""

    def __init__(self, program: Program, paths: Iterable[str]) -> None:
        #: Names of modules that a function assigns by `global`.
        self.names: set[tuple[str, str]] = set()
        #: Attributes that functions assign, with whose and where; what a constructor gives its own object is no change.
        self._attributes: dict[str, list[tuple[Scope, Node | None]]] = {}
        #: Where functions assign an attribute whose name is made: `setattr(owner, key, value)`.
        self._spread: list[tuple[Scope, Node]] = []
        #: Modules of which functions assign names that are made, with whether all that do read a file of settings.
        self.modules: dict[str, bool] = {}
        #: Attributes that methods give their own object out of a file of settings, with each such method.
        self._of_settings: dict[str, list[Scope]] = {}
        self._whose: dict[str, tuple[int, list[tuple[str, frozenset[Scope | None]]]]] = {}
        #: Constant keys under which a function puts something.
        self.keys: set[object] = set()
        #: What lists and tables are called to which functions add, when somebody calls them.
        self.filled: set[str] = set()
        self._program = program
        self._alone = Alone(program)
        self._paths: set[str] = set()
        #: By what names functions are decorated.
        self._decorators: set[str] = set()
        self.add(paths)

    def add(self, paths: Iterable[str]) -> None:
        """Takes in modules that are imported, those that it has not."""
        anew = sorted(set(paths) - self._paths)
        self._paths.update(anew)
        modules = self._program.modules
        found = [
            scope
            for path in anew
            for scope in (self._program.functions(within=modules[path]) if path in modules else ())
        ]
        self._decorators |= {_last(node) for scope in found for node in scope.decorators}
        for scope in found:
            self._read(scope)

    def _read(self, scope: Scope) -> None:
        for name in scope.outer_names:
            self.names.add((scope.module.path, name))
        mine = scope.parameters[0][form.P_NAME] if scope.name == "__init__" and scope.parameters else ""
        for node in form.walk_scope(scope.body):
            if node[0] in _ASSIGNING:
                for target in node[3] if node[0] == form.ASSIGN else (node[3],):
                    if target[0] == form.SUBSCRIPT:
                        self._filled(scope, target[3])
                    is_known = _is_its_own(scope, target) or _is_registered(scope, node, target)
                    if not is_known and not self._is_marked(scope, target):
                        self._changed(scope, target, mine)
                        self._told(scope, node, target)
            elif node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in _ADDS:
                self._filled(scope, node[3][3])
            elif node[0] == form.CALL and form.dotted(node[3]) == "setattr" and len(node[4]) == 3:
                owner, name = node[4][:2]
                is_own = owner[0] == form.NAME and owner[3] == mine
                if name[0] != form.CONSTANT and not is_own:
                    self._spread.append((scope, owner))
                    self._spread_over(scope, owner)
                if name[0] == form.CONSTANT and not is_own and not self._marks(scope, owner):
                    self._attributes.setdefault(str(name[3]), []).append((scope, owner))

    def _spread_over(self, scope: Scope, owner: Node) -> None:
        """Takes note of modules that a function gives names that are made: `setattr(state, f"{kind}_hash", given)`."""
        found = self._program.resolve(scope, owner).all
        paths = {one.scope.module.path for one in found if one.kind == "module" and one.scope is not None}
        bound = scope.bindings.get(owner[3], ()) if owner[0] == form.NAME else ()
        if any(_is_own_module(one) for one in (owner, *(each.value for each in bound))):
            paths.add(scope.module.path)
        for path in paths:
            self.modules[path] = self.modules.get(path, True) and _reads_settings(scope)

    def _filled(self, scope: Scope, owner: Node) -> None:
        """Takes note that a function adds to something that is not its own; a decorator does so at import."""
        name = owner[3] if owner[0] == form.NAME else owner[4] if owner[0] == form.ATTRIBUTE else ""
        is_local = owner[0] == form.NAME and name in scope.bindings and name not in scope.outer_names
        given = {one[form.P_NAME] for one in scope.parameters}
        if name and not is_local and not _returned(scope) & given:
            self.filled.add(str(name))

    def _is_marked(self, scope: Scope, target: Node) -> bool:
        """Whether a decorator marks what it is put on, `view.is_public = True; return view`: while it is imported."""
        return target[0] == form.ATTRIBUTE and self._marks(scope, target[3])

    def _marks(self, scope: Scope, owner: Node) -> bool:
        outer = scope.parent.name if scope.parent is not None and scope.parent.is_function else scope.name
        given = {one[form.P_NAME] for one in scope.parameters}
        if owner[0] != form.NAME or owner[3] not in given:
            return False
        return bool(self._decorators & {scope.name, outer}) and _returned(scope) == {owner[3]}

    def _changed(self, scope: Scope, target: Node, mine: str) -> None:
        if target[0] == form.ATTRIBUTE and not (target[3][0] == form.NAME and target[3][3] == mine):
            self._attributes.setdefault(target[4], []).append((scope, target[3]))
        elif target[0] == form.SUBSCRIPT and target[4][0] == form.CONSTANT:
            self.keys.add(target[4][3])
        elif target[0] in (form.TUPLE, form.LIST):
            for one in target[3]:
                self._changed(scope, one, mine)

    def _told(self, scope: Scope, node: Node, target: Node) -> None:
        """Takes note of a method that gives its own object a setting: `self.port = parser.get("web", "port")`."""
        me = scope.parameters[0][form.P_NAME] if scope.is_method and scope.parameters else ""
        is_own = target[0] == form.ATTRIBUTE and target[3][0] == form.NAME and target[3][3] == me
        given = node[4] if node[0] == form.ASSIGN else node[5] if node[0] == form.ANNOTATED else None
        if is_own and given is not None and given[0] != form.CONSTANT and _reads_settings(scope):
            self._of_settings.setdefault(target[4], []).append(scope)

    def is_setting(self, name: str, cls: Scope | None) -> bool:
        """Whether nothing changes an attribute of an object but methods of its own that read a file of settings.

        What its constructor gives it is there by default then.
        """
        told, places = self._of_settings.get(name, ()), self._attributes.get(name, ())
        classes = {one for at in places if at[0] not in told for one in self._classes(*at)}
        is_else = None in classes or any(self._may_be(one, cls) for one in classes if one)
        return bool(told) and cls is not None and not is_else

    def of_state(self, name: str) -> list[Scope]:
        """The functions that may put something under a name into the state of a request; none where others may, too."""
        is_told = name not in self.keys and not any(_may_be_state(scope, owner) for scope, owner in self._spread)
        places = self._attributes.get(name, ()) if is_told else ()
        return [scope for scope, owner in places if _may_be_state(scope, owner)]

    def may_change(self, name: str, cls: Scope | None, at: str = "") -> bool:
        """Whether a function may give another value to an attribute of an object of a class, or of a module (None).

        `at`: where the object was made.
        """
        places = self._attributes.get(name)
        if places is None:
            return False
        known = self._whose.get(name)
        if known is None or known[0] != len(places):
            whose = [(_called(owner), frozenset(self._classes(scope, owner))) for scope, owner in places]
            known = self._whose[name] = len(places), list(dict.fromkeys(whose))
        return any(self._may_be(one, cls) for _, classes in known[1] for one in classes if one is not None) or (
            any(None in classes for _, classes in known[1]) and not self._is_apart(known[1], cls, at)
        )

    def _is_apart(self, whose: list[tuple[str, frozenset[Scope | None]]], cls: Scope | None, at: str) -> bool:
        """Whether an object is none of those that may be anything: nobody has it but by a name that they have not."""
        alone = self._alone.name_of(at, cls) if cls is not None and at else ""
        if not alone or cls is None:
            return False
        own = {base.rpartition(".")[2] if isinstance(base, str) else base.name for base in self._program.bases(cls)}
        names = {alone, "cls", "type", "__class__", *own}
        return not any(called in names for called, classes in whose if None in classes)

    def _may_be(self, one: Scope, cls: Scope | None) -> bool:
        # An object that is known by a class above may be one of a class below.
        return cls is not None and (self._is_below(cls, one) or self._is_below(one, cls))

    def _is_below(self, cls: Scope, other: Scope) -> bool:
        return other in self._program.bases(cls)

    def _classes(self, scope: Scope, owner: Node | None) -> Iterable[Scope | None]:
        """The classes of the tree whose objects an expression may stand for; None: it may be anything."""
        if owner is None or owner[0] != form.NAME:
            return (None,)
        if scope.is_method and scope.parameters and owner[3] == scope.parameters[0][form.P_NAME]:
            is_bound = not any(form.dotted(one) == "staticmethod" for one in scope.decorators)
            return (scope.parent if is_bound else None,)
        bound = scope.bindings.get(owner[3], ()) if owner[3] not in scope.outer_names else ()
        found: list[Scope | None] = [] if bound else [None]
        for one in bound:
            if one.how is How.PARAMETER and one.annotation is not None:
                annotated = self._program.annotation(scope, one.annotation)
                found.append(annotated.scope if annotated.scope is not None and annotated.scope.is_class else None)
            elif one.how is How.VALUE and not one.path and one.value is not None and one.value[0] == form.CALL:
                found.extend(self._made(scope, one.value))
            else:
                found.append(None)
        return found

    def _made(self, scope: Scope, call: Node) -> Iterable[Scope | None]:
        """The class of which a call makes an object; nothing where it is one of another package."""
        made = self._program.resolve(scope, call[3])
        if made.scope is not None and made.scope.is_class:
            return (made.scope,)
        is_foreign = made.scope is None and made.is_resolved and not made.alternatives and not made.is_partial
        return () if is_foreign and made.name.rpartition(".")[2][:1].isupper() else (None,)


def _may_be_state(scope: Scope, owner: Node | None) -> bool:
    """Whether what a function gives an attribute to may be the state of a request: `request.state`, `g`, its name."""
    if owner is None or _called(owner) in _STATES:
        return True
    if owner[0] != form.NAME or (scope.is_method and scope.parameters and owner[3] == scope.parameters[0][form.P_NAME]):
        return False
    given = next((one for one in scope.parameters if one[form.P_NAME] == owner[3]), None)
    speaks_of_it = any(
        (node[0] == form.ATTRIBUTE and node[4] in _STATES) or (node[0] == form.NAME and node[3] in _STATES)
        for node in scope.nodes
    )
    return speaks_of_it or (given is not None and given[form.P_ANNOTATION] is None)


def _is_own_module(node: Node | None) -> bool:
    """Whether an expression is the module that it stands in: `sys.modules[__name__]`."""
    if node is None or node[0] != form.SUBSCRIPT:
        return False
    return form.dotted(node[3]) == "sys.modules" and form.dotted(node[4]) == "__name__"


_STATES = frozenset(("state", "g"))
#: How the functions of packages are written that read files of settings.
_FILES = re.compile(r"(^|\.)(Raw|Safe)?ConfigParser$|^(yaml|toml|tomli|tomllib|rtoml)\.\w*load\w*$")
#: What programs call what a command was given.
_COMMAND = frozenset(("args", "opts", "options", "namespace", "parsed_args", "cli_args"))
#: What only a parser of such files has.
_PARSERS = frozenset(("has_option", "has_section", "getboolean"))


def _reads_settings(scope: Scope) -> bool:
    """Whether a function reads a file of settings, or is handed a parser of one, or what a command was given."""
    if any(one[form.P_NAME] in _COMMAND for one in scope.parameters) and _reads_command(scope):
        return True
    called = [node[3] for node in form.walk_scope(scope.body) if node[0] == form.CALL]
    return any(
        _FILES.search(form.dotted(one) or "") or (one[0] == form.ATTRIBUTE and one[4] in _PARSERS) for one in called
    )


def _reads_command(scope: Scope) -> bool:
    """Whether a function reads what a command was given, and is told of it by the name that this always has."""
    plain = {one[form.P_NAME] for one in scope.parameters if one[form.P_KIND] in (form.POSITIONAL, form.REGULAR)}
    return any(
        node[0] == form.ATTRIBUTE and node[3][0] == form.NAME and node[3][3] in _COMMAND & plain
        for node in form.walk_scope(scope.body)
    )


def _called(owner: Node | None) -> str:
    """The last name of an expression, of a call that of what is called; empty where it has none."""
    node = owner[3] if owner is not None and owner[0] == form.CALL else owner
    if node is None or node[0] not in (form.NAME, form.ATTRIBUTE):
        return ""
    return str(node[3] if node[0] == form.NAME else node[4])


def _last(decorator: Node) -> str:
    """The last name of a decorator, called or not."""
    name = form.dotted(decorator[3] if decorator[0] == form.CALL else decorator)
    return (name or "").rpartition(".")[2]


def _is_its_own(scope: Scope, target: Node) -> bool:
    """Whether something is put into a table that the function has made itself: `row = {}`, then `row["id"] = 1`."""
    return target[0] == form.SUBSCRIPT and is_own_table(scope, target[3])


def _is_registered(scope: Scope, node: Node, target: Node) -> bool:
    """Whether a method keeps the callback that it decorates: it runs while the tree is imported, and never again.

    `def loader(self, callback): self._callback = callback; return callback`, where the class calls `self._callback()`.
    """
    if node[0] != form.ASSIGN or not scope.is_method or len(scope.parameters) != 2 or target[0] != form.ATTRIBUTE:
        return False
    me, given = (one[form.P_NAME] for one in scope.parameters)
    held = form.dotted(target)
    if held != f"{me}.{target[4]}" or node[4][0] != form.NAME or node[4][3] != given:
        return False
    methods = [one for one in scope.parent.children.values() if one.is_method] if scope.parent is not None else []
    # `return self.callback`, a property that gives `self._callback`.
    names = {given, held, *(f"{me}.{one.name}" for one in methods if _gives(one, target[4]))}
    if not _returned(scope) or not _returned(scope) <= names:
        return False
    called = (form.dotted(one[3]) for method in methods
              for one in form.walk_scope(method.body) if one[0] == form.CALL)  # fmt: skip
    return held in called


def _returned(scope: Scope) -> set[str | None]:
    """The dotted names that a function returns; None stands for all else."""
    returned = [one[3] for one in form.walk_scope(scope.body) if one[0] == form.RETURN]
    return {form.dotted(one) if one is not None else None for one in returned}


def _gives(method: Scope, name: str) -> bool:
    """Whether a property gives an attribute of its object, and nothing else."""
    is_property = any(form.dotted(one) == "property" for one in method.decorators)
    me = method.parameters[0][form.P_NAME] if method.parameters else ""
    return is_property and _returned(method) == {f"{me}.{name}"}


def filled_later(value: Value) -> Value:
    """A list or table with nothing in it, to which functions add: whatever is in it when somebody asks."""
    if isinstance(value, Table) and type(value) is Table and value.is_whole and not (value.entries or value.pairs):
        return Table({}, is_whole=False)
    if isinstance(value, Table) and value.by_class:
        return replace(value, by_class=False)
    if isinstance(value, Items) and value.is_whole and not (value.values or value.is_tuple):
        return Items([], is_whole=False)
    if isinstance(value, Items) and value.is_whole and any(isinstance(one, (Function, Class)) for one in value.values):
        return replace(value, grows=True)  # `EXEMPT.add(view)`
    return value


def changeable(value: Value, *, is_setting: bool = False) -> Value:
    """What is in the place of something that functions change: what source has for it, or anything."""
    if isinstance(value, Const) and is_setting and value.value is not None:
        return Const(value.value, value.marks | SETTING, value.label)
    if isinstance(value, Const):
        return Const(value.value, value.marks | SETTING | CHANGED, value.label)
    return joined([value, Thing(why="functions of the program put something else there")])
