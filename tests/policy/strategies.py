"""Random conditions, policies and questions, small enough that every case meets every other."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from nomoat.policy.model import CallRule, Deny, Grant, Policy, Reviewed, Role, RouteRule, policy_of
from tests.policy.oracle import Tree, written

NAMES = ("resource.owner", "resource.total", "subject.sub", "subject.region", "params.id", "context.hour")
PERMISSIONS = ("read", "write", "orders:read")
ROLE_NAMES = ("a", "b", "c", "d")
SERVICES = ("shop", "billing")

scalars: SearchStrategy[str | int | bool] = st.one_of(
    st.sampled_from(("ana", "ben", "", "5")), st.integers(-2, 7), st.booleans()
)
_resource_values = st.dictionaries(st.sampled_from(("owner", "total")), scalars, max_size=2)
resources: SearchStrategy[dict[str, str | int | bool] | None] = st.one_of(st.none(), _resource_values)
attributes: SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {},
    optional={
        "subject.region": scalars,
        "subject.groups": st.sampled_from((("ana",), ())),
        "params.id": st.sampled_from(("ana", "5")),
        "context.hour": st.integers(0, 23),
    },
)

#: Relations that always compile: `subject.region` and the resource's attributes have no type before they are read.
_open_names = st.sampled_from(("resource.owner", "resource.total", "subject.region")).map(lambda n: ("name", n))
_texts = st.sampled_from(("subject.sub", "params.id")).map(lambda n: ("name", n))
_literals = scalars.map(lambda value: ("literal", value))
_text_literals = st.sampled_from(("ana", "5")).map(lambda value: ("literal", value))
_lists = st.one_of(
    st.lists(st.sampled_from(("ana", "ben")), min_size=1, max_size=2),
    st.lists(st.integers(0, 5), min_size=1, max_size=2),
).map(lambda items: ("literal", tuple(items)))
_relations: SearchStrategy[Tree] = st.one_of(
    st.tuples(st.sampled_from(("==", "!=")), _open_names, st.one_of(_open_names, _literals, _texts)),
    st.tuples(st.sampled_from(("==", "<", ">=", ">", "<=")), _texts, st.one_of(_open_names, _text_literals, _texts)),
    st.tuples(st.sampled_from(("<", "<=", ">", ">=")), st.just(("name", "context.hour")), st.just(("literal", 6))),
    st.tuples(st.just("in"), _open_names, _lists),
    st.tuples(st.just("in"), _text_literals, st.just(("name", "subject.roles"))),
)
_has = st.sampled_from(("resource.owner", "resource.total", "subject.region", "subject.groups", "params.id")).map(
    lambda name: ("has", name)
)
_guards = st.one_of(_has, _has.map(lambda inner: ("!", inner)))
trees: SearchStrategy[Tree] = st.recursive(
    st.one_of(_relations, _open_names, _guards, st.booleans().map(lambda value: ("literal", value))),
    lambda inner: st.one_of(
        st.tuples(st.just("!"), inner),
        st.tuples(st.sampled_from(("&&", "||")), inner, inner),
        st.tuples(st.just("&&"), inner, inner, inner),
        st.tuples(st.sampled_from(("&&", "||")), _guards, inner, inner),
    ),
    max_leaves=5,
)


@st.composite
def policies(draw: st.DrawFn) -> tuple[Policy, dict[str, Tree]]:
    """A policy without circles, and the tree of each of its conditions."""
    used = {written(tree): tree for tree in draw(st.lists(trees, max_size=3))}
    whens = st.one_of(st.just(""), st.sampled_from(sorted(used))) if used else st.just("")
    grants = st.lists(st.builds(Grant, st.sampled_from(PERMISSIONS), whens), max_size=3).map(tuple)
    roles = []
    for index, name in enumerate(ROLE_NAMES):
        later = ROLE_NAMES[index + 1 :]
        includes = tuple(draw(st.lists(st.sampled_from(later), max_size=2))) if later else ()
        reviewed = draw(st.sampled_from((None, Reviewed("ana", "2026-11-01", 3600))))
        roles.append(Role(name, includes, draw(grants), reviewed))
    denies = draw(
        st.lists(st.builds(Deny, st.sampled_from(PERMISSIONS), whens, st.sampled_from(("", "é\n"))), max_size=2)
    )
    calls = draw(
        st.lists(st.builds(CallRule, st.sampled_from(SERVICES), st.sampled_from(SERVICES), grants), max_size=2)
    )
    routes = [RouteRule("shop", "GET", "/x/{id}", draw(st.sampled_from(("public", "signed-in", ("read",)))), "b")]
    assign = draw(st.dictionaries(st.sampled_from(ROLE_NAMES), st.just(("user:main/ana",)), max_size=2))
    policy = policy_of(services=SERVICES, roles=roles, assign=assign, denies=denies, calls=calls, routes=routes)
    return policy, used


subjects = st.sampled_from(("user:main/ana", "user:main/ben", "service:billing", "service:shop"))
claimed = st.lists(st.sampled_from((*ROLE_NAMES, "unknown")), max_size=3, unique=True).map(tuple)
asked = st.lists(st.sampled_from((*PERMISSIONS, "nobody:has")), max_size=2).map(tuple)
