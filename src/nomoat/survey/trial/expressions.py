"""Values of expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nomoat.survey.python import form
from nomoat.survey.python.applications import is_application
from nomoat.survey.python.form import Node
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.trial import (
    applied,
    choosing,
    comprehensions,
    default_tables,
    enums,
    files,
    kinds,
    memories,
    overlaid,
    queries,
    view_functions,
)
from nomoat.survey.trial.answering import waited_for
from nomoat.survey.trial.asked import AskedText, written
from nomoat.survey.trial.attributes import Attributes
from nomoat.survey.trial.comprehensions import MAX_ITEMS
from nomoat.survey.trial.configuration import Configuration
from nomoat.survey.trial.gaps import by_percent, gapped
from nomoat.survey.trial.judging import granted_by, negated
from nomoat.survey.trial.keys import is_hashable, key_of
from nomoat.survey.trial.machine import End, RaisedError
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.requests import BY_NAME, may_say_what, tells_who
from nomoat.survey.trial.texts import beginning, defaults, ending, of_groups, percent, put_together
from nomoat.survey.trial.tuples import as_tuple
from nomoat.survey.trial.values import (
    ARGUMENT,
    CALLER,
    CHANGED,
    INPUT,
    LITERALS,
    MADE,
    NOTHING,
    SETTING,
    UNREAD,
    Choice,
    Class,
    Const,
    Env,
    FileOf,
    Function,
    Items,
    Lazy,
    NoneBy,
    Object,
    Outside,
    PathOf,
    Table,
    Test,
    Thing,
    Value,
    gone_through,
    is_one_of_lists,
    joined,
    one_list,
    options,
    union,
)

_OPERATORS = {"&": "__and__", "|": "__or__"}


class Expressions(Attributes):
    """Evaluates expressions."""

    def evaluate(self, env: Env, node: Node) -> Value:
        """The value of an expression."""
        self.step()
        handler = _HANDLERS.get(node[0])
        return handler(self, env, node) if handler is not None else self.unknown("")

    def all_of(self, env: Env, nodes: tuple[Node, ...]) -> tuple[list[Value], bool]:
        """The values of items, `*` spread; and whether they are all known."""
        values: list[Value] = []
        is_whole = True
        for node in nodes:
            if node[0] != form.STARRED:
                values.append(self.evaluate(env, node))
                continue
            spread = self.ran(self.evaluate(env, node[3]))
            if isinstance(spread, Items):
                values.extend(spread.values)
                is_whole = is_whole and spread.is_whole
            else:
                values.append(Choice((Const(None), spread)) if not spread.tags else spread)
                is_whole = False
        return values, is_whole

    def ran(self, value: Value) -> Value:
        """What a coroutine gives that is awaited, or a generator that is gone through."""
        if isinstance(value, Choice) and any(isinstance(option, Lazy) for option in value.options):
            return waited_for(self.waiting, value, lambda: self.each(value.options, self.ran))
        return self.ran(value.run()) if isinstance(value, Lazy) else value

    def _items_of(self, value: Value) -> list[Value]:
        """What is known of a list that is put together with others; of what is not known, whatever it may hold."""
        if isinstance(value, Items):
            return value.values
        return [] if self.wires else [self.element(value)]

    def element(self, value: Value) -> Value:
        """One element of something that is gone through."""
        value = self.ran(value)
        if isinstance(value, Items):
            return joined(value.values) if value.values else self.unknown("")
        if isinstance(value, Thing):
            return Thing(value.name, marks=value.marks, trail=value.trail, why=value.why, cls=value.rows)
        return Thing(marks=value.tags)

    # -- kinds of expressions ----------------------------------------------------------------------------------------

    def _name(self, env: Env, node: Node) -> Value:
        return self.proxied(self.lookup(env, node[3]))

    def _attribute(self, env: Env, node: Node) -> Value:
        if (made := memories.once_made(env, node)) is not None:
            return made
        value = self.evaluate(env, node[3])
        found = self.attribute(value, node[4], self.at(env, node))
        # What code computes around a setting or constant, the program may know better.
        if isinstance(found, Outside) or (isinstance(found, Thing) and not found.tags and not found.name):
            known = self.known_constant(env.scope, node)
            if known is not None:
                return known
        is_kept = node[3][0] == form.ATTRIBUTE and node[3][4] == "state"
        return self.of_application(env, node, found) if is_kept else found

    def _subscript(self, env: Env, node: Node) -> Value:
        kept = memories.kept(env, node) if not self.wires else None
        if kept is not None:
            return kept
        value = self.evaluate(env, node[3])
        if isinstance(value, (Class, Outside)) and not value.tags:
            if isinstance(value, Outside) and value.name.endswith("os.environ"):
                return self.known_constant(env.scope, node) or Thing(marks=SETTING)
            if isinstance(value, Outside) and value.name.endswith(".Annotated"):
                return Thing("Annotated", args=tuple(self._index(env, node)))
            return value
        if node[4][0] == form.SLICE:
            part = self._sliced(env, value, node[4])
            if part is not None:
                return part
        key = self.evaluate(env, node[4])
        found = self.item(value, key)
        return self.of_application(env, node, found) if is_application(node[3]) else found

    def of_application(self, env: Env, node: Node, found: Value) -> Value:
        """What any function of the tree keeps on an application, where nothing that was tried has put it there."""
        is_unknown = isinstance(found, Outside) or (isinstance(found, Thing) and not found.name and found.tags <= INPUT)
        kept = self.program.resolver.kept.held(env.scope, node) if is_unknown and not self.wires else None
        if kept is None or not self._is_one_object(kept) or kept.scope is None:
            return found
        made = next((one.value for one in kept.all if one.value is not None and one.value[0] == form.CALL), None)
        args, named = _given(made) if made is not None else ((), {})
        value = self.call(self.class_of(kept.scope), args, named, self.at(env, node), env)
        return value if isinstance(value, Object) else found

    def _is_one_object(self, kept: Resolved) -> bool:
        """Whether all that is kept is of one class, and said by one call; of settings whoever runs it says what is."""
        if kept.kind != "instance" or kept.scope is None:
            return False
        scopes = {id(one.scope) for one in kept.all if one.kind == "instance" and one.scope is not None}
        is_settings = any(base.endswith(".BaseSettings") for base in self.program.bases_elsewhere(kept.scope))
        is_spread = kept.value is not None and kept.value[0] == form.CALL and any(not one[0] for one in kept.value[5])
        return len(scopes) == 1 and (is_settings or not (kept.alternatives or kept.is_partial or is_spread))

    def _sliced(self, env: Env, value: Value, node: Node) -> Value | None:
        """`path[len("/api"):]`; None where source does not fix it."""
        ends = [self.evaluate(env, one) if one is not None else Const(None) for one in node[3:6]]
        numbers = [one.value for one in ends if isinstance(one, Const) and isinstance(one.value, (int, type(None)))]
        if len(numbers) != len(ends) or numbers[2] == 0:
            return None
        cut = slice(*numbers)
        if isinstance(value, AskedText):
            return value.changed(lambda text: text[cut])
        if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
            return Const(value.value[cut], value.marks, value.label)
        if isinstance(value, Items) and value.is_whole:
            return Items(value.values[cut], is_tuple=value.is_tuple, may_be_empty=value.may_be_empty)
        if isinstance(value, PathOf) and numbers[1] is None and numbers[2] is None and type(numbers[0]) is int:
            return value.behind(numbers[0])
        return None

    def _index(self, env: Env, node: Node) -> list[Value]:
        parts = node[4][3] if node[4][0] == form.TUPLE else (node[4],)
        return [self.evaluate(env, part) for part in parts]

    def _item_of_library(self, value: Value, key: Value) -> Value | None:
        """What an object that stands for one of a package has under a key; of the tree's own, that may be a row."""
        if not isinstance(value, Object) or not value.cls.scope.module.is_library:
            return None
        method = self._of_class(value.cls, "__getitem__", value)
        return self.call(method, (key,), {}, value.at, method.env) if isinstance(method, Function) else None

    def item(self, value: Value, key: Value) -> Value:
        """`value[key]`."""
        if isinstance(value, Choice):
            return self.each(value, lambda option: self.item(option, key))
        value, key = as_tuple(self, value), key_of(key)
        self.fails(value, "TypeError")
        if isinstance(value, NoneBy):
            return value
        if isinstance(value, Outside) and value.name == "sys.argv":
            return Outside(ARGUMENT)
        answering = view_functions.held(self, value, key)
        answering = answering or applied.held(self, value, key)
        if answering is not None:
            return answering
        if isinstance(value, overlaid.Globals):
            return overlaid.named(self, value, key, Thing())
        if isinstance(value, Configuration):
            return value.setting(key)
        kept = self.kept_under(value, key) if isinstance(value, Table) else None
        kept = kept or default_tables.missing(self, value, key) or self._item_of_library(value, key)
        if kept is not None:
            return kept
        if isinstance(value, Table) and isinstance(key, Const):
            found = value.entries.get(key.value) if is_hashable(key.value) else None
            if (
                found is not None
                and self.anonymous
                and "caller" in key.tags
                and isinstance(found, Const)
                and type(found) in LITERALS
            ):
                # What stands for who has no credential: `RIGHTS[role]`.
                found = replace(found, marks=found.marks | CALLER)
            if found is not None:
                is_changed = not self.wires and isinstance(found, Const) and key.value in self.around.changes.keys
                return (
                    Const(found.value, found.marks | SETTING | CHANGED, found.label)
                    if is_changed and isinstance(found, Const)
                    else found
                )
            if value.is_whole and value.other is None:
                self._is_missing(key, value)
            if any("setting" in one.tags for one, _ in value.pairs) and self.anonymous and "caller" in key.tags:
                return self._looked_up(value, key)
        if isinstance(value, Items) and isinstance(key, Const) and type(key.value) is int and value.is_whole:
            place = key.value
            if -len(value.values) <= place < len(value.values):
                return value.values[place]
            if self.anonymous and "caller" in value.tags:
                # `header.split(" ")[1]` of what nobody sent.
                fault = Thing("builtins.IndexError")
                raise RaisedError([End(fault, "", tuple(self.conditions), needs_credential=True)])
            return self.unknown("")
        if isinstance(value, Const) and isinstance(value.value, str) and isinstance(key, Const):
            text = value.value
            if type(key.value) is int and -len(text) <= key.value < len(text):
                return Const(text[key.value], value.marks | key.marks)
        if isinstance(value, Registry) and self.wires and (kept := value.kept(key)) is not None:
            return kept
        if isinstance(value, Thing) and value.name.startswith("request."):
            return self._sent(value, key)
        if isinstance(value, Thing) and value.name in self.models.requests and not value.is_call:
            return self.entry_of_request(value, key)
        if self.anonymous and "caller" in key.tags and "caller" not in value.tags:
            return self._looked_up(value, key)
        trail = value.trail if isinstance(value, Thing) else ()
        if isinstance(key, Const) and isinstance(key.value, str):
            trail = (*trail, key.value)
        tags = value.tags | (key.tags & CALLER) | (NOTHING if self.anonymous else granted_by(key))
        if isinstance(value, Table) and value.other is not None and CALLER <= value.other.tags - key.tags:
            # What was put there of one caller may be there for another one.
            tags |= UNREAD
        return Thing("", marks=tags, trail=trail)

    def kept_under(self, table: Table, key: Value) -> Value | None:
        """What was put there under a key, whatever that is, while routes are registered; or under a class by source."""
        for known, held in reversed(table.kept) if self.wires else ():
            if known is key or (isinstance(key, Class) and isinstance(known, Class) and known.scope is key.scope):
                return held
        return kinds.under(table, key)

    def is_told_apart(self, key: Value) -> bool:
        """Whether it is known of a key that code surely uses which other keys it is not: a class is no text."""
        is_sure = self.wires and not self.unsure and all(one.test.anonymous is not None for one in self.conditions)
        return is_sure and isinstance(key, Class)

    def _is_missing(self, key: Value, table: Table | None = None) -> None:
        """A table of which everything is known has nothing under a credential that is not there, nor what it lacks."""
        is_caller = self.anonymous and "caller" in key.tags
        is_waited_for = (
            self.missing > 0 and type(table) is Table and type(key) in LITERALS and not (key.tags or table.tags)
        )
        if is_caller or (is_waited_for and table is not None and not (table.pairs or table.kept or table.perhaps)):
            fault = Thing("builtins.KeyError")
            raise RaisedError([End(fault, "", tuple(self.conditions), needs_credential=is_caller)])

    def _looked_up(self, value: Value, key: Value) -> Value:
        """What is under a credential that is not there in something that cannot be read: nothing, or anything."""
        self.pending.append(End(Thing("builtins.KeyError"), "", tuple(self.conditions), needs_credential=True))
        return Thing(marks=value.tags | (key.tags & CALLER) | UNREAD)

    def _sent(self, part: Thing, key: Value) -> Value:
        """`request.headers["x-key"]`: who sends nothing ends there."""
        put = self.in_session(part, key)
        if put is not None:
            return put
        found = self.item_of_request(part, key)
        is_part = part.name.removeprefix("request.") in BY_NAME
        if self.anonymous and is_part and "caller" in found.tags and "unread" not in found.tags:
            if part.name == "request.header" and not tells_who(key):
                # A fault for want of a tenant or a version is no refusal: whoever sends one goes on.
                return replace(found, marks=(found.tags - CALLER) | INPUT) if isinstance(found, Thing) else found
            if may_say_what(part, key):
                return Thing(marks=found.tags | MADE)  # Whoever sends one goes on, and it equals no secret.
            self._is_missing(found)
        return found

    def _binary(self, env: Env, node: Node) -> Value:
        values = [self.evaluate(env, operand) for operand in node[4]]
        if node[3] in ("+", "/") and isinstance(values[0], FileOf):
            return _of_file(values[0], node[3], values[1:]) or Thing()
        if node[3] == "+":
            values = [one_list(value) for value in values] if self.wires else values
            lists = [value for value in values if isinstance(value, Items)]
            if lists and all(isinstance(value, (Items, Thing, Outside)) for value in values):
                is_whole = len(lists) == len(values) and all(one.is_whole for one in lists)
                return Items([item for one in values for item in self._items_of(one)], is_whole=is_whole)
            text = put_together(values, _one_text)
            if text is None and self.wires:
                text = put_together(defaults(values), _one_text)
            if text is None:
                marks = self.made(union(values))
                text = (
                    (of_groups(values) or ending(values) or gapped(values)) if self.wires else beginning(values, marks)
                )
            if text is not None:
                return text
        first = values[0]
        if node[3] == "%" and len(values) == 2 and isinstance(first, Const) and isinstance(first.value, str):
            text = percent(first.value, values[1], may_end=self.wires)
            text = text or (by_percent(first.value, values[1]) if self.wires else None)
            if text is not None:
                return replace(text, marks=text.marks | first.marks) if isinstance(text, Const) else text
            start = beginning([replace(first, value=first.value.partition("%")[0]), Thing()], self.made(union(values)))
            if start is not None and not self.wires:
                return start
        flags = enums.together(node[3], *values) if len(values) == 2 else None
        if flags is not None:
            return flags
        if node[3] in ("&", "|") and queries.has_test(values):
            tests = [self.truth(value) for value in values]
            if node[3] == "&":
                return self.combined(tests, is_or=False)
            found = queries.any_of(tests, lambda every: self.combined(every, is_or=True))
            is_wide = self.anonymous and any("caller" not in test.marks for test in tests)
            return replace(found, marks=found.marks | queries.WIDE) if is_wide else found
        if node[3] in ("&", "-", "|") and len(values) == 2 and "caller" in union(values):
            return self.set_operation(node[3], values[0], values[1])
        combined = self._overloaded(node[3], values, self.at(env, node), env)
        if combined is not None:
            return combined
        known = self.known_constant(env.scope, node) if not env.scope.is_function else None
        return known or Thing(marks=self.made(union(values)))

    def _overloaded(self, operator: str, values: list[Value], at: str, env: Env) -> Value | None:
        """`IsOwner | IsAdmin` of classes of a package that gives operators to its classes, and of what that gives."""
        if operator == "|" and isinstance(values[0], Table):
            return overlaid.together(self, values)
        name = _OPERATORS.get(operator)
        if name is None or not all(isinstance(value, (Class, Object)) for value in values):
            return None
        found = values[0]
        for value in values[1:]:
            method = self.attribute(found, name, at)
            if not isinstance(method, Function):
                return None
            found = self.call(method, (value,), {}, at, env)
        return found

    def set_operation(self, operator: str, left: Value, right: Value) -> Value:
        """`required - held` and `required & held` as truth values."""
        from nomoat.survey.trial.demands import OTHER, both, either

        caller, other = (left, right) if "caller" in left.tags else (right, left)
        if not isinstance(other, Items) or operator == "|":
            return Thing(marks=union([left, right]), trail=caller.trail if isinstance(caller, Thing) else ())
        tests = [self.compared(item, "in", caller) for item in other.values]
        demands = [test.if_true for test in tests] or [OTHER]
        is_among = [test.anonymous for test in tests]
        if operator == "&":
            found = True if True in is_among else None if None in is_among else False
            return Test(found, either(demands), OTHER, union([left, right]))
        missing = True if False in is_among else None if None in is_among else False
        return Test(missing, OTHER, both(demands), union([left, right]))

    def _fstring(self, env: Env, node: Node) -> Value:
        values: list[Value] = []
        for part in node[3]:
            value = self.evaluate(env, part[3] if part[0] == form.FORMATTED else part)
            # What nobody has set yet is something else where it is used: the word None stands in no path.
            values.append(Thing() if self.wires and getattr(value, "value", "") is None else value)
        if any(isinstance(value, AskedText) for value in values):
            return written(values) or Thing(marks=self.made(union(values)))
        known = [str(value.value) for value in values if isinstance(value, Const)]
        if values and isinstance(values[0], FileOf) and len(known) == len(values) - 1:
            return files.added(values[0], "".join(known))
        if len(known) == len(values):
            return Const("".join(known), union(values))
        if self.wires and len(values) == 1 and isinstance(values[0], Choice):
            return values[0]
        found = put_together(values, lambda row: "".join(map(str, row)))
        if found is None and self.wires:
            found = put_together(defaults(values), lambda row: "".join(map(str, row)))
            found = found or _partly_known(values)
        marks = self.made(union(values))
        found = found or (None if self.wires else beginning(values, marks))
        return found or Thing(marks=marks)

    def _listed(self, env: Env, node: Node) -> Value:
        values, is_whole = self.all_of(env, node[3])
        under, turn = self.conditions[-1] if self.conditions else None, self.turns[-1] if self.turns else None
        return Items(values, is_whole, is_tuple=node[0] == form.TUPLE, under=under, made_in=turn)

    def _dict(self, env: Env, node: Node) -> Value:
        table = Table({})
        for key, item in node[3]:
            value = self.evaluate(env, item)
            if key is None:
                overlaid.update(self, table, value)
                continue
            found = key_of(self.evaluate(env, key))
            if isinstance(found, Const) and is_hashable(found.value):
                table.entries[found.value] = _called(found.value, value)
            else:
                table.is_whole = False
                table.other = value
                table.pairs.append((found, value))
        table.by_class = kinds.are_classes(table) and all(key is not None for key, _ in node[3])
        return table

    def _comprehension(self, env: Env, node: Node) -> Value:
        if node[3] == "generator" and not self.wires:
            return Lazy(lambda: self._gone_through(env, node), is_expression=True)
        return self._gone_through(env, node)

    def _gone_through(self, env: Env, node: Node) -> Value:
        inner = Env(env.scope, env, {}, env.called_at)
        iterable = node[6][0][1]
        source = gone_through(self.ran(self.evaluate(env, iterable)), also_empty=self.wires)
        if is_one_of_lists(source) and not self.wires and len(node[6]) == 1:
            return self.each(options(source), lambda one: comprehensions.given_by(self, inner, node, one))
        return comprehensions.given_by(self, inner, node, source)

    def assign(self, env: Env, target: Node, value: Value) -> None:
        """Binds a target."""
        raise NotImplementedError

    def _walrus(self, env: Env, node: Node) -> Value:
        value = self.evaluate(env, node[4])
        self.assign(env, node[3], value)
        return value

    def _inner(self, env: Env, node: Node) -> Value:
        return self.evaluate(env, node[3])

    def _awaited(self, env: Env, node: Node) -> Value:
        value = self.evaluate(env, node[3])
        held, self.waiting = self.waiting, env
        try:
            return self.ran(value)
        finally:
            self.waiting = held

    waiting: Env | None

    #: What the function at hand has given so far, where it gives one after another.
    yielding: Items | None

    def _yielded(self, env: Env, node: Node) -> Value:
        if self.yielding is not None:
            value = self.evaluate(env, node[3]) if node[3] is not None else Const(None)
            is_many = node[0] == form.YIELD_FROM
            more = value.values if is_many and isinstance(value, Items) else [self.element(value) if is_many else value]
            self.yielding.values.extend(more[:MAX_ITEMS])
            self.yielding.is_whole = (
                self.yielding.is_whole and not self.unsure and not (is_many and not isinstance(value, Items))
            )
            return self.unknown("")
        if node[3] is None or (env.scope.is_function and self.around.is_generator(env.scope)):
            return self.unknown("")
        return self._awaited(env, node)

    def _lambda(self, env: Env, node: Node) -> Value:
        return Function(None, env, node=node)

    def _test_value(self, env: Env, node: Node) -> Value:
        test = self.test(env, node)
        return Const(test.anonymous) if test.anonymous is not None and not test.marks else test

    def _unary(self, env: Env, node: Node) -> Value:
        if node[3] == "not":
            return self._test_value(env, node)
        value = self.evaluate(env, node[4])
        if node[3] == "~" and isinstance(value, (Class, Object)):
            method = self.attribute(value, "__invert__")
            return self.call(method, (), {}, self.at(env, node), env) if isinstance(method, Function) else value
        return negated(value) if node[3] == "~" and isinstance(value, Test) else value

    def _call_node(self, env: Env, node: Node) -> Value:
        raise NotImplementedError


_OF_CURSORS = frozenset(("fetchone", "fetchall", "fetchmany", "fetchrow"))


def _partly_known(parts: list[Value]) -> Value | None:
    """What may be a path of which a part is not known."""
    return of_groups(parts) or ending(parts) or gapped(parts)


def _one_text(row: list[object]) -> str | None:
    """Texts in a row as one; None where something else is among them."""
    return "".join(map(str, row)) if all(type(one) is str for one in row) else None


def _called(key: object, value: Value) -> Value:
    """What stands under a key is called so: `{"role": row[2]}` of who calls is the role."""
    if not isinstance(value, Thing) or "caller" not in value.marks or value.name or not isinstance(key, str):
        return value
    # A place in a row of a cursor has no name of its own.
    is_nameless = not value.is_call and (not value.trail or value.trail[-1] in _OF_CURSORS)
    return replace(value, trail=(*value.trail, key)) if is_nameless else value


def _of_file(value: FileOf, operator: str, parts: list[Value]) -> Value | None:
    """`BASE / "api.yaml"` and `BASE + "/api.yaml"`"""
    if operator == "/":
        return files.below(value.path, tuple(parts))
    texts = [part.value for part in parts if isinstance(part, Const) and isinstance(part.value, str)]
    return files.added(value, "".join(texts)) if len(texts) == len(parts) else None


_HANDLERS: dict[int, Callable[[Expressions, Env, Node], Value]] = {
    form.NAME: Expressions._name,
    form.ATTRIBUTE: Expressions._attribute,
    form.CALL: lambda run, env, node: run._call_node(env, node),
    form.CONSTANT: lambda run, env, node: Const(node[3]),
    form.FSTRING: Expressions._fstring,
    form.SUBSCRIPT: Expressions._subscript,
    form.BINARY: Expressions._binary,
    form.BOOLEAN: choosing.one_of_operands,
    form.UNARY: Expressions._unary,
    form.COMPARE: Expressions._test_value,
    form.CONDITIONAL: choosing.one_of_two,
    form.LAMBDA: Expressions._lambda,
    form.COMPREHENSION: Expressions._comprehension,
    form.LIST: Expressions._listed,
    form.TUPLE: Expressions._listed,
    form.SET: Expressions._listed,
    form.DICT: Expressions._dict,
    form.AWAIT: Expressions._awaited,
    form.YIELD_FROM: Expressions._awaited,
    form.YIELD: Expressions._yielded,
    form.WALRUS: Expressions._walrus,
    form.STARRED: Expressions._inner,
}


def _given(call: Node) -> tuple[tuple[Value, ...], dict[str, Value]]:
    """What a call gives, as far as it is written out there."""
    args = tuple(_written(one) for one in call[4])
    return args, {name: _written(one) for name, one in call[5] if name}


def _written(node: Node) -> Value:
    return Const(node[3]) if node[0] == form.CONSTANT else Thing()
