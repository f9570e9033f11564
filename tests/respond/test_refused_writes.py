"""Each single write of an incident refused once, as by a disk that is full for a moment: nothing is lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from nomoat.demo.servers import Receiver
from nomoat.errors import StorageError
from nomoat.journal import blocks
from nomoat.journal.facts import Block, Evidence, Fact, Incident, Step
from nomoat.journal.ports import CursorMove
from nomoat.respond import book
from nomoat.respond.automatic import Automatic
from nomoat.storage.memory import MemoryStore
from tests.respond.project import Project, alert, project

#: More writes than the automatic steps of one incident need.
_WRITES = 26


class RefusingStore(MemoryStore):
    """Refuses one append, the `number`-th, and takes every other."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def append(
        self, facts: Sequence[tuple[Fact, str | None]], *, cursor: CursorMove | None = None, durable: bool = False
    ) -> list[str | None]:
        """Commits, or raises StorageError once."""
        self.left -= 1
        if self.left == 0:
            raise StorageError("cannot write to the store: the disk is full")
        return super().append(facts, cursor=cursor, durable=durable)


@pytest.fixture(scope="module")
def opened() -> Iterator[Receiver]:
    opened = Receiver().open()
    yield opened
    opened.close()


@pytest.fixture
def receiver(opened: Receiver) -> Receiver:
    opened.messages.clear()
    return opened


def _run(made: Project) -> int:
    made.store.beat("w", role=blocks.GUARD_ROLE, service="shop", position="999999")
    return Automatic(made.settings, made.store, {"api-abuse": book.find("api-abuse", None)}).run(once=True)


@pytest.mark.parametrize("number", range(2, _WRITES))
def test_a_write_that_is_refused_once_loses_and_doubles_nothing(
    number: int, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", receiver.url)
    made = project(tmp_path, "notify: {team: {webhook: 'env:HOOK'}}\n")
    made.store = store = RefusingStore(number)
    store.append([(alert(), None)])

    codes = [_run(made)]
    if store.left <= 0:
        codes.append(_run(made))

    facts = [entry.fact for entry in store.read()]
    ends = Counter(fact.step for fact in facts if isinstance(fact, Step) and fact.state not in ("intent", "open"))
    states = {fact.step: fact.state for fact in facts if isinstance(fact, Step)}
    kept = Counter(fact.name for fact in facts if isinstance(fact, Evidence))
    assert (3 if store.left <= 0 else 0, 0) == (codes[0], codes[-1])
    assert 1 == sum(isinstance(fact, Incident) for fact in facts)
    assert {"keep-evidence": 1, "keep-settings": 1, "block-caller": 1, "tell-the-team": 1} == ends
    assert ("done", "done", "verified") == tuple(
        states[step] for step in ("keep-evidence", "keep-settings", "block-caller")
    )
    assert {1} == set(kept.values())
    assert 5 == len(kept)
    assert 1 == sum(isinstance(fact, Block) for fact in facts)
    # Where it is not known whether it arrived, it is unsure and not sent again.
    assert states["tell-the-team"] in ("done", "unsure")
    assert 1 == len(receiver.messages)
