"""A project with a playbook, an alert and whoever acts, for tests of `respond`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nomoat import settings as settings_file
from nomoat.journal.facts import Alert, timestamp
from nomoat.journal.ports import Store
from nomoat.respond import book, casework
from nomoat.respond import settings as respond_settings
from nomoat.respond.book import Playbook
from nomoat.respond.doing import Hands
from nomoat.respond.stepping import AUTOMATIC, Stepper
from nomoat.settings import Settings
from nomoat.storage.memory import MemoryStore

ROUTE = "route:shop/GET /orders/{order_id}"


def alert(**changes: Any) -> Alert:
    """An alert about mallory, as watch appends it."""
    now = timestamp()
    given: dict[str, Any] = {
        "detection": "object-enumeration", "severity": "high", "summary": "40 orders", "subject": "user:main/mallory",
        "service": "shop", "target": ROUTE, "first_event_at": now, "last_event_at": now, "observed": 40,
        "playbook": "api-abuse",
    }  # fmt: skip
    return Alert(**{**given, **changes})


@dataclass
class Project:
    """One project on disk, its facts in memory."""

    settings: Settings
    store: Store

    def stepper(self, playbook: Playbook | None = None, *, by: str = AUTOMATIC, **changes: Any) -> Stepper:
        """Opens an incident from an alert and gives its steps."""
        playbook = playbook or book.find("api-abuse", None)
        self.store.append([(alert(playbook=playbook.id, **changes), None)])
        (number,) = casework.Intake(self.store, {playbook.id: playbook}).take()
        return self.again(number, playbook, by=by)

    def again(self, number: int, playbook: Playbook, *, by: str = AUTOMATIC) -> Stepper:
        """The steps of an incident that is open already."""
        hands = Hands(self.settings, respond_settings.read(self.settings), self.store, by)
        return Stepper(hands, casework.load(self.store, number), playbook)


def project(root: Path, more: str = "") -> Project:
    """A project; `more` is added to its nomoat.yaml."""
    (root / "nomoat.yaml").write_text(f"format: 1\nservices: {{shop: {{}}}}\n{more}")
    return Project(settings_file.load(root / "nomoat.yaml"), MemoryStore())


def playbook(steps: str, *, id: str = "test", messages: str = "") -> Playbook:
    """A playbook of these steps alone."""
    return book.parse(
        f"format: 1\nparameters: {{subject: {{type: caller, from: subject}}}}\nsteps:\n{steps}\n{messages}", id=id
    )
