"""Says what a name, attribute or call means, across files: a definition of the project, something external, or why not.

`Resolver.resolve(scope, expression)` follows imports, assignments, annotations, classes and return values.
Nothing loops: a question that needs its own answer, or goes deeper than `_MAX_STEPS`, ends as unresolved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.annotations import Annotations
from nomoat.survey.python.applications import KeptOnApplications
from nomoat.survey.python.classes import Classes, Member
from nomoat.survey.python.constants import READERS
from nomoat.survey.python.form import Node
from nomoat.survey.python.resolved import Resolved, merged, unresolved
from nomoat.survey.python.special import (
    BUILTINS,
    HOWS,
    LITERALS,
    SPECIAL_CALLS,
    is_empty,
    item_of,
    unpacked,
    why_unknown,
)
from nomoat.survey.python.symbols import Binding, How, Imported, Scope

if TYPE_CHECKING:
    from nomoat.survey.python.program import Program

_MAX_STEPS = 90
_MAX_WORK = 2_000
#: Alternatives beyond this many add nothing that a reader could use.
_MAX_ALTERNATIVES = 8

_PROPERTIES = frozenset(
    (
        "builtins.property",
        "functools.cached_property",
        "django.utils.functional.cached_property",
        "abc.abstractproperty",
    )
)
_CONTEXT_MANAGERS = frozenset(("contextlib.contextmanager", "contextlib.asynccontextmanager"))
#: Subscripted, these are types and not items; the whole stays readable in `Resolved.value`.
_GENERIC = ("typing.", "typing_extensions.", "builtins.", "collections.abc.")


class Resolver:
    """Answers for one program, remembering what it found out."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.classes = Classes(self)
        self.annotations = Annotations(self)
        self.kept = KeptOnApplications(self)
        self._steps = 0
        self._work = 0
        #: Counts answers cut short by a circle; what was found while it grew is not remembered.
        self.cuts = 0
        self._open: set[tuple[Scope, str]] = set()
        self._names: dict[tuple[Scope, str], Resolved] = {}
        self._returns: dict[Scope, Resolved] = {}
        self._handlers: dict[int, Callable[[Scope, Node], Resolved]] = {
            form.NAME: lambda scope, node: self.name(scope, node[3]),
            form.ATTRIBUTE: self._attribute,
            form.CALL: self._call,
            form.CONSTANT: self._constant,
            form.AWAIT: lambda scope, node: self.resolve(scope, node[3]),
            form.WALRUS: lambda scope, node: self.resolve(scope, node[4]),
            form.STARRED: lambda scope, node: unresolved("an unpacked value"),
            form.CONDITIONAL: lambda scope, node: self._any(scope, node[4:6]),
            form.BOOLEAN: lambda scope, node: self._any(scope, node[4]),
            form.SUBSCRIPT: self._subscript,
            form.BINARY: self._binary,
            form.LAMBDA: lambda scope, node: Resolved("variable", "lambda", value=node, where=scope),
        }

    def resolve(self, scope: Scope, node: Node) -> Resolved:
        """What the expression means when it is read in `scope`."""
        kind = node[0]
        handler = self._handlers.get(kind)
        if handler is None:
            name = LITERALS.get(kind)
            return Resolved("instance", name, value=node, where=scope) if name else unresolved(why_unknown(kind))
        if self._steps >= _MAX_STEPS or self._is_spent():
            self.cuts += 1
            return unresolved("goes through too many steps")
        self._steps += 1
        try:
            return handler(scope, node)
        finally:
            self._steps -= 1

    @property
    def is_idle(self) -> bool:
        """Whether no question is being answered, so that a circle cannot cut an answer short."""
        return not self._open and not self._steps

    def _is_spent(self) -> bool:
        # Names that are tangled in many circles have more ways through them than anybody could follow.
        if self.is_idle:
            self._work = 0
        self._work += 1
        return self._work > _MAX_WORK

    def _any(self, scope: Scope, nodes: tuple[Node, ...]) -> Resolved:
        return merged([self.resolve(scope, node) for node in nodes[:_MAX_ALTERNATIVES]])

    def _constant(self, scope: Scope, node: Node) -> Resolved:
        return Resolved("constant", f"builtins.{type(node[3]).__name__}", value=node, where=scope)

    def _binary(self, scope: Scope, node: Node) -> Resolved:
        if form.string_parts(node) is not None:
            return Resolved("instance", "builtins.str", value=node, where=scope)
        # `Base | None` is a type; a class on the left says so.
        if node[3] == "|":
            return self._any(scope, node[4])
        return unresolved(why_unknown(node[0]))

    def _attribute(self, scope: Scope, node: Node) -> Resolved:
        found = self.member(self.resolve(scope, node[3]), node[4])
        if found.is_resolved and found.kind != "external":
            return found
        return self.kept.held(scope, node) or found

    def _subscript(self, scope: Scope, node: Node) -> Resolved:
        kept = self.kept.held(scope, node)
        if kept is not None:
            return kept
        base = self.resolve(scope, node[3])
        if base.kind == "class":
            return base
        if base.kind == "external" and base.name.startswith(_GENERIC):
            return Resolved("external", base.name, value=node, where=scope)
        if base.value is not None and base.where is not None:
            item = item_of(base.value, node[4])
            if item is not None:
                return self.resolve(base.where, item)
        if base.kind in ("instance", "external"):
            return Resolved("instance", f"{base.name}.__getitem__", value=node, where=scope, receiver=base)
        return unresolved("an item of something unknown", receiver=base)

    # -- names -------------------------------------------------------------------------------------------------------

    def name(self, scope: Scope, name: str) -> Resolved:
        """What a bare name means in a scope, through the enclosing functions, the module and Python's own names."""
        current: Scope | None = scope
        first = True
        while current is not None:
            if (first or not current.is_class) and name in current.bindings:
                return self._bound_name(current, name)
            first = False
            if current.parent is None:
                break
            current = current.parent
        assert current is not None
        starred = self._starred(current, name)
        if starred is not None:
            return starred
        if name in BUILTINS:
            return Resolved("external", f"builtins.{name}")
        return unresolved("this name is bound nowhere", name=name)

    def _bound_name(self, scope: Scope, name: str) -> Resolved:
        key = (scope, name)
        known = self._names.get(key)
        if known is not None:
            return known
        if key in self._open:
            self.cuts += 1
            return unresolved("is defined by itself", name=name)
        if self._steps >= _MAX_STEPS or self._is_spent():
            self.cuts += 1
            return unresolved("goes through too many steps", name=name)
        cuts = self.cuts
        self._open.add(key)
        self._steps += 1
        try:
            bindings = scope.bindings[name][-_MAX_ALTERNATIVES:]
            found = merged([self.bound(scope, binding) for binding in bindings])
        finally:
            self._steps -= 1
            self._open.discard(key)
        # A circle met on the way cuts short what lies within the outermost question, never that question itself.
        if self.cuts == cuts or not self._open:
            self._names[key] = found
        return found

    def _starred(self, scope: Scope, name: str) -> Resolved | None:
        # Modules may star-import one another: the same question within itself has no answer of its own.
        key = (scope, f"*{name}")
        if key in self._open or self._steps >= _MAX_STEPS:
            self.cuts += 1
            return None
        self._open.add(key)
        self._steps += 1
        try:
            return self._from_stars(scope, name)
        finally:
            self._steps -= 1
            self._open.discard(key)

    def _from_stars(self, scope: Scope, name: str) -> Resolved | None:
        elsewhere: list[str] = []
        for imported in reversed(scope.star_imports):
            source = self.program.imported_module(scope.module, imported)
            if source is None:
                elsewhere.append(imported.module)
            elif name in self.program.public_names(source):
                return self.member(Resolved("module", source.dotted, source), name)
            elif source.module.is_library:
                elsewhere.append(imported.module)
        if elsewhere and name not in BUILTINS and len(elsewhere) == 1:
            return Resolved("external", f"{elsewhere[0]}.{name}")
        return None

    def bound(self, scope: Scope, binding: Binding) -> Resolved:
        """What one binding gives its name."""
        how = binding.how
        if how is How.FUNCTION or how is How.CLASS:
            child = scope.child(binding.node)
            return Resolved("function" if how is How.FUNCTION else "class", child.dotted, child)
        if how is How.IMPORT:
            assert binding.imported is not None
            return self.imported(scope, binding.imported)
        variable = f"{scope.dotted}.{binding.name}"
        if how is How.VALUE:
            assert binding.value is not None
            return self._stored(scope, binding.value, variable)
        if how is How.ANNOTATED:
            return self._annotated(scope, binding, variable)
        if how is How.PARAMETER:
            return self._parameter(scope, binding)
        if how is How.ENTERED:
            assert binding.value is not None
            return self._entered(self.resolve(scope, binding.value))
        if how is How.CAUGHT and binding.value is not None:
            return self._instance_of(self.resolve(scope, binding.value), binding.value, scope)
        if how is How.UNPACKED and binding.value is not None:
            item = unpacked(binding.value, binding.path)
            if item is not None:
                return self._stored(scope, item, variable)
        if how is How.LOOP and binding.value is not None and not binding.path:
            return self._element(self.resolve(scope, binding.value), variable)
        return unresolved(f"'{binding.name}' is given its value by {HOWS.get(how, 'a statement')}", name=variable)

    def _stored(self, scope: Scope, value: Node, variable: str) -> Resolved:
        found = self.resolve(scope, value)
        if found.kind == "unresolved":
            return Resolved("variable", variable, value=value, where=scope, variable=variable, reason=found.reason)
        return found if found.variable else found.named(variable)

    def _annotated(self, scope: Scope, binding: Binding, variable: str) -> Resolved:
        assert binding.annotation is not None
        given = self._stored(scope, binding.value, variable) if binding.value is not None else None
        declared = self.annotations.instance(scope, binding.annotation)
        # The value knows its constructor's arguments; a literal or something unknown says less than the annotation.
        if given is not None and not declared.is_resolved:
            return given
        if given is not None and given.kind in ("instance", "class", "function", "constant") and not is_empty(given):
            return given
        if not declared.is_resolved:
            return unresolved(declared.reason, name=variable)
        return declared if declared.variable else declared.named(variable)

    def _element(self, iterable: Resolved, variable: str) -> Resolved:
        if iterable.kind == "instance" and iterable.value is not None and iterable.where is not None:
            value = iterable.value
            if value[0] in (form.LIST, form.TUPLE, form.SET) and value[3]:
                return self._any(iterable.where, value[3])
            if value[0] == form.SUBSCRIPT and not iterable.name.endswith(".__getitem__"):
                return self.annotations.element(iterable.where, value)
        return unresolved("an element of something unknown", name=variable, receiver=iterable)

    def _parameter(self, scope: Scope, binding: Binding) -> Resolved:
        name = f"{scope.dotted}.{binding.name}"
        if scope.is_method and binding.node is scope.parameters[0] and binding.annotation is None:
            owner = scope.parent
            assert owner is not None
            decorators = {form.dotted(node) for node in scope.decorators}
            if "classmethod" in decorators or scope.name in ("__new__", "__init_subclass__", "__class_getitem__"):
                return Resolved("class", owner.dotted, owner)
            if "staticmethod" not in decorators:
                return Resolved("instance", owner.dotted, owner, variable=name)
        kind = binding.node[form.P_KIND]
        if kind in (form.VARARGS, form.KWARGS):
            return Resolved("instance", "builtins.tuple" if kind == form.VARARGS else "builtins.dict", variable=name)
        if binding.annotation is not None:
            declared = self.annotations.instance(scope.parent or scope, binding.annotation)
            if declared.is_resolved:
                return declared.named(name)
            return unresolved(declared.reason, name=name)
        return unresolved(f"parameter '{binding.name}' has no annotation", name=name)

    # -- imports -----------------------------------------------------------------------------------------------------

    def imported(self, scope: Scope, imported: Imported) -> Resolved:
        """What an import binds."""
        module = scope.module
        if imported.name is None and not imported.is_whole:
            imported = imported._replace(module=imported.module.partition(".")[0])
        source = self.program.imported_module(module, imported)
        if imported.name is None:
            if source is not None:
                return Resolved("module", source.dotted, source)
            return Resolved("external", imported.module)
        if source is None:
            if imported.level:
                dots = "." * imported.level
                return unresolved(
                    f"no file for {dots}{imported.module}", name=f"{dots}{imported.module}.{imported.name}"
                )
            return Resolved("external", f"{imported.module}.{imported.name}")
        return self.member(Resolved("module", source.dotted, source), imported.name)

    # -- members -----------------------------------------------------------------------------------------------------

    def member(self, base: Resolved, name: str) -> Resolved:
        """What `base.name` means."""
        if base.alternatives:
            return merged([self.member(one, name) for one in base.alternatives])
        if base.kind == "module" and base.scope is not None:
            return self._of_module(base.scope, name)
        if base.kind == "class" and base.scope is not None:
            return self._of_class(base, base.scope, name, is_instance=False)
        if base.kind == "instance" and base.scope is not None:
            return self._of_class(base, base.scope, name, is_instance=True)
        if base.kind in ("external", "instance", "constant"):
            return Resolved("external", f"{base.name}.{name}", receiver=base)
        if base.kind == "function":
            return unresolved("an attribute of a function", name=f"{base.name}.{name}", receiver=base)
        return unresolved(base.reason or "an attribute of something unknown", name=name, receiver=base)

    def _of_module(self, scope: Scope, name: str) -> Resolved:
        if name in scope.bindings:
            found = self._bound_name(scope, name)
            # `from . import orders` in a package's own `__init__` means the submodule.
            if found.kind != "unresolved" or found.reason != "is defined by itself":
                return found
        inner = self.program.submodule(scope, name)
        if inner is not None:
            return Resolved("module", inner.dotted, inner)
        starred = self._starred(scope, name)
        if starred is not None:
            return starred
        if scope.module.is_library:
            return Resolved("external", f"{scope.dotted}.{name}")
        if scope.module.is_folder:
            # A folder without `__init__` that lacks the name is no package of ours: the import means another one.
            return Resolved("external", f"{scope.dotted}.{name}")
        return unresolved(f"{scope.dotted} has no '{name}'", name=f"{scope.dotted}.{name}")

    def _of_class(self, base: Resolved, scope: Scope, name: str, *, is_instance: bool) -> Resolved:
        after = scope if base.variable == "super()" else None
        found, elsewhere = self.classes.members(scope, name, after=after)
        if not found:
            known = [dotted for dotted in elsewhere if not dotted.startswith("?")]
            if known:
                return Resolved("external", f"{known[0]}.{name}", receiver=base)
            why = "its bases are not known" if elsewhere else f"{scope.dotted} has no '{name}'"
            return unresolved(why, name=f"{scope.dotted}.{name}", receiver=base)
        return merged(
            [self._member(base, member, name, is_instance=is_instance) for member in found[-_MAX_ALTERNATIVES:]]
        )

    def _member(self, base: Resolved, member: Member, name: str, *, is_instance: bool) -> Resolved:
        key = (member.owner, f".{name}")
        if key in self._open:
            self.cuts += 1
            return unresolved("is defined by itself", name=f"{member.owner.dotted}.{name}")
        self._open.add(key)
        try:
            found = self.bound(member.scope, member.binding)
            if found.kind == "function" and found.scope is not None:
                if is_instance and self._decorated(found.scope, _PROPERTIES):
                    return self.returned(found.scope)
                return Resolved("function", found.name, found.scope, receiver=base)
        finally:
            self._open.discard(key)
        return found.named(f"{member.owner.dotted}.{name}")

    def _decorated(self, function: Scope, names: frozenset[str]) -> bool:
        assert function.parent is not None
        return any(self.resolve(function.parent, node).name in names for node in function.decorators)

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, scope: Scope, node: Node) -> Resolved:
        return self.called(self.resolve(scope, node[3]), scope, node)

    def called(self, callee: Resolved, scope: Scope, node: Node) -> Resolved:
        """What calling `callee` with the CALL `node` gives."""
        if callee.alternatives:
            return merged([self.called(one, scope, node) for one in callee.alternatives])
        if callee.kind == "class":
            return self._instance_of(callee, node, scope)
        if callee.kind == "function" and callee.scope is not None and callee.name in READERS:
            # What it gives is told by this call, not by what stands in its description.
            return Resolved("instance", callee.name, value=node, where=scope)
        if callee.kind == "function" and callee.scope is not None:
            return self.returned(callee.scope, receiver=callee.receiver)
        if callee.kind == "external":
            special = SPECIAL_CALLS.get(callee.name)
            found = special(self, scope, node) if special is not None else None
            return found or Resolved("instance", callee.name, value=node, where=scope, receiver=callee.receiver)
        if callee.kind == "instance" and callee.scope is not None:
            method = self.member(callee, "__call__")
            return self.called(method, scope, node) if method.kind == "function" else method
        if callee.kind == "instance":
            return Resolved("instance", f"{callee.name}.__call__", value=node, where=scope, receiver=callee)
        return unresolved(callee.reason or "a call of something unknown", name=callee.name, receiver=callee)

    def _instance_of(self, found: Resolved, node: Node, scope: Scope) -> Resolved:
        if found.kind in ("class", "external"):
            return Resolved("instance", found.name, found.scope, value=node, where=scope)
        return unresolved(found.reason or "an instance of something unknown", receiver=found)

    def returned(self, function: Scope, *, receiver: Resolved | None = None) -> Resolved:
        """What a call of a project's function gives: by its annotation, else by its `return`s."""
        known = self._returns.get(function)
        if known is not None:
            return known
        key = (function, "()")
        if key in self._open:
            self.cuts += 1
            return unresolved("calls itself", name=function.dotted)
        cuts = self.cuts
        self._open.add(key)
        try:
            found = self._returned(function, receiver)
        finally:
            self._open.discard(key)
        if (self.cuts == cuts or not self._open) and found.name != "typing.Self":
            self._returns[function] = found
        return found

    def _returned(self, function: Scope, receiver: Resolved | None) -> Resolved:
        assert function.node is not None and function.parent is not None
        annotation = function.node[form.F_RETURNS]
        if annotation is not None:
            declared = self.annotations.returned(function, annotation)
            if declared.name in ("typing.Self", "typing_extensions.Self") and receiver is not None:
                return receiver
            if declared.is_resolved:
                return declared
        values = [node[3] for node in function.nodes if node[0] in (form.RETURN, form.YIELD) and node[3] is not None][
            :_MAX_ALTERNATIVES
        ]
        if not values:
            return unresolved("returns nothing that can be told", name=f"{function.dotted}()")
        found = merged([self.resolve(function, value) for value in values])
        return found if found.is_resolved else unresolved(found.reason, name=f"{function.dotted}()")

    def _entered(self, manager: Resolved) -> Resolved:
        if manager.alternatives:
            return merged([self._entered(one) for one in manager.alternatives])
        if manager.kind == "instance" and manager.scope is not None:
            for name in ("__enter__", "__aenter__"):
                found, _ = self.classes.members(manager.scope, name)
                for member in found:
                    method = self.bound(member.scope, member.binding)
                    if method.kind == "function" and method.scope is not None:
                        entered = self.returned(method.scope, receiver=manager)
                        return entered if entered.is_resolved else manager
        return manager
