"""A guarded service at saturation for a long time, with everything that happens in a bad week happening to it.

    python benchmarks/soak.py [--minutes 10] [--workers 2] [--clients 4] [--output FILE]

A FastAPI application in enforce mode under uvicorn, its journal in a file. Clients ask without a pause, each request
with a number of its own, so that each acknowledged one can be looked for in the journal at the end. Meanwhile: the
policy is swapped, a caller is blocked, another's tokens are revoked, the store is locked for some seconds, a worker is
killed with SIGKILL, an issuer's key is rotated in its file, and another's in the key set that its provider serves,
which is slow and then fails in the midst of it. What took effect when is measured with probes of their own. Exits with
1 where anything was lost, the chain does not verify, or something took longer than its promise.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from nomoat import settings
from nomoat.appmap import codec
from nomoat.journal.facts import Block, Decision, Gap, Revocation, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.workers import seconds_from
from nomoat.survey.draw import draw

#: What the contract promises of blocks and revocations; files are looked at once a second.
PROMISED_S = 1.0
RELOAD_S = 3.0
OUTAGE_S = 5.0
#: How long a provider takes for each answer, and how long it fails. A new key is asked for at once, and again after
#: 10 s where somebody had asked in vain; a fetch that fails is tried again after some seconds.
SLOW_S, FAILING_S = 2.0, 8.0
FETCHED_S = 20.0
#: A worker that is killed takes the reads along that it had answered and not committed yet: the contract says so. An
#: answer that was on its way is seen by its client a moment later.
UNCOMMITTED_S, ON_ITS_WAY_S = 1.5, 0.25
POLICY = """\
format: 1
services: {{shop: {{}}}}
identity:
  main: {{issuer: soak, algorithms: [HS256], key: "file:key.txt", audience: shop, roles: claims.roles}}
  fetched:
    {{issuer: soak-keys, algorithms: [ES256], keys: "http://127.0.0.1:{provider}/jwks", audience: shop,
     roles: claims.roles}}
roles: {{customer: [orders:read, orders:write{more}]}}
routes:
  "GET /orders/{{order_id}}": orders:read
  "POST /orders/{{order_id}}": orders:write
  "GET /extras": extras:read
"""
APPLICATION = """\
from fastapi import FastAPI
from nomoat.guard import protect
app = FastAPI(openapi_url=None)

@app.get("/orders/{order_id}")
async def read(order_id: int):
    return {"order": order_id}

@app.post("/orders/{order_id}")
async def write(order_id: int):
    return {"order": order_id}

@app.get("/extras")
async def extras():
    return {}

protect(app, mode="enforce")
"""

# As `uvicorn main:app --workers N` does it, on a socket that says that it is TCP: without that asyncio leaves Nagle's
# algorithm on, and head and body of each answer are 40 ms apart.
SERVER = """\
import socket
import sys

import uvicorn
from uvicorn.supervisors import Multiprocess

if __name__ == "__main__":
    port, workers = map(int, sys.argv[1:])
    config = uvicorn.Config("main:app", workers=workers, log_level="warning", access_log=False)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    Multiprocess(config, sockets=[listening]).run()
"""


class Provider:
    """Serves a key set on loopback: as it is, slowly, or not at all."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys = keys
        self.after_s = 0.0
        self.fails = False
        self.served: Counter[str] = Counter()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(provider.after_s)
                status = 503 if provider.fails else 200
                said = "failed" if provider.fails else "slow" if provider.after_s else "at once"
                provider.served[said] += 1
                body = json.dumps({"keys": [key.as_dict(private=False) for key in provider.keys]}).encode()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """Says nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = int(self._http.server_address[1])
        threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        """Ends it."""
        self._http.shutdown()
        self._http.server_close()


@dataclass
class Held:
    """Tokens that are asked with without a pause: all of `good` are to be accepted, none of `bad`."""

    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    asked: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    accepted: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, port: int) -> None:
        """Asks until it is stopped; no answer at all is counted as neither."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while not self.stop.is_set():
            good, bad = self.good, self.bad
            for bearer in (*good, *bad):
                status = ask(connection, "GET", "/orders/1", bearer)
                # What was to be accepted when it was asked may not be any more, and the reverse: not counted.
                if status == 0 or (good, bad) != (self.good, self.bad):
                    continue
                self.asked["good" if bearer in good else "bad"] += 1
                if bearer in good and status != 200:
                    self.refused[status] += 1
                elif bearer in bad and status == 200:
                    self.accepted += 1
            connection.close()
            time.sleep(0.002)


@dataclass
class Soak:
    """What one run knows. `reads` and `writes` are the numbers of acknowledged requests, with the time of each."""

    root: Path
    port: int
    key: str
    provider: Provider
    reads: dict[int, float] = field(default_factory=dict)
    writes: dict[int, float] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    events: list[tuple[str, str, bool]] = field(default_factory=list)
    killed_at: list[float] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self, name: str) -> str:
        """A customer's token by the key of now."""
        now = int(time.time())
        claims = {"iss": "soak", "sub": name, "aud": "shop", "roles": ["customer"], "iat": now, "exp": now + 7200}
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.key))

    def policy(self, more: str = "") -> str:
        """nomoat.yaml, with further permissions of customers."""
        return POLICY.format(more=more, provider=self.provider.port)

    def note(self, what: str, said: str, *, is_good: bool) -> None:
        """Something that happened, how it went, and whether that is as promised."""
        self.events.append((what, said, is_good))
        print(f"{'ok  ' if is_good else 'BAD '} {what}: {said}", flush=True)


def signed_by(key: ECKey, *, kid: str = "") -> str:
    """A customer's token of the issuer whose keys are fetched; with the name of another key where one is said."""
    now = int(time.time())
    claims = {"iss": "soak-keys", "sub": "ivo", "aud": "shop", "roles": ["customer"], "iat": now, "exp": now + 7200}
    return jwt.encode({"alg": "ES256", "kid": kid or key.kid}, claims, key)


def project(soak: Soak) -> None:
    """The application with its settings and its map."""
    root = soak.root
    (root / "nomoat.yaml").write_text(soak.policy())
    (root / "key.txt").write_text(soak.key)
    (root / "main.py").write_text(APPLICATION)
    (root / "serve.py").write_text(SERVER)
    (root / ".nomoat").mkdir()
    drawn = draw(root, settings=settings.load(root / "nomoat.yaml")).map
    (root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))


def ask(connection: http.client.HTTPConnection, method: str, path: str, bearer: str) -> int:
    """The status of one answer; 0 where none came."""
    try:
        connection.request(method, path, headers={"Authorization": f"Bearer {bearer}"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0
    return answer.status


def load(soak: Soak, client: int, clients: int) -> None:
    """One client: every fifth request writes."""
    connection = http.client.HTTPConnection("127.0.0.1", soak.port, timeout=20)
    number, key, bearer = client, "", ""
    reads: dict[int, float] = {}
    writes: dict[int, float] = {}
    statuses: Counter[str] = Counter()
    while not soak.stop.is_set():
        if key != soak.key:
            key, bearer = soak.key, soak.token("ana")
        number += clients
        method = "POST" if number // clients % 5 == 0 else "GET"
        status = ask(connection, method, f"/orders/{number}", bearer)
        statuses[f"{method} {status or 'no answer'}"] += 1
        if status == 200:
            (writes if method == "POST" else reads)[number] = time.monotonic()
        elif status != 0:
            time.sleep(0.002)
        else:
            time.sleep(0.05)
    connection.close()
    with soak.lock:
        soak.reads |= reads
        soak.writes |= writes
        soak.statuses += statuses


def took_s(soak: Soak, method: str, path: str, bearer: str, wanted: int, *, within_s: float = 20.0) -> float:
    """Seconds until a probe is answered as wanted ten times in a row (there are several workers); infinity: never."""
    connection = http.client.HTTPConnection("127.0.0.1", soak.port, timeout=5)
    began = since = time.monotonic()
    in_a_row = 0
    while in_a_row < 10 and time.monotonic() - began < within_s:
        if ask(connection, method, path, bearer) == wanted:
            in_a_row += 1
        else:
            in_a_row, since = 0, time.monotonic()
        # A new connection may be another worker's.
        connection.close()
    return since - began if in_a_row == 10 else float("inf")


def workers_of(pid: int) -> list[int]:
    """The processes that a server has started and that answer."""
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        named = [int(one) for one in children]
        return [one for one in named if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()] or [pid]
    return []


def memory_of(pids: list[int]) -> int:
    """Resident bytes of all of them."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return total


def swap_policy(soak: Soak, _: subprocess.Popen[bytes]) -> None:
    """A permission more, and taken away again."""
    bearer = soak.token("lea")
    for more, wanted, said in ((", extras:read", 200, "given"), ("", 403, "taken away")):
        (soak.root / "nomoat.yaml").write_text(soak.policy(more))
        seconds = took_s(soak, "GET", "/extras", bearer, wanted)
        soak.note("policy swapped", f"permission {said} after {seconds:.2f} s", is_good=seconds <= RELOAD_S)


def block(soak: Soak, _: subprocess.Popen[bytes]) -> None:
    """A caller is blocked, and the block is lifted."""
    bearer = soak.token("ben")
    until = seconds_from(timestamp(), 3600)
    with contextlib.closing(open_store(store_url(soak), create=False)) as store:
        for lifted, wanted in ((False, 403), (True, 200)):
            fact = Block(
                block="soak",
                what="subject",
                value="user:main/ben",
                until=until,
                lifted=lifted,
                because="soak",
                by="soak",
            )
            store.append([(fact, None)], durable=True)
            seconds = took_s(soak, "GET", "/orders/1", bearer, wanted)
            said = f"{'lifted' if lifted else 'in force'} after {seconds:.2f} s"
            soak.note("caller blocked", said, is_good=seconds <= PROMISED_S)


def revoke(soak: Soak, _: subprocess.Popen[bytes]) -> None:
    """Every token of a caller up to now is refused."""
    bearer = soak.token("kim")
    with contextlib.closing(open_store(store_url(soak), create=False)) as store:
        fact = Revocation(
            what="subject", value="user:main/kim", issued_before=seconds_from(timestamp(), 5), because="soak", by="soak"
        )
        store.append([(fact, None)], durable=True)
        seconds = took_s(soak, "GET", "/orders/1", bearer, 401)
    soak.note("tokens revoked", f"refused after {seconds:.2f} s", is_good=seconds <= PROMISED_S)


def lock_store(soak: Soak, _: subprocess.Popen[bytes]) -> None:
    """Somebody else holds the store's write lock: guard denies what it cannot record, and recovers."""
    bearer = soak.token("lea")
    with contextlib.closing(sqlite3.connect(store_url(soak).partition(":")[2], isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout = 10000")
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        denied = took_s(soak, "GET", "/orders/1", bearer, 503, within_s=OUTAGE_S - 0.5)
        time.sleep(max(0.0, OUTAGE_S - (time.monotonic() - began)))
        other.execute("ROLLBACK")
    recovered = took_s(soak, "GET", "/orders/1", bearer, 200)
    soak.note("store locked", f"{OUTAGE_S:.0f} s; refused with 503 after {denied:.2f} s", is_good=denied < OUTAGE_S)
    soak.note("store back", f"answers again after {recovered:.2f} s", is_good=recovered <= 5.0)


def kill_worker(soak: Soak, server: subprocess.Popen[bytes]) -> None:
    """One worker ends without a word; the server starts another."""
    before = workers_of(server.pid)
    soak.killed_at.append(time.monotonic())
    os.kill(before[0], signal.SIGKILL)
    began = time.monotonic()
    while time.monotonic() - began < 30:
        now = workers_of(server.pid)
        if before[0] not in now and len(now) == len(before):
            break
        time.sleep(0.05)
    seconds = took_s(soak, "GET", "/orders/1", soak.token("lea"), 200, within_s=30)
    soak.note("worker killed", f"another after {time.monotonic() - began:.2f} s", is_good=seconds < 30)


def rotate_key(soak: Soak, _: subprocess.Popen[bytes]) -> None:
    """The issuer signs by a new key: tokens of the old one are refused, of the new one accepted."""
    old, soak.key = soak.token("lea"), secrets.token_hex(32)
    (soak.root / "key.txt").write_text(soak.key)
    accepted = took_s(soak, "GET", "/orders/1", soak.token("lea"), 200)
    refused = took_s(soak, "GET", "/orders/1", old, 401)
    soak.note(
        "key rotated",
        f"new tokens accepted after {accepted:.2f} s, old ones refused",
        is_good=accepted <= RELOAD_S and refused <= RELOAD_S,
    )


def rotate_key_set(soak: Soak, _: subprocess.Popen[bytes]) -> None:
    """A provider shows a new key beside the old one, is slow, fails, comes back without the old and with a third."""
    provider = soak.provider
    (first,) = provider.keys
    second, third, other = (ECKey.generate_key("P-256", {"kid": name}) for name in ("second", "third", "other"))
    known, later = signed_by(first), signed_by(third)
    forged = signed_by(other, kid="first")
    held = Held(good=(known,), bad=(forged, later))
    asking = threading.Thread(target=held.run, args=(soak.port,))
    asking.start()
    try:
        provider.keys = (first, second)
        newer = signed_by(second)
        took = {"the second key accepted": took_s(soak, "GET", "/orders/1", newer, 200, within_s=30)}
        held.good = (known, newer)
        provider.after_s = SLOW_S
        time.sleep(SLOW_S * 2)
        provider.fails = True
        time.sleep(FAILING_S)
        provider.keys, provider.fails, provider.after_s = (second, third), False, 0.0
        held.good, held.bad = (newer,), (forged,)
        took["the third accepted"] = took_s(soak, "GET", "/orders/1", later, 200, within_s=60)
        took["the first refused"] = took_s(soak, "GET", "/orders/1", known, 401, within_s=60)
        held.good, held.bad = (newer, later), (forged, known)
        time.sleep(3.0)
    finally:
        held.stop.set()
        asking.join(60)
    said = ", ".join(f"{what} after {seconds:.2f} s" for what, seconds in took.items())
    soak.note("key set rotated", said, is_good=all(seconds <= FETCHED_S for seconds in took.values()))
    served = ", ".join(f"{count} {how}" for how, count in sorted(provider.served.items()))
    soak.note(
        "key set asked",
        f"{held.asked['good']:,} requests that were to be accepted, {held.refused.total()} of them refused "
        f"{dict(held.refused) or ''}; {held.asked['bad']:,} that were to be refused, {held.accepted} of them accepted; "
        f"the provider answered {served}",
        is_good=not held.refused and not held.accepted and min(held.asked["good"], held.asked["bad"]) > 0,
    )


def store_url(soak: Soak) -> str:
    """The journal of the service."""
    return settings.load(soak.root / "nomoat.yaml").store_url


EVENTS: tuple[tuple[float, Callable[[Soak, subprocess.Popen[bytes]], None]], ...] = (
    (0.15, swap_policy), (0.30, block), (0.40, revoke), (0.50, lock_store), (0.65, kill_worker), (0.75, rotate_key),
    (0.85, rotate_key_set),
)  # fmt: skip


def run(soak: Soak, *, minutes: float, workers: int, clients: int) -> None:
    """The service, its clients, and what happens to them."""
    command = [sys.executable, "serve.py", str(soak.port), str(workers)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((os.environ.get("PYTHONPATH", ""), str(soak.root)))}
    with (soak.root / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=soak.root,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            if took_s(soak, "GET", "/orders/1", soak.token("lea"), 200, within_s=60) == float("inf"):
                raise SystemExit(f"the service does not start: {(soak.root / 'server.log').read_text()[-2000:]}")
            threads = [threading.Thread(target=load, args=(soak, n, clients)) for n in range(1, clients + 1)]
            for thread in threads:
                thread.start()
            try:
                happen(soak, server, seconds=minutes * 60)
            finally:
                soak.stop.set()
                for thread in threads:
                    thread.join(30)
        finally:
            server.terminate()
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def happen(soak: Soak, server: subprocess.Popen[bytes], *, seconds: float) -> None:
    """Samples memory, and lets each event happen when its time has come."""
    began, waiting = time.monotonic(), list(EVENTS)
    while (passed := time.monotonic() - began) < seconds:
        soak.memory.append((passed / seconds, memory_of(workers_of(server.pid))))
        if waiting and passed >= waiting[0][0] * seconds:
            waiting.pop(0)[1](soak, server)
        time.sleep(1.0)


def judge(soak: Soak) -> None:
    """Looks each acknowledged request up in the journal, and walks the chain."""
    found: dict[str, set[int]] = {"GET": set(), "POST": set()}
    facts, gaps = 0, 0
    with contextlib.closing(open_store(store_url(soak), create=False)) as store:
        for entry in store.read(kinds=(Decision, Gap)):
            if isinstance(entry.fact, Gap):
                gaps += 1
            elif isinstance(entry.fact, Decision):
                facts += 1
                if entry.fact.outcome == "allow" and "order_id" in entry.fact.params:
                    found[entry.fact.method].add(int(entry.fact.params["order_id"]))
        verified = store.verify()
    lost_writes = [one for one in soak.writes if one not in found["POST"]]
    lost_reads = [at for one, at in soak.reads.items() if one not in found["GET"]]
    unexplained = [
        at for at in lost_reads if not any(-ON_ITS_WAY_S <= kill - at <= UNCOMMITTED_S for kill in soak.killed_at)
    ]
    soak.note(
        "writes", f"{len(soak.writes):,} acknowledged, {len(lost_writes)} not in the journal", is_good=not lost_writes
    )
    apart = ", ".join(f"{at - kill:+.3f} s" for at in lost_reads[:5] for kill in soak.killed_at)
    soak.note(
        "reads",
        f"{len(soak.reads):,} acknowledged, {len(lost_reads)} not in the journal "
        f"({apart or 'none'} from the kill), "
        f"{len(unexplained)} of them not of the killed worker's last moment",
        is_good=not unexplained,
    )
    soak.note("the killed worker", f"{gaps} gap facts tell of it", is_good=gaps >= len(soak.killed_at))
    problems = "; ".join(verified.problems) or "the chain verifies"
    soak.note("journal", f"{facts:,} decisions, {verified.facts:,} facts; {problems}", is_good=not verified.problems)


def memory_said(soak: Soak) -> None:
    """How resident memory went: of the second and of the last tenth of the time."""
    early = [size for at, size in soak.memory if 0.1 <= at < 0.2]
    late = [size for at, size in soak.memory if at >= 0.9]
    if early and late:
        one, two, most = statistics.median(early), statistics.median(late), max(size for _, size in soak.memory)
        said = f"{one / 1e6:.0f} MB early, {two / 1e6:.0f} MB at the end, at most {most / 1e6:.0f} MB (all workers)"
        soak.note("memory", said, is_good=two <= one * 1.5)


def table(soak: Soak, *, minutes: float, workers: int, clients: int) -> str:
    """The result, for people."""
    total = sum(soak.statuses.values())
    lines = [
        f"{minutes:g} minutes, {workers} workers, {clients} clients: {total:,} requests, "
        f"{total / minutes / 60:,.0f} a second",
        *(f"  {said:<18} {count:>9,}" for said, count in sorted(soak.statuses.items())),
        *(f"  {'as promised' if good else 'NOT SO':<11} {what}: {said}" for what, said, good in soak.events),
    ]
    return "\n".join(lines)


def main() -> int:
    """Prints the table; 1 where something is not as promised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--output", metavar="FILE", help="write what was counted as JSON, too")
    given = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    provider = Provider(ECKey.generate_key("P-256", {"kid": "first"}))
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(provider):
        soak = Soak(Path(folder).resolve(), port, secrets.token_hex(32), provider)
        project(soak)
        run(soak, minutes=given.minutes, workers=given.workers, clients=given.clients)
        judge(soak)
    memory_said(soak)
    print(table(soak, minutes=given.minutes, workers=given.workers, clients=given.clients))
    if given.output:
        Path(given.output).write_text(json.dumps({"statuses": soak.statuses, "events": soak.events}) + "\n")
    return 0 if all(good for _, _, good in soak.events) else 1


if __name__ == "__main__":
    sys.exit(main())
