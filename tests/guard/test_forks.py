"""A server that loads the application and then forks: each child decides and records by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from nomoat.appmap import codec
from nomoat.journal import blocks
from nomoat.journal.facts import Decision, Gap
from nomoat.journal.journal import open_store
from tests.guard.guarded import POLICY
from tests.policy.maps import map_of, route

#: Asks in the parent, forks twice, asks in each; a child waits until the block stands, and asks again.
_PRELOADS = """
import asyncio, json, os, sys, time
from fastapi import FastAPI
from nomoat.guard import Guard, Identity
from nomoat.journal import blocks
from nomoat.journal.journal import open_store
from tests.guard.calling import scope_of, serve

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
app.add_api_route("/exports", lambda: os.getpid(), methods=["POST"])
guarded = Guard(app, "enforce", config=sys.argv[1] + "/nomoat.yaml",
                identity=lambda _: Identity("user:local/ana", ("customer",)))

def ask():
    return asyncio.run(serve(guarded, scope_of("POST", "/exports"))).status

first = [ask()]
children = []
for _ in range(2):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        seen = [ask() for _ in range(10)]
        os.write(write, b"r")
        ends = time.monotonic() + 20
        while seen[-1] == 200 and time.monotonic() < ends:
            time.sleep(0.05)
            seen.append(ask())
        os.write(write, json.dumps([os.getpid(), seen]).encode())
        guarded.close()
        os._exit(0)
    children.append(read)
for read in children:
    assert os.read(read, 1) == b"r"
store = open_store("sqlite:" + sys.argv[1] + "/journal.db")
blocks.place(store, "user:local/ana", for_s=600, because="x", by="test")
told = [json.loads(os.read(read, 100_000)) for read in children]
for _ in children:
    os.wait()
guarded.close()
store.close()
print(json.dumps([first, told]))
"""


def test_each_child_of_a_fork_decides_records_and_sees_blocks(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(POLICY)
    (tmp_path / ".nomoat").mkdir()
    drawn = map_of(route("POST /exports", binding=("export:read",)))
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(drawn))

    # Python warns of a fork beside threads: that it is safe here is what this test is about.
    words = [sys.executable, "-W", "ignore", "-c", _PRELOADS, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    assert 0 == done.returncode, done.stderr
    first, told = json.loads(done.stdout)
    assert [200] == first
    assert 2 == len({pid for pid, _ in told})
    answered = 1 + sum(len(seen) for _, seen in told)
    with closing(open_store(f"sqlite:{tmp_path}/journal.db")) as store:
        facts = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
        processes = store.processes()
        assert () == store.verify().problems
        assert [] == list(store.read(kinds=(Gap,)))
    for _, seen in told:
        assert [200] * 10 == seen[:10]
        assert 403 == seen[-1]
    assert answered == len(facts) == len({fact.request for fact in facts})
    assert (3, True) == (len({one.pid for one in processes}), all(one.ended for one in processes))
    assert 2 == sum(fact.reason == "blocked" for fact in facts)
    assert blocks.GUARD_ROLE == processes[0].role
