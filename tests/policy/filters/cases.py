"""Random policies over a few columns, and rows for them: NULLs, cases, spaces, NULs, edges of 64 bits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from nomoat.policy.decide import Decider, compile_policy
from nomoat.policy.filters.form import Kind
from nomoat.policy.filters.residual import Residual, residual
from nomoat.policy.model import Deny, Grant, Role, policy_of
from tests.policy.cel_oracle import Tree, text_of

#: The columns of a row, with the type of each.
COLUMNS: Mapping[str, Kind] = {
    "owner": "text", "path": "text", "total": "number", "paid": "number", "hidden": "boolean", "shared": "boolean",
}  # fmt: skip
TEXTS = (
    "", "a", "A", "ana", "Ana", "ANA", "ana ", " ana", "an", "ä", "a\u0308", "é", "\U0001f600", "x\U0001f600", "ß",
    "ss", "a%", "a_", "7", "-7", "007", "+7", "0", "-0", "a\\", "'; --", "i", "\u0130", "\u0131", "\ufb01", "fi",
    "\ue000",
)  # fmt: skip
WITH_NUL = ("a\0", "\0a", "a\0b", "\0")
EDGES = (2**63 - 1, -(2**63), 2**63 - 2, -(2**63) + 1)
NUMBERS = (0, 1, -1, 2, 7, -7, 2**31, *EDGES)
PERMISSION, SUBJECT = "orders:read", "user:main/ana"
_ROLES = ("customer", "clerk")

texts: SearchStrategy[str] = st.one_of(
    st.sampled_from(TEXTS), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)
)
_by_kind: Mapping[str, SearchStrategy[Any]] = {
    "text": texts,
    "number": st.one_of(st.sampled_from(NUMBERS), st.integers(-(2**63), 2**63 - 1)),
    "boolean": st.booleans(),
}
with_nul = st.sampled_from(WITH_NUL)


def rows(of_texts: SearchStrategy[str]) -> SearchStrategy[dict[str, Any]]:
    """A row: each column holds a value of its type, or NULL."""
    by_kind = {**_by_kind, "text": of_texts}
    return st.fixed_dictionaries({name: st.one_of(st.none(), by_kind[kind]) for name, kind in COLUMNS.items()})


_scalars: SearchStrategy[Any] = st.one_of(st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.booleans())
#: What a token says: nearly always of the type that is meant, else absent, or of none that conditions know.
_odd: SearchStrategy[Any] = st.one_of(_scalars, st.sampled_from((1.5, None, 2**63)))
_of_texts = st.one_of(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.sampled_from((*WITH_NUL, "\ud800", "a\udfff")))
_groups: SearchStrategy[Any] = st.lists(_of_texts, max_size=4).map(tuple)
_odd_groups: SearchStrategy[Any] = st.one_of(
    st.lists(st.sampled_from(NUMBERS), max_size=3).map(tuple), st.lists(_odd, max_size=3).map(tuple), st.just("text")
)


def _mostly(usual: SearchStrategy[Any], odd: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda drawn: odd if drawn == 9 else usual)


claims: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "subject.team": _mostly(_of_texts, _odd),
        "subject.limit": _mostly(st.sampled_from(NUMBERS), _odd),
        "subject.groups": _mostly(_groups, _odd_groups),
        "context.hour": st.integers(0, 23),
    }
).flatmap(lambda held: st.sampled_from((*[held] * 8, {}, {"subject.team": held["subject.team"]})))


def _name(name: str) -> Tree:
    return ("name", name)


def _of(kind: Kind) -> SearchStrategy[Tree]:
    return st.sampled_from([f"resource.{name}" for name, one in COLUMNS.items() if one == kind]).map(_name)


def _literals(values: tuple[Any, ...]) -> SearchStrategy[Tree]:
    return st.sampled_from(values).map(lambda value: ("literal", value))


def _lists(values: tuple[Any, ...]) -> SearchStrategy[Tree]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3).map(lambda items: ("literal", tuple(items)))


_texts, _numbers, _flags = _of("text"), _of("number"), _of("boolean")
_absent = st.just(_name("resource.absent"))
_open_claims = st.sampled_from(("subject.team", "subject.limit")).map(_name)
_known_texts = st.one_of(
    _literals((*TEXTS, *WITH_NUL)), st.just(_name("subject.sub")), st.just(_name("subject.team")),
    st.tuples(st.just("+"), st.just(_name("subject.sub")), _literals(TEXTS)),
)  # fmt: skip
_known_numbers = st.one_of(
    _literals(NUMBERS), st.just(_name("context.hour")), st.just(_name("subject.limit")),
    st.just(("method", "size", _name("subject.sub"))),
)  # fmt: skip
_sums: SearchStrategy[Tree] = st.recursive(
    _numbers,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("+-"), inner, _known_numbers),
        st.tuples(st.sampled_from("+-"), _known_numbers, inner),
        st.tuples(st.just("-x"), inner),
        st.tuples(st.just("function"), st.just("int"), inner),
    ),
    max_leaves=3,
)
_equal, _order = st.sampled_from(("==", "!=")), st.sampled_from(("==", "!=", "<", "<=", ">", ">="))


def _related(operators: SearchStrategy[str], left: SearchStrategy[Tree], right: SearchStrategy[Tree]) -> Any:
    return st.one_of(st.tuples(operators, left, right), st.tuples(operators, right, left))


#: What never has a value, or only for an odd claim.
_rare: SearchStrategy[Tree] = st.one_of(
    _related(_equal, st.one_of(_texts, _numbers, _flags), _open_claims),
    _related(_equal, st.one_of(_texts, _known_texts), _absent),
    st.tuples(st.just("in"), st.one_of(_numbers, _flags), st.just(_name("subject.groups"))),
    _related(_order, _known_numbers, _known_numbers),
    _literals((True, False)),
)
_relations: SearchStrategy[Tree] = st.one_of(
    _related(_equal, _texts, _known_texts),
    _related(_equal, _texts, _texts),
    _related(_equal, st.tuples(st.just("function"), st.just("string"), st.one_of(_texts, _sums)), _known_texts),
    _related(_order, _sums, _known_numbers),
    _related(_order, _numbers, _numbers),
    _related(_equal, _flags, _literals((True, False))),
    _related(_equal, _flags, _flags),
    _related(_equal, _texts, st.just(_name("subject.team"))),
    _related(_order, _numbers, st.just(_name("subject.limit"))),
    _rare,
    st.tuples(st.just("in"), _texts, _lists((*TEXTS, *WITH_NUL))),
    st.tuples(st.just("in"), _sums, _lists(NUMBERS)),
    st.tuples(st.just("in"), _flags, _lists((True, False))),
    st.tuples(st.just("in"), _texts, st.just(_name("subject.groups"))),
    st.tuples(st.just("method"), st.sampled_from(("startsWith", "endsWith", "contains")), _texts, _known_texts),
    _flags,
)
_has = st.sampled_from((*(f"resource.{name}" for name in COLUMNS), "subject.team", "resource.absent")).map(
    lambda name: ("has", name)
)
_guards = st.one_of(_has, _has.map(lambda inner: ("!", inner)))
conditions: SearchStrategy[Tree] = st.recursive(
    st.one_of(_relations, _relations, _guards),
    lambda inner: st.one_of(
        st.tuples(st.just("!"), inner),
        st.tuples(st.sampled_from(("&&", "||")), inner, inner),
        st.tuples(st.sampled_from(("&&", "||")), _guards, inner, inner),
        st.tuples(st.sampled_from(("&&", "||")), inner, _guards, inner),
    ),
    max_leaves=5,
)


@dataclass(frozen=True)
class Asked:
    """A policy and somebody who asks."""

    decider: Decider
    roles: tuple[str, ...]
    attributes: dict[str, Any]

    def allows(self, row: Mapping[str, Any], **constants: Any) -> bool:
        """What `require` says of one row."""
        answer = self.decider.decide(
            subject=SUBJECT, roles=self.roles, permissions=(PERMISSION,), attributes=self.attributes,
            resource={name: value for name, value in row.items() if value is not None} | constants,
        )  # fmt: skip
        return answer.outcome == "allow"

    def left(self, columns: Iterable[str] = COLUMNS) -> Residual:
        """What is left of the decision about rows."""
        return residual(
            self.decider, subject=SUBJECT, roles=self.roles, permission=PERMISSION, attributes=self.attributes,
            constants={}, columns=columns,
        )  # fmt: skip


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Some grants of two roles, some deny rules, and a caller."""
    whens = st.one_of(conditions.map(text_of), conditions.map(text_of), st.just(""))
    grants = st.lists(st.builds(Grant, st.just(PERMISSION), whens), max_size=2).map(tuple)
    roles = [Role(name, (), draw(grants)) for name in _ROLES]
    denies = draw(st.lists(st.builds(Deny, st.just(PERMISSION), conditions.map(text_of)), max_size=1))
    policy = policy_of(roles=roles, denies=denies)
    return Asked(compile_policy(policy), draw(st.sampled_from((_ROLES, _ROLES[:1]))), draw(claims))


def asked_of(when: str, **claimed: Any) -> Asked:
    """One grant with a condition, and a caller whose token says this."""
    policy = policy_of(roles=[Role("customer", (), (Grant(PERMISSION, when),))])
    return Asked(compile_policy(policy), ("customer",), {f"subject.{name}": value for name, value in claimed.items()})
