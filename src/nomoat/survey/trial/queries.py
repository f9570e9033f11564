"""Queries that ask only for what belongs to the caller: conditions on columns, and the calls that take them.

What is left out of a query by `or` is not asked for: a condition owns only if all of its ways do, or are the same for
every caller (a public object).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial.demands import OTHER, Demand
from nomoat.survey.trial.values import Const, Items, Test, Thing, Value, options, union

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
#: Methods that narrow a query.
_NARROWS = frozenset(("where", "filter", "filter_by", "find", "find_one", "get", "get_or_404", "having", "delete_one"))
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


def owns(demand: Demand) -> bool:
    """Whether something must belong to the caller for this to hold."""
    if demand.joins == "all":
        return any(owns(part) for part in demand.parts)
    return any(leaf.kind == "ownership" for leaf in demand.leaves())


def narrows(last: str, base: Value, args: tuple[Value, ...], named: dict[str, Value]) -> bool:
    """Whether a call of a method of this name narrows what is asked for to what belongs to the caller."""
    given = (*args, *named.values())
    if last in _NARROWS:
        tests = [one for arg in args for one in _conditions(arg)]
        by_name = last != "get" and any("caller" in value.tags and names_owner(name) for name, value in named.items())
        is_narrowed = "owned" in base.tags and "input" in union(given)
        return by_name or is_narrowed or any(owns(test.if_true) for test in tests)
    if last in _EXECUTES and args:
        text = args[0].args[0] if isinstance(args[0], Thing) and args[0].args else args[0]
        bound = union(args[1:]) | union(named.values())
        return isinstance(text, Const) and "caller" in bound and bool(_HAS_WHERE.search(str(text.value)))
    return False


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
