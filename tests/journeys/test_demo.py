"""The whole loop, run as a user runs it; what is asserted are facts of the journal, not the text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from nomoat import settings
from nomoat.journal.facts import Alert, Block, Checked, Decision, Evidence, Fact, Incident, Message, Review, Step
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Entry

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

F = TypeVar("F", bound=Fact)

ORDER = "route:shop/GET /orders/{order_id}"
ATTACKER = "user:main/mallory"


@dataclass(frozen=True)
class Tour:
    """What a finished tour left behind."""

    root: Path
    output: str
    code: int
    entries: list[Entry]

    def of(self, kind: type[F]) -> list[F]:
        """The facts of a kind, oldest first."""
        return [entry.fact for entry in self.entries if isinstance(entry.fact, kind)]

    def position(self, fact: Fact) -> int:
        """Where a fact stands in the order of the journal."""
        return next(index for index, entry in enumerate(self.entries) if entry.fact is fact)


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    root = tmp_path_factory.mktemp("demo") / "shop"
    command = [sys.executable, "-m", "nomoat", "demo", "--auto", "--keep", str(root)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=150, stdin=subprocess.DEVNULL, env={**os.environ}
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-4000:]
    store = open_store(settings.load(root / "nomoat.yaml").store_url, create=False)
    entries = list(store.read())
    store.close()
    yield Tour(root, done.stdout, done.returncode, entries)


def test_the_same_ids_run_from_the_decision_to_the_review(tour: Tour) -> None:
    read = [fact for fact in tour.of(Decision) if fact.subject == ATTACKER and fact.target == ORDER]
    alert = next(fact for fact in tour.of(Alert) if fact.detection == "object-enumeration")
    incident = next(fact for fact in tour.of(Incident) if fact.change == "declared")
    block = tour.of(Block)[0]

    assert {"granted"} <= {fact.reason for fact in read}
    assert (ATTACKER, ORDER) == (alert.subject, alert.target)
    assert ("api-abuse", ATTACKER) == (incident.playbook, incident.subject)
    assert (ATTACKER, incident.number) == (block.value, block.incident)
    assert tour.position(alert) < tour.position(incident) < tour.position(block)


def test_evidence_comes_before_the_first_change(tour: Tour) -> None:
    block = tour.of(Block)[0]

    before = [fact for fact in tour.of(Evidence) if tour.position(fact) < tour.position(block)]
    assert before
    assert not any(fact.changed_before for fact in before)
    for fact in tour.of(Evidence):
        kept = list((tour.root / ".nomoat" / "state" / "evidence").rglob(f"*{fact.sha256}*"))
        assert kept, fact.name


def test_what_check_found_is_what_the_evidence_and_the_review_speak_of(tour: Tour) -> None:
    found = next(fact for fact in tour.of(Checked) if fact.open)
    kept = next(fact for fact in tour.of(Evidence) if fact.name.endswith("findings"))
    evidence = next((tour.root / ".nomoat" / "state" / "evidence").rglob(f"*{kept.sha256}*"))

    assert ("missing-ownership", ORDER) in {(one.rule, one.target) for one in found.open}
    assert "missing-ownership" in {one["rule"] for one in json.loads(evidence.read_bytes())}
    assert "missing-ownership at shop/orders.py" in (tour.root / "review.html").read_text()


def test_every_worker_refuses_after_the_block(tour: Tour) -> None:
    first = tour.of(Block)[0]
    until = next((fact for fact in tour.of(Block) if fact.lifted), None)
    assert until is not None
    mine = [
        fact
        for fact in tour.of(Decision)
        if fact.subject == ATTACKER and first.happened_at < fact.happened_at < until.happened_at
    ]

    refused = [fact for fact in mine if fact.reason == "blocked"]
    assert refused
    after = mine[mine.index(refused[0]) :]
    verified = next(
        step for step in tour.of(Step) if step.step.startswith("block") and step.state in ("done", "verified")
    )
    assert {"blocked"} == {fact.reason for fact in after if fact.happened_at > verified.happened_at}


def test_a_service_that_does_what_it_never_did_is_noticed(tour: Tour) -> None:
    found = [fact for fact in tour.of(Alert) if fact.detection == "first-use"]

    assert any(fact.subject == "service:billing" for fact in found)
    assert not any(fact.subject in ("user:main/ana", "user:main/ben") for fact in found)


def test_messages_were_sent_once_each(tour: Tour) -> None:
    sent = [fact.key for fact in tour.of(Message) if fact.state == "sent"]

    assert sent
    assert len(set(sent)) == len(sent)


def test_recorded_answers_are_recorded_as_such(tour: Tour) -> None:
    answered = [fact for fact in tour.of(Step) if fact.drill]

    assert answered


def test_the_review_has_its_durations(tour: Tour) -> None:
    review = tour.of(Review)[-1]

    assert review.detected_s is not None
    assert review.contained_s is not None
    assert 0 <= review.detected_s <= review.contained_s
    assert review.reached >= 40
    page = (tour.root / "review.html").read_text()
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://127.0.0.1", "")


def test_the_fix_refuses_the_attack_and_nobody_else(tour: Tour) -> None:
    lifted = next(fact for fact in tour.of(Block) if fact.lifted)
    after = [fact for fact in tour.of(Decision) if fact.happened_at > lifted.happened_at and fact.target == ORDER]
    final = {fact.request: fact for fact in sorted(after, key=lambda fact: fact.sequence)}.values()

    theirs = [fact for fact in final if fact.subject == ATTACKER and fact.read.get("resource.owner") != "mallory"]
    assert theirs
    assert {("deny", "condition-false")} == {(fact.outcome, fact.reason) for fact in theirs}
    assert {"allow"} == {fact.outcome for fact in final if fact.subject == "user:main/ana"}


def test_the_chain_holds(tour: Tour) -> None:
    command = [sys.executable, "-m", "nomoat", "journal", "verify"]
    done = subprocess.run(command, cwd=tour.root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
