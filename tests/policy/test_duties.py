"""What policy and map say of clauses and of who holds what: each with a case that answers, and a twin that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.appmap.model import Map, Parameter, Route
from nomoat.errors import PolicyError
from nomoat.policy import document, questions
from nomoat.policy.model import loads
from nomoat.policy.observation import Observation
from nomoat.policy.subjects import may_claim_roles
from tests.policy.maps import map_of, route


def ask(text: str, drawn: Map | None = None, *, of: set[str] | None = None) -> list[Observation]:
    """What is asked, without what every small policy answers."""
    read = settings.parse(text, root=Path())
    claimed = may_claim_roles(read)
    found = questions.ask(drawn or Map(), document.read(read), today=date(2027, 6, 1), roles_claimed=claimed)
    return [one for one in found if one.id in (of or NEW)]


NEW = {
    "shadowed-grant", "denied-grant", "impossible-condition", "unheld-role", "joined-duties", "self-granting",
    "overdue-review",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "roles: {a: [x]}\ndeny: [{permission: x}]",
            "role a may x, and a deny rule refuses it always (nomoat.yaml:2): the grant never allows anything",
        ),
        (
            "roles: {a: [{permission: x, when: context.hour < 6 && resource.a == 1}]}\n"
            "deny: [{permission: x, when: 6 > context.hour}]",
            "role a may x when context.hour < 6 && resource.a == 1, and a deny rule refuses it when 6 > context.hour "
            "(nomoat.yaml:2): the grant never allows anything",
        ),
        ("roles: {a: [{permission: x, when: context.hour < 7}]}\ndeny: [{permission: x, when: context.hour < 6}]", ""),
        ("roles: {a: [x]}\ndeny: [{permission: x, when: context.hour < 6}]", ""),
        (
            "roles: {a: [x, {permission: x, when: resource.a == 1}]}",
            "role a may x when resource.a == 1, which adds nothing: it may so always (nomoat.yaml:1)",
        ),
        (
            "roles: {a: [x], b: {includes: [a], may: [x]}}",
            "role b may x, which adds nothing: role a may so always (nomoat.yaml:1)",
        ),
        (
            "roles: {a: [{permission: x, when: resource.a == 1 && resource.b == 2}, "
            "{permission: x, when: resource.b == 2}]}",
            "role a may x when resource.a == 1 && resource.b == 2, which adds nothing: it may so when resource.b == 2 "
            "(nomoat.yaml:1)",
        ),
        (
            "roles: {a: [{permission: x, when: resource.a == 1}, {permission: x, when: 1 == resource.a}]}",
            "role a may x when resource.a == 1, which adds nothing: it may so when 1 == resource.a (nomoat.yaml:1)",
        ),
        ("roles: {a: [{permission: x, when: resource.a == 1}], b: {includes: [a], may: [x]}}", ""),
        ("roles: {a: [x], b: [x]}", ""),
        (
            "services: {s: {}, t: {}}\ncalls: [{from: s, to: t, may: [x, {permission: x, when: context.hour < 6}]}]",
            "s at t may x when context.hour < 6, which adds nothing: it may so always (nomoat.yaml:2)",
        ),
        (
            "roles: {a: [{permission: x, when: context.hour > 23}]}",
            "role a may x under a condition that never holds: context.hour > 23 never holds",
        ),
        (
            "roles: {a: [x]}\ndeny: [{permission: x, when: resource.a == 1 && resource.a == 2}]",
            "a deny rule of x never holds, so it refuses nobody: "
            "resource.a == 1 and resource.a == 2 never hold together",
        ),
        (
            "identity: {main: {issuer: i, algorithms: [RS256]}}\nroles: {a: [x], b: {includes: [c]}, c: [y]}\n"
            "assign: {b: ['user:kim']}",
            "nobody holds role a: assign: gives it to nobody and no issuer of identity: has roles, so only the "
            "service's own identity= could bring it",
        ),
        ("roles: {a: [x]}", ""),
        (
            "identity: {main: {issuer: i, algorithms: [RS256]}}\napi_keys: {k: {roles: [a]}}\nroles: {a: [x]}",
            "",
        ),
        ("identity: {main: {issuer: i, algorithms: [RS256], roles: claims.roles}}\nroles: {a: [x]}", ""),
        (
            "roles: {a: [{permission: x, reviewed: {by: ana, on: 2027-01-01, every: 30d}}]}",
            "that role a may x was last reviewed on 2027-01-01 by ana: 121 days overdue",
        ),
        ("roles: {a: [{permission: x, reviewed: {by: ana, on: 2027-05-31, every: 30d}}]}", ""),
        ("roles: {a: [{permission: x, reviewed: {by: ana, on: 2017-05-31}}]}", ""),
    ],
)  # fmt: skip
def test_each_clause_is_asked_about(text: str, expected: str) -> None:
    found = ask(text)

    assert ([expected] if expected else []) == [one.what for one in found]
    assert all(one.at and one.fix for one in found)


APART = "separate: [{permissions: [pay:create, pay:approve, pay:audit], because: four eyes}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "roles: {a: [pay:create, pay:approve]}",
            [
                "role a may both pay:approve (nomoat.yaml:2) and pay:create (nomoat.yaml:2), which are kept apart "
                "(nomoat.yaml:1): four eyes"
            ],
        ),
        ("roles: {a: [pay:create], b: [pay:approve]}", []),
        (
            "roles: {a: [pay:create], b: {includes: [a], may: [{permission: pay:audit, when: context.hour < 6}]}}",
            [
                "role b may both pay:audit (nomoat.yaml:2) and pay:create (role a, nomoat.yaml:2), which are "
                "kept apart (nomoat.yaml:1): four eyes"
            ],
        ),
        (
            "roles: {a: [pay:create], b: [pay:approve]}\nassign: {a: ['user:kim'], b: ['user:kim', 'user:lea']}",
            [
                "user:local/kim may both pay:approve (role b, nomoat.yaml:2) and pay:create (role a, nomoat.yaml:2), "
                "which are kept apart (nomoat.yaml:1): four eyes"
            ],
        ),
        (
            "services: {s: {}, t: {}, u: {}}\n"
            "calls: [{from: s, to: t, may: [pay:create]}, {from: s, to: u, may: [pay:approve]}]",
            [
                "service:s may both pay:approve (at u, nomoat.yaml:3) and pay:create (at t, nomoat.yaml:3), which are "
                "kept apart (nomoat.yaml:1): four eyes"
            ],
        ),
        ("services: {s: {}, t: {}, u: {}}\ncalls: [{from: s, to: t, may: [pay:create]}]", []),
    ],
)
def test_nobody_holds_what_is_kept_apart(text: str, expected: list[str]) -> None:
    found = [one for one in ask(APART + text) if one.id == "joined-duties"]

    assert expected == [one.what for one in found]
    assert {"error"} >= {one.level for one in found}


def test_who_has_a_role_that_is_wrong_already_is_not_said_again() -> None:
    text = APART + "roles: {a: [pay:create, pay:approve]}\nassign: {a: ['user:kim']}"

    assert ["role:a"] == [one.target for one in ask(text)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("separate: [{permissions: [a, b]}]", "what is kept apart does not say why"),
        ("separate: [{permissions: [a], because: x}]", "what is kept apart are two permissions or more"),
        ("separate: [{permissions: [a, a], because: x}]", "what is kept apart are two permissions or more"),
        ("separate: [{permissions: [a, b], because: x, until: y}]", "unknown key 'until' in what is kept apart"),
        ("roles: {a: [{permission: x, reviewed: {by: ana}}]}", "reviewed of 'x' of role a has no 'on'"),
    ],
)
def test_mistakes_are_said_with_their_place(text: str, what: str) -> None:
    with pytest.raises(PolicyError) as error:
        document.read(settings.parse(text, root=Path()))

    assert [what] == [one.what for one in error.value.problems]
    assert error.value.problems[0].where.startswith("nomoat.yaml:1:")


def test_what_decides_nothing_is_no_part_of_the_canonical_text() -> None:
    plain = document.read(settings.parse("roles: {a: [x]}", root=Path()))
    text = APART + "roles: {a: [{permission: x, reviewed: {by: ana, on: 2027-01-01}}]}"
    found = document.read(settings.parse(text, root=Path()))

    assert plain.hash == found.hash
    assert plain == found == loads(found.text)


def writes(name: str, *stores: str, binding: tuple[str, ...] | str = ("users:write",), body: str = "") -> Route:
    parameters = (Parameter(body, "body"),) if body else ()
    found = route(name, binding=binding)
    return replace(found, writes=tuple(f"store:shop/{one}" for one in stores), parameters=parameters)


ROLES = "roles: {support: [users:write], boss: [users:write, pay], admin: [users:write, role:admin, pay]}"


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (
            writes("PUT /roles/{id}", "user_roles"),
            [
                "role boss may PUT /roles/{id}, and it writes user_roles: where roles are read from there, it can give "
                "itself role:admin",
                "role support may PUT /roles/{id}, and it writes user_roles: where roles are read from there, it can "
                "give itself pay, role:admin",
            ],
        ),
        (
            writes("PATCH /users/{id}", "users", body="is_admin", binding="signed-in"),
            [
                "everybody who is signed in may PATCH /users/{id}, and it writes users and takes is_admin from the "
                "request: where roles are read from there, it can give itself pay, role:admin, users:write"
            ],
        ),
        (writes("PATCH /users/{id}", "users", body="name"), []),
        (writes("PUT /orders/{id}", "orders", body="role"), []),
        (writes("PUT /roles/{id}", "user_roles", binding=("role:admin",)), []),
        (writes("PUT /roles/{id}", "user_roles", binding=("users:admin",)), []),
        (writes("GET /roles/{id}", "user_roles"), []),
    ],
)
def test_who_could_give_itself_more_is_said_with_its_evidence(drawn: Route, expected: list[str]) -> None:
    assert expected == [one.what for one in ask(ROLES, map_of(drawn), of={"self-granting"})]


def test_a_permission_that_is_refused_always_is_one_that_nobody_has() -> None:
    text = "roles: {a: [read]}\ndeny: [{permission: read}]"

    (found,) = ask(text, map_of(route("GET /x", binding=("read",))), of={"ungranted-permission"})

    assert found.what == (
        "GET /x needs read, and a deny rule refuses it always (nomoat.yaml:2): every caller is denied"
    )
