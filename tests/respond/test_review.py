from __future__ import annotations

import dataclasses
import re
from datetime import date, timedelta
from pathlib import Path

from nomoat.appmap import codec
from nomoat.appmap.model import Guard, Parameter
from nomoat.journal.facts import Elevation
from nomoat.respond import book, casework, htmlpage, reviewing
from nomoat.respond.unattended import run_automatic
from tests.journal.made import decision
from tests.policy.maps import map_of, route
from tests.respond.project import playbook, project

HOSTILE = "<script src=//evil>|[x](http://evil)`![](http://evil)</style>"


def test_a_review_holds_hostile_text_as_text_and_asks_nobody_elsewhere(tmp_path: Path) -> None:
    made = project(tmp_path)
    made.store.append([(decision(7, subject=f"user:main/{HOSTILE}", status=200), None)])
    list(run_automatic(made.stepper(summary=HOSTILE, subject=f"user:main/{HOSTILE}", target=f"route:{HOSTILE}")))
    playbook = book.find("api-abuse", None)
    found = reviewing.report(made.store, made.settings, casework.load(made.store, 1), playbook)
    page, text = htmlpage.render(found), reviewing.markdown(found)

    assert re.search(r"<script|<img|<link|\ssrc=\"|href=|url\(|@import", page) is None
    assert page.count("</style>") == 1
    assert "prefers-color-scheme: dark" in page
    outside_of_code = re.sub(r"(?<!\\)`[^`]*`", "", text)
    assert re.search(r"(?<!\\)\]\(http", outside_of_code) is None


def test_only_what_was_answered_counts_as_reached(tmp_path: Path) -> None:
    made = project(tmp_path)
    who = {"subject": "user:main/mallory"}
    made.store.append(
        [(decision(1, status=200, **who), None), (decision(2, status=404, **who), None),
         (decision(3, **who), None), (decision(4, status=200, outcome="deny", **who), None),
         (decision(5, status=200), None)],
    )  # fmt: skip
    stepper = made.stepper()
    found = reviewing.report(made.store, made.settings, stepper.case, stepper.playbook)

    assert found.reached == ("order_id 1",)


def test_roles_that_were_opened_in_the_emergency_stand_in_the_timeline(tmp_path: Path) -> None:
    made = project(tmp_path)
    stepper = made.stepper()
    opened = Elevation(
        elevation="e1", subject="user:main/kim", role="oncall", until="2100-01-01T00:00:00Z", because="INC-1 refunds",
        by="kim", incident=1,
    )  # fmt: skip
    made.store.append([(opened, None), (dataclasses.replace(opened, lifted=True), None)])

    found = reviewing.report(made.store, made.settings, casework.load(made.store, 1), stepper.playbook)

    assert [
        ("kim", "break-glass oncall for user:main/kim opened until 2100-01-01T00:00:00Z", "INC-1 refunds"),
        ("kim", "break-glass oncall for user:main/kim ended", "INC-1 refunds"),
    ] == [(row.who, row.what, row.detail) for row in found.timeline if row.what.startswith("break-glass")]


def test_a_change_before_evidence_and_its_reason_stand_in_the_review_and_proposals_have_a_day(tmp_path: Path) -> None:
    made = project(tmp_path)
    shown = playbook(
        '- {id: stop, title: Stop it, phase: contain, kind: block, auto: true, target: "{subject}",'
        " urgent: minutes count}"
    )
    stepper = made.stepper(shown)
    list(run_automatic(stepper))
    found = reviewing.report(made.store, made.settings, casework.load(made.store, 1), shown)

    for text in (reviewing.markdown(found), htmlpage.render(found)):
        assert "hanged before evidence was kept: Stop it: minutes count" in text
        assert f"Each gets an owner and a date until {found.due}" in text
    opened = date.fromisoformat(stepper.case.opened_at[:10])
    days = (opened + timedelta(days=n) for n in range(1, 10))
    assert date.fromisoformat(found.due) == [day for day in days if day.weekday() < 5][4]


def _proposed(root: Path, guards: tuple[Guard, ...] = ()) -> tuple[str, ...]:
    """What the review proposes about the route of the alert, as the map has it."""
    made = project(root)
    found = dataclasses.replace(
        route("GET /orders/{order_id}"), parameters=(Parameter("order_id", "path"),), reads=("store:shop/orders",),
        guards=guards,
    )  # fmt: skip
    made.settings.map_file.parent.mkdir(exist_ok=True)
    made.settings.map_file.write_text(codec.file_text(map_of(found)))
    stepper = made.stepper()
    return reviewing.report(made.store, made.settings, stepper.case, stepper.playbook).proposals


def test_a_route_that_only_asks_for_a_sign_in_is_proposed_a_permission(tmp_path: Path) -> None:
    first, second = _proposed(tmp_path)

    assert 'guard.require("orders:read", owner=...)' in first
    assert second == "in nomoat.yaml: {permission: orders:read, when: resource.owner == subject.sub}"


def test_nothing_is_proposed_of_the_owner_where_it_is_compared_or_where_a_role_is_demanded(tmp_path: Path) -> None:
    for number, guard in enumerate(
        (Guard("ownership", "owner", "a.py:1"), Guard("permission", "role:admin", "a.py:1"))
    ):
        (tmp_path / str(number)).mkdir()
        assert () == _proposed(tmp_path / str(number), guards=(guard,))
