"""The map as pictures and as a page: the same for the same map, whole, and harmless whatever is in it."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from nomoat.appmap.drawing import mermaid, page, svg
from nomoat.appmap.drawing.graph import MOST, graph
from nomoat.appmap.model import Call, Edge, Map
from tests.appmap.maps import drawn, route

SHOP = drawn(
    route("GET", "/orders", reads=("store:shop/orders",)),
    route("POST", "/orders", binding=("orders:write",), writes=("store:shop/orders",)),
    route("GET", "/health", verdict="unguarded"),
    route("GET", "/report", verdict="unknown", because="it cannot be told"),
)
EVIL = '"]; click p0 "javascript:alert(1)" <script>alert(1)</script> --> x \x1b[2J'


def test_the_graph_says_who_may_call_which_part_and_what_that_reaches() -> None:
    found = graph(SHOP)

    texts = {node.id: node.text for node in found.nodes}
    assert [node.text for node in found.of("callers")] == [
        "anyone",
        "not known who",
        "who is signed in",
        "orders:write",
    ]
    assert {(texts[edge.source], texts[edge.target], edge.text) for edge in found.edges} == {
        ("anyone", "shop /health", "1 route"),
        ("not known who", "shop /report", "1 route"),
        ("who is signed in", "shop /orders", "1 route"),
        ("orders:write", "shop /orders", "1 route"),
        ("shop /orders", "shop/orders", "reads, writes"),
    }


def test_head_beside_its_get_is_not_counted() -> None:
    both = drawn(route("GET", "/orders"), route("HEAD", "/orders"))

    assert [node.routes for node in graph(both).of("parts")] == [1]


def test_what_does_not_fit_is_counted_and_who_may_do_anything_is_never_among_it() -> None:
    many = drawn(
        route("GET", "/zz", verdict="unguarded"),
        *(route("GET", f"/part{number}", binding=(f"permission{number:03}",)) for number in range(100)),
    )

    found = graph(many)

    assert found.of("callers")[0].text == "anyone"
    assert {len(found.of("callers")), len(found.of("parts"))} == {MOST["callers"], MOST["parts"]}
    assert sum(node.routes for node in found.of("parts")) == 101
    assert found.of("parts")[-1].text == f"{101 - MOST['parts'] + 1} more"


@pytest.mark.parametrize("map_", [SHOP, drawn(), drawn(route("GET", f"/{EVIL}", binding=(EVIL,), at=EVIL))])
def test_pictures_and_page_are_well_formed_and_the_same_each_time(map_: Map) -> None:
    assert svg.svg(graph(map_)) == svg.svg(graph(map_))
    assert page.page(map_) == page.page(map_)

    root = ElementTree.fromstring(svg.svg(graph(map_)))
    assert root.tag.endswith("svg")


def test_nothing_in_a_tree_becomes_markup_script_or_escape() -> None:
    hostile = drawn(
        route("GET", f"/{EVIL}", binding=(EVIL,), at=EVIL, reads=(f"store:shop/{EVIL}",)),
        route("GET", f"/b{EVIL}", verdict="unknown", because=EVIL),
    )

    html, picture, text = page.page(hostile), svg.svg(graph(hostile)), mermaid.mermaid(graph(hostile))

    assert len(re.findall("<script", html)) == 1
    assert "<script" not in picture
    assert "<script" not in text
    assert not re.search(r"^\s*(click|href|style|linkStyle)\b", text, re.M)
    assert "\x1b" not in html + picture + text
    for line in text.splitlines():
        assert line.count('"') in (0, 2), line


def test_the_page_fetches_nothing_and_allows_only_its_own_script() -> None:
    html = page.page(SHOP)

    assert "default-src 'none'" in html
    assert not re.search(r"(?:src|href)=", html)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)


def test_the_page_has_every_route_the_open_ones_first() -> None:
    html = page.page(SHOP)

    rows = re.findall(r'class="route (\w+)"', html)
    assert rows == ["unguarded", "unknown", "guarded", "guarded"]
    assert "4 routes: 1 open to anyone, 1 not known, 2 guarded" in html


def test_the_page_says_beside_a_route_why_it_is_not_known() -> None:
    because = "report <lets> everybody pass (shop/views.py:7)"
    html = page.page(drawn(route("GET", "/a/report", verdict="unknown", because=because)))

    assert '<span class="who">not known</span> <span class="mute">report &lt;lets&gt; everybody pass</span>' in html
    assert "<code>/<wbr>a/<wbr>report</code>" in html


def test_mermaid_is_a_flowchart_of_boxes_and_arrows() -> None:
    lines = mermaid.mermaid(graph(SHOP)).splitlines()

    assert lines[0] == "flowchart LR"
    assert '  c0(["anyone"])' in lines
    assert '  c0 -->|"1 route"| p0' in lines


def test_the_page_says_what_a_route_comes_to_and_who_calls_whom() -> None:
    one = replace(
        route("POST", "/orders", reads=("store:shop/orders", "store:shop/users"), writes=("store:shop/orders",)),
        calls=(Call("api.example.org", "a.py:1"), Call("", "a.py:2", "SHOP_URL")),
    )
    whole = replace(drawn(one), edges=(Edge("billing", "shop", "", "SHOP_URL", "a.py:2"),))

    shown = page.page(whole)

    assert "writes orders; reads users; calls api.example.org, SHOP_URL" in shown
    assert "billing calls shop" in shown
    assert "1 route:" in shown
    assert "who calls whom" not in page.page(drawn(one))
