"""Learning from traffic: what nobody used, and a smaller policy that the rest of the traffic agrees with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nomoat import settings
from nomoat.journal.facts import Decision, timestamp
from nomoat.policy import document
from nomoat.policy.learn import Lesson, Threshold, learn

FILE = """\
services: {shop: {}, billing: {}}
roles:
  customer:
    may:
      - orders:list
      - orders:read     # every day
      - orders:cancel   # nobody ever did
  support: {includes: [customer], may: [orders:refund, orders:close]}
  auditor: [audit:read]     # nobody has come yet
calls:
  - {from: billing, to: shop, may: [orders:list, orders:read]}
"""
START = datetime(2027, 3, 1, tzinfo=UTC)


def used(index: int, total: int) -> tuple[str, str, tuple[str, ...], str]:
    """Who asked for what: customers list and read, support refunds, closes only at the very end, billing lists."""
    match index % 5:
        case 0:
            return "user:local/ana", "role:customer", ("customer",), "orders:list"
        case 1:
            return "user:local/ben", "role:customer", ("customer",), "orders:read"
        case 2 if index > total * 0.9:
            return "user:local/kim", "role:support", ("support",), "orders:close"
        case 2:
            return "user:local/kim", "role:support", ("support",), "orders:refund"
        case 3:
            return "service:billing", "service:billing", (), "orders:list"
        case _:
            return "user:local/kim", "role:customer", ("support",), "orders:read"


def traffic(total: int, days: float, policy: str) -> Iterator[Decision]:
    for index in range(total):
        subject, holder, roles, permission = used(index, total)
        yield Decision(
            happened_at=timestamp(START + timedelta(days=days * index / max(total - 1, 1))),
            request=f"r{index}",
            service="shop",
            target="route:shop/GET /orders",
            subject=subject,
            roles=roles,
            permissions=(permission,),
            outcome="allow",
            enforced=True,
            reason="granted",
            grants=(f"{holder} {permission}",),
            policy=policy,
        )


def lesson(folder: Path, *, total: int = 2000, days: float = 10, text: str = FILE) -> Lesson:
    (folder / "nomoat.yaml").write_text(text, newline="")
    of = settings.load(folder / "nomoat.yaml")
    policy = document.read(of)
    return learn(lambda: traffic(total, days, policy.hash), {policy.hash: policy.text}, of)


def test_what_nobody_used_is_proposed_as_a_diff_of_the_file(tmp_path: Path) -> None:
    found = lesson(tmp_path)

    assert [("role:customer", "orders:cancel"), ("service:billing", "orders:read")] == [
        (need.holder, need.permission) for need in found.proposed
    ]
    assert (
        """\
--- a/nomoat.yaml
+++ b/nomoat.yaml
@@ -4,8 +4,7 @@
     may:
       - orders:list
       - orders:read     # every day
-      - orders:cancel   # nobody ever did
   support: {includes: [customer], may: [orders:refund, orders:close]}
   auditor: [audit:read]     # nobody has come yet
 calls:
-  - {from: billing, to: shop, may: [orders:list, orders:read]}
+  - {from: billing, to: shop, may: [orders:list]}
"""
        == found.diff
    )
    assert "" == found.why_not


def test_the_proposal_is_tried_on_what_it_did_not_learn_from(tmp_path: Path) -> None:
    found = lesson(tmp_path)

    assert found.tried is not None
    assert (400, 400, 0) == (found.tried.total, found.tried.same, found.tried.changed)
    assert [("role:support", "orders:close")] == [(need.holder, need.permission) for need in found.withdrawn]


def test_every_grant_has_its_uses_and_its_last_day(tmp_path: Path) -> None:
    needs = {(need.holder, need.permission): need for need in lesson(tmp_path).needs}

    assert 400 == needs["role:customer", "orders:list"].uses
    assert needs["role:customer", "orders:list"].last_used.startswith("2027-03-10")
    assert (0, "", 1600) == (
        needs["role:customer", "orders:cancel"].uses,
        needs["role:customer", "orders:cancel"].last_used,
        needs["role:customer", "orders:cancel"].seen,
    )
    assert 0 == needs["role:auditor", "audit:read"].seen


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    found = lesson(tmp_path, text=FILE.replace("\n", "\r\n"))

    assert found.text.count("\r\n") == found.text.count("\n") == FILE.count("\n") - 1


def test_nobody_seen_is_no_reason_to_take_anything_away(tmp_path: Path) -> None:
    assert "role:auditor" not in {need.holder for need in lesson(tmp_path).proposed}


def test_too_little_traffic_proposes_nothing_and_says_so(tmp_path: Path) -> None:
    few, short = lesson(tmp_path, total=999), lesson(tmp_path, days=6)

    assert (
        "999 decisions over 10 days is too little to say: it takes 1,000 decisions over 7 days",
        "2,000 decisions over 6 days is too little to say: it takes 1,000 decisions over 7 days",
    ) == (few.why_not, short.why_not)
    assert ((), "", ()) == (few.proposed, few.diff, short.proposed)


def test_confidence_grows_with_time_and_traffic(tmp_path: Path) -> None:
    short, long = lesson(tmp_path), lesson(tmp_path, total=8000, days=60)

    assert {"medium"} == {need.confidence for need in short.proposed}
    assert {"high"} == {need.confidence for need in long.proposed}


def test_a_file_that_cannot_be_edited_safely_is_left_to_a_person(tmp_path: Path) -> None:
    text = FILE.replace("[orders:list, orders:read]", "*shared")
    text = text.replace("[orders:refund, orders:close]", "&shared [orders:list, orders:read, orders:refund]")

    found = lesson(tmp_path, text=text)

    assert found.proposed
    assert ("", "the file's form is not one that can be edited safely: remove the grants above by hand") == (
        found.diff,
        found.why_not,
    )


def test_an_edit_that_would_break_the_file_is_not_proposed(tmp_path: Path) -> None:
    text = FILE.replace("- orders:cancel", "- &cancel orders:cancel").replace("[audit:read]", "[*cancel]")

    found = lesson(tmp_path, text=text)

    assert ("role:customer", "orders:cancel") in [(need.holder, need.permission) for need in found.proposed]
    assert ("", True) == (found.diff, found.why_not.endswith("remove the grants above by hand"))


def test_where_everything_is_used_nothing_is_proposed(tmp_path: Path) -> None:
    text = "roles: {customer: [orders:list, orders:read], support: {includes: [customer], may: [orders:refund]}}"

    assert "everything that is granted to somebody who was seen is used" == lesson(tmp_path, text=text).why_not


def test_no_traffic_is_no_lesson(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(FILE)

    found = learn(list, {}, settings.load(tmp_path / "nomoat.yaml"), threshold=Threshold(0, 1))

    assert "0 decisions over 0 seconds is too little to say: it takes 1 decision over 0 seconds" == found.why_not
