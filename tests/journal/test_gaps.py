from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

from nomoat.journal import workers
from nomoat.journal.facts import Gap
from nomoat.journal.gaps import GapTeller, tell_gaps
from nomoat.journal.journal import open_store


def test_a_process_that_was_killed_and_not_waited_for_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        assert not workers.is_gone(workers.host(), child.pid)
        child.kill()
        while not workers.is_gone(workers.host(), child.pid):
            assert child.returncode is None, "nobody has waited for it"


def test_a_gap_is_told_once_whoever_tells_it(tmp_path: Path) -> None:
    dies = (
        "import os, sys; from nomoat.journal.journal import open_store; store = open_store(sys.argv[1]);"
        "store.beat('dead', role='watch', service='', position=''); os.kill(os.getpid(), 9)"
    )
    url = f"sqlite:{tmp_path / 'state' / 'journal.db'}"
    subprocess.run([sys.executable, "-c", dies, url], check=False)
    with closing(open_store(url)) as store:
        store.beat("alive", role="watch", service="", position="")
        for _ in range(2):
            tell_gaps(store)
            GapTeller(store).tell()

        (told,) = [entry.fact for entry in store.read(kinds=(Gap,)) if isinstance(entry.fact, Gap)]
        assert ("dead", True) == (told.process, told.because.startswith("the watch process ended"))
