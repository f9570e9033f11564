"""Services call within their zone, and where zones are named; what the map shows beside that is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.appmap.model import Edge, Map
from nomoat.errors import PolicyError
from nomoat.policy import document, questions
from nomoat.policy.diff import Side, compare
from nomoat.policy.model import Policy
from tests.policy.maps import map_of, route

HEAD = "services: {shop: {}, billing: {}, mail: {}}\n"
ZONES = "zones: {public: {services: [shop]}, internal: {services: [billing, mail], may_call: [public]}}\n"
IDS = ("crossing-call", "undeclared-call", "unneeded-call")


def policy(text: str) -> Policy:
    return document.read(settings.parse(HEAD + text, root=Path()))


def mistakes(text: str) -> list[str]:
    with pytest.raises(PolicyError) as error:
        policy(text)
    return [one.what for one in error.value.problems]


def call(caller: str, to: str) -> str:
    return f"calls: [{{from: {caller}, to: {to}, may: [orders:list]}}]\n"


@pytest.mark.parametrize(("caller", "to"), [("billing", "shop"), ("billing", "mail"), ("mail", "billing")])
def test_a_call_within_a_zone_or_to_one_that_is_named_is_granted(caller: str, to: str) -> None:
    assert [(caller, to)] == [(one.caller, one.to) for one in policy(ZONES + call(caller, to)).calls]


def test_a_call_to_any_other_zone_is_a_mistake_of_the_file() -> None:
    assert ["shop may not call billing: zone public may not call zone internal (nomoat.yaml:2)"] == mistakes(
        ZONES + call("shop", "billing")
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("zones: {a: {services: [shop]}}", "billing, mail stands in no zone"),
        ("zones: {a: {services: [shop, billing, mail]}, b: {services: [shop]}}", "shop stands in two zones: a and b"),
        ("zones: {a: {services: [shop, billing, mail], may_call: [c]}}", "unknown zone 'c'"),
        ("zones: {a: {services: [shop, billing, mal]}}", "unknown service 'mal'"),
        ("zones: {a: {service: [shop]}}", "unknown key 'service' in zone a"),
    ],
)
def test_mistakes_are_said(text: str, what: str) -> None:
    assert what in mistakes(text)


def drawn(*pairs: tuple[str, str]) -> Map:
    edges = tuple(Edge(caller, callee, at=f"{caller}/client.py:3") for caller, callee in pairs)
    return replace(map_of(route("GET /orders", binding=("orders:list",))), edges=edges)


def asked(text: str, *pairs: tuple[str, str]) -> list[tuple[str, str, str]]:
    found = questions.ask(drawn(*pairs), policy(text), today=date(2027, 6, 1))
    return [(one.id, one.level, one.what) for one in found if one.id in IDS]


def test_a_call_of_the_map_that_zones_forbid_is_an_error() -> None:
    assert [
        (
            "crossing-call",
            "error",
            "shop calls billing, and zone public may not call zone internal (nomoat.yaml:2)",
        )
    ] == asked(ZONES + call("billing", "shop"), ("shop", "billing"), ("billing", "shop"))


def test_calls_that_nobody_permits_and_rules_that_no_call_needs_are_said() -> None:
    assert [
        ("undeclared-call", "warning", "billing calls mail, and calls: lets it do nothing there"),
        ("unneeded-call", "warning", "billing may call shop, and no call between them is on the map"),
    ] == asked(call("billing", "shop"), ("billing", "mail"), ("billing", "elsewhere"))


def test_where_nobody_speaks_of_calls_none_is_asked_about() -> None:
    assert [] == asked("", ("billing", "mail"))
    assert [] == asked(call("billing", "shop"))


def test_diff_says_what_zones_let_through_now() -> None:
    wider = ZONES.replace("services: [shop]}", "services: [shop], may_call: [internal]}")

    end = "no more; before: zone public may not call zone internal (nomoat.yaml:2)"
    assert [("weaker", f"zones keep shop from calling {to} {end}") for to in ("billing", "mail")] == [
        (one.verdict, one.what) for one in compare(Side(policy(ZONES), None), Side(policy(wider), None))
    ]


def test_zones_are_no_part_of_the_canonical_text() -> None:
    assert policy("").hash == policy(ZONES).hash
