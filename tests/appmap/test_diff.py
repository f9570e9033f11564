from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis.strategies import permutations

from nomoat.appmap.diff import compare, is_weaker
from nomoat.appmap.model import Guard, Map
from tests.appmap.maps import drawn, route

AUTHENTICATION = Guard("authentication", "current_user", "shop/auth.py:9")


def words(before: Map, after: Map) -> list[str]:
    return [f"{'!' if one.is_weaker else ' '} {one.what}" for one in compare(before, after)]


def test_a_lost_permission_is_weaker_and_named() -> None:
    before = drawn(route("POST", "/admin/refund", binding=("admin:write",)))
    after = drawn(route("POST", "/admin/refund", verdict="unguarded"))

    assert words(before, after) == ["! POST /admin/refund became reachable without admin:write"]


def test_a_handler_that_no_longer_asks_guard_is_weaker_though_its_route_demands_the_same() -> None:
    asking = drawn(route(binding=("orders:read",), requires=("orders:read",)))
    silent = drawn(route(binding=("orders:read",)))

    assert words(asking, silent) == ["! GET /orders no longer asks guard for orders:read itself"]
    assert words(silent, asking) == ["  GET /orders now asks guard for orders:read itself"]


def test_a_permission_that_becomes_a_sign_in_is_weaker() -> None:
    before = drawn(route(binding=("orders:read",)))
    after = drawn(route())

    assert words(before, after) == ["! GET /orders became reachable without orders:read"]


def test_a_new_open_route_is_weaker_and_a_new_guarded_one_is_not() -> None:
    after = drawn(route("GET", "/open", verdict="unguarded"), route("GET", "/closed"))

    assert words(drawn(), after) == [
        "! GET /open is new and open to anyone",
        "  GET /closed is new and needs a sign-in",
    ]


def test_a_guard_that_stands_in_the_wrong_order_is_weaker() -> None:
    before = drawn(route(guards=(AUTHENTICATION,)))
    after = drawn(route(guards=(dataclasses.replace(AUTHENTICATION, runs="never"),)))

    assert words(before, after) == ["! current_user no longer runs on GET /orders: it stands in the wrong order"]


def test_a_new_store_that_is_written_is_weaker_and_one_that_is_read_is_not() -> None:
    before = drawn(route())
    after = drawn(route(reads=("store:shop/users",), writes=("store:shop/orders",)))

    assert words(before, after) == ["! GET /orders now writes orders", "  GET /orders now reads users"]


def test_unknown_is_weaker_than_guarded_and_says_why() -> None:
    before = drawn(route(binding=("orders:read",)))
    after = drawn(route(verdict="unknown", because="calls verify() of a package that is not here"))

    assert words(before, after) == [
        "! GET /orders may be reachable without orders:read: calls verify() of a package that is not here"
    ]


@pytest.mark.parametrize(("was", "now", "weaker"), [("enforce", "audit", True), ("audit", "enforce", False)])
def test_the_mode_of_guard_counts(was: str, now: str, weaker: bool) -> None:
    before, after = drawn(protected=was), drawn(protected=now)  # type: ignore[arg-type]  # The two modes.

    assert is_weaker(compare(before, after)) is weaker


def test_names_of_parameters_moves_and_handlers_change_nothing() -> None:
    before = drawn(route("GET", "/orders/{order_id:int}", guards=(AUTHENTICATION,)))
    moved = dataclasses.replace(AUTHENTICATION, name="signed_in", at="shop/other.py:1")
    after = drawn(route("GET", "/orders/{number:int}", guards=(moved,), at="shop/views.py:70"))

    assert compare(before, after) == ()


@given(permutations([route("GET", "/a"), route("POST", "/b", verdict="unguarded"), route("PUT", "/c")]))
def test_the_order_of_routes_changes_nothing(routes: list[object]) -> None:
    before = drawn(route("GET", "/a"), route("POST", "/b", verdict="unguarded"), route("PUT", "/c"))

    assert compare(before, drawn(*routes)) == ()  # type: ignore[arg-type]  # Routes in some order.
