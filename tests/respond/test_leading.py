"""A person at a real terminal: what is typed, what is seen, what stands in the journal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.journal.journal import open_store
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
    store = open_store(settings_file.load(root / "nomoat.yaml").store_url)
    store.append([(alert(), None)])
    store.close()


def test_a_person_is_led_corrected_and_can_leave_at_every_prompt(tmp_path: Path) -> None:
    _opened(tmp_path)
    seen = _session(
        tmp_path,
        [("[q] leave:", "c\n"), ("q leave]:", "?\n"), ("q leave]:", "maybe\n"), ("q leave]:", "real\n"),
         ("run? ", "wat\n"), ("run? ", "y\n"), ("run? ", "s\n"), ("why is", "\n"), ("why is", "not needed\n"),
         ("run? ", "u\n"), ("run? ", "h told them by phone\n"), ("run? ", "\x04")],
    )  # fmt: skip
    store = open_store(settings_file.load(tmp_path / "nomoat.yaml").store_url)
    case = casework.load(store, 1)
    store.close()

    assert "$ nomoat block user:main/mallory --for 1h --because INC-1" in seen
    assert "on route:shop/GET /orders/{order_id}: 40 orders" in seen
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
