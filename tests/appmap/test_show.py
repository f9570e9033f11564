from __future__ import annotations

from dataclasses import replace

from nomoat.appmap.model import Call, Coverage, Guard, NotRead, Parameter
from nomoat.appmap.show import Style, text
from tests.appmap.maps import drawn, route


def test_the_open_route_among_guarded_ones_is_marked() -> None:
    shown = text(
        drawn(
            route("GET", "/admin/export", verdict="unguarded", reads=("store:shop/users",)),
            route("GET", "/admin/users", binding=("admin:read",)),
            route("GET", "/admin/stats", binding=("admin:read",)),
        )
    )

    assert shown == (
        "shop   FastAPI, 3 routes in 1 file\n"
        "\n"
        "open to anyone\n"
        "!  GET  /admin/export  shop/orders.py:3  reads users   its 2 siblings need admin:read\n"
        "needs a permission\n"
        "   GET  /admin/stats  shop/orders.py:3  admin:read\n"
        "   GET  /admin/users  shop/orders.py:3  admin:read\n"
    )


def test_an_object_that_nobody_compares_is_marked_unless_its_handler_asks_the_policy() -> None:
    one = replace(
        route("GET", "/orders/{order_id}", binding=("orders:read",), reads=("store:shop/orders",)),
        parameters=(Parameter("order_id", "path", "int"),),
    )

    assert "never compares the owner" in text(drawn(one))
    assert "never compares the owner" not in text(drawn(replace(one, requires=("orders:read",))))
    assert "never compares the owner" not in text(drawn(replace(one, requires=None)))


def test_a_thousand_routes_are_cut_and_counted() -> None:
    many = drawn(*(route("GET", f"/r{number}") for number in range(1000)))

    assert "... 988 more (--all)" in text(many)
    assert text(many, Style(is_whole=True)).count("\n") > 1000


def test_what_was_not_read_and_what_is_not_known_is_shown() -> None:
    import dataclasses

    unknown = route("POST", "/hook", verdict="unknown", because="calls verify() of a package that is not here")
    calling = dataclasses.replace(route(), calls=(Call("api.example.test", "shop/pay.py:2"), Call("", "a.py:1", "URL")))
    made = dataclasses.replace(drawn(unknown, calling), not_read=(NotRead("a.py:3", "does not parse"),))

    shown = text(made)

    assert "?  POST  /hook" in shown
    assert "calls out   api.example.test (shop/pay.py:2)   host from URL (a.py:1)" in shown
    assert "not read    a.py:3   does not parse" in shown


def test_control_characters_of_a_tree_are_never_printed() -> None:
    guard = Guard("permission", "a\x1b[2Jb", "x.py:1")

    shown = text(drawn(route("GET", "/\x1b]0;x\x07", binding=(guard.name,), guards=(guard,))))

    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_colour_is_added_only_where_it_is_asked_for() -> None:
    made = drawn(route("GET", "/open", verdict="unguarded"))

    assert "\x1b" not in text(made)
    assert "\x1b" in text(made, Style(has_colour=True))


def test_a_folder_without_routes_says_why_there_are_none() -> None:
    import dataclasses

    from nomoat.appmap.model import Coverage, Map

    empty = text(Map())
    other = text(dataclasses.replace(Map(), coverage=Coverage(files=3)))

    assert "no Python file is here" in empty
    assert "no route of a framework that nomoat knows was found here" in other


def test_many_stores_and_unresolved_calls_are_counted_unless_all_is_asked_for() -> None:
    names = tuple(f"store:shop/t{number}" for number in range(9))
    seen = replace(
        drawn(route("GET", "/a", reads=names)),
        coverage=Coverage(1, 10, 3, 21, tuple((f"f{number}", 9 - number) for number in range(7))),
    )

    short, whole = text(seen), text(seen, Style(is_whole=True))

    assert "reads t0, t1, t2, t3 and 5 more" in short
    assert "21 calls lead nobody knows where: f0 (9), f1 (8), f2 (7), f3 (6), f4 (5)\n" in short
    assert "t7, t8" in whole
    assert "f6 (3)" in whole
