"""kill -9 of every process of a running project, one after the other: the loop goes on and the journal tells of it."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nomoat.demo import project as project_folder
from nomoat.demo import servers, traffic
from nomoat.demo.acts import Cast
from nomoat.demo.stage import Background, Stage
from nomoat.demo.tour import JOURNAL
from nomoat.demo.traffic import Client
from nomoat.journal import workers
from nomoat.journal.blocks import GUARD_ROLE
from nomoat.journal.facts import Alert, Block, Decision, Evidence, Gap, Incident, Message, Step
from tests.storage import server

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="parents are looked up in /proc")

#: A loaded machine needs what a quiet one does in two seconds.
_DEADLINE_S = 90.0
_AUTOMATIC = {"keep-evidence", "keep-settings", "block-caller", "tell-the-team"}


class Shop:
    """The demo's project while it runs, and who is killed in it."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.stage = cast.stage
        self.killed: set[str] = set()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Waits for a condition, busily and not for ever."""
        ends = time.monotonic() + _DEADLINE_S
        while not condition():
            assert time.monotonic() < ends, f"{what} did not happen; {self.logs()}"
            time.sleep(0.02)

    def logs(self) -> str:
        """The last that everybody said."""
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in self.stage.project.root.glob("*.log"))

    def living(self, role: str, service: str = "") -> dict[str, int]:
        """The processes of a role that live now: id and pid."""
        with self.cast.store() as store:
            found = [one for one in store.processes() if (one.role, one.service) == (role, service) and not one.ended]
        return {one.id: one.pid for one in found if one.live and not workers.is_gone(one.host, one.pid)}

    def kill(self, role: str, service: str = "") -> int:
        """kill -9 of one process of a role; gives its pid."""
        self.until(lambda: bool(self.living(role, service)), f"a {role} of {service}")
        name, pid = next(iter(self.living(role, service).items()))
        self._kill(pid)
        self.killed.add(name)
        return pid

    def kill_master(self, service: str) -> None:
        """kill -9 of uvicorn's parent, over whose workers nobody watches then."""
        self._kill(_parent(next(iter(self.living(GUARD_ROLE, service).values()))))

    def _kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.until(lambda: _is_dead(pid), f"the end of {pid}")

    def again(self, was: Background, *arguments: str) -> Background:
        """Starts a killed command again, as a service manager does."""
        was.stop()
        self.stage.running.remove(was)
        return self.stage.background(*arguments)

    def facts(self, kind: type, **fields: object) -> list[object]:
        """Facts of a kind with these values."""
        found = [entry.fact for entry in self.cast.entries(kind)]
        return [one for one in found if all(getattr(one, name) == value for name, value in fields.items())]

    def told(self) -> set[str]:
        """The processes whose unclean end the journal tells."""
        return {fact.process for fact in self.facts(Gap) if isinstance(fact, Gap)}

    def steps(self, number: int) -> Counter[tuple[str, str]]:
        """How often each step of an incident came to each state."""
        found = [fact for fact in self.facts(Step, incident=number) if isinstance(fact, Step)]
        return Counter((fact.step, fact.state) for fact in found)

    def is_handled(self, number: int) -> bool:
        """True when every automatic step of an incident has an end."""
        ended = {step for step, state in self.steps(number) if state not in ("intent", "open")}
        return ended >= _AUTOMATIC


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "postgresql":
        with server.schema() as served:
            yield served
    else:
        yield JOURNAL


@pytest.fixture
def shop(store_url: str, tmp_path: Path) -> Iterator[Shop]:
    receiver = servers.Receiver().open()
    ports = {"shop": servers.free_port(), "billing": servers.free_port()}
    made = project_folder.make(
        tmp_path / "shop", webhook_url=receiver.url, shop_url=f"http://127.0.0.1:{ports['shop']}"
    )
    settings = made.root / "nomoat.yaml"
    settings.write_text(settings.read_text().replace(JOURNAL, store_url))
    assert f'"{store_url}"' in settings.read_text()
    cast = Cast(Stage(made), ports, receiver)
    try:
        cast.stage.command("map", "--write", quiet=True)
        cast.open()
        cast.ordinary_traffic(1.0)
        cast.responder = cast.stage.background("respond", "--auto")
        yield Shop(cast)
    finally:
        cast.close()
        receiver.close()


def _refused(person: Client, times: int = 40) -> set[int]:
    return {person.ask("GET", "/orders/2") for _ in range(times)}


def _assert_handled_once(shop: Shop, number: int, who: str) -> None:
    steps = shop.steps(number)
    for step in _AUTOMATIC:
        ends = {state: count for (name, state), count in steps.items() if name == step and state != "intent"}
        assert list(ends.values()) == [1], f"{step}: {ends}"
    names = [fact.name for fact in shop.facts(Evidence, incident=number) if isinstance(fact, Evidence)]
    assert len(set(names)) == len(names)
    assert len(shop.facts(Block, value=who, lifted=False)) == 1
    intents = [fact.key for fact in shop.facts(Message, state="intent", incident=number) if isinstance(fact, Message)]
    assert len(set(intents)) == len(intents) == 1


def test_every_process_is_killed_and_the_loop_goes_on(shop: Shop) -> None:
    cast = shop.cast
    mallory, ben = Client(cast.shop_url, "mallory"), cast.people["ben"]
    mallory.sign_in(shop.stage.project.passwords["mallory"])
    assert cast.watcher is not None
    assert cast.responder is not None
    shop.until(lambda: bool(shop.living("watch") and shop.living("respond")), "watch and respond")

    # The responder dies in the middle of the first incident, the watcher right after its alert.
    _attack_until(shop, mallory, lambda: bool(shop.facts(Step, state="intent")), "the first step")
    shop.kill("respond")
    shop.kill("watch")
    cast.watcher = shop.again(cast.watcher, "watch", "run")
    cast.responder = shop.again(cast.responder, "respond", "--auto")
    shop.until(lambda: shop.is_handled(1), "the end of the first incident")
    _assert_handled_once(shop, 1, "user:main/mallory")
    assert {403} == _refused(mallory)

    # One worker dies: uvicorn starts another, which knows of the block before its first answer.
    dead = shop.kill(GUARD_ROLE, "shop")
    shop.until(lambda: len(set(shop.living(GUARD_ROLE, "shop").values()) - {dead}) == 2, "a worker in its place")
    assert _refused(mallory) <= {403, 0}

    # Uvicorn's parent dies; what it leaves behind ends with the leash, and the port is free again.
    shop.kill_master("shop")
    first = cast.services[0]
    first.process.wait(_DEADLINE_S)
    first.stop()
    cast.services[0] = servers.start(shop.stage.project, "shop", cast.ports["shop"])
    assert {403} == _refused(mallory)

    # Another attack is noticed once, and contained.
    _attack_until(shop, ben, lambda: shop.is_handled(2), "the end of the second incident")
    _assert_handled_once(shop, 2, "user:main/ben")
    assert {403} == _refused(ben)
    assert 200 == cast.people["ana"].ask("GET", "/orders")
    _assert_the_journal_tells_it(shop)


def _attack_until(shop: Shop, attacker: Client, condition: Callable[[], bool], what: str) -> None:
    """Attacks, and again after some seconds: where guard answers 503 on a busy disk, too few are read to ring."""
    again_at = 0.0

    def is_met() -> bool:
        nonlocal again_at
        if time.monotonic() >= again_at:
            traffic.enumerate_orders(attacker, first=1, last=50)
            again_at = time.monotonic() + 8.0
        return condition()

    shop.until(is_met, what)


def _assert_the_journal_tells_it(shop: Shop) -> None:
    alerts = Counter(
        fact.subject for fact in shop.facts(Alert, detection="object-enumeration") if isinstance(fact, Alert)
    )
    declared = [fact.subject for fact in shop.facts(Incident, change="declared") if isinstance(fact, Incident)]
    blocked = [fact for fact in shop.facts(Decision, reason="blocked") if isinstance(fact, Decision)]

    assert {"user:main/mallory": 1, "user:main/ben": 1} == alerts
    assert ["user:main/mallory", "user:main/ben"] == declared
    assert {"user:main/mallory", "user:main/ben"} == {fact.subject for fact in blocked}
    assert 3 == len(shop.killed)
    shop.until(lambda: shop.killed <= shop.told(), "the gap of each unclean end")
    assert not shop.told() & set(shop.living(GUARD_ROLE, "shop"))
    shop.stage.command("journal", "verify", quiet=True)
