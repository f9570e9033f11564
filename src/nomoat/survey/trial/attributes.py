"""Attributes: of objects, classes and modules of the tree, of applications, and of what packages give."""

from __future__ import annotations

import re
from dataclasses import replace

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope
from nomoat.survey.trial import (
    behind_mixins,
    context_variables,
    enums,
    files,
    heirs,
    kinds,
    loading,
    modeled,
    overlaid,
    patterns,
    published,
    resolved,
    rows,
    view_functions,
)
from nomoat.survey.trial.asking_elsewhere import verifies_tokens
from nomoat.survey.trial.command_line import of_arguments, of_options
from nomoat.survey.trial.configuration import Configuration, of_registry
from nomoat.survey.trial.declared import declared
from nomoat.survey.trial.fields import as_setting, default_of, given_or, own_of
from nomoat.survey.trial.refusals import is_redirect, status_of
from nomoat.survey.trial.registry import Bound, Registry, RoutesOf, argument
from nomoat.survey.trial.requests import Requests
from nomoat.survey.trial.subclasses import NAMES, told_of
from nomoat.survey.trial.traits import AS_APPLICATION, TAG, of_trait
from nomoat.survey.trial.tuples import Named
from nomoat.survey.trial.unpacking import of_nobody
from nomoat.survey.trial.values import (
    NOTHING,
    SETTING,
    SPREAD,
    Choice,
    Class,
    Const,
    Env,
    FileOf,
    Function,
    Lazy,
    Member,
    ModuleValue,
    NoneBy,
    Object,
    Outside,
    Table,
    Thing,
    Value,
    joined,
    perhaps_given,
)

#: Where an application of Flask keeps what others put there under their names.
_EXTENSIONS = "extensions"
#: How classes are called whose objects hold what is configured, and what classes of fields are made by.
_CONFIGURES = re.compile(r"(Config|Configuration|Settings|Options)$")
_OF_FIELDS = frozenset(("dataclass", "define", "frozen", "attrs", "Struct", "BaseModel", "NamedTuple"))
#: Under which names exceptions of frameworks say their status.
_SAYS_STATUS = frozenset(("code", "status_code", "status_int"))


class Attributes(Requests):
    """Evaluates attributes."""

    def attribute(self, value: Value, name: str, at: str = "") -> Value:
        """What an attribute gives."""
        if isinstance(value, Choice):
            return self.each(value, lambda option: self.attribute(option, name, at))
        self.fails(value, "AttributeError", at)
        if isinstance(value, NoneBy):
            return value  # Nothing is asked of it but whether it is there.
        if isinstance(value, Lazy):
            return Thing()
        value = resolved.handler_of(self, value)
        if isinstance(value, Named) and (held := value.called(name)) is not None:
            return held
        if isinstance(value, ModuleValue):
            if name == "__path__":
                return value
            return self.proxied(self.as_changed(name, self.member_of_module(value.scope, name), None))
        if isinstance(value, Registry):
            return self._of_registry(value, name)
        if name == "__dict__" and isinstance(value, Function):
            return Table(value.attributes)  # type: ignore[arg-type]  # What is put into it is put on the thing itself.
        if name == "__dict__" and isinstance(value, Object) and not value.marks:
            return overlaid.members_of(value)
        if isinstance(value, Object):
            return self._of_object(value, name)
        if isinstance(value, Class):
            return self._of_class(value, name, None)
        if isinstance(value, Thing):
            return self._of_thing(value, name, at)
        is_unset = self.wires and (
            (isinstance(value, Const) and value.value is None) or (isinstance(value, Outside) and value.me is not None)
        )
        if is_unset and (only := published.only(self, name)) is not None:
            return only  # `self.core`, which whoever makes this object sets on it.
        if isinstance(value, Outside):
            if (status := self._fixed_status(value, name)) is not None:
                return status
            if name == "config" and self.models.proxies.get(value.name) == "application":
                return Configuration({}, is_whole=False)  # Of one of several applications.
            if (settings := of_registry(self, value, name) or of_options(self, value, name)) is not None:
                return settings
            if name == "__name__" and value.me is None and (last := value.name.rpartition(".")[2])[:1].isupper():
                return Const(last)  # A class that is not here: `View(Order)` is found at `Order.__name__.lower()`.
            if value.name == "http.HTTPMethod" and name.isupper():
                return Const(name, label=name)
            return self.proxied(Outside(f"{value.name}.{name}", value.me))
        if isinstance(value, Function) and value.set_on_it(name) is not None:
            return value.set_on_it(name) or Const(None)
        if isinstance(value, Function) and name in NAMES:
            return told_of(self, value.innermost.scope, name)
        if isinstance(value, FileOf):
            return files.attribute(value, name) or Outside(f".{name}", value)
        if isinstance(value, Member) and value.cls is not None:
            own = enums.attribute(value, name)
            has = own is None and self._is_of_tree(value.cls, name)
            return own or (self._of_class(value.cls, name, value) if has else Outside(f".{name}", value))
        if isinstance(value, Const) and value.label and name in ("value", "name"):
            return Const(value.label) if name == "name" else value
        return Outside(f".{name}", value)

    def _fixed_status(self, value: Thing | Outside, name: str) -> Value | None:
        """The status that an exception of a framework, or its class, says it has: `HTTPForbidden.code`."""
        refusal = self.models.raised.get(value.name) if name in _SAYS_STATUS else None
        is_one = value.me is None if isinstance(value, Outside) else value.is_call and not value.trail
        return Const(refusal.fixed) if refusal is not None and refusal.fixed and is_one else None

    def _of_registry(self, registry: Registry, name: str) -> Value:
        if name in registry.attributes:
            return registry.attributes[name]
        if name == registry.kind.configuration:
            given: dict[object, Value] = dict(registry.named.items()) if registry.kind.is_configured else {}
            found = registry.attributes[name] = Configuration(given, is_whole=False, given=frozenset(given))
            return found
        if registry.cls is not None:
            own = self._of_class(registry.cls, name, registry)
            if isinstance(own, Function) or self._is_of_tree(registry.cls, name):
                return own
        if name in registry.kind.verbs:
            return Bound(registry, registry.kind.verbs[name], name)
        if registry.cls is not None:
            further = self._of_class(registry.cls, "__getattr__", registry)
            if isinstance(further, Function):
                return self.call(further, (Const(name),), {}, registry.at, further.env)
        if name in self.models.same:
            return registry
        if name == view_functions.VIEWS:
            return view_functions.table()
        if name == _EXTENSIONS and self.wires:
            return registry.attributes.setdefault(name, Table({}, is_whole=False))
        if name in self.models.routes_attributes:
            return RoutesOf(registry)
        if name in self.models.dependencies_attributes and "provided" not in registry.kind.takes:
            return registry.shared_dependencies()
        held = registry.held(name)
        taken = held if held is not None else registry.told(name) or registry.named.get(name)
        if taken is None and (added := registry.kind.added_at(name)):
            return Const(added)
        return taken if taken is not None else Outside(f"{registry.name}.{name}")

    def _is_of_tree(self, cls: Class, name: str) -> bool:
        """Whether the class of an application or router, or one above it, has something under this name."""
        return any(name in base.bindings for base in self.program.bases(cls.scope) if not isinstance(base, str))

    def _of_object(self, value: Object, name: str) -> Value:
        if name in value.attributes:
            own = value.attributes[name]
            own = as_setting(own, name) if value.marks == SETTING else own
            return own if value.is_fresh else self.as_changed(name, own, value.cls.scope, value.at)
        found = self._of_class(value.cls, name, value)
        # A field that each object has of its own is there from now on.
        found = perhaps_given(value.attributes.get(name, found), value.attributes.get(SPREAD))
        found = of_nobody(found) if value.is_for_nobody else found
        if value.marks == SETTING and not isinstance(found, Function):
            return as_setting(found, name)
        if isinstance(found, Thing) and found.why and not name.startswith("__"):
            further = self._of_class(value.cls, "__getattr__", value)
            if isinstance(further, Function):
                return self.call(further, (Const(name),), {}, value.at, further.env)
        if isinstance(found, Thing) and found.why and value.marks:
            return Thing(marks=self.made(value.marks), trail=(name,), cls=None)
        if value.marks and not isinstance(found, Function):
            # An object that was made of no credential is there all the same, with what its class gives it.
            return (
                found
                if self.anonymous and not isinstance(found, (Thing, Outside))
                else Thing(marks=self.made(value.marks), trail=(name,))
            )
        return found

    def _of_class(self, cls: Class, name: str, me: Value | None) -> Value:
        """A member of a class; bound to `me` when it is a method."""
        if name == "__class__" or (name == "__subclasses__" and me is None):
            return cls if name == "__class__" else Outside("builtins.type.__subclasses__", cls)
        if name in ("__mro__", "mro") and me is None:
            return kinds.order_of(self, cls, name)
        if name in NAMES and (me is None or name == "__module__"):
            return told_of(self, cls.scope, name)
        if name == "__dict__" and me is None:
            return Table({own: self._of_class(cls, own, None) for own in cls.scope.bindings})
        for base in self.program.bases(cls.scope):
            if isinstance(base, str):
                continue
            owner = cls if base is cls.scope else self.class_of(base)
            names = self.class_names(owner)
            if name not in names.names:
                continue
            found = self.forced(names, name, names.names[name])
            if isinstance(found, Function) and found.scope is not None:
                return self._bound(found, cls, me)
            if isinstance(found, Choice):
                # A decorator that makes one wrapper or another.
                options_ = [self._bound(one, cls, me) if isinstance(one, Function) and one.scope is not None else one
                            for one in found.options]  # fmt: skip
                return joined(options_)
            is_column = isinstance(found, Thing) and found.name.partition(".")[0] in self.models.stores
            if is_column and isinstance(found, Thing) and found.is_call and not found.trail:
                # A column, under its name.
                found = replace(found, trail=(name,))
            if isinstance(me, Object) and isinstance(found, Thing) and found.name in self.models.traits:
                return of_trait(self, me, name, found, base)
            found = found if self.wires else rows.with_model(self, found, cls)
            made = me.at if isinstance(me, Object) else ""
            return self.as_changed(name, self._member(cls, base, name, found, me), cls.scope, made)
        return self._member_elsewhere(cls, name, me)

    def _member(self, cls: Class, base: Scope, name: str, found: Value, me: Value | None) -> Value:
        bases = self.bases(cls.scope)
        if enums.is_enum(bases):
            return enums.member(cls, base, bases, name, found)
        if any(base.rpartition(".")[2] == "BaseSettings" for base in bases):
            return as_setting(default_of(self, found), name)
        if not isinstance(me, Object):
            return found
        held = default_of(self, found)
        return own_of(me, name, held) if held is not found and me.is_fresh else held

    def _member_elsewhere(self, cls: Class, name: str, me: Value | None) -> Value:
        outside = [base for base in self.program.bases_elsewhere(cls.scope) if not base.startswith("?")]
        marks = me.tags if me is not None else NOTHING
        if any(base.endswith("BaseSettings") for base in outside):
            marks = marks | SETTING
        if name in cls.scope.bindings and cls.scope.bindings[name][-1].how is How.ANNOTATED:
            return Thing(marks=marks, trail=(name,), cls=declared(self, cls.scope, name))
        if outside and (told := modeled.meta(self, cls, name, outside)) is not None:
            return told
        if (loads := loading.method(self, cls, name, outside)) is not None:
            return loads
        if outside and (above := behind_mixins.answering(self, cls, name, me)) is not None:
            found = self.forced(names := self.class_names(above), name, names.names[name])
            return self._bound(found, cls, me) if isinstance(found, Function) else found
        if outside:
            # `Order.objects` gives rows of this class.
            return Outside(f"{outside[0]}.{name}", cls if me is None and name in ("objects", "as_manager") else me)
        return Thing(marks=marks, trail=(name,), why=f"{cls.scope.dotted} has no '{name}'")

    def _bound(self, found: Function, cls: Class, me: Value | None) -> Value:
        assert found.scope is not None
        marks = {form.dotted(node) for node in found.scope.decorators}
        if "staticmethod" in marks:
            return found
        owner = cls if "classmethod" in marks or me is None else me
        if me is None and "classmethod" not in marks:
            return found
        bound = Function(found.scope, found.env, owner, found.given, found.named, found.node, found.wraps, found.outer)
        bound.attributes = found.attributes
        if marks & {"property", "cached_property", "functools.cached_property"}:
            if me is not None and me.tags and not (self.anonymous and isinstance(me, (Object, Member))):
                return Thing(marks=me.tags, trail=(found.scope.name,))
            return self.call(bound, (), {}, found.at, found.env)
        return bound

    def class_of(self, scope: object) -> Class:
        """A class by its scope, with the names of its module around it."""
        from nomoat.survey.python.symbols import Scope

        assert isinstance(scope, Scope)
        top = scope
        while top.parent is not None:
            top = top.parent
        return Class(scope, self.module(top))

    def _of_thing(self, value: Thing, name: str, at: str) -> Value:
        if value.name in self.models.requests and not value.is_call:
            return self._of_request(value, name, at)
        if value.name.startswith("request."):
            return self._of_part(value, name)
        if value.name == "super()":
            return self._of_super(value, name)
        if name == "status_code" and value.name in self.models.answers and not value.trail:
            # What an answer says is no question about the caller, whatever it was made of.
            status = 302 if is_redirect(self, value) else status_of(self, value, self.models.answers)
            return Const(status) if status else Thing()
        if name == "tag" and value.is_call and value.name in self.models.traits and not value.trail:
            return Thing(TAG, args=(value,))
        of_entry = patterns.part(self, value, name) if value.name in self.models.listed else None
        if of_entry is not None:
            return of_entry
        if value.name in ("module-info", "scopes", "attachment", "route-handler", modeled.META) and name in value.named:
            return value.named[name]
        if (fixed := self._fixed_status(value, name)) is not None:
            return fixed
        if value.name in self.models.raised and name in self.models.raised[value.name].status.names:
            return argument(self.models.raised[value.name].status, value.args, value.named) or Thing()
        if value.is_call and name in value.named and value.name.rpartition(".")[2][:1].isupper():
            # A class that is not here keeps what it is given under the same name: `Token(value=x).value`.
            return value.named[name]
        if value.cls is not None:
            names = self.program.resolver.classes.members(value.cls, name)[0]
            is_field = bool(names) and names[-1].binding.how in (How.ANNOTATED, How.VALUE) and not value.tags
            if is_field and any(one.endswith(".BaseSettings") for one in self.program.bases_elsewhere(value.cls)):
                # Settings are what their class says, whoever made them.
                return self._of_class(self.class_of(value.cls), name, None)
            if is_field and _CONFIGURES.search(value.cls.name) and self._holds_fields(value.cls):
                # Whoever makes an application hands it what is configured; source has the defaults.
                return given_or(default_of(self, self._of_class(self.class_of(value.cls), name, None)), name)
            if names and names[-1].binding.how is How.FUNCTION:
                found = self._of_class(self.class_of(value.cls), name, value)
                if isinstance(found, (Function, Thing)):
                    return heirs.answering(self, value, name, found) if isinstance(found, Function) else found
        if (led := rows.told(self, value, name, at) or of_arguments(self, value, name)) is not None:
            return led
        if self.wires and not value.name and (only := published.only(self, name)) is not None:
            return only
        if name == AS_APPLICATION and value.is_call and not value.trail and value.name in self.models.answers:
            return Thing(AS_APPLICATION, (value,))
        is_rule = value.name in ("re.compile", context_variables.NAME) or verifies_tokens(value, name)
        given = (value.args, value.named) if is_rule else ((), {})
        own, cls = f"{value.name}.{name}" if value.name else "", declared(self, value.cls, name)
        return Thing(own, *given, value.marks, (*value.trail, name), at, cls)

    def super_of(self, env: Env, node: Node) -> Value:
        """What `super()` gives, or `super(Base, self)`: that leaves out what comes before `Base`, and `Base` itself."""
        current: Env | None = env
        while current is not None and not current.scope.is_method:
            current = current.parent
        if current is None or not current.scope.parameters:
            return self.unknown("super() outside of a method")
        me = current.names.get(current.scope.parameters[0][form.P_NAME])
        cls = current.scope.parent
        named = node[4][0] if node[4] else None
        if named is not None and named[0] == form.NAME and cls is not None and named[3] != cls.name:
            other = self.evaluate(env, named)
            if isinstance(other, Outside):
                return Thing("super()", args=(me, other) if me is not None else (), cls=cls)
            cls = other.scope if isinstance(other, Class) else None
        return Thing("super()", args=(me,) if me is not None else (), cls=cls)

    def _holds_fields(self, cls: Scope) -> bool:
        """Whether a class says which fields its objects have, and nothing sets them by itself."""
        decorated = {(form.dotted(one[3] if one[0] == form.CALL else one) or "").rpartition(".")[2]
                     for one in cls.decorators}  # fmt: skip
        above = {one.rpartition(".")[2] for one in self.program.bases_elsewhere(cls)}
        return bool(decorated & _OF_FIELDS or above & _OF_FIELDS)

    def _of_super(self, value: Thing, name: str) -> Value:
        me = value.args[0] if value.args else None
        cls = me.cls if isinstance(me, (Object, Registry)) else me if isinstance(me, Class) else None
        is_typed = isinstance(me, Thing) and me.cls is not None
        if isinstance(me, Thing) and me.cls is not None:
            cls = self.class_of(me.cls)
        if cls is None or value.cls is None:
            return self.unknown("super() of something unknown")
        order = self.program.bases(cls.scope)
        of = next((one.name for one in value.args[1:] if isinstance(one, Outside)), value.cls)
        after = order[order.index(of) + 1 :] if of in order else order[1:]
        elsewhere = ""
        for base in after:
            if isinstance(base, str) and is_typed:
                return self.unknown("super() of something unknown")
            if isinstance(base, str):
                if isinstance(me, Registry) and name in me.kind.verbs:
                    return Bound(me, me.kind.verbs[name], name)
                if isinstance(me, Registry) or base.startswith("builtins."):
                    return Outside(f"{elsewhere or base}.{name}", me)
                # What a class that is not here has in between goes on to the next, as all of them do.
                elsewhere = elsewhere or base
                continue
            names = self.class_names(self.class_of(base))
            found = names.names.get(name)
            if isinstance(found, Function):
                return self._bound(found, cls, me)
        return Outside(f"{elsewhere or 'builtins.object'}.{name}", me)
