from __future__ import annotations

from pathlib import Path

from nomoat.journal.facts import Checked, FirstUse, OpenFinding, Text
from nomoat.respond.known import known
from tests.journal.made import decision
from tests.respond.project import ROUTE, project


def test_a_quiet_hour_is_said_and_nothing_is_made_up(tmp_path: Path) -> None:
    stepper = project(tmp_path).stepper()

    assert ["no new map or policy in the hour before the first event, nor since"] == known(stepper.store, stepper.case)


def test_a_deploy_the_caller_and_the_hole_are_told(tmp_path: Path) -> None:
    found = project(tmp_path)
    hole = OpenFinding("3f1c", "missing-ownership", "high", "shop/orders.py:40", ROUTE)
    facts = (
        Text(of="map", hash="sha256:1", text="{}"),
        FirstUse(detection="first-use", of="permissions=orders:read", by="user:main/mallory"),
        FirstUse(detection="first-use", of="permissions=orders:read", by="user:main/ana"),
        Checked(root="/srv/shop", map_hash="sha256:1", open=(hole,)),
    )
    positions = found.store.append([(fact, None) for fact in facts])
    at = [entry.recorded_at for entry in found.store.read()]
    stepper = found.stepper()

    assert len(facts) == len(positions)
    assert [
        f"new since an hour before the first event, so perhaps a deploy: map at {at[0][11:16]} UTC",
        f"user:main/mallory: first seen {at[1][:16].replace('T', ' ')} UTC",
        "check calls this route missing-ownership",
    ] == known(stepper.store, stepper.case)


def test_how_much_succeeded_and_which_accounts_were_used_from_there_are_told(tmp_path: Path) -> None:
    found = project(tmp_path)
    login = {"subject": "anonymous", "client": "198.51.100.7", "credential": "", "login": True, "params": {}}
    facts = [decision(n, status=200 if n == 3 else 401, **login) for n in range(20)]
    facts.append(decision(20, subject="user:main/ana", client="198.51.100.7"))
    facts.append(decision(21, subject="user:main/ben", client="203.0.113.1"))
    found.store.append([(fact, None) for fact in facts])
    stepper = found.stepper(subject="anonymous", client="198.51.100.7", first_event_at=facts[0].happened_at)

    said = "\n".join(known(stepper.store, stepper.case))
    assert "200 (1), 401 (19)" in said
    assert "sign-ins from there: 19 failed, 1 got through; accounts used from there since" in said
    assert "user:main/ana" in said
    assert "user:main/ben" not in said
