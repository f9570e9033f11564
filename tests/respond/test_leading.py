"""A person at a real terminal: what is typed, what is seen, what stands in the journal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.journal.facts import Block, Message
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.respond import casework
from tests.respond.project import alert


def _session(root: Path, typed: list[tuple[str, str]]) -> str:
    """Types each answer when its prompt is seen; gives all that was seen."""
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "nomoat", "respond"]
    process = subprocess.Popen(command, cwd=root, stdin=child, stdout=child, stderr=child, start_new_session=True)
    os.close(child)
    seen, looked = "", 0
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if select.select([parent], [], [], 0.05)[0]:
            try:
                seen += os.read(parent, 65_536).decode()
            except OSError:
                break
        if typed and (at := seen.find(typed[0][0], looked)) >= 0:
            looked = at + len(typed[0][0])
            os.write(parent, typed.pop(0)[1].encode())
    os.close(parent)
    assert process.wait(10) == 0, seen
    assert not typed, seen
    return seen


def _opened(root: Path) -> None:
    (root / "nomoat.yaml").write_text("format: 1\nservices: {shop: {}}\n")
    with closing(_store(root)) as store:
        store.append([(alert(), None)])


def _store(root: Path) -> Store:
    return open_store(settings_file.load(root / "nomoat.yaml").store_url)


def test_a_person_is_led_corrected_and_can_leave_at_every_prompt(tmp_path: Path) -> None:
    _opened(tmp_path)
    seen = _session(
        tmp_path,
        [("[q] leave:", "c\n"), ("q leave]:", "?\n"), ("q leave]:", "maybe\n"), ("q leave]:", "real\n"),
         ("run? ", "wat\n"), ("run? ", "y\n"), ("run? ", "s\n"), ("why is", "\n"), ("why is", "not needed\n"),
         ("run? ", "u\n"), ("send? ", "h told them by phone\n"), ("run? ", "\x04")],
    )  # fmt: skip
    store = open_store(settings_file.load(tmp_path / "nomoat.yaml").store_url)
    case = casework.load(store, 1)
    store.close()

    assert "$ nomoat block user:main/mallory --for 1h --because INC-1" in seen
    assert "on route:shop/GET /orders/{order_id}: 40 orders" in " ".join(seen.split())
    assert "escalation NOT ARMED" in seen
    assert max(len(line) for line in seen.splitlines() if not line.lstrip().startswith(("$", "run?", "send?"))) <= 110
    assert "answer one of real, false-alarm, unsure" in seen
    assert "'wat' is no answer here" in seen
    assert "left; go on with: nomoat respond INC-1" in seen
    assert "Traceback" not in seen
    assert {name: (fact.state, fact.reason) for name, fact in case.steps.items()} == {
        "is-it-real": ("done", "real"),
        "keep-evidence": ("done", ""),
        "keep-settings": ("skipped", "not needed"),
        "block-caller": ("unsure", "whoever led was not sure"),
        "tell-the-team": ("by-hand", "told them by phone"),
    }
    assert case.steps["block-caller"].unclear


def test_a_false_alarm_lifts_its_block_and_closes_and_nobody_else_is_touched(tmp_path: Path) -> None:
    _opened(tmp_path)
    subprocess.run(
        [sys.executable, "-m", "nomoat", "respond", "--auto", "--once"], cwd=tmp_path, check=True, timeout=60
    )
    seen = _session(
        tmp_path, [("[q] leave:", "n\n"), ("q leave]:", "false-alarm\n"), ("[q] leave:", "\n"), ("[q] leave:", "y\n")]
    )
    with closing(_store(tmp_path)) as store:
        case = casework.load(store, 1)
        placed = [entry.fact for entry in store.read(kinds=(Block,)) if isinstance(entry.fact, Block)]

    assert "A false alarm: lift the block of user:main/mallory and close INC-1?" in seen
    closed = case.first("closed")
    assert closed is not None
    assert closed[1].false_alarm
    assert [(one.lifted, one.because) for one in placed][-1] == (True, "INC-1 was a false alarm")
    assert "run?" not in seen, "nobody is asked to block somebody who did nothing"


def test_a_message_can_be_edited_and_what_is_open_is_said_at_the_end(tmp_path: Path) -> None:
    _opened(tmp_path)
    skips = [("run? ", "s enough\n")]
    seen = _session(
        tmp_path,
        [("[q] leave:", "c\n"), ("q leave]:", "unsure\n"), *(skips * 3), ("send? ", "e\n"),
         ("on one line", "Somebody reads orders; blocked by hand.\n"), *skips, ("[q] leave:", "d\n"), *skips,
         ("[q] leave:", "d\n"), ("q leave]:", "no\n"), ("[q] leave:", "d\n"), ("run? ", "y\n"), ("[q] leave:", "d\n")],
    )  # fmt: skip
    with closing(_store(tmp_path)) as store:
        sent = [entry.fact.text for entry in store.read(kinds=(Message,)) if isinstance(entry.fact, Message)]

    assert [text.partition("\n")[2] for text in sent] == ["Somebody reads orders; blocked by hand."] * 2
    assert "skipped, it is not for the answer owners-and-law: no" in seen
    assert "not over yet, look again after" in seen, "nobody is done watching after a second"
    assert "still open:  1  Is it real? (unsure)" in seen
    assert "still open: 13  Watch until it is over (unsure)" in seen
