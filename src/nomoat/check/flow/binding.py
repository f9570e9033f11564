"""Names that get values: targets of assignments and loops, items of containers, what is appended to a list."""

from __future__ import annotations

from dataclasses import replace

from nomoat.check.flow.taint import Environment, Taint, assign, at_place, look_up, merged, path_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope


class Binding:
    """The part of the walker that gives names their taint."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def value(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """The taint of an expression."""
        raise NotImplementedError

    def bind_each(self, scope: Scope, target: Node, iterable: Node, taint: Taint | None, env: Environment) -> None:
        """Gives the target of a loop its taint; keys that source wrote hold no data, whatever stands behind them."""
        is_pair = target[0] in (form.TUPLE, form.LIST)
        of = iterable
        is_items = iterable[0] == form.CALL and iterable[3][0] == form.ATTRIBUTE and iterable[3][4] == "items"
        if is_items:
            of = iterable[3][3]
        owner = self.value(scope, of, dict(env)) if is_items else taint
        if is_pair and is_items and owner is not None and owner.has_fixed_keys:
            self.bind(scope, target, replace(owner.whole(), fields=frozenset(("1", "-1"))), env)
        elif owner is None or not owner.has_fixed_keys or is_items != is_pair:
            self.bind(scope, target, taint.whole() if taint is not None else None, env)
        else:
            self.bind(scope, target, None, env)

    def bind(self, scope: Scope, target: Node, taint: Taint | None, env: Environment) -> None:
        """Gives the targets of an assignment their taint."""
        kind = target[0]
        if kind in (form.TUPLE, form.LIST):
            is_placed = not any(item[0] == form.STARRED for item in target[3])
            for place, item in enumerate(target[3]):
                self.bind(scope, item, at_place(taint, str(place)) if is_placed else at_place(taint, None), env)
            return
        if kind == form.STARRED:
            self.bind(scope, target[3], taint, env)
            return
        path = path_of(target)
        if path is not None:
            goes = (
                taint.then(scope, target, f"goes into {path}") if taint is not None and not taint.is_request else taint
            )
            assign(env, path, goes)
            if kind == form.SUBSCRIPT and goes is not None and not goes.is_request:
                self._set_item(scope, target, goes, env)
        elif kind == form.SUBSCRIPT:
            # `columns[name] = ...`: whoever goes through the keys gets the name.
            put = merged([taint, self.value(scope, target[4], env)])
            if put is not None:
                self._put_into(scope, target[3], put, env)

    def _set_item(self, scope: Scope, target: Node, taint: Taint, env: Environment) -> None:
        """`search["words"] = q`: the dict holds data there; `response.headers["X-Name"] = q` is told to sinks."""
        of = target[3]
        if of[0] == form.ATTRIBUTE:
            self.set_item_of(scope, target, of[4], taint)
            return
        path = path_of(of)
        before = look_up(env, path) if path is not None else None
        if path is not None and of[0] == form.NAME and (before is None or before.fields is not None):
            fields = frozenset((str(target[4][3]),)) | (
                before.fields or frozenset() if before is not None else frozenset()
            )
            env[path] = replace(taint, fields=fields)

    def set_item_of(self, scope: Scope, target: Node, name: str, taint: Taint) -> None:
        """Something is put into an item of an attribute of this name."""
        raise NotImplementedError

    def _put_into(self, scope: Scope, container: Node, taint: Taint, env: Environment) -> None:
        path = path_of(container)
        if path is not None and not taint.is_request:
            before = look_up(env, path)
            # Its items hold data, its other attributes do not: `watch.update(given)`, then `watch.folder`.
            put = taint.whole().without(("items",)).then(scope, container, f"goes into {path}")
            if taint.has_fixed_keys:
                # One of a list of such dicts has no other fields either.
                put = put.without(("fields",))
            if before is None and _begins_with_something(scope, container):
                put = behind_first(put)
            env[path] = merged([before, put])


def behind_first(taint: Taint) -> Taint:
    """The taint of a list whose first item is known to be none of it."""
    return replace(taint, fields=frozenset(("1", "-1")))


def _begins_with_something(scope: Scope, container: Node) -> bool:
    """Whether a name is bound to lists alone that have an item: what is appended is not the first."""
    bindings = scope.bindings.get(container[3], ()) if container[0] == form.NAME else ()
    values = [binding.value for binding in bindings if binding.how is How.VALUE]
    return bool(values) and all(value is not None and value[0] == form.LIST and value[3] for value in values)
