"""Tables of routes that are long, nested, or dictionaries made by a comprehension."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_HEAD = """
from aiohttp import web


async def hello(request):
    return web.Response(text="hello")


async def orders(request):
    if request.headers.get("Authorization") != "right":
        raise web.HTTPUnauthorized()
    return web.Response(text="orders")


app = web.Application()
"""


def verdicts(folder: Path, source: str) -> dict[str, str]:
    """`GET /path` to verdict, without HEAD."""
    (folder / "main.py").write_text(_HEAD + source)
    drawn = draw(folder).map
    return {f"{one.method} {one.path}": one.verdict for one in drawn.routes if one.method != "HEAD"}


def test_a_loop_over_some_hundred_routes_registers_each(tmp_path: Path) -> None:
    rows = "".join(f'    ("/{"orders" if one % 2 else "hello"}/{one}", {"orders" if one % 2 else "hello"}),\n'
                   for one in range(300))  # fmt: skip
    found = verdicts(
        tmp_path, f"TABLE = [\n{rows}]\nfor path, handler in TABLE:\n    app.router.add_get(path, handler)\n"
    )
    assert len(found) == 300
    assert {found[f"GET /orders/{one}"] for one in range(1, 300, 2)} == {"guarded"}
    assert {found[f"GET /hello/{one}"] for one in range(0, 300, 2)} == {"unguarded"}


def test_a_comprehension_over_some_hundred_routes_gives_each(tmp_path: Path) -> None:
    rows = "".join(f'    ("/orders/{one}", orders),\n' for one in range(300))
    found = verdicts(tmp_path, f"TABLE = [\n{rows}]\napp.add_routes([web.get(path, does) for path, does in TABLE])\n")
    assert len(found) == 300
    assert set(found.values()) == {"guarded"}


def test_each_row_of_lists_in_a_list_is_a_route(tmp_path: Path) -> None:
    found = verdicts(
        tmp_path,
        """
SHOP = [("/hello", hello), ("/orders", orders)]
BLOG = [("/hello", hello)]
PARTS = [("/shop", SHOP), ("/blog", BLOG)]
app.add_routes([web.get(prefix + path, does) for prefix, rows in PARTS for path, does in rows])
app.add_routes([web.post(path, does) for rows in (SHOP, BLOG) for path, does in rows if does is not hello])
""",
    )
    assert found == {
        "GET /shop/hello": "unguarded", "GET /shop/orders": "guarded", "GET /blog/hello": "unguarded",
        "POST /orders": "guarded",
    }  # fmt: skip


def test_a_dictionary_made_by_a_comprehension_has_each_value_under_its_key(tmp_path: Path) -> None:
    found = verdicts(
        tmp_path,
        """
NAMED = {f"/{name}": does for name, does in (("hello", hello), ("orders", orders))}
for path, does in NAMED.items():
    app.router.add_get(path, does)
app.router.add_post("/orders", NAMED["/orders"])
app.router.add_post("/hello", NAMED["/hello"])
""",
    )
    assert found == {
        "GET /hello": "unguarded", "GET /orders": "guarded", "POST /hello": "unguarded", "POST /orders": "guarded",
    }  # fmt: skip
