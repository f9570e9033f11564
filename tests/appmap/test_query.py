from __future__ import annotations

import pytest

from nomoat.appmap.query import told, who_can_reach
from nomoat.errors import UsageError
from tests.appmap.maps import drawn, route

STORE = "store:shop/orders"


def test_the_most_open_way_comes_first() -> None:
    found = who_can_reach(
        drawn(
            route("GET", "/a", binding=("orders:read",), reads=(STORE,)),
            route("GET", "/b", verdict="unguarded", writes=(STORE,)),
            route("GET", "/c"),
        ),
        "orders",
    )

    assert [("/b", (), True), ("/a", ("orders:read",), False)] == [
        (way.route.path, way.needs, way.writes) for way in found
    ]


@pytest.mark.parametrize("name", ["orders", "shop/orders", STORE])
def test_a_store_has_three_names(name: str) -> None:
    assert len(who_can_reach(drawn(route(reads=(STORE,))), name)) == 1


def test_an_unknown_store_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as caught:
        who_can_reach(drawn(route(reads=(STORE,))), "order")

    assert caught.value.fix == "did you mean orders?"


def test_a_route_for_head_is_told_where_no_get_stands_beside_it() -> None:
    every = (route("GET", "/a"), route("HEAD", "/a"), route("HEAD", "/b"), route("POST", "/a"))

    assert [f"{one.method} {one.path}" for one in told(every)] == ["GET /a", "HEAD /b", "POST /a"]
