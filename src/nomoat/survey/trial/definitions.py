"""Definitions in a trial: functions, classes, decorators and imports become values."""

from __future__ import annotations

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Binding, How, Imported
from nomoat.survey.trial import subclasses
from nomoat.survey.trial.entering import Entering
from nomoat.survey.trial.flow import Flow
from nomoat.survey.trial.machine import (
    Delayed,
    ExhaustedError,
    RaisedError,
)
from nomoat.survey.trial.naming import guards_by_name
from nomoat.survey.trial.registry import DECORATED, Registering, Registry
from nomoat.survey.trial.values import (
    Choice,
    Class,
    Env,
    Function,
    ModuleValue,
    Object,
    Outside,
    Thing,
    Value,
)


def _by_its_name(decorator: Value, node: Node, at: str) -> Value:
    """A decorator that cannot be read, by the name that source has for it where that says more: `@require_oauth()`."""
    name = form.dotted(node[3] if node[0] == form.CALL else node) or ""
    known = decorator.name if isinstance(decorator, (Thing, Outside)) else ""
    if not known or guards_by_name(known.rpartition(".")[2]) or not guards_by_name(name.rpartition(".")[2]):
        return decorator
    return Thing(f"{known.partition('.')[0]}.{name.rpartition('.')[2]}", at=at)


class Definitions(Entering):
    """Functions, classes and imports become values."""

    def _function(self, node: Node, env: Env) -> Flow:
        scope = env.scope.child(node)
        function = Function(scope, env)
        value: Value = function
        held, self.registered = self.registered, []
        try:
            for decorator_node in reversed(node[form.F_DECORATORS]):
                value = self._decorated(env, decorator_node, value, function)
            for entry in self.registered:
                entry.original = function
        finally:
            self.registered = held
        env.names[node[form.F_NAME]] = value
        return Flow(env)

    def _decorated(self, env: Env, node: Node, value: Value, function: Function) -> Value:
        try:
            decorator = self.evaluate(env, node)
            if isinstance(decorator, Registering):
                return self.call(decorator, (value,), {}, self.at(env, node), env)
            for entry in self.registered:
                entry.late.append(decorator)
            if isinstance(decorator, Thing) and decorator.name == "functools.wraps":
                if decorator.args and isinstance(decorator.args[0], Function):
                    function.wraps = decorator.args[0]
                elif decorator.args and isinstance(decorator.args[0], Object):
                    function.attributes.update(decorator.args[0].attributes)
                return value
            made = self._made_route(decorator, value, self.at(env, node))
            if made is not None:
                return made
            found = self.call(decorator, (value,), {}, self.at(env, node), env)
        except (RaisedError, ExhaustedError):
            return value
        if isinstance(found, (Function, Object, Class, Registry, Choice)):
            return found
        target = value if isinstance(value, Function) else function
        target.outer.append(_by_its_name(decorator, node, self.at(env, node)))
        return value

    def _made_route(self, decorator: Value, value: Value, at: str) -> Thing | None:
        """What a decorator makes of a function that is a route from then on, for a list of routes to hold."""
        if not isinstance(decorator, (Thing, Outside)) or not isinstance(value, Function):
            return None
        verb = self.models.listed.get(decorator.name)
        if verb is None or not verb.decorates or (isinstance(decorator, Thing) and decorator.trail):
            return None
        args, named = (decorator.args, decorator.named) if isinstance(decorator, Thing) else ((), {})
        return Thing(decorator.name, args, {**named, DECORATED: value}, at=at, is_call=True)

    def _class(self, node: Node, env: Env) -> Flow:
        scope = env.scope.child(node)
        cls = Class(scope, env)
        env.names[node[form.C_NAME]] = cls
        if self.wires and any(
            inner[0] == form.FUNCTION and any(mark[0] != form.NAME for mark in inner[form.F_DECORATORS])
            for inner in node[form.C_BODY]
        ):
            self.class_names(cls)
        if self.wires:
            subclasses.made(self, cls, node, env)
        for decorator_node in reversed(node[form.C_DECORATORS]):
            decorator = self.evaluate(env, decorator_node)
            self._decorated_class(decorator, cls)
            if isinstance(decorator, Registering):
                self.call(decorator, (cls,), {}, self.at(env, decorator_node), env)
            elif isinstance(decorator, (Function, Object)):
                self._changed_class(decorator, cls, self.at(env, decorator_node), env)
        return Flow(env)

    def _changed_class(self, decorator: Function | Object, cls: Class, at: str, env: Env) -> None:
        """A decorator of a class may put guards on its methods."""
        try:
            self.call(decorator, (cls,), {}, at, env)
        except (RaisedError, ExhaustedError):
            return

    def _decorated_class(self, decorator: Value, cls: Class) -> None:
        if isinstance(decorator, Thing) and decorator.name in self.models.class_views:
            self.around.views[cls.scope] = cls

    def _import(self, node: Node, env: Env) -> Flow:
        if node[0] == form.IMPORT:
            for dotted, alias in node[3]:
                name = alias or dotted.partition(".")[0]
                self._delay(env, name, node, Imported(dotted, 0, None, alias is not None))
            return Flow(env)
        for taken, alias in node[5]:
            if taken != "*":
                self._delay(env, alias or taken, node, Imported(node[3], node[4], taken))
        return Flow(env)

    def _delay(self, env: Env, name: str, node: Node, imported: Imported) -> None:
        binding = Binding(How.IMPORT, name, node, imported=imported)
        env.names[name] = Delayed(lambda: self.imported(env, binding))
        if self.wires and self.around.registering:
            self._registered_first(env, imported)
        if self.wires and self.application is not None:
            # It is imported now, while this application is the current one.
            source = self.program.imported_module(env.scope.module, imported)
            found = self.forced(env, name, env.names[name])
            scopes = [source, found.scope if isinstance(found, ModuleValue) else None]
            for scope in scopes:
                if scope is not None and scope.node is None:
                    self.module(scope)

    def _registered_first(self, env: Env, imported: Imported) -> None:
        """What is imported has registered what it does when the next line runs: `import shop.views`, and a loop."""
        source = self.program.imported_module(env.scope.module, imported)
        inner = self.program.submodule(source, imported.name) if source is not None and imported.name else None
        for scope in (source, inner):
            if scope is not None and scope.module.path in self.around.registering:
                self.module(scope)
