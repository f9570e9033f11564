"""What is counted and paid: prices that the caller says, amounts below zero, and counters that two requests use up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.requested import Item, Requested
from nomoat.check.questions.words import asks_for_more, bare, last_word, name_of, touched
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope
from nomoat.survey.sqltext import text_of

_PRICE = re.compile(r"\A(unit_?)?(price|cost|rate|fee|cents|amount)(_?(cents|per_\w+))?\Z|\Acents_per_\w+\Z", re.I)
_COUNT = re.compile(
    r"\A(quantity|qty|count|number|units|items|seats|km|hours|tickets|nights|days|pieces|months|weeks|years|persons|guests|copies)\Z",
    re.I,
)
_TOTAL = re.compile(
    r"\A(grand_?)?(total|total_?(price|cents|amount|cost)|amount_?(due|paid)|price_?paid)(_?cents)?\Z", re.I
)
#: What a row says that is to be paid.
_DUE = re.compile(r"\A(unit_?)?(price|cost|fee|amount|total|amount_?due|grand_?total)(_?cents)?\Z", re.I)
#: Calls that take money.
_CHARGES = re.compile(r"\A(charge|capture|take_payment|make_payment|collect_payment|create_charge|charge_\w+)\Z", re.I)
#: Where whoever pays says how much.
_OWN_PRICE = re.compile(r"donat|\btip|top_?-?up|deposit|refund|withdraw|bid|offer|gift", re.I)
_SOLD = re.compile(r"order|purchase|payment|booking|cart|checkout|bill|sale", re.I)
#: What somebody has of something.
_HELD = re.compile(
    r"\A(\w+_)?(balance|credits?|points|funds|wallet|coins|stock|copies|inventory|quota|allowance|seats_left|uses_left|remaining|quantity_left|tickets_left)"
    r"(_?cents)?\Z", re.I
)  # fmt: skip
_FLAG = re.compile(r"\A(is_)?(used|redeemed|claimed|spent|consumed)\Z", re.I)
_OF_STATEMENT = re.compile(r"\bset\b.*?\b(\w+)\s*=\s*\1\s*([-+])\s*(\?|%s|\$\d+|:\w+)", re.I | re.S)
#: What has one request wait for another, or changes a row where it is.
_LOCKS = re.compile(
    r"for_update|with_for_update|select_for_update|\block\b|Lock\b|advisory|serializable|update_one|find_one_and_update"
    r"|version_id|compare_and_swap", re.I
)  # fmt: skip


# -- prices ------------------------------------------------------------------------------------------------------------


def price_of_the_caller(asked: Asked) -> Iterator[Answer]:
    """Routes that take the price or the total of what is bought from the request."""
    for route, handler, requested in _told(asked):
        for node in form.walk_scope(handler.body):
            if node[0] == form.BINARY and node[3] == "*":
                items = [item.name for one in node[4] if (item := requested.item(one)) is not None]
                if any(_PRICE.match(name) for name in items) and any(_COUNT.match(name) for name in items):
                    price = next(name for name in items if _PRICE.match(name))
                    yield _answer(route, handler, node, f"{name_of(route)} takes {price} from the caller",
                                  f"{price} of the request is a part of what is to be paid", "sure")  # fmt: skip
            elif node[0] == form.CALL and (charged := _charged(asked, route, requested, node)) is not None:
                _, paid, column = charged
                yield _answer(route, handler, node, f"{name_of(route)} charges what the caller says",
                              f"{paid.name} of the request is charged, though {column} says what is due",
                              "sure")  # fmt: skip
            elif node[0] == form.CALL and _makes_sale(asked, route, handler, node):
                for name, value in node[5]:
                    item = requested.item(value) if name is not None and _TOTAL.match(name) else None
                    if item is not None:
                        yield _answer(route, handler, node, f"{name_of(route)} takes {name} from the caller",
                                      f"{item.name} of the request is what is to be paid", "sure")  # fmt: skip


def _charged(asked: Asked, route: Route, requested: _Said, call: Node) -> tuple[Node, Item, str] | None:
    """What a payment is told to take, where a row that the route reads says what is due, and nothing compares them."""
    if not _CHARGES.match(last_word(call)) or _OWN_PRICE.search(route.path) or _OWN_PRICE.search(route.handler):
        return None
    for value in (*call[4], *(given for _, given in call[5])):
        item = requested.item(value)
        if item is None or not (_PRICE.match(item.name) or _TOTAL.match(item.name)):
            continue
        due = (f"{bare(store)}.{one}" for store in touched(route) for one in asked.columns(store) if _DUE.match(one))
        column = next(due, "")
        if column and not requested.is_bounded(value, item) and not requested.compares(item):
            return value, item, column
    return None


def _makes_sale(asked: Asked, route: Route, handler: Scope, call: Node) -> bool:
    found = asked.registrations.program.resolve(handler, call[3])
    is_row = (found.scope is not None and found.scope.is_class) or last_word(call) == "create"
    name = found.scope.name if found.scope is not None else " ".join(bare(store) for store in route.writes)
    return is_row and bool(_SOLD.search(name))


# -- amounts -----------------------------------------------------------------------------------------------------------


def negative_amount(asked: Asked) -> Iterator[Answer]:
    """Routes that add to or take from what somebody has an amount that may be below zero."""
    for route, handler, requested in _told(asked):
        for node in form.walk_scope(handler.body):
            for column, value in _moved(asked, handler, node):
                item = requested.item(value)
                if item is None or not _HELD.match(column) or requested.is_bounded(value, item):
                    continue
                yield _answer(route, handler, node, f"{name_of(route)} moves {item.name} of {column}, be it below zero",
                              f"{item.name} of the request is not compared with zero", "sure")  # fmt: skip


def _moved(asked: Asked, handler: Scope, node: Node) -> Iterator[tuple[str, Node]]:
    """Columns that a statement adds to or takes from, with how much: `me.balance -= amount`."""
    if node[0] == form.AUGMENTED and node[4] in ("-", "+") and node[3][0] == form.ATTRIBUTE:
        yield str(node[3][4]), node[5]
    elif node[0] == form.ASSIGN and node[4][0] == form.BINARY and node[4][3] in ("-", "+"):
        for target in node[3]:
            first = node[4][4][0]
            if target[0] == form.ATTRIBUTE and first[0] == form.ATTRIBUTE and first[4] == target[4]:
                yield str(target[4]), node[4][4][1]
    elif node[0] == form.CALL and node[4]:
        found = _OF_STATEMENT.search(text_of(asked.registrations.program, handler, node[4][0]))
        values = node[4][1:]
        values = values[0][3] if len(values) == 1 and values[0][0] in (form.TUPLE, form.LIST) else values
        if found is not None and values:
            yield found.group(1), values[0]


# -- two requests at once ----------------------------------------------------------------------------------------------


def used_up_twice(asked: Asked) -> Iterator[Answer]:
    """Routes that look at what is left and then take of it, so that two requests at once both find it there."""
    for route, handler in _acting(asked):
        if _waits(asked, handler):
            continue
        tested = {
            (form.dotted(inner[3]), str(inner[4]))
            for node in form.walk_scope(handler.body)
            for test, _ in (node[3] if node[0] == form.IF else ())
            for inner in form.walk(test)
            if inner[0] == form.ATTRIBUTE
        }
        gives = any(column for node in form.walk_scope(handler.body) for column in _given(node))
        for node in form.walk_scope(handler.body):
            for target, is_flag in _taken(node):
                if (form.dotted(target[3]), str(target[4])) not in tested or not _was_looked_up(handler, target[3]):
                    continue
                confidence: Confidence = "likely" if is_flag and not gives else "sure"
                yield _answer(route, handler, node, f"two requests at once use up {target[4]} by {name_of(route)}",
                              f"{target[4]} is looked at, and changed afterwards", confidence)  # fmt: skip


def _taken(node: Node) -> Iterator[tuple[Node, bool]]:
    """What is taken of: the column, and whether it is one that only says that something is used."""
    if node[0] == form.AUGMENTED and node[4] == "-" and node[3][0] == form.ATTRIBUTE and _HELD.match(node[3][4]):
        yield node[3], False
    elif node[0] == form.ASSIGN:
        for target in node[3]:
            if target[0] != form.ATTRIBUTE:
                continue
            first = node[4][4][0] if node[4][0] == form.BINARY and node[4][3] == "-" else None
            is_less = first is not None and first[0] == form.ATTRIBUTE and first[4] == target[4]
            if is_less and _HELD.match(target[4]):
                yield target, False
            elif _FLAG.match(target[4]) and node[4][3:4] == (True,):
                yield target, True


def _given(node: Node) -> Iterator[str]:
    """What somebody gets more of: `user.credit += voucher.value`."""
    if node[0] == form.AUGMENTED and node[4] == "+" and node[3][0] == form.ATTRIBUTE and _HELD.match(node[3][4]):
        yield str(node[3][4])


def _waits(asked: Asked, function: Scope) -> bool:
    """Whether one request waits for another here, or in what looks the row up."""
    callees = (site.callee.scope for site in asked.registrations.program.calls(function))
    looked_at = [function, *(one for one in callees if one is not None and one.is_function)]
    return any(one.node is None or bool(_LOCKS.search(one.module.text(one.node))) for one in looked_at)


def _was_looked_up(handler: Scope, node: Node) -> bool:
    """Whether an object is a row: found by a call, or the one who calls."""
    if node[0] != form.NAME:
        return bool(node[0] == form.ATTRIBUTE and node[4] in ("user", "person", "member", "account"))
    bindings = handler.bindings.get(node[3], ())
    values = [one.value for one in bindings if one.how is How.VALUE and one.value is not None]
    return not bindings or any(value[0] in (form.CALL, form.AWAIT) for value in values)


# -- all three ---------------------------------------------------------------------------------------------------------


class _Said(Requested):
    """What a handler is told, with the fields of its bodies; or a function that it calls, with what it hands there."""

    def __init__(
        self, asked: Asked, route: Route | None, handler: Scope, *, handed: dict[str, Item] | None = None,
        caller: _Said | None = None,
    ) -> None:  # fmt: skip
        handed = handed or {}
        places = {name: item.place for name, item in handed.items()}
        super().__init__(asked.registrations.program, handler, route, handed=places)
        self._handler = handler
        self._handed = handed
        self._caller = caller

    def is_bounded(self, value: Node | None, item: Item) -> bool:
        """Whether an amount is compared with a number anywhere, or its field has a least value."""
        spoken = form.walk(value) if value is not None else ()
        names = {node[3] for node in spoken if node[0] == form.NAME} | {item.name}
        if self._is_compared(names) or any(self._has_least(one, item.name) for one in self._handler.parameters):
            return True
        before = self._handed.get(item.name)
        return self._caller is not None and before is not None and self._caller.is_bounded(None, before)

    def _is_compared(self, names: set[str]) -> bool:
        for node in form.walk_scope(self._handler.body):
            if node[0] == form.COMPARE and any(
                one[0] == form.CONSTANT and type(one[3]) in (int, float) for one in node[3]
            ):
                for inner in (one for operand in node[3] for one in form.walk(operand)):
                    told = inner[3] if inner[0] == form.NAME else inner[4] if inner[0] == form.ATTRIBUTE else None
                    if told in names or form.text_of(inner) in names:
                        return True
            if node[0] == form.CALL and last_word(node) in ("abs", "max", "validate", "load", "clean"):
                return True
            if node[0] == form.CALL and last_word(node) == "is_valid" and not self._lets_anything_in(node, names):
                return True
        return False

    def compares(self, item: Item) -> bool:
        """Whether what the caller said is compared with anything at all."""
        return any(
            node[0] == form.COMPARE and any(one.name == item.name for side in node[3] for one in self.items(side))
            for node in form.walk_scope(self._handler.body)
        )

    def _lets_anything_in(self, call: Node, names: set[str]) -> bool:
        """Whether a form of the tree declares a field of such a name as a number without a least value."""
        shaped = self.form_of(call[3][3]) if call[3][0] == form.ATTRIBUTE else None
        if shaped is None:
            return False
        looks = {"clean", "validate", *(f"{verb}_{name}" for verb in ("clean", "validate") for name in names)}
        declared = [one for name in names for one in shaped.bindings.get(name, ()) if one.value is not None]
        return (
            bool(declared) and not looks & set(shaped.bindings) and all(_is_any_number(one.value) for one in declared)
        )

    def _has_least(self, parameter: Node, name: str) -> bool:
        annotation = parameter[form.P_ANNOTATION]
        given = [one for one in (parameter[form.P_DEFAULT], annotation) if one is not None]
        if parameter[form.P_NAME] == name:
            return any(_says_least(inner) for one in given for inner in form.walk(one))
        model = self.program.annotation(self._handler, annotation).scope if annotation is not None else None
        for one in model.bindings.get(name, ()) if model is not None else ():
            for part in (one.value, one.annotation):
                if part is not None and any(_says_least(inner) for inner in form.walk(part)):
                    return True
        return False


def _says_least(node: Node) -> bool:
    """`Field(gt=0)`, `PositiveInt`, `conint(ge=1)`."""
    if node[0] == form.CALL and any(form.keyword(node, name) is not None for name in ("gt", "ge", "min", "min_value")):
        return True
    name = node[3] if node[0] == form.NAME else node[4] if node[0] == form.ATTRIBUTE else ""
    return isinstance(name, str) and name.startswith(("Positive", "NonNegative"))


def _is_any_number(node: Node | None) -> bool:
    """`forms.DecimalField()`, `serializers.IntegerField()`, with neither a least value nor what looks at it."""
    if node is None or node[0] != form.CALL or not re.match(r"(Integer|Decimal|Float)(Field)?\Z", last_word(node)):
        return False
    return not any(name in ("min_value", "validators", "validate", None) for name, _ in node[5])


def _told(asked: Asked) -> Iterator[tuple[Route, Scope, _Said]]:
    """Handlers, and functions that they hand something of the request to, with what both are told."""
    for route, handler in _changing(asked):
        said = _Said(asked, route, handler)
        yield route, handler, said
        for site in asked.registrations.program.calls(handler):
            inner = site.callee.scope
            if inner is None or not inner.is_function or inner is handler or inner.module.is_library:
                continue
            handed = {name: item for name, given in _parameters(inner, site.node) if (item := _part(said, given))}
            if handed:
                yield route, inner, _Said(asked, None, inner, handed=handed, caller=said)


def _part(said: _Said, node: Node) -> Item | None:
    """Something of the request, or a list in it, that is handed on."""
    item = said.item(node)
    return item if item is not None and item.place in ("query", "body", "form") else None


def _parameters(function: Scope, call: Node) -> Iterator[tuple[str, Node]]:
    """What the parameters of a function are given by a call, where their places tell."""
    names = [str(one[form.P_NAME]) for one in function.parameters][function.is_method :]
    if any(one[0] == form.STARRED for one in call[4]):
        return
    yield from zip(names, call[4], strict=False)
    yield from ((name, value) for name, value in call[5] if name in names)


def _acting(asked: Asked) -> Iterator[tuple[Route, Scope]]:
    """Routes that change something, each with its handler and with every function that this calls."""
    for route, handler in _changing(asked):
        yield route, handler
        for site in asked.registrations.program.calls(handler):
            inner = site.callee.scope
            if inner is not None and inner.is_function and inner is not handler and not inner.module.is_library:
                yield route, inner


def _changing(asked: Asked) -> Iterator[tuple[Route, Scope]]:
    """Routes that change something, for those who are no staff, each with what answers it."""
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or (route.method in SAFE_METHODS and not route.writes):
            continue
        if any(asks_for_more(guard) for guard in route.guards):
            continue
        yield route, handler


def _answer(route: Route, handler: Scope, node: Node, message: str, label: str, confidence: Confidence) -> Answer:
    return Answer(route, message, label, "", "", confidence, Place(handler.module, node))
