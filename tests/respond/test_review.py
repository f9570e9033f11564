from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

from nomoat.respond import book, casework, htmlpage, reviewing
from nomoat.respond.unattended import run_automatic
from tests.journal.made import decision
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
