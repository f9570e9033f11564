"""Every command of the README and of the how-to pages, run as it is written, in a project where it makes sense.

The project is the demo's shop with its fix, before its first start: settings, a map, a journal with an open incident,
a git history with a remote branch, a rule of its own and a file of events.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.demo import project as project_folder
from nomoat.journal.journal import open_store
from nomoat.respond import book, casework
from tests.cli.test_docs import ROOT, commands_of
from tests.respond.project import alert

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
#: Commands that find something in this project on purpose, or say no; every other one ends with 0.
_EXPECTED = {
    "nomoat check": 1,
    "nomoat policy check": 1,
    "nomoat policy explain": 1,
    "nomoat policy backtest": 3,
    "nomoat guard report --gate": 1,
    "nomoat watch run --once --format json events.jsonl": 1,
    "nomoat watch status": 3,
    # Nobody sits at a terminal here; tests/respond has one.
    "nomoat respond": 2,
}
#: Commands that go on until somebody stops them.
_ENDLESS = re.compile(r"nomoat watch run\Z|nomoat respond --auto\Z|nomoat journal follow\b")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    if shutil.which("git") is None:
        pytest.skip("git is not here")
    root = tmp_path_factory.mktemp("pages") / "shop"
    made = project_folder.make(root, webhook_url="http://127.0.0.1:9/none", shop_url="http://127.0.0.1:9")
    project_folder.apply_fix(made)
    environment = {**made.environment(), "NO_COLOR": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    _own_rule(root / ".nomoat" / "rules" / "logging")
    events = [
        {"happened_at": f"2026-11-24T10:00:{second:02}Z", "kind": "decision", "outcome": "deny", "reason": "no-grant",
         "subject": "user:main/eve", "client": "192.0.2.7", "service": "shop"}
        for second in range(40)
    ]  # fmt: skip
    (root / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    shutil.copy(root / "nomoat.yaml", root / "new.yaml")
    _open_incident(root)
    for command in ("nomoat map --write", "git init -q -b main", "git add -A", _COMMIT, _REMOTE):
        subprocess.run(command, shell=True, cwd=root, env=environment, check=True, capture_output=True, timeout=60)
    yield root, environment


_COMMIT = "git -c user.name=a -c user.email=a@example.test commit -q -m one"
_REMOTE = "git update-ref refs/remotes/origin/main HEAD"


def _own_rule(folder: Path) -> None:
    """The rule of the page that tells how to add one."""
    page = (ROOT / "docs" / "how-to" / "add-a-rule.md").read_text()
    folder.mkdir(parents=True)
    for language, suffix in (("yaml", "yaml"), ("python", "py")):
        text = page.partition(f"```{language}\n")[2].partition("```")[0]
        (folder / f"somebody-prints.{suffix}").write_text(text)


def _open_incident(root: Path) -> None:
    store = open_store(settings.load(root / "nomoat.yaml").store_url)
    store.append([(alert(), None)])
    playbook = book.find("api-abuse", None)
    assert casework.Intake(store, {playbook.id: playbook}).take()
    store.close()


def _in_order() -> list[tuple[str, str]]:
    return [(page.name, command) for page in PAGES for command in commands_of(page)]


@pytest.mark.parametrize(("page", "command"), _in_order(), ids=lambda value: value[-50:])
def test_a_command_of_a_page_does_what_the_page_says(
    page: str, command: str, shop: tuple[Path, dict[str, str]]
) -> None:
    root, environment = shop
    process = subprocess.Popen(
        command, shell=True, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=3 if _ENDLESS.match(command) else 60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=20)
        assert _ENDLESS.match(command), f"{page}: {command} does not end: {said}"
        return

    expected = max((one for one in _EXPECTED if re.match(rf"{re.escape(one)}(\s|$)", command)), key=len, default="")
    assert _EXPECTED.get(expected, 0) == process.returncode, f"{page}: {command}: {said}"
