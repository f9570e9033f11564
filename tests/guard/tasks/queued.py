"""A Celery application behind guard, and its messages as a broker holds them: to be read, changed, and delivered."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import celery.app.trace
from celery import Celery
from flask import Flask
from kombu.utils import json

from nomoat import guard
from nomoat.appmap import codec
from nomoat.guard import Identity
from nomoat.guard.loading import Mode
from nomoat.guard.runtime import Runtime
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from tests.guard.guarded import ANA
from tests.guard.wsgi_calling import Served
from tests.policy.maps import map_of, route

KEY, OTHER_KEY = "0123456789abcdef" * 2, "fedcba9876543210" * 2
POLICY = """\
services: {shop: {app: "main:app"}}
roles:
  customer:
    - {permission: orders:read, when: resource.owner == subject.sub}
    - {permission: mail:send}
    - {permission: export:read, when: "subject.plan == 'full'"}
calls: [{from: shop, to: shop, may: [mail:send, orders:read]}]
tasks: {key: "file:task.key"}
journal: {store: "sqlite:journal.db"}
"""
GO = route("POST /go", binding="signed-in")


@dataclass
class Message:
    """What the broker holds of one task."""

    headers: dict[str, Any]
    args: list[Any]
    kwargs: dict[str, Any]
    embedded: dict[str, Any]

    def changed(self, **headers: Any) -> Message:
        """A copy, with other headers."""
        made = copy.deepcopy(self)
        made.headers |= headers
        return made

    def deliver(self, app: Celery, name: str | None = None) -> Any:
        """As a child of the prefork pool gets it: 0 or 1 (failed), the result or the error, and the time it took."""
        body = json.dumps([self.args, self.kwargs, self.embedded])
        request = {**self.headers, "delivery_info": {"redelivered": False}, "hostname": "here"}
        failed, found, _ = celery.app.trace.trace_task_ret(
            name or self.headers["task"], self.headers["id"], request, body, "application/json", "utf-8", app=app
        )
        return found.exception if failed else found


@dataclass
class Shop:
    """A web service and a worker of one folder, in one process: messages go through a broker in memory."""

    root: Path
    mode: Mode = "enforce"
    policy: str = POLICY
    who: Identity | None = ANA
    ran: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.root / "task.key").write_text(KEY)
        (self.root / "nomoat.yaml").write_text(self.policy)
        (self.root / ".nomoat").mkdir()
        (self.root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(GO)))
        self.app = Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)
        guard.protect(self.app, mode=self.mode, config=self.root / "nomoat.yaml")
        self._do: Callable[[], Any] = lambda: None
        web = Flask("shop")

        @web.post("/go")
        def go() -> str:
            self._do()
            return "gone"

        self.served = Served(self.root, web, (GO,), policy=self.policy, mode=self.mode, who=self.who)

        @self.task(name="mail.send")
        @guard.requires("mail:send")
        def send(owner: str, text: str = "") -> str:
            guard.require("orders:read", owner=owner)
            self.ran.append(owner)
            return owner

        @self.task(name="note")
        def note(*args: Any, **kwargs: Any) -> str:
            self.ran.append(args)
            return "noted"

        self.send, self.note = send, note

    def task(self, **options: Any) -> Any:
        """The decorator of this application's tasks, and of no other's in this process."""
        return self.app.task(shared=False, **options)

    def within(self, do: Callable[[], Any], **also: Any) -> None:
        """Does something in a handler, for whoever calls."""
        self._do = do
        self.served.who = self.who
        assert self.served.ask("POST", "/go", **also).status == 200

    def publish(self, do: Callable[[], Any], **also: Any) -> Message:
        """The one message that a handler publishes."""
        self.within(do, **also)
        (found,) = self.messages()
        return found

    def messages(self) -> list[Message]:
        """Takes what the broker holds."""
        found = []
        with self.app.connection_for_read() as connection:
            queue = connection.SimpleQueue("celery")
            while len(queue):
                taken = queue.get_nowait()
                args, kwargs, embedded = json.loads(taken.body, object_hook=None)
                found.append(Message(dict(taken.headers), args, kwargs, embedded))
                taken.ack()
            queue.close()
        return found

    @property
    def runtime(self) -> Runtime:
        """What the worker decides by, loaded."""
        runtime: Runtime | None = self.app.nomoat_guard._starting.load()
        assert runtime is not None
        return runtime

    def append(self, *facts: Any) -> None:
        """Facts that the worker knows of at once."""
        self.runtime.store.append([(fact, None) for fact in facts])
        self.runtime.standing.look()

    def close(self) -> None:
        self.messages()
        if self.served._is_protected:
            self.served.close()
        self.app.nomoat_guard.close()
        self.app.close()

    def facts(self) -> list[Decision]:
        """What was decided about tasks. Ends both."""
        self.close()
        store = open_store(f"sqlite:{self.root}/journal.db")
        facts = [one.fact for one in store.read(kinds=(Decision,)) if isinstance(one.fact, Decision)]
        store.close()
        return [fact for fact in facts if fact.target.startswith("task:")]


@contextmanager
def shops(root: Path) -> Iterator[Callable[..., Shop]]:
    """Makes shops, and ends them."""
    made: list[Shop] = []

    def make(**also: Any) -> Shop:
        folder = root / str(len(made))
        folder.mkdir()
        made.append(Shop(folder, **also))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.close()
