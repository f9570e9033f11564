"""The questions between map and policy, each with a case that answers it and a twin that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.appmap.model import Entry, Guard, Map, NotRead
from nomoat.policy import document, questions
from nomoat.policy.observation import Observation
from nomoat.policy.report import observations_text
from tests.policy.maps import map_of, route

TODAY = date(2027, 6, 1)


def ask(text: str, drawn: Map) -> tuple[Observation, ...]:
    return questions.ask(drawn, document.read(settings.parse(text, root=Path())), today=TODAY)


def ids(found: tuple[Observation, ...]) -> list[tuple[str, str, str]]:
    return [(one.id, one.level, one.target) for one in found]


READ = map_of(route("GET /x", binding=("read",)))
OWNED = "roles: {a: [{permission: read, when: resource.owner == subject.sub}]}"


@pytest.mark.parametrize(
    ("text", "drawn", "expected"),
    [
        ("roles: {a: [read]}", READ, []),
        ("", READ, [("ungranted-permission", "error", "route:shop/GET /x")]),
        (
            "roles: {a: [read, write]}",
            map_of(route("GET /x", binding=("read",), requires=("write", "other"))),
            [("ungranted-permission", "error", "route:shop/GET /x")],
        ),
        ("roles: {a: [read, write]}", READ, [("unneeded-grant", "warning", "role:a")]),
        (
            "services: {shop: {}, billing: {}}\nroles: {a: [read]}\ncalls: [{from: billing, to: shop, may: [write]}]",
            READ,
            [("unneeded-grant", "warning", "service:billing")],
        ),
        (
            "services: {shop: {}, billing: {}}\ncalls: [{from: billing, to: shop, may: [read]}]",
            READ,
            [],
        ),
        ("", map_of(route("GET /x", verdict="unguarded")), [("unbound-route", "warning", "route:shop/GET /x")]),
        ("", map_of(route("GET /x", because="any-of")), [("unbound-route", "warning", "route:shop/GET /x")]),
        ("", map_of(route("GET /x", binding="signed-in")), [("signed-in-only", "warning", "route:shop/GET /x")]),
        ("routes: {GET /x: signed-in}", map_of(route("GET /x", binding="signed-in")), []),
        (
            "routes: {GET /x: {public: true, because: y}}",
            map_of(route("GET /x", binding="signed-in")),
            [("binding-disagreement", "error", "route:shop/GET /x")],
        ),
        (
            "roles: {a: [read]}\nroutes: {GET /x: read}",
            map_of(route("GET /x", binding="signed-in")),
            [("binding-disagreement", "warning", "route:shop/GET /x")],
        ),
        (
            "roles: {a: [read]}",
            map_of(route("GET /x", binding=("read",)), route("GET /x", binding=("read",))),
            [("duplicate-route", "warning", "route:shop/GET /x")],
        ),
        ("roles: {a: [read]}\nroutes: {GET /y: signed-in}", READ, [("unmatched-route-rule", "error", "GET /y")]),
        (OWNED, READ, [("undecided-deferral", "error", "route:shop/GET /x")]),
        (OWNED, map_of(route("GET /x", binding=("read",), requires=("read",))), []),
        (
            OWNED,
            map_of(route("GET /x", binding=("read",), requires=None)),
            [("undecided-deferral", "warning", "route:shop/GET /x")],
        ),
        (
            OWNED + "\nroutes: {GET /x: {permission: read, decided_in: handler, because: y}}",
            READ,
            [],
        ),
        (
            "roles: {a: {may: [read], reviewed: {by: ana, on: 2026-11-01, every: 180d}}}",
            READ,
            [("overdue-review", "warning", "role:a")],
        ),
        ("roles: {a: {may: [read], reviewed: {by: ana, on: 2027-05-01, every: 180d}}}", READ, []),
        ("roles: {a: {may: [read], reviewed: {by: ana, on: 2020-05-01}}}", READ, []),
    ],
)  # fmt: skip
def test_each_question_is_answered(text: str, drawn: Map, expected: list[tuple[str, str, str]]) -> None:
    found = ask(text, drawn)

    assert expected == ids(found)
    assert all(one.what and one.fix for one in found)


def test_every_question_has_a_case_above_and_errors_come_first() -> None:
    drawn = map_of(route("GET /x", binding=("nobody",)), route("GET /y", verdict="unguarded"))

    assert ["error", "warning", "warning"] == [one.level for one in ask("roles: {a: [z]}", drawn)]


def test_what_hides_behind_routes_that_cannot_be_read_is_said_with_an_unneeded_grant() -> None:
    drawn = map_of(route("GET /x", binding=("read",), requires=None))

    (found,) = ask("roles: {a: [read, write]}", drawn)

    assert "role a may write, and no route on the map needs it, though what 1 of its routes ask for cannot be told" == (
        found.what
    )


def _task(requires: tuple[str, ...] | None) -> Entry:
    return Entry(
        "task:shop/mail.send", "shop", "task", "mail.send", "shop.mail:send", "shop/mail.py:3", requires=requires
    )


def test_what_a_task_demands_is_needed() -> None:
    drawn = replace(READ, entries=(_task(("mail:send",)),))

    assert () == ask("roles: {a: [read, mail:send]}", drawn)
    (found,) = ask("roles: {a: [read, mail:read]}", drawn)[1:]
    assert ("unneeded-grant", "warning") == (found.id, found.level)


def test_what_a_task_demands_and_nobody_has_is_said() -> None:
    (found,) = ask("roles: {a: [read]}", replace(READ, entries=(_task(("mail:send",)),)))

    assert ("ungranted-permission", "error", "task:shop/mail.send", "shop/mail.py:3") == (
        found.id, found.level, found.target, found.at,
    )  # fmt: skip
    assert "task mail.send needs mail:send, and nobody has it: every caller is denied" == found.what


def test_what_hides_behind_tasks_that_cannot_be_read_is_said_too() -> None:
    (found,) = ask("roles: {a: [read, write]}", replace(READ, entries=(_task(None),)))

    assert found.what.endswith("though what 1 of its routes and tasks ask for cannot be told")


def test_an_overdue_review_says_since_when() -> None:
    (found,) = ask("roles: {a: {may: [read], reviewed: {by: ana, on: 2027-05-01, every: 30d}}}", READ)

    assert "role a was last reviewed on 2027-05-01 by ana: 1 day overdue" == found.what


def test_who_is_signed_in_is_not_said_to_be_all_that_source_asks_where_the_handler_looks_whose_it_is() -> None:
    own = Guard("ownership", "assert_jobs", "shop/jobs.py:9", "inside")
    (plain,) = ask("", map_of(route("GET /x", binding="signed-in")))
    (owned,) = ask("", map_of(replace(route("GET /x", binding="signed-in"), guards=(own,))))

    assert plain.what == "everybody who is signed in may use GET /x: source names no permission"
    assert owned.what == (f"{plain.what}; what is the caller's own the handler decides (assert_jobs, shop/jobs.py:9)")


def test_routes_whose_paths_could_not_be_read_are_not_said_to_share_one() -> None:
    three = [replace(route("GET /x"), registered_at=f"shop/auth.py:{line}") for line in (1, 2, 3)]
    drawn = map_of(*three)
    unread = tuple(NotRead(f"shop/auth.py:{line}", "a path that cannot be read") for line in (2, 3))

    (shared,) = [one for one in ask("", drawn) if one.id == "duplicate-route"]

    assert shared.what.startswith("3 routes share GET /x")
    assert [] == [one for one in ask("", replace(drawn, not_read=unread)) if one.id == "duplicate-route"]
    (two,) = [one for one in ask("", replace(drawn, not_read=unread[:1])) if one.id == "duplicate-route"]
    assert two.what.startswith("2 routes share GET /x")


def test_what_is_the_same_of_many_routes_is_said_once() -> None:
    drawn = map_of(*(route(f"GET /{name}", binding="signed-in") for name in "abc"))

    text = observations_text(ask("", drawn), 3)

    assert text.count("warning[signed-in-only]") == 1
    assert "everybody who is signed in may use 3 routes" in text
    assert [line.split()[:2] for line in text.splitlines() if line.startswith("  GET")] == [
        ["GET", "/a"],
        ["GET", "/b"],
        ["GET", "/c"],
    ]
    assert text.endswith("0 errors, 3 warnings.  3 routes compared with the policy.")
