"""What happens in the tour: the services, the people, the attack, the alert, the incident and the fix.

Everything that is claimed is read back from the journal or from an answer of a running service.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nomoat import settings as settings_file
from nomoat.demo import project as project_folder
from nomoat.demo import servers, traffic
from nomoat.demo.servers import Receiver, Service
from nomoat.demo.stage import Background, Stage
from nomoat.demo.traffic import Client
from nomoat.errors import IncompleteError
from nomoat.journal import facts
from nomoat.journal.facts import Alert, Block, Decision
from nomoat.journal.journal import open_store
from nomoat.journal.ports import START, Entry, Store

ATTACKER = "mallory"
#: Seconds between two ordinary moments.
_MOMENT_S = 0.4
#: The page that stays after the tour.
REVIEW = "review.html"


@dataclass(slots=True)
class Cast:
    """Everybody on stage: services, watchers, customers, staff and the attacker."""

    stage: Stage
    ports: dict[str, int]
    receiver: Receiver
    services: list[Service] = field(default_factory=list)
    people: dict[str, Client] = field(default_factory=dict)
    watcher: Background | None = None
    responder: Background | None = None
    turn: int = 0

    @property
    def shop_url(self) -> str:
        """The shop, on loopback."""
        return f"http://127.0.0.1:{self.ports['shop']}"

    @property
    def billing_url(self) -> str:
        """Billing, on loopback."""
        return f"http://127.0.0.1:{self.ports['billing']}"

    def open(self) -> None:
        """Fills the database, starts both services, `watch` and `respond`, and signs everybody in."""
        self._fill_database()
        self._start_services()
        self.watcher = self.stage.background("watch", "run")
        for name in project_folder.PEOPLE:
            self.people[name] = self._signed_in(name)
        self.stage.say(f"signed in at the shop's own POST /login: {', '.join(self.people)}")

    def _signed_in(self, name: str) -> Client:
        client = Client(self.shop_url, name)
        if client.sign_in(self.stage.project.passwords[name]) != 200:
            raise IncompleteError(f"{name} could not sign in", where=str(self.stage.project.root / "shop.log"))
        return client

    def _start_services(self) -> None:
        for name in ("shop", "billing"):
            service = servers.start(self.stage.project, name, self.ports[name])
            self.services.append(service)
            self.stage.say(f"uvicorn {name}.main:app --workers 2   {service.url}")

    def _stop_services(self) -> None:
        while self.services:
            self.services.pop().stop()

    def _fill_database(self) -> None:
        made = self.stage.project
        script = "import json, sys; from shop.store import prepare; prepare(json.load(sys.stdin))"
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=made.root,
            env=made.environment(),
            input=json.dumps(made.passwords).encode(),
            check=True,
            timeout=30,
        )

    def ordinary_traffic(self, seconds: float) -> None:
        """Everybody but the attacker does what they do every day."""
        customers = [self.people["ana"], self.people["ben"]]
        staff = [self.people["kim"], self.people["olga"]]
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            traffic.an_ordinary_moment(customers, staff, self.billing_url, self.turn)
            self.turn += 1
            # Fewer moments than the objects that ring as `object-enumeration`: each looks at another order.
            time.sleep(_MOMENT_S)
        counted: Counter[int] = Counter()
        for person in self.people.values():
            counted += person.statuses
        self.stage.say(f"{counted.total()} requests, answers: {_statuses(counted)}")

    def attack(self) -> None:
        """The attacker reads order after order and knocks at the doors of the administration."""
        attacker = Client(self.shop_url, ATTACKER)
        attacker.sign_in(self.stage.project.passwords[ATTACKER])
        self.people[ATTACKER] = attacker
        read = traffic.enumerate_orders(attacker, first=1, last=50)
        self.stage.say(f"{ATTACKER} asked for orders 1 to 50 and read {read} of them, though 3 are {ATTACKER}'s own")
        before = Counter(attacker.statuses)
        traffic.hammer(attacker, times=15)
        knocked = _statuses(attacker.statuses - before)
        self.stage.say(f"{ATTACKER} knocked 30 times at GET /admin/export and GET /admin/users: {knocked}")
        olga = self.people["olga"]
        status = olga.ask("GET", f"/customers/{ATTACKER}/address", base_url=self.billing_url)
        self.stage.say(f"billing read the data of a customer from the shop, for the first time ever: {status}")

    def show_alerts(self) -> None:
        """Waits for the alert that opens the incident and shows what `watch run` printed."""
        watcher = self.watcher
        assert watcher is not None
        wanted = {("object-enumeration", f"user:main/{ATTACKER}"), ("first-use", "service:billing")}
        self.stage.until(
            lambda: wanted <= {(a.detection, a.subject) for a in self.alerts()}, what="the alerts", deadline_s=20
        )
        for line in watcher.lines():
            self.stage.say(line)

    def alerts(self) -> list[Alert]:
        """Every alert so far, oldest first."""
        return [entry.fact for entry in self.entries(Alert) if isinstance(entry.fact, Alert)]

    def entries(self, *kinds: type[facts.Fact]) -> list[Entry]:
        """Facts of some kinds, as the journal has them now."""
        with self.store() as store:
            return list(store.read(START, kinds=kinds))

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The project's journal."""
        made = self.stage.project
        store = open_store(settings_file.load(made.root / settings_file.FILE_NAME).store_url, create=False)
        try:
            yield store
        finally:
            store.close()

    def learn(self) -> None:
        """Granted minus exercised, as a diff, and what would have been denied by it."""
        self.stage.say(
            "half a minute of traffic is far too little to learn from; the demo lowers the bar to show how it looks"
        )
        lowered = ("--at-least", "0s", "--decisions", "100")
        self.stage.command("policy", "learn", "--since", "1h", *lowered, "-o", "smaller.yaml", expect=(0, 1), shown=60)
        if (self.stage.project.root / "smaller.yaml").exists():
            self.stage.command("policy", "backtest", "--policy", "smaller.yaml", expect=(0, 1, 3))

    def fix(self) -> None:
        """Puts the repaired files in, restarts the services, and tries the attack again."""
        stage = self.stage
        names = project_folder.apply_fix(stage.project)
        stage.say(f"changed: {', '.join(names)}")
        stage.command("map", "diff", expect=(0, 1))
        stage.command("map", "--write", quiet=True)
        stage.command("check", expect=(0, 1), shown=16)
        self._stop_services()
        self._start_services()
        self._stand_down()
        self._lift_block()
        attacker = Client(self.shop_url, ATTACKER)
        attacker.sign_in(stage.project.passwords[ATTACKER])
        read = traffic.enumerate_orders(attacker, first=1, last=50)
        answers = _statuses(attacker.statuses)
        stage.say(f"{ATTACKER}, no longer blocked, asked for orders 1 to 50 again: {answers}; read {read}, their own")
        ana = self._signed_in("ana")
        own = ana.ask("GET", "/orders/1")
        stage.say(f"ana reads an order of hers: {own}")
        stage.command("policy", "explain", "--as", "user:mallory", "--role", "customer", "--may", "orders:read",
                      "--with", "resource.owner=ana", expect=(1,))  # fmt: skip
        self._require_closed(read, own)

    def _stand_down(self) -> None:
        """On a slow machine the second try is a new alert, and whoever responds would block the attacker again."""
        self.stage.close()
        self.stage.say("watch and respond are stopped: what refuses from here on is the fix alone")

    def _lift_block(self) -> None:
        """The block is lifted for the second try, so that it is the fix that refuses and nothing else."""
        self.stage.command("unblock", f"user:main/{ATTACKER}", "--because", "to try the fix")

    def _require_closed(self, read: int, own: int) -> None:
        denied = [
            entry.fact
            for entry in self.entries(Decision)
            if isinstance(entry.fact, Decision) and entry.fact.reason == "condition-false"
        ]
        if read > 3 or own != 200 or not denied:
            raise IncompleteError(f"the fix did not hold: {read} orders read, ana got {own}, {len(denied)} denials")

    def close(self) -> None:
        """Ends everything that was started."""
        self.stage.close()
        self._stop_services()


def _statuses(counted: Counter[int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in sorted(counted.items()) if count)


@dataclass(slots=True)
class Incident:
    """The incident of the tour, from its opening to its review."""

    cast: Cast
    number: int = 0

    @property
    def name(self) -> str:
        """As people call it: INC-1."""
        return f"INC-{self.number}"

    @classmethod
    def await_opening(cls, cast: Cast) -> Incident:
        """Starts the responder, which opens the incident from the alert and does what needs nobody."""
        cast.responder = cast.stage.background("respond", "--auto")
        cast.stage.until(lambda: bool(cast.entries(facts.Incident)), what="an incident", deadline_s=10)
        opened = cast.entries(facts.Incident)[0].fact
        assert isinstance(opened, facts.Incident)
        return cls(cast, opened.number)

    def respond(self, *, asked: bool) -> None:
        """Leads the person through the incident, or gives the recorded answers of the drill."""
        stage = self.cast.stage
        stage.until(lambda: bool(self._verified_blocks()), what="the block", deadline_s=15)
        self._go_on_asking()
        if asked:
            stage.in_terminal("respond", self.name)
        else:
            stage.say("what needs a person is answered from the drill of the playbook, and recorded as such")
            stage.command("respond", self.name, "--answers", "drill", expect=(0, 1), shown=80)

    def _verified_blocks(self) -> list[Entry]:
        return [
            entry
            for entry in self.cast.entries(facts.Step)
            if isinstance(entry.fact, facts.Step)
            and entry.fact.step == "block-caller"
            and entry.fact.state == "verified"
        ]

    def _go_on_asking(self) -> None:
        attacker = self.cast.people[ATTACKER]
        before = Counter(attacker.statuses)
        for _ in range(20):
            attacker.ask("GET", "/orders/2")
        self.cast.stage.say(f"{ATTACKER} goes on asking for orders: {_statuses(attacker.statuses - before)}")

    def _blocks(self) -> list[Entry]:
        return [
            entry
            for entry in self.cast.entries(Block)
            if isinstance(entry.fact, Block) and not entry.fact.lifted and ATTACKER in entry.fact.value
        ]

    def show_containment(self) -> None:
        """From the alert to the refusals of every worker, as the journal has them."""
        block = self._blocks()[0]
        self.cast.stage.until(lambda: len(self._refusals(block)) >= 1, what="a refusal", deadline_s=5)
        stage = self.cast.stage
        alert = next(entry for entry in self.cast.entries(Alert) if isinstance(entry.fact, Alert))
        seconds = (facts.moment(block.recorded_at) - facts.moment(alert.recorded_at)).total_seconds()
        stage.say(f"alert recorded {alert.recorded_at[11:23]}, block {block.recorded_at[11:23]}: {seconds:.2f} s")
        after = [entry for entry in self.cast.entries(Decision) if entry.recorded_at > block.recorded_at]
        mine = [e.fact for e in after if isinstance(e.fact, Decision) and e.fact.subject.endswith(f"/{ATTACKER}")]
        counted = Counter(f"{fact.outcome}: {fact.reason}" for fact in mine)
        stage.say(f"{ATTACKER} since then: {', '.join(f'{number} x {why}' for why, number in counted.items())}")
        stage.say(f"messages at the local receiver: {len(self.cast.receiver.messages)}")
        for message in self.cast.receiver.messages:
            stage.say(f"  {str(message.get('text', message))[:160]}")

    def _refusals(self, block: Entry) -> list[Entry]:
        return [
            entry
            for entry in self.cast.entries(Decision)
            if isinstance(entry.fact, Decision)
            and entry.fact.reason == "blocked"
            and entry.recorded_at >= block.recorded_at
        ]

    def review(self) -> None:
        """Closes the incident and writes its review."""
        stage = self.cast.stage
        stage.command("incident", "show", self.name, shown=30)
        stage.command("incident", "close", self.name, expect=(0, 1))
        stage.command("incident", "review", self.name, shown=70)
        stage.command("incident", "review", self.name, "--html", "-o", REVIEW, quiet=True)
        stage.command("journal", "verify")
