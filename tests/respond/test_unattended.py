from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nomoat.journal import blocks
from nomoat.journal.facts import Block, Message, Step, timestamp
from nomoat.respond import book, casework
from nomoat.respond.automatic import Automatic
from nomoat.respond.stepping import AUTOMATIC
from nomoat.respond.unattended import Allowance, escalate, run_automatic, used_by_others
from nomoat.storage.memory import MemoryStore
from tests.journal.made import decision
from tests.respond.project import Project, alert, playbook, project

BLOCK = '- {id: stop, title: Stop, phase: contain, kind: block, auto: true, target: "{subject}"}'


def _blocks(made: Project) -> list[Block]:
    return [e.fact for e in made.store.read(kinds=(Block,)) if isinstance(e.fact, Block)]


def _live_worker(made: Project) -> None:
    made.store.beat("w", role=blocks.GUARD_ROLE, service="shop", position="999999")


def test_evidence_is_kept_before_the_caller_is_blocked_and_nobody_has_acknowledged(tmp_path: Path) -> None:
    made = project(tmp_path)
    _live_worker(made)
    did = [(step.id, done.state) for step, done in run_automatic(made.stepper())]

    assert did[-2:] == [("block-caller", "verified"), ("tell-the-team", "done")]
    assert [name for name, _ in did[:2]] == ["keep-evidence", "keep-settings"]
    assert casework.load(made.store, 1).first("acknowledged") is None


def test_only_evidence_messages_and_blocks_run_by_themselves_whatever_is_marked(tmp_path: Path) -> None:
    made = project(tmp_path)
    steps = "- {id: r, title: R, phase: contain, kind: run, auto: true, command: [touch, ran]}"
    stepper = made.stepper(playbook(steps))

    assert list(run_automatic(stepper)) == []
    assert stepper.state(stepper.playbook.step("r")) == "open"
    assert not (tmp_path / "ran").exists()


def test_an_open_gate_stops_what_comes_after_it(tmp_path: Path) -> None:
    made = project(tmp_path)
    gate = "- {id: ask, title: Ask, phase: identify, kind: ask, gate: true}\n"

    assert list(run_automatic(made.stepper(playbook(gate + BLOCK)))) == []
    assert _blocks(made) == []


def test_no_more_than_the_allowed_blocks_an_hour_are_placed_by_itself(tmp_path: Path) -> None:
    made = project(tmp_path, "respond: {max_auto_blocks: 2}\n")
    _live_worker(made)
    allowance = Allowance(2)
    for number in range(4):
        list(run_automatic(made.stepper(playbook(BLOCK), subject=f"user:main/m{number}"), allowance))

    assert [one.value for one in _blocks(made)] == ["user:main/m0", "user:main/m1"]
    assert "max_auto_blocks" in casework.load(made.store, 3).steps["stop"].reason


def test_blocks_that_are_being_placed_count_too(tmp_path: Path) -> None:
    stepper = project(tmp_path).stepper(playbook(BLOCK))
    allowance = Allowance(1)

    with allowance.one(stepper, "user:main/a") as first, allowance.one(stepper, "user:main/b") as second:
        assert (first, second) == (True, False)
    with allowance.one(stepper, "user:main/b") as third:
        assert third


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "192.168.1.1", "::1", "fe80::1"])
def test_an_inner_address_is_left_to_a_person_for_it_may_be_a_proxy(tmp_path: Path, address: str) -> None:
    made = project(tmp_path)
    ((_, done),) = run_automatic(made.stepper(playbook(BLOCK), subject="", client=address))

    assert "a person decides" in done.output
    assert _blocks(made) == []


def test_an_address_that_others_use_is_left_to_a_person(tmp_path: Path) -> None:
    made = project(tmp_path)
    made.store.append([(decision(n, subject=f"user:main/u{n}", client="8.8.8.8"), None) for n in range(3)])
    list(run_automatic(made.stepper(playbook(BLOCK), subject="anonymous", client="8.8.8.8")))

    assert _blocks(made) == []


def test_an_address_that_carried_the_traffic_before_it_began_is_left_to_a_person(tmp_path: Path) -> None:
    made = project(tmp_path)
    earlier = timestamp(datetime.now(UTC) - timedelta(minutes=2))
    visitors = [decision(n, subject="anonymous", client="8.8.8.8", happened_at=earlier) for n in range(25)]
    made.store.append([(fact, None) for fact in visitors])
    ((_, done),) = run_automatic(made.stepper(playbook(BLOCK), subject="anonymous", client="8.8.8.8"))

    assert "25 of 25 requests came from 8.8.8.8 before it began, maybe a proxy" in done.output
    assert _blocks(made) == []


def test_a_flood_that_lets_nobody_tell_who_shares_an_address_is_a_reason_not_to_block_it() -> None:
    store = MemoryStore()
    store.append([(decision(n, subject="anonymous", client="1.1.1.1"), None) for n in range(50)])

    assert "too much happens to tell" in used_by_others(store, "8.8.8.8", began=timestamp(), within_s=0.0)
    assert used_by_others(store, "8.8.8.8", began=timestamp()) == ""


def test_of_two_responders_beside_one_another_one_does_each_step(tmp_path: Path) -> None:
    made = project(tmp_path)
    shown = playbook(BLOCK + "\n- {id: look, title: Look, phase: identify, kind: ask}")
    one = made.stepper(shown)
    # No worker is live, so the first one cannot tell whether the block is in force; the second one waited for its turn.
    other = made.again(1, shown)

    first = [done.state for _, done in run_automatic(one)]
    second = [done.output for _, done in run_automatic(other)]

    assert first == ["unsure"]
    assert [said.startswith(f"{AUTOMATIC} has just done it: unsure") for said in second] == [True]
    assert len(_blocks(made)) == 1
    facts = [entry.fact for entry in made.store.read(kinds=(Step,)) if isinstance(entry.fact, Step)]
    assert [fact.attempt for fact in facts if fact.step == "look"] == [1]


def test_many_incidents_at_a_time_do_not_cost_many_times_many(tmp_path: Path) -> None:
    class Counting(MemoryStore):
        read_entries = 0

        def read(self, *args: Any, **kwargs: Any) -> Any:
            for entry in super().read(*args, **kwargs):
                self.read_entries += entry.kind in ("incident", "step", "evidence")
                yield entry

    made = project(tmp_path)
    books = {"api-abuse": book.find("api-abuse", None)}
    costs = []
    for many in (10, 40):
        made.store = store = Counting()
        store.append([(alert(subject=f"user:main/m{n}"), None) for n in range(many)])
        Automatic(made.settings, store, books).run(once=True)
        costs.append(store.read_entries)
        assert {one.steps["tell-the-team"].state for one in casework.load_all(store)} == {"done"}

    assert costs[1] < 6 * costs[0], "four times the incidents, not sixteen times the reading"


def test_an_address_of_its_own_is_blocked(tmp_path: Path) -> None:
    made = project(tmp_path)
    list(run_automatic(made.stepper(playbook(BLOCK), subject="anonymous", client="8.8.8.8")))

    assert [(one.what, one.value) for one in _blocks(made)] == [("client", "8.8.8.8")]


@pytest.mark.parametrize("more", ["never_block: ['user:main/mallory']\n", "never_block: ['8.8.0.0/16']\n"])
def test_who_must_never_be_blocked_is_not_and_the_message_says_so(tmp_path: Path, more: str) -> None:
    made = project(tmp_path, more)
    who: dict[str, Any] = (
        {"subject": "user:main/mallory"} if "mallory" in more else {"subject": "", "client": "8.8.8.8"}
    )
    list(run_automatic(made.stepper(**who)))
    texts = [e.fact.text for e in made.store.read(kinds=(Message,)) if isinstance(e.fact, Message)]

    assert _blocks(made) == []
    assert "NOT CONTAINED" in texts[0]
    assert "never blocked" in texts[0]


def test_everybody_or_nobody_in_particular_is_never_blocked(tmp_path: Path) -> None:
    made = project(tmp_path)
    list(run_automatic(made.stepper(playbook(BLOCK), subject="anonymous")))
    list(run_automatic(made.stepper(playbook(BLOCK), subject="user:main/x\n", client="0.0.0.0/0")))

    assert _blocks(made) == []


def test_a_caller_that_comes_back_after_its_block_is_blocked_again(tmp_path: Path) -> None:
    made = project(tmp_path)
    _live_worker(made)
    shown = playbook(BLOCK.replace("auto: true", "auto: true, for: 1s"))
    stepper = made.stepper(shown)
    list(run_automatic(stepper))
    (first,) = _blocks(made)
    while first.until > timestamp():
        time.sleep(0.01)
    made.store.append([(alert(playbook="test"), None)])
    casework.Intake(made.store, {"test": shown}).take()
    _live_worker(made)
    list(run_automatic(made.again(1, shown)))

    assert len(_blocks(made)) == 2


def test_a_block_that_somebody_lifted_is_not_placed_again(tmp_path: Path) -> None:
    made = project(tmp_path)
    _live_worker(made)
    shown = playbook(BLOCK)
    list(run_automatic(made.stepper(shown)))
    blocks.lift(made.store, "user:main/mallory", because="it was me", by="ana")
    made.store.append([(alert(playbook="test"), None)])
    casework.Intake(made.store, {"test": shown}).take()
    list(run_automatic(made.again(1, shown)))

    assert [one.lifted for one in _blocks(made)] == [False, True]


def test_a_block_begun_before_a_crash_is_not_placed_twice(tmp_path: Path) -> None:
    made = project(tmp_path)
    _live_worker(made)
    shown = playbook(BLOCK)
    stepper = made.stepper(shown)
    casework.record(made.store, Step(incident=1, step="stop", state="intent", by=AUTOMATIC), "step:1:stop:1:intent")
    blocks.place(made.store, "user:main/mallory", because="INC-1", by=AUTOMATIC, incident=1)
    ((_, done),) = run_automatic(stepper)

    assert (done.state, len(_blocks(made))) == ("verified", 1)


def test_an_escalation_to_nobody_known_reaches_whoever_there_is_once(tmp_path: Path) -> None:
    made = project(tmp_path, "respond: {escalate: [{after: 1m, to: commander}]}\n")
    stepper = made.stepper(playbook(BLOCK))
    later = datetime.now(UTC) + timedelta(minutes=2)

    assert escalate(stepper, now=datetime.now(UTC)) == []
    assert escalate(stepper, now=later) == ["stderr: sent"]
    assert escalate(stepper, now=later) == []


def test_an_escalation_that_surely_failed_is_tried_again_later(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("HOOK", "http://127.0.0.1:1/")
    made = project(tmp_path, "notify: {a: {webhook: 'env:HOOK'}}\nrespond: {escalate: [{after: 1m, to: a}]}\n")
    stepper = made.stepper(playbook(BLOCK))
    begins = datetime.now(UTC)

    said = [escalate(stepper, now=begins + timedelta(seconds=seconds)) for seconds in (61, 70, 95)]
    assert said == [["a: failed"], [], ["a: failed"]]


def test_a_channel_without_an_address_never_ends_the_responder(tmp_path: Path) -> None:
    made = project(tmp_path, "notify: {a: {webhook: 'env:NO_SUCH_HOOK'}}\n")
    _live_worker(made)
    made.store.append([(alert(), None)])

    assert Automatic(made.settings, made.store, {"api-abuse": book.find("api-abuse", None)}).run(once=True) == 0
    assert casework.load(made.store, 1).steps["block-caller"].state == "verified"
    assert casework.load(made.store, 1).steps["tell-the-team"].state == "failed"


def test_a_clock_that_was_set_back_puts_no_escalation_off(tmp_path: Path) -> None:
    made = project(tmp_path, "respond: {escalate: [{after: 0s, to: commander}]}\n")
    made.store = MemoryStore(clock=lambda: timestamp(datetime.now(UTC) + timedelta(hours=1)))
    made.store.append([(alert(), None)])
    books = {"api-abuse": book.find("api-abuse", None)}
    casework.Intake(made.store, books).take()
    Automatic(made.settings, made.store, books).run(once=True)

    told = [e.fact.key for e in made.store.read(kinds=(Message,)) if isinstance(e.fact, Message)]
    assert any("escalation" in key for key in told)
