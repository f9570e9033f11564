"""What one process of a guarded service holds: policy and map, blocks, the journal's writer, identities, the routes.

`Runtime.start` gives one or raises with what, where and fix; requests only read it. Files that change are read again; a
reload that fails leaves the last good ones in force and says so.
"""

from __future__ import annotations

import itertools
import os
import secrets
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat import settings as settings_file
from nomoat.errors import JournalError, SettingsError, printable
from nomoat.guard import loading, opening
from nomoat.guard.audit import Audit
from nomoat.guard.calls_out import CallsOut
from nomoat.guard.caretaking import Caretaker
from nomoat.guard.comparison import compare
from nomoat.guard.identity import opening as opening_identity
from nomoat.guard.identity.cache import Bearers
from nomoat.guard.identity.machines import Machines
from nomoat.guard.limiting import Limiter, OwnCounts
from nomoat.guard.loading import Loaded, Mode
from nomoat.guard.routers.by_map import ByMap
from nomoat.guard.routers.table import Serving
from nomoat.guard.standing import Standing
from nomoat.journal.blocks import GUARD_ROLE
from nomoat.journal.facts import Text
from nomoat.journal.ports import Store
from nomoat.journal.redact import without_credentials
from nomoat.journal.writer import Writer

if TYPE_CHECKING:
    from nomoat.guard.redis_counts import RedisCounts

#: The same is said at most so often, and so many different things are remembered.
SAID_S = 60.0
_MAX_SAID = 100


class Runtime:
    """The state of one process; requests only read it."""

    def __init__(self, loaded: Loaded, store: Store, mode: Mode, routes: Serving, identity: Any) -> None:
        self.loaded = loaded
        self.store = store
        self.enforces = mode == "enforce"
        self.identity = identity
        self.routes = routes
        #: The application's router cannot be asked.
        self.goes_by_map = isinstance(routes, ByMap)
        if isinstance(routes, ByMap):
            routes.follow(lambda: self.loaded)
        self.standing = Standing(store, on_change=self._changed)
        self.writer = Writer(store, role=GUARD_ROLE, service=loaded.service, position=lambda: self.standing.position)
        self.audit = Audit(self.writer)
        #: Decisions that could not be written, or were made without knowing the newest blocks.
        self.unwritten = 0
        self._prefix = f"{os.getpid():x}{secrets.token_hex(5)}"
        self._numbers = itertools.count()
        self._said: dict[str, float] = {}
        self._has_compared = False
        self.machines = Machines(loaded.guard, root=loaded.settings.root)
        #: None where no issuer is configured.
        self.bearers: Bearers | None = None
        self.bearers = self._bearers(loaded)
        self._counts = OwnCounts()
        self.limiter = self._limiter(loaded)
        self.calls_out = CallsOut(self.audit)
        self._caretaker = Caretaker(self)

    @classmethod
    def start(
        cls,
        read_routes: Callable[[], Serving],
        *,
        mode: Mode,
        service: str | None,
        config: str | Path | None,
        identity: Any,
    ) -> Runtime:
        """Everything read and running; `read_routes` gives what the running application serves. Raises NomoatError."""
        loaded = loading.load(config, service)
        store = opening.journal(loaded.settings)
        try:
            runtime = cls(loaded, store, mode, read_routes(), identity)
            runtime._begin()
        except BaseException:
            store.close()
            raise
        return runtime

    def _begin(self) -> None:
        self.standing.start()
        try:
            self.writer.start()
            self._store_texts(self.loaded)
        except BaseException:
            self.standing.stop()
            raise
        if self.bearers is not None:
            self.bearers.start()
        self._caretaker.start()

    def say_differences(self) -> None:
        """Prints, once, how the map differs from what the application serves."""
        if self._has_compared:
            return
        self._has_compared = True
        try:
            said = compare(self.routes, self.loaded)
        except Exception as error:
            # What cannot be compared is met again by each request, and denied there; the application starts.
            said = (
                f"nomoat: map and running routes could not be compared: {type(error).__name__}: {printable(str(error))}"
            )
        if said:
            print(said, file=sys.stderr, flush=True)

    def say_once(self, text: str) -> None:
        """Prints what went wrong, the same at most once a minute; an error of somebody's code may hold a credential."""
        text = without_credentials(text)
        now = time.monotonic()
        if now - self._said.get(text, -SAID_S) >= SAID_S:
            if len(self._said) >= _MAX_SAID:
                self._said.clear()
            self._said[text] = now
            print(f"nomoat: {printable(text)}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Ends the threads and commits what waits."""
        self._caretaker.stop()
        if self.bearers is not None:
            self.bearers.stop()
        self.limiter.close()
        if self.loaded.asking is not None:
            self.loaded.asking.close()
        self.standing.stop()
        self.calls_out.tell(all_of_them=True)
        self.audit.close()
        try:
            self.writer.close()
        except JournalError as error:
            print(error, file=sys.stderr)
        self.store.close()

    def request_id(self) -> str:
        """An id that no other request of any process has."""
        return f"{self._prefix}{next(self._numbers):x}"

    @property
    def passes_without_journal(self) -> bool:
        """True while `on_journal_failure` lets requests pass whose decisions cannot be written."""
        loosened = self.loaded.guard.on_journal_failure
        return loosened is not None and not loosened.is_over(date.today())

    def count_unwritten(self) -> None:
        """Counts a decision that could not be written, or that was made without the newest blocks."""
        self.unwritten += 1

    def _bearers(self, loaded: Loaded) -> Bearers | None:
        issuers = loaded.guard.issuers
        is_anybody_known = issuers or loaded.guard.knows_machines or self.identity is not None
        if not is_anybody_known and any(d.binding.kind != "public" for d in loaded.demands.values()):
            unknown = SettingsError(
                "nobody can be known: there is neither identity: in nomoat.yaml nor identity= of protect()",
                where=str(loaded.settings.file),
                fix="docs/how-to/guard-a-fastapi-service.md (and -flask-, -django-) show both",
            )
            if self.enforces:
                raise unknown
            # To watch, that is enough: what is asked for shows in the journal before anybody has said who asks.
            self.say_once(f"{unknown.what}: all are recorded as anonymous, and enforce would not start")
        if not issuers:
            return None
        root = loaded.settings.root
        return opening_identity.bearers(issuers, root=root, say=self.say_once, before=self.bearers)

    def _limiter(self, loaded: Loaded) -> Limiter:
        """What counts, by the settings in force; a reload forgets nothing that this process has counted."""
        shared: RedisCounts | None = None
        if loaded.guard.limits.shared:
            from nomoat.guard.redis_counts import RedisCounts

            root = loaded.settings.root
            shared = RedisCounts(settings_file.secret(loaded.guard.limits.shared, root=root, where="limits.shared"))
        return Limiter(own=self._counts, shared=shared, say=self.say_once)

    def _store_texts(self, loaded: Loaded) -> None:
        texts = (
            Text(of="policy", hash=loaded.policy.hash, text=loaded.policy.text),
            Text(of="map", hash=loaded.map_hash, text=loaded.map_text),
        )
        self.store.append([(text, f"text:{text.of}:{text.hash}") for text in texts])

    def _changed(self) -> None:
        """Blocks changed: whoever waits for every worker to know them must not wait for the next beat."""
        self.writer.beat_soon()

    def reload(self) -> None:
        """Reads the files again. Raises NomoatError, and the last good ones stay in force."""
        fresh = loading.load(self.loaded.settings.path, self.loaded.service)
        if fresh.settings.store_url != self.loaded.settings.store_url:
            raise SettingsError(
                "journal.store has changed, and this process goes on with the store that it has open",
                where=str(fresh.settings.file),
                fix="restart the service",
            )
        bearers, machines = self._bearers(fresh), Machines(fresh.guard, root=fresh.settings.root)
        limiter = self._limiter(fresh)
        # The texts first: a decision under a hash that nobody can look up could never be judged again.
        self._store_texts(fresh)
        if bearers is not None:
            bearers.start()
        # A request under way may still remember a token among those of the keys it was verified by, never here.
        asking = self.loaded.asking
        before, self.bearers, self.machines, self.loaded = self.bearers, bearers, machines, fresh
        if asking is not None:
            asking.close()
        if before is not None:
            before.stop(then=bearers)
        # Connections of the one before are closed when the last request that counts with it has let go of it.
        self.limiter = limiter
        print(f"nomoat: policy {fresh.policy.hash[:15]} and map {fresh.map_hash[:15]} are in force", file=sys.stderr)
