"""The whole loop, run as a user runs it; what is asserted are facts of the journal, not the text."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from nomoat import settings
from nomoat.demo import project
from nomoat.journal.facts import (
    Alert,
    Block,
    Checked,
    Decision,
    Evidence,
    Fact,
    Incident,
    Message,
    Review,
    Step,
    moment,
)
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
        command, capture_output=True, text=True, check=False, timeout=500, stdin=subprocess.DEVNULL, env={**os.environ}
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
    # Nobody else rings for what they did while it was learnt; a slow machine may not get that far with everybody.
    decisions = tour.of(Decision)
    learnt = moment(decisions[0].happened_at) + timedelta(seconds=10)
    used = {(fact.subject, fact.target) for fact in decisions if moment(fact.happened_at) < learnt}
    assert used
    assert not {(fact.subject, fact.target) for fact in found} & used


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


def _readme(tour: Tour, heading: str) -> list[str]:
    """The commands below a heading of the project's README."""
    text = (tour.root / "README.md").read_text()
    block = text.partition(f"## {heading}\n")[2].partition("```sh\n")[2].partition("```")[0]
    return [re.split(r"\s{2,}#", line)[0] for line in block.splitlines()]


def _typed(tour: Tour, line: str) -> subprocess.CompletedProcess[str]:
    """A line of the README as somebody types it who has read the variables in."""
    return subprocess.run(
        ["sh", "-c", f". ./environment.sh; {line}"],
        cwd=tour.root, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


def test_every_command_of_the_kept_projects_readme_works(tour: Tour) -> None:
    findings = ("nomoat check", "nomoat policy check", "nomoat policy explain")
    for line in _readme(tour, "Look around"):
        done = _typed(tour, line)
        assert done.returncode == (1 if line.startswith(findings) else 0), f"{line}: {done.stdout}{done.stderr}"
    assert (tour.root / "environment.sh").stat().st_mode & 0o077 == 0
    assert "environment.sh" in (tour.root / ".gitignore").read_text()


def test_the_kept_project_starts_again_and_the_fix_holds(tour: Tour) -> None:
    lines = _readme(tour, "Start it again")
    shop = next(line for line in lines if line.startswith("uvicorn shop")).rstrip(" &")
    started = subprocess.Popen(
        ["sh", "-c", f". ./environment.sh; exec {shop}"],
        cwd=tour.root, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        mallory = next(line for line in lines if "traffic mallory" in line)
        ends = time.monotonic() + 30
        while (done := _typed(tour, mallory)).returncode and time.monotonic() < ends:
            time.sleep(0.3)
        assert "mallory asked for orders 1 to 50 and read 3\n" == done.stdout
        live = _typed(tour, next(line for line in lines if line.startswith("nomoat doctor"))).stdout
        assert "2 live (shop)" in live
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait(20)


def test_the_end_names_commands_that_can_be_typed(tour: Tour, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef root(): ...\n"
    )
    lines = tour.output.partition("Next, in the folder of a service of your own:\n")[2].splitlines()
    assert 3 == len(lines)
    for line in lines:
        command = re.split(r"\s{3,}", line.strip())[0]
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert "not found" not in done.stderr
        assert done.returncode in (0, 2), f"{command}: {done.stdout}{done.stderr}"


def test_a_second_tour_leaves_what_the_first_kept(tmp_path: Path) -> None:
    wanted = tmp_path / "shop-demo"
    assert wanted == project.free_folder(wanted)
    wanted.mkdir()
    assert wanted == project.free_folder(wanted)
    (wanted / "mine").touch()
    assert tmp_path / "shop-demo-2" == project.free_folder(wanted)
    (tmp_path / "shop-demo-2").touch()
    assert tmp_path / "shop-demo-3" == project.free_folder(wanted)
