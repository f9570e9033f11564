"""What routes demand: the policy first, then source; what nothing binds is never open."""

from __future__ import annotations

import pytest

from nomoat.policy.bindings import bind
from nomoat.policy.model import Demand, Policy, RouteRule, policy_of
from tests.policy.maps import map_of, route


def rules(**demands: Demand) -> Policy:
    """`GET__orders=...` would be ugly: one rule for GET /x."""
    return policy_of(routes=[RouteRule("shop", "GET", "/x", demand, "why") for demand in demands.values()])


def test_source_binds_where_the_policy_says_nothing() -> None:
    drawn = map_of(route("GET /a", binding=("read",)), route("GET /b", binding="signed-in"))

    bound = bind(drawn, Policy())

    a, b = bound.of("route:shop/GET /a"), bound.of("route:shop/GET /b")
    assert a is not None
    assert b is not None
    assert ("permissions", ("read",), "source") == (a.kind, a.permissions, a.origin)
    assert "signed-in" == b.kind


@pytest.mark.parametrize(
    ("verdict", "kind"), [("unguarded", "unbound"), ("unknown", "unknown"), ("guarded", "unknown")]
)
def test_what_source_leaves_open_is_never_bound_to_nothing(verdict: str, kind: str) -> None:
    bound = bind(map_of(route("GET /a", verdict=verdict)), Policy())  # type: ignore[arg-type]  # one of the three

    found = bound.of("route:shop/GET /a")
    assert found is not None
    assert (kind, ()) == (found.kind, found.permissions)


def test_a_route_that_the_map_lacks_has_no_binding() -> None:
    bound = bind(map_of(route("GET /a")), rules(x="public"))

    assert bound.of("route:shop/GET /x") is None
    assert ["no route on the map is called so"] == [one.why for one in bound.unmatched]


@pytest.mark.parametrize(
    ("source", "verdict", "demand", "looser"),
    [
        (("read",), "guarded", "public", True),
        (("read",), "guarded", "signed-in", True),
        (("read",), "guarded", ("write",), True),
        (("read",), "guarded", ("read", "write"), False),
        (("read",), "guarded", ("read",), None),
        ("signed-in", "guarded", "public", True),
        ("signed-in", "guarded", ("read",), False),
        ("signed-in", "guarded", "signed-in", None),
        (None, "guarded", "public", True),
        (None, "guarded", ("read",), None),
        (None, "unguarded", "public", None),
        (None, "unknown", "public", None),
    ],
)
def test_the_policy_wins_and_a_disagreement_is_told(
    source: tuple[str, ...] | str | None, verdict: str, demand: Demand, looser: bool | None
) -> None:
    drawn = map_of(route("GET /x", binding=source, verdict=verdict))  # type: ignore[arg-type]  # one of the three

    bound = bind(drawn, rules(x=demand))

    found = bound.of("route:shop/GET /x")
    assert found is not None
    assert (demand if isinstance(demand, str) else "permissions", "policy") == (found.kind, found.origin)
    assert ([] if looser is None else [looser]) == [one.looser for one in bound.disagreements]


def test_two_routes_of_one_key_take_the_strictest() -> None:
    drawn = map_of(
        route("GET /x/{a}", binding="signed-in", requires=("p", "q")),
        route("GET /x/{b}", binding=("read",), requires=("q",)),
        route("GET /x/{c}", binding=("write",), requires=("q", "r")),
    )

    bound = bind(drawn, Policy())

    found = bound.of("route:shop/GET /x/{}")
    assert found is not None
    assert ("permissions", ("read", "write"), ("q",)) == (found.kind, found.permissions, found.requires)
    assert [3] == [len(routes) for routes in bound.duplicates]


def test_an_open_route_of_a_bound_key_closes_it() -> None:
    drawn = map_of(route("GET /x", binding=("read",)), route("GET /x", verdict="unguarded", requires=None))

    found = bind(drawn, Policy()).of("route:shop/GET /x")

    assert found is not None
    assert ("unbound", (), None) == (found.kind, found.permissions, found.requires)


def test_parameter_names_do_not_count_and_a_converter_may_be_left_out() -> None:
    drawn = map_of(route("GET /x/{a:int}"), route("GET /y/{a}"))
    policy = policy_of(
        routes=[RouteRule("shop", "GET", "/x/{other}", ("read",)), RouteRule("shop", "GET", "/y/{b}", ("read",))]
    )

    bound = bind(drawn, policy)

    assert () == bound.unmatched
    assert {"permissions"} == {binding.kind for _, binding in bound}


def test_a_rule_that_could_mean_several_routes_binds_none() -> None:
    drawn = map_of(route("GET /x/{a:int}"), route("GET /x/{a:uuid}"))

    bound = bind(drawn, policy_of(routes=[RouteRule("shop", "GET", "/x/{a}", "public", "why")]))

    assert {"unknown"} == {binding.kind for _, binding in bound}
    assert ["several routes are called so: the rule must name the service, or the converter"] == [
        one.why for one in bound.unmatched
    ]


def test_a_rule_with_its_converter_leaves_the_other_to_one_without() -> None:
    drawn = map_of(route("GET /x/{a:int}"), route("GET /x/{a:uuid}"))
    policy = policy_of(
        routes=[RouteRule("shop", "GET", "/x/{a}", ("p",)), RouteRule("shop", "GET", "/x/{a:int}", ("q",))]
    )

    bound = bind(drawn, policy)

    integer, other = bound.of("route:shop/GET /x/{:int}"), bound.of("route:shop/GET /x/{:uuid}")
    assert integer is not None
    assert other is not None
    assert (("q",), ("p",)) == (integer.permissions, other.permissions)


def test_a_rule_without_service_binds_where_one_service_alone_has_the_route() -> None:
    drawn = map_of(route("GET /x"), route("GET /health"), route("GET /health", service="billing"))
    policy = policy_of(routes=[RouteRule("", "GET", "/x", ("p",)), RouteRule("", "GET", "/health", "public", "why")])

    bound = bind(drawn, policy)

    found, health = bound.of("route:shop/GET /x"), bound.of("route:shop/GET /health")
    assert found is not None
    assert health is not None
    assert ("permissions", "unknown") == (found.kind, health.kind)
    assert ["GET /health"] == [one.rule.name for one in bound.unmatched]


def test_the_strictest_speaks_for_an_id_that_several_keys_share() -> None:
    drawn = map_of(route("GET /x/{a:int}", binding=("p",)), route("GET /x/{a:uuid}", verdict="unguarded"))

    found = bind(drawn, Policy()).of_route("route:shop/GET /x/{a}")

    assert found is not None
    assert "unbound" == found.kind
