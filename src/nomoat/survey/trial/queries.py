"""Queries that ask only for what belongs to the caller: conditions on columns, and the calls that take them.

What is left out of a query by `or` is not asked for: a condition owns only if all of its ways do, or are the same for
every caller (a public object).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.demands import OTHER, Demand
from nomoat.survey.trial.values import Class, Const, Items, Object, Outside, Table, Test, Thing, Value, options, union

#: What a query carries once it is narrowed to what belongs to the caller.
OWNED = frozenset(("owned",))
#: What is about rows that name the caller in a column of theirs: a role, a membership; not the account itself.
HELD = frozenset(("held",))
#: What a query carries that may find something without any credential: `!=`, `or`, a column that may be NULL.
WIDE = frozenset(("wide",))
#: Methods that describe what is asked for, or give what is gone through: that is there, whatever it finds.
DESCRIBES = frozenset(
    ("query", "select", "filter", "filter_by", "where", "execute", "exec", "scalars", "mappings", "join", "outerjoin",
     "order_by", "options", "limit", "offset", "group_by", "having", "distinct", "cursor", "find", "aggregate", "text")
)  # fmt: skip
_COLUMN = re.compile(
    r"^(owner|user|author|creator|member|account|customer|principal|subject)(_?(id|uuid|sub|pk|name))?$", re.I
)
_OF_ACCOUNT = re.compile(r"^(username|user_name|userid|accountname)$", re.I)
#: What rows and accounts are known by, and how a model is asked for them.
_KNOWN_BY = re.compile(r"^(id|pk|uuid|login|username|user_?name)$", re.I)
_OF_MODEL = re.compile(r"\.[A-Z]\w*\.query\.\w")
#: Methods that narrow a query.
_NARROWS = frozenset(
    ("where", "filter", "filter_by", "find", "find_one", "get", "aget", "get_or_404", "having", "delete_one")
)
#: Methods of collections whose first argument is a document that what is asked for must fit.
OF_DOCUMENTS = frozenset(
    ("find", "find_one", "update_one", "update_many", "delete_one", "delete_many", "replace_one", "count_documents",
     "find_one_and_update", "find_one_and_delete", "find_one_and_replace")
)  # fmt: skip
#: Functions that are given what to look in, and then what to look for.
LOOKS_IN = frozenset(("get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404"))
#: Functions and methods that give one row.
_GIVES_ROW = frozenset(("get_object_or_404", "aget_object_or_404"))
_GIVES_OWN_ROW = frozenset(("get", "aget", "first", "last", "create"))
#: What takes conditions by name, all of which a row must meet.
LOOKS_UP = frozenset(("filter", "get", "aget", *LOOKS_IN))
#: What belongs to the caller by a relation: `request.user.order_set`, `request.user.orders`.
_RELATED = re.compile(
    r"_set$|(?<!permission)(?<!role)(?<!claim)(?<!scope)(?<!group)(?<!setting)(?<!preference)s$", re.I
)
#: Columns that hold the key of another row: `clinic_id`, `school_uuid`.
_FOREIGN = re.compile(r"[a-z0-9]_?(id|pk|uuid|guid)$|[a-z]Id$")
#: What makes columns that point at another row.
_POINTS = frozenset(("ForeignKey", "OneToOneField", "ManyToManyField", "relationship"))
_EXECUTES = frozenset(("execute", "fetch", "fetchrow", "fetch_one", "fetch_all", "exec", "scalar", "scalars"))
_HAS_WHERE = re.compile(r"^\s*(select|update|delete|with)\b.*\bwhere\b", re.I | re.S)
_OWNER = re.compile(r"(owner|user|author|creator|created_by|tenant|account|customer|member|org|company|team)", re.I)


def names_owner(name: str) -> bool:
    """Whether a column is called like one that says whose something is."""
    return bool(_OWNER.search(name))


def names_holder(name: str) -> bool:
    """Whether a column says to whom a row belongs, and is no name of the account itself."""
    return bool(_COLUMN.match(name)) and not _OF_ACCOUNT.match(name)


def may_be_null(column: Value) -> bool:
    """Whether a column may have no value: `User.key == None` finds every row that has none."""
    named = column.named if isinstance(column, Thing) else {}
    says, is_key = named.get("nullable"), named.get("primary_key")
    is_filled = isinstance(says, Const) and says.value is False
    return not is_filled and not (isinstance(is_key, Const) and is_key.value is True)


def is_filled(name: str, column: Value | None) -> bool:
    """Whether every row has a value in a column: source says so, or it is what accounts and rows are known by."""
    return not may_be_null(column) if isinstance(column, Thing) else bool(_KNOWN_BY.match(name))


def is_of_model(name: str) -> bool:
    """Whether a dotted name is that of a query of a model of another package: `shop.User.query.filter_by`."""
    return bool(_OF_MODEL.search(name))


def owns(demand: Demand) -> bool:
    """Whether something must belong to the caller for this to hold."""
    if demand.joins == "all":
        return any(owns(part) for part in demand.parts)
    return any(leaf.kind == "ownership" for leaf in demand.leaves())


def narrows(
    last: str,
    base: Value,
    args: tuple[Value, ...],
    named: dict[str, Value],
    column: Callable[[str], Value | None] = lambda name: None,
) -> bool:
    """Whether a call of a method of this name narrows what is asked for to what belongs to the caller.

    `column` gives what the class of rows says of a condition by name.
    """

    def is_of_caller(name: str, value: Value) -> bool:
        return _is_of_caller(name, value) or (_is_own(name, value) and _points(column(name)))

    if last in LOOKS_IN and args:
        is_narrowed = "owned" in args[0].tags or _is_related(args[0])
        by_name = any(is_of_caller(name, value) for name, value in named.items())
        return by_name or (is_narrowed and "input" in union((*args[1:], *named.values())))
    given = (*args, *named.values())
    if last in OF_DOCUMENTS and args and any(_is_of_owner(one) for one in options(args[0])):
        return True
    if last in _NARROWS:
        if _is_related(base, of=last) and "input" in union(given):
            return True
        tests = [one for arg in args for one in _conditions(arg)]
        # `session.get(User, user_id)` asks for one row by its key.
        by_name = (last != "get" or not args) and any(is_of_caller(name, value) for name, value in named.items())
        is_narrowed = "owned" in base.tags and "input" in union(given)
        return by_name or is_narrowed or any(owns(test.if_true) for test in tests)
    if last in _EXECUTES and args:
        text = args[0].args[0] if isinstance(args[0], Thing) and args[0].args else args[0]
        bound = union(args[1:]) | union(named.values())
        return isinstance(text, Const) and "caller" in bound and bool(_HAS_WHERE.search(str(text.value)))
    return False


def _is_of_caller(column: str, value: Value) -> bool:
    """Whether a condition by name asks for what is the caller's: by the name of the column, or of the caller itself."""
    if "caller" not in value.tags or names_owner(column):
        return "caller" in value.tags
    # `seller=request.user` and `reader_id=user.id` ask for the own; `plan=user.plan` and `id=user.id` do not.
    is_account = isinstance(value, Thing) and value.name == "request.credential" and not value.trail
    is_key = (
        isinstance(value, Thing)
        and value.trail[-1:] in (("id",), ("pk",), ("_id",), ("sub",))
        and "input" not in value.tags
    )
    return ((is_account or is_key) and column not in ("id", "pk", "_id")) or _is_shared_key(column, value)


def _is_shared_key(column: str, value: Value) -> bool:
    """Whether row and caller must belong to the same: `clinic_id=user.clinic_id`, as `row.clinic_id == ...` asks."""
    name = column.rpartition("__")[2]
    return _is_own(name, value) and bool(_FOREIGN.search(name)) and name.lower() not in ("uuid", "guid")


def _is_own(name: str, value: Value) -> bool:
    """Whether a condition by name asks for what the caller has under the same name: `school=request.user.school`."""
    every = [one for one in options(value) if not _is_of_nothing(one)]
    is_named = bool(every) and all(isinstance(one, Thing) and one.trail[-1:] == (name,) for one in every)
    return is_named and "caller" in value.tags and "input" not in value.tags


def _points(column: Value | None) -> bool:
    """Whether a column of a class of rows points at another row."""
    return isinstance(column, Thing) and column.is_call and column.name.rpartition(".")[2] in _POINTS


def _is_of_owner(document: Value) -> bool:
    """Whether a document that rows must fit names the caller as the owner: all of its fields must fit."""
    fields = document.entries if isinstance(document, Table) else {}
    return any(
        isinstance(name, str) and _is_the_callers(name.rpartition(".")[2], value) for name, value in fields.items()
    )


def _is_of_nothing(value: Value) -> bool:
    """None, and an item of None, which nobody gets: `g.me["_id"]` where `g.me` is None until somebody is found."""
    if isinstance(value, Thing):
        return not value.marks and not value.name and not value.is_call and len(value.trail) == 1
    return isinstance(value, Const) and value.value is None


def _is_the_callers(column: str, value: Value) -> bool:
    """Whether a field must hold what is the caller's, in each case in which there is a caller."""
    every = [one for one in options(value) if not _is_of_nothing(one)]
    return bool(every) and all(
        isinstance(one, Thing) and "input" not in one.tags and _is_of_caller(column, one) for one in every
    )


def row_of(callee: Outside | Thing, args: tuple[Value, ...]) -> Scope | None:
    """The class of the row that a look-up gives, whose methods it has."""
    last = callee.name.rpartition(".")[2]
    if last in _GIVES_ROW and args and isinstance(args[0], Class):
        return args[0].scope
    if last in _GIVES_OWN_ROW and isinstance(callee, Outside) and isinstance(callee.me, Class):
        return callee.me.scope
    return None


def asks_for_nobody(column: str, value: Value, told: Value | None) -> bool:
    """Whether a condition by name asks for rows of an account that is not there, or by a key that no row has.

    `owner=request.user` fails or finds nothing for an anonymous caller; `owner=user.id` may find rows without an owner,
    unless the column that is `told` always has one.
    """
    if not isinstance(value, Thing) or "caller" not in value.marks or "input" in value.marks:
        return False
    is_key = column.rpartition("__")[2] in ("pk", "id") and value.trail[-1:] in (("pk",), ("id",))
    is_account = value.name == "request.credential" and not value.trail and not column.endswith(("__ne", "__isnull"))
    is_told = isinstance(told, Thing) and told.is_call and told.name.startswith("django.db.models.")
    is_filled = isinstance(told, Thing) and is_told and "null" not in told.named
    return is_key or is_account or (is_filled and "made" not in value.marks)


def manager_of(callee: Outside, args: tuple[Value, ...]) -> Value | None:
    """What looks rows up by methods of a class of the tree: `OrderQuerySet.as_manager()`.

    `Manager.from_queryset(OrderQuerySet)` gives a class with the methods of that one.
    """
    last = callee.name.rpartition(".")[2]
    if last == "as_manager" and isinstance(callee.me, Class):
        return Object(callee.me)
    return args[0] if last == "from_queryset" and args and isinstance(args[0], Class) else None


def _is_related(value: Value, of: str = "") -> bool:
    """Whether it is what belongs to the caller, or a method of that."""
    if not isinstance(value, Thing) or value.name.startswith("request.") or "caller" not in value.marks:
        return False
    trail = value.trail[:-1] if of and value.trail[-1:] == (of,) else value.trail
    return bool(trail) and not value.is_call and bool(_RELATED.search(trail[-1]))


def _conditions(value: Value) -> list[Test]:
    found: list[Test] = []
    for option in options(value):
        if isinstance(option, Test):
            found.append(option)
        elif isinstance(option, Items):
            found.extend(one for item in option.values for one in _conditions(item))
    return found


def any_of(tests: list[Test], combined: Callable[[list[Test]], Test]) -> Test:
    """One of several conditions of a query; what anybody can ask for by it belongs to nobody."""
    found = combined(tests)
    is_open = any("input" in test.marks and not owns(test.if_true) for test in tests)
    return Test(found.anonymous, OTHER, OTHER, found.marks) if is_open else found


def has_test(values: Iterable[Value]) -> bool:
    """Whether a condition is among them."""
    return any(isinstance(value, Test) for value in values)


def is_dropped(node: Node) -> bool:
    """Whether a statement only describes a query, so that nothing is asked by it: `select(...).where(...)`."""
    return bool(
        node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in ("where", "filter", "filter_by")
    )
