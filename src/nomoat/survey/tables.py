"""Which classes and calls of a program stand for a table (collection, ...), how it is named, and what leads where.

Takes the parsed program and the store models; gives an `Entity` for a class, for a dotted name of a package, and for
what a relation of one of them leads to, from either side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Binding, How, Scope
from nomoat.survey.storefile import Declares, Library, Relation, Stores

_SNAKE = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, eq=False)
class Entity:
    """One table, collection, bucket: its name, and the class that declares it where there is one."""

    name: str
    library: Library
    scope: Scope | None = None
    kind: str = "table"

    @property
    def at(self) -> str:
        """Where it is declared; empty without a class."""
        return self.scope.at if self.scope is not None else ""


class Led(NamedTuple):
    """Where a relation leads, and whether to several rows."""

    entity: Entity
    is_many: bool


class Tables:
    """Answers for one program."""

    def __init__(self, program: Program, stores: Stores) -> None:
        self._program = program
        self._stores = stores
        self._classes: dict[Scope, Entity | None] = {}
        self._named: dict[tuple[str, str], Entity] = {}
        self._leads: dict[tuple[Entity, str], Led | None] = {}
        self._settings: dict[str, Entity | None] = {}
        self._by_name: dict[str, list[str]] = {}
        self._back: dict[str, dict[str, Led]] | None = None
        self._by_base = _by(stores, lambda one: one.bases)
        self._by_mark = _by(stores, lambda one: one.marks)
        self._by_keyword = _by(stores, lambda one: one.keywords)

    @property
    def entities(self) -> Iterator[Entity]:
        """Every one that was asked for, those with a class first."""
        yield from (entity for entity in self._classes.values() if entity is not None)
        yield from self._named.values()

    def named(self, name: str, library: Library, kind: str = "") -> Entity:
        """The one without a class of this name."""
        kind = kind or library.kind
        return self._named.setdefault((name, kind), Entity(name, library, None, kind))

    def known(self, dotted: str) -> Entity | None:
        """The table of a class of another package."""
        found = self._stores.known.get(dotted)
        return self.named(found[1], found[0]) if found is not None else None

    def made(self, found: Resolved) -> Entity | None:
        """The table that a call makes: `Table("orders", metadata)`."""
        made = self._stores.made.get(found.name)
        if made is None or found.value is None or found.where is None or found.value[0] != form.CALL:
            return None
        given = form.argument(found.value, made[1].names[0], made[1].position)
        known = self._program.constant(found.where, given) if given is not None else None
        return self.named(known.value, made[0]) if known is not None and isinstance(known.value, str) else None

    # -- classes -----------------------------------------------------------------------------------------------------

    def of_class(self, scope: Scope) -> Entity | None:
        """The table of a class; None where it has none of its own and shares none."""
        if scope in self._classes:
            return self._classes[scope]
        self._classes[scope] = None  # Classes may hold one another in a circle.
        found = self._classes[scope] = self._found(scope) if scope.is_class else None
        return found

    def _found(self, scope: Scope) -> Entity | None:
        order = self._program.bases(scope)
        declared = self._declared(scope, order)
        if declared is None:
            return None
        library, declares = declared
        if any(self._is_true(scope, place) for place in declares.abstract):
            return None
        if any(self._is_true(scope, place) for place in declares.shares):
            return self._shared(order)
        for place in declares.names:
            name = self._text(scope, place)
            if name:
                return Entity(name, library, scope, library.kind)
        if declares.inherits:
            shared = self._shared(order)
            if shared is not None:
                return shared
        name = self._otherwise(scope, declares, order)
        return Entity(name, library, scope, library.kind) if name else None

    def _declared(self, scope: Scope, order: tuple[Scope | str, ...]) -> tuple[Library, Declares] | None:
        for base in order[1:]:
            dotted = base if isinstance(base, str) else base.dotted if base.module.is_library else ""
            if dotted in self._by_base:
                return self._by_base[dotted]
        assert scope.node is not None
        for key, value in scope.node[form.C_KEYWORDS]:
            if key in self._by_keyword and value[0] == form.CONSTANT and value[3] is True:
                return self._by_keyword[key]
        for mark, found in self._by_mark.items():
            if any(isinstance(base, Scope) and mark in base.bindings for base in order):
                return found
        return None

    def _shared(self, order: tuple[Scope | str, ...]) -> Entity | None:
        for base in order[1:]:
            found = self.of_class(base) if isinstance(base, Scope) else self.known(base)
            if found is not None:
                return found
        return None

    def _otherwise(self, scope: Scope, declares: Declares, order: tuple[Scope | str, ...]) -> str:
        how = declares.otherwise
        if how == "name":
            return scope.name
        if how == "snake":
            return _SNAKE.sub(r"_\1", scope.name).lower().lstrip("_")
        if how == "application":
            label = self._application(scope)
            return f"{label}_{scope.name.lower()}" if label else scope.name.lower()
        is_marked = declares.marks and self._has_columns(scope)
        # `@declared_attr def __tablename__(cls)`: by custom the name of the class.
        return scope.name.lower() if how == "lower" or is_marked else ""

    def _has_columns(self, scope: Scope) -> bool:
        return any(how.how in (How.ANNOTATED, How.VALUE) for found in scope.bindings.values() for how in found)

    def _application(self, scope: Scope) -> str:
        """The label of the application that a class belongs to (Django's `app_label`)."""
        said = self._text(scope, "Meta.app_label")
        if said:
            return said
        parts = scope.module.name.split(".")
        within = parts[: len(parts) - 1 - parts[::-1].index("models")] if "models" in parts else parts[:-1]
        for length in range(len(within), 0, -1):
            for configuration in self._program.named(".".join([*within[:length], "apps"])):
                return self._label(configuration) or within[length - 1]
            if "models" in parts:
                break
        return within[-1] if within else ""

    def _label(self, module: Scope) -> str:
        for child in module.children.values():
            label = self._text(child, "label") if child.is_class else ""
            if label:
                return label
        return ""

    # -- what stands in a class --------------------------------------------------------------------------------------

    def _value(self, scope: Scope, place: str) -> tuple[Scope, Node] | None:
        """What an attribute, one of an inner class (`Meta.db_table`) or an item (`meta[collection]`) is given."""
        first, _, inner = place.partition(".")
        first, _, item = first.rstrip("]").partition("[")
        for binding in reversed(scope.bindings.get(first, ())):
            if inner and binding.how is How.CLASS:
                return self._value(scope.child(binding.node), inner)
            if inner or binding.value is None:
                continue
            if not item:
                return scope, binding.value
            for key, value in binding.value[3] if binding.value[0] == form.DICT else ():
                if key is not None and form.text_of(key) == item:
                    return scope, value
        return None

    def _text(self, scope: Scope, place: str) -> str:
        found = self._value(scope, place)
        known = self._program.constant(*found) if found is not None else None
        if known is not None and isinstance(known.value, str):
            return known.value
        made = self.made(self._program.resolve(*found)) if found is not None and found[1][0] == form.CALL else None
        return made.name if made is not None else ""

    def _is_true(self, scope: Scope, place: str) -> bool:
        found = self._value(scope, place)
        return found is not None and found[1][0] == form.CONSTANT and bool(found[1][3])

    # -- relations ---------------------------------------------------------------------------------------------------

    def led(self, entity: Entity, name: str) -> Led | None:
        """Where an attribute of a row leads: by its own field, or by one of the other side."""
        key = (entity, name)
        if key not in self._leads:
            self._leads[key] = self._led(entity, name)
        return self._leads[key]

    def _led(self, entity: Entity, name: str) -> Led | None:
        if entity.scope is not None:
            members, _ = self._program.resolver.classes.members(entity.scope, name)
            for member in members:
                found = self._relation(entity, member.owner, member.binding)
                if found is not None:
                    return found[0]
            if members:
                return None
        return self._from_behind().get(entity.name, {}).get(name)

    def _relation(self, entity: Entity, scope: Scope, binding: Binding) -> tuple[Led, Relation, Node] | None:
        value = binding.value
        if value is None or value[0] != form.CALL:
            return None
        relation = entity.library.relations.get(self._program.resolve(scope, value[3]).name)
        if relation is None:
            return None
        given = form.argument(value, relation.to.names[0], relation.to.position)
        target = self._target(entity, scope, given) if given is not None else None
        if target is None and binding.annotation is not None:
            target = self._annotated(scope, binding.annotation)
        return (Led(target, relation.is_many), relation, value) if target is not None else None

    def _target(self, entity: Entity, scope: Scope, given: Node) -> Entity | None:
        text = form.text_of(given)
        if text is None:
            dotted = form.dotted(given) or ""
            if dotted.rpartition(".")[2].isupper():
                return self.of_setting(dotted.rpartition(".")[2], "")
            if given[0] == form.LAMBDA:
                given = given[4]
            found = self._program.resolve(scope, given)
            return self.of_class(found.scope) if found.scope is not None else self.known(found.name)
        if text == "self":
            return entity
        return self.model(text, scope)

    def _annotated(self, scope: Scope, annotation: Node) -> Entity | None:
        """The class in `Mapped[list["Order"]]`."""
        for word in _WORD.findall(scope.module.text(annotation)):
            found = self.model(word, scope) if word[:1].isupper() and word != "Mapped" else None
            if found is not None:
                return found
        return None

    def of_setting(self, name: str, default: str) -> Entity | None:
        """The model that a setting of the program names, as Django's `AUTH_USER_MODEL` does."""
        if name not in self._settings:
            self._settings[name] = self._of_setting(name)
        return self._settings[name] or self.known(default or "django.contrib.auth.models.User")

    def _of_setting(self, name: str) -> Entity | None:
        pattern = re.compile(rb"^" + name.encode() + rb"\s*=\s*['\"]([\w.]+)['\"]", re.M)
        for module in self._program.holding((name,)):
            found = pattern.search(module.source)
            if found is not None:
                return self.model(found.group(1).decode(), self._program.scope(module))
        return None

    def model(self, reference: str, near: Scope) -> Entity | None:
        """The table of `Order`, `shop.Order` or `shop.models.Order`; among several of a name, the nearest."""
        label, _, name = reference.rpartition(".")
        options = [found for scope in self._classes_named(name) if (found := self.of_class(scope)) is not None]
        if label:
            last = label.rpartition(".")[2]
            fitting = [one for one in options if one.scope is not None and last in self._labels(one.scope)]
            options = fitting or (options if len(options) == 1 else [])
        if not options:
            return next((self.known(dotted) for dotted in self._stores.known if dotted.endswith(f".{name}")), None)
        return max(options, key=lambda one: _shared_path(one.at, near.module.path))

    def _labels(self, scope: Scope) -> set[str]:
        return {self._application(scope), *scope.module.name.split(".")}

    def _classes_named(self, name: str) -> Iterator[Scope]:
        if name not in self._by_name:
            defined = re.compile(rb"^[ \t]*class[ \t]+" + re.escape(name.encode()) + rb"\b", re.M)
            self._by_name[name] = self._program.words.matching(defined, (name.encode(),))
        for path in self._by_name[name]:
            yield from (one for one in self._program.scope(path).children.values() if one.is_class and one.name == name)

    @property
    def single(self) -> frozenset[str]:
        """Names by which one row of another class is reached from behind: reading the attribute looks it up."""
        behind = self._from_behind().values()
        return frozenset(name for leads in behind for name, led in leads.items() if not led.is_many)

    def _from_behind(self) -> dict[str, dict[str, Led]]:
        """By table: the names of attributes that relations of other classes give it."""
        if self._back is not None:
            return self._back
        self._back = {}
        every = (name for library in self._stores.libraries for name in library.relations)
        # `Optional(...)` is a relation only where its library is spoken of at all.
        words = {name.rpartition(".")[2] for name in every if name.partition(".")[0].encode() in self._program.words}
        pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(word.encode()) for word in sorted(words)) + rb")\(")
        for module in self._program.holding(words):
            if pattern.search(module.source):
                for scope in self._program.scope(module).children.values():
                    entity = self.of_class(scope) if scope.is_class else None
                    if entity is not None and entity.scope is scope:
                        self._behind(entity, scope, self._back)
        return self._back

    def _behind(self, entity: Entity, scope: Scope, back: dict[str, dict[str, Led]]) -> None:
        for base in self._program.bases(scope):
            for bindings in base.bindings.values() if isinstance(base, Scope) else ():
                for binding in bindings:
                    found = self._relation(entity, base, binding) if isinstance(base, Scope) else None
                    if found is None:
                        continue
                    led, relation, call = found
                    name = form.text_of(form.keyword(call, relation.back.names[0])) if relation.back.names else None
                    name = (name or relation.otherwise).replace("%(class)s", "{}").replace("{}", scope.name.lower())
                    if name and name != "+":
                        back.setdefault(led.entity.name, {}).setdefault(name, Led(entity, relation.otherwise != "{}"))


def _by(stores: Stores, keys: object) -> dict[str, tuple[Library, Declares]]:
    found: dict[str, tuple[Library, Declares]] = {}
    for library in stores.libraries:
        for declares in library.declares:
            for key in keys(declares):  # type: ignore[operator]  # A function of this module.
                found.setdefault(key, (library, declares))
    return found


def _shared_path(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
