"""What becomes allowed or denied, in a reviewer's words; and laws: nothing opens up without a line that says so."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nomoat import settings
from nomoat.appmap.model import Map
from nomoat.policy import document
from nomoat.policy.access import compared
from nomoat.policy.decide import compile_policy
from nomoat.policy.diff import Change, Comparison, Side, compare
from nomoat.policy.diff_report import diff_text
from nomoat.policy.loosened import loosened
from nomoat.policy.model import Policy
from tests.policy import strategies
from tests.policy.maps import map_of, route
from tests.policy.oracle import Tree

SHOP = map_of(
    route("GET /orders", binding=("orders:list",)),
    route("GET /orders/{id}", binding=("orders:read",)),
    route("POST /orders/{id}/refund", binding=("orders:refund",)),
    route("GET /reports", binding=("reports:read",)),
    route("GET /me", binding="signed-in"),
)


def side(text: str, drawn: Map | None = SHOP) -> Side:
    of = settings.parse(text, root=Path())
    return Side(document.read(of), drawn, loosened(of, today=date(2026, 11, 30)))


def told(before: str, after: str, old: Map = SHOP, new: Map = SHOP) -> list[tuple[str, str]]:
    return [(change.verdict, change.what) for change in compare(side(before, old), side(after, new))]


ROLES = """\
roles:
  customer:
    - orders:list
    - {permission: orders:read, when: resource.owner == subject.sub}
  support: {includes: [customer]}
"""
OWNED = "only when resource.owner == subject.sub"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ROLES, ROLES, []),
        (
            "roles: {support: [a]}",
            "roles:\n  support: [a,\n    orders:refund]",
            [("weaker", "support may now orders:refund (role support, nomoat.yaml:3)  [POST /orders/{id}/refund]")],
        ),
        (
            "roles: {support: [a, b]}",
            "roles: {support: [a]}",
            [("stricter", "support may no longer b; before: always (was role support, nomoat.yaml:1)")],
        ),
        (
            "roles: {a: [orders:read]}",
            "roles: {a: [{permission: orders:read, when: resource.owner == subject.sub}]}",
            [("stricter", f"a may orders:read {OWNED}; before: always (role a, nomoat.yaml:1)")],
        ),
        (
            "roles: {a: [{permission: orders:read, when: resource.owner == subject.sub}]}",
            "roles: {a: [orders:read]}",
            [
                (
                    "weaker",
                    f"a may orders:read always; before: {OWNED} (role a, nomoat.yaml:1)  [GET /orders/{{id}}]",
                )
            ],
        ),
        (
            "roles: {a: [{permission: x, when: resource.a == 1 && resource.b == 2}]}",
            "roles: {a: [{permission: x, when: resource.b == 2}]}",
            [
                (
                    "weaker",
                    "a may x only when resource.b == 2; before: only when resource.a == 1 && resource.b == 2 "
                    "(role a, nomoat.yaml:1)",
                )
            ],
        ),
        (
            "roles: {a: [{permission: x, when: context.hour < 6}]}",
            "roles: {a: [{permission: x, when: context.hour < 7}]}",
            [
                (
                    "weaker",
                    "a may x: changed from only when context.hour < 6 to only when context.hour < 7 "
                    "(role a, nomoat.yaml:1); it is weaker: newly allowed for example where context.hour is 6",
                )
            ],
        ),
        (
            "roles: {a: [{permission: x, when: context.hour < 7}]}",
            "roles: {a: [{permission: x, when: context.hour < 6}]}",
            [
                (
                    "untold",
                    "a may x: changed from only when context.hour < 7 to only when context.hour < 6 "
                    "(role a, nomoat.yaml:1); the conditions do not tell: newly denied for example where "
                    "context.hour is 6",
                )
            ],
        ),
        (
            "roles: {a: [{permission: x, when: '!(context.hour < 6)'}]}",
            "roles: {a: [{permission: x, when: context.hour >= 6}]}",
            [
                (
                    "untold",
                    "a may x: changed from only when !(context.hour < 6) to only when context.hour >= 6 "
                    "(role a, nomoat.yaml:1); the conditions do not tell: no difference found among 6 requests tried",
                )
            ],
        ),
        (
            "roles: {a: [x]}\ndeny: [{permission: x, when: context.hour < 6, because: night}]",
            "roles: {a: [x]}",
            [("weaker", "a deny rule of x is gone: when context.hour < 6, because 'night'; it concerns a")],
        ),
        (
            "roles: {a: [x]}",
            "roles: {a: [x]}\ndeny: [{permission: x}]",
            [("stricter", "a new deny rule of x: always; it concerns a (nomoat.yaml:2)")],
        ),
        (
            "roles: {a: [x]}\ndeny: [{permission: x, when: context.hour < 6}]",
            "roles: {a: [x]}\ndeny: [{permission: x, when: context.hour < 5}]",
            [
                (
                    "weaker",
                    "a deny rule of x changed from when context.hour < 6 to when context.hour < 5 (nomoat.yaml:2): "
                    "newly allowed for example where context.hour is 5",
                )
            ],
        ),
        (
            "roles: {a: [x], b: {includes: [a]}}\nassign: {b: ['user:kim']}",
            "roles: {a: [x, y], b: {includes: [a]}}\nassign: {b: ['user:kim']}",
            [("weaker", "a, b and user:local/kim may now y (role a, nomoat.yaml:1)")],
        ),
        (
            "roles: {a: [x]}",
            "roles: {a: [x]}\nassign: {a: ['user:kim']}",
            [("weaker", "user:local/kim may now x (role a, nomoat.yaml:1)")],
        ),
        (
            "services: {shop: {}, billing: {}}\ncalls: [{from: billing, to: shop, may: [orders:list]}]",
            "services: {shop: {}, billing: {}}",
            [
                (
                    "stricter",
                    "billing may no longer call shop with orders:list; before: always "
                    "(was service:billing, nomoat.yaml:2)",
                )
            ],
        ),
        (
            "roles: {a: [reports:read]}",
            "roles: {a: [reports:read]}\nroutes: {GET /reports: {public: true, because: for all}}",
            [
                (
                    "weaker",
                    "anybody may now GET /reports: public, because 'for all' (nomoat.yaml:2); before: reports:read",
                )
            ],
        ),
        (
            "routes: {GET /reports: {public: true, because: for all}}",
            "routes: {GET /reports: signed-in}",
            [
                (
                    "stricter",
                    "anonymous callers may no longer GET /reports, or not as before: it demands a sign-in "
                    "(nomoat.yaml:1); before: public",
                )
            ],
        ),
        (
            "roles: {a: [reports:read], b: [other]}",
            "roles: {a: [reports:read], b: [other]}\nroutes: {GET /reports: other}",
            [
                ("weaker", "b may now GET /reports: it demands other (nomoat.yaml:2); before: reports:read"),
                (
                    "stricter",
                    "a may no longer GET /reports, or not as before: it demands other (nomoat.yaml:2); "
                    "before: reports:read",
                ),
            ],
        ),
        (
            "roles: {a: [orders:read]}\nroutes: {'GET /orders/{id}': orders:read}",
            "roles: {a: [orders:read]}\n"
            "routes: {'GET /orders/{id}': {permission: orders:read, decided_in: handler, because: it looks}}",
            [("weaker", "GET /orders/{id} is left to its handler to decide now, because 'it looks' (nomoat.yaml:2)")],
        ),
        (
            "separate: [{permissions: [a, b], because: four eyes}]",
            "separate: [{permissions: [a, c], because: six}]",
            [
                ("weaker", "a and b are kept apart no more; before: four eyes"),
                ("stricter", "a and c are kept apart now: six (nomoat.yaml:1)"),
            ],
        ),
        (
            "on_journal_failure: {allow: safe, because: x, until: 2027-01-01}",
            "on_journal_failure: {allow: safe, because: x, until: 2027-06-01}",
            [
                (
                    "weaker",
                    "on_journal_failure: allow: safe is loosened until 2027-06-01; before: until 2027-01-01 "
                    "(nomoat.yaml:1)",
                )
            ],
        ),
    ],
)  # fmt: skip
def test_a_reviewer_reads_what_changed(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert expected == told(before, after)


def test_order_spelling_anchors_and_comments_change_nothing() -> None:
    before = ROLES + "deny: [{permission: a, when: context.hour < 6}, {permission: b}]\nroutes: {GET /me: signed-in}"
    after = """\
routes: {GET /me: signed-in}  # the same
deny:
  - permission: [b]
  - {permission: a, when: "6 > context.hour"}
roles:
  support: {includes: &who [customer], may: []}
  customer:
    may:
      - {permission: orders:read, when: (subject.sub) == resource.owner}
      - orders:list
"""

    assert [] == told(before, after)


def test_a_route_that_is_new_on_the_map_is_told_with_who_may_use_it() -> None:
    text = "roles: {a: [orders:list]}"

    assert [
        ("weaker", "everybody who is signed in may now GET /me; before: it was not on the map"),
        ("weaker", "a may now GET /orders: it demands orders:list; before: it was not on the map"),
    ] == told(text, text, Map(), map_of(*(one for one in SHOP.routes if one.path in ("/orders", "/me"))))


def test_roles_that_a_condition_reads_are_a_part_of_what_it_asks() -> None:
    text = """\
roles:
  vip: [z]
  a: {{includes: [{included}], may: [{{permission: x, when: '"vip" in subject.roles'}}]}}
"""

    found = told(text.format(included=""), text.format(included="vip"))

    assert ("weaker", "newly allowed for example where nothing is given") in [
        (verdict, what.rpartition(": ")[2]) for verdict, what in found if what.startswith("a may x")
    ]


def test_what_is_tried_is_bounded_and_said() -> None:
    names = [f"resource.a{index}" for index in range(12)]
    before = " || ".join(f"{name} == 1" for name in names)
    after = " || ".join(f"{name} < 2 && {name} > 0" for name in names)
    text = 'roles: {{a: [{{permission: x, when: "{}"}}]}}'

    (change,) = compare(side(text.format(before)), side(text.format(after)))

    assert ("untold", 10_000) == (change.verdict, change.tried)
    assert change.example == "no difference found among 10,000 requests tried"


Case = tuple[Policy, dict[str, Tree]]


@hypothesis_settings(max_examples=60)
@given(
    old=strategies.policies(),
    new=strategies.policies(),
    attributes=strategies.attributes,
    resource=strategies.resources,
    permission=st.sampled_from(strategies.PERMISSIONS),
)
def test_nothing_is_newly_allowed_without_a_line_that_says_so(
    old: Case,
    new: Case,
    attributes: dict[str, object],
    resource: dict[str, str | int | bool] | None,
    permission: str,
) -> None:
    before, after = Side(old[0], None), Side(new[0], None)
    changes = compare(before, after)
    for caller in Comparison(before, after).callers:
        was, now = (
            compile_policy(one.policy, service=caller.service).decide(
                subject=caller.subject, roles=roles, permissions=(permission,), attributes=attributes,
                resource=resource or {},
            )
            for one, roles in ((before, caller.before), (after, caller.after))
        )  # fmt: skip
        if was.outcome != now.outcome:
            wanted = {"weaker", "untold"} if now.outcome == "allow" else {"stricter", "untold", "weaker"}
            said = [one for one in changes if one.target == permission and caller.name in one.who]
            assert any(one.verdict in wanted for one in said), (caller, changes)


@given(
    old=strategies.policies(),
    new=strategies.policies(),
    attributes=strategies.attributes,
    resource=strategies.resources,
    permissions=st.lists(st.sampled_from(strategies.PERMISSIONS), min_size=1, max_size=2).map(tuple),
)
def test_a_verdict_is_never_wrong_of_any_request(
    old: Case,
    new: Case,
    attributes: dict[str, object],
    resource: dict[str, str | int | bool] | None,
    permissions: tuple[str, ...],
) -> None:
    comparison = Comparison(Side(old[0], None), Side(new[0], None))
    for caller in comparison.callers:
        verdict = compared(*comparison.reaches(caller, permissions))
        was, now = (
            one.decider(caller.service).decide(
                subject=caller.subject, roles=roles, permissions=permissions, attributes=attributes,
                resource=resource or {},
            ).outcome
            == "allow"
            for one, roles in ((comparison.before, caller.before), (comparison.after, caller.after))
        )  # fmt: skip
        assert not (verdict in ("same", "stricter") and now and not was)
        assert not (verdict in ("same", "weaker") and was and not now)


def test_changes_have_one_order_whatever_the_order_of_the_policy() -> None:
    before, after = "roles: {a: [x], b: [y]}", "roles: {b: [y, x], a: [x, y], c: [z]}"
    turned = "roles: {c: [z], a: [y, x], b: [x, y]}"

    assert told(before, after) == told("roles: {b: [y], a: [x]}", turned)


def test_what_one_line_did_to_many_permissions_is_told_in_one_sentence() -> None:
    names = [f"p{number}" for number in range(5)]
    before = f"roles: {{a: {json.dumps(names)}, b: [x]}}\nassign: {{b: ['user:kim']}}"
    after = f"roles: {{a: {json.dumps(names)}, b: []}}\nassign: {{a: ['user:kim']}}"
    changes = compare(side(before), side(after))

    assert [
        "!  user:local/kim may now p0, p1, p2, p3 and p4 (role a)",
        "   b and user:local/kim may no longer x; before: always (was role b, nomoat.yaml:1)",
        "5 weaker, 1 stricter since HEAD.",
    ] == diff_text(changes, "HEAD", ()).splitlines()


def test_every_change_says_what_it_is_about() -> None:
    (change,) = compare(side("roles: {a: [x]}"), side("roles: {a: [x, orders:list]}"))

    assert change == Change(
        "weaker", "grant", "orders:list", "a may now orders:list (role a, nomoat.yaml:1)  [GET /orders]", ("a",),
        "never", "always", "nomoat.yaml:1", ("GET /orders",), via="role a",
    )  # fmt: skip
