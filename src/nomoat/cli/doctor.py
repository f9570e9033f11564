"""`nomoat doctor`: what is installed, reachable, stale, not armed, how large the store is, and how to mend it.

Each examination gives rows and never raises: what cannot be looked at is a row that says so.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from nomoat import __version__
from nomoat import settings as settings_file
from nomoat.cli import mistakes
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, NomoatError, Problem, printable
from nomoat.journal.ports import ProcessState, Store
from nomoat.settings import Settings

State: TypeAlias = Literal["ok", "note", "mend"]
_MARKS: dict[State, str] = {"ok": "ok   ", "note": "note ", "mend": "MEND "}
_DEPENDENCIES = ("joserfc", "cryptography", "PyYAML", "tree-sitter", "tree-sitter-python")
_EXTRAS = {"demo": ("fastapi", "uvicorn"), "postgres": ("psycopg",), "redis": ("redis",), "rego": ("regopy",)}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a state, what was looked at, what was found, and how to mend it."""

    state: State
    subject: str
    found: str
    mend: str = ""


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    rows = list(examine(arguments.config))
    if arguments.format == "json":
        print(json.dumps({"format": 1, "rows": [asdict(row) for row in rows]}, indent=2))
    else:
        for row in rows:
            print(f"{_MARKS[row.state]} {row.subject:<12} {printable(row.found)}")
            if row.mend:
                print(f"{'':19}{printable(row.mend)}")
    return EXIT_FINDINGS if any(row.state == "mend" for row in rows) else EXIT_CLEAN


def examine(config: str | None = None) -> Iterator[Row]:
    """Every row, in the order in which things stand on one another."""
    yield Row("ok", "nomoat", f"{__version__}, Python {platform.python_version()}")
    yield from _packages()
    path = settings_file.locate(config)
    if path is None:
        yield Row("note", "settings", "no nomoat.yaml here", "nomoat init writes one")
        return
    problems = mistakes.of_file(path)
    yield from _problems("settings", problems)
    try:
        settings = settings_file.load(path)
    except NomoatError:
        return
    if not problems:
        yield Row("ok", "settings", f"{settings.path}: {len(settings.document)} sections, all of them valid")
    for look in (_keys, _certificates, _identity, _tasks, _backend, _map, _store, _disk):
        try:
            yield from look(settings)
        except NomoatError as error:
            yield from _problems(look.__name__.strip("_"), error.problems)


def _problems(subject: str, problems: Iterable[Problem]) -> Iterator[Row]:
    for problem in problems:
        yield Row("mend", subject, f"{problem.what} ({problem.where})" if problem.where else problem.what, problem.fix)


def _packages() -> Iterator[Row]:
    found = [f"{name} {_version(name)}" for name in _DEPENDENCIES]
    missing = [name for name in _DEPENDENCIES if not _version(name)]
    state: State = "mend" if missing else "ok"
    yield Row(state, "packages", ", ".join(found), f"pip install {' '.join(missing)}" if missing else "")
    for extra, names in _EXTRAS.items():
        absent = [name for name in names if not _version(name)]
        if absent:
            yield Row("note", f"extra {extra}", f"without {', '.join(absent)}", f"pip install 'nomoat[{extra}]'")
        else:
            yield Row("ok", f"extra {extra}", ", ".join(f"{name} {_version(name)}" for name in names))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _keys(settings: Settings) -> Iterator[Row]:
    """API keys that have ended, or end soon: whoever uses them is refused from the next day on."""
    from nomoat.guard.settings import read

    today = datetime.now(UTC).date()
    keys = read(settings).api_keys
    for key in sorted(keys, key=lambda one: one.until):
        days = (key.until - today).days
        mend = f"nomoat guard new-key {key.id}-2 --subject {key.subject} --until ..."
        if days < 0:
            yield Row(
                "mend", "api keys", f"{key.id} of {key.subject} has ended on {key.until}", f"take it out, or {mend}"
            )
        elif days <= _SOON_DAYS:
            yield Row("note", "api keys", f"{key.id} of {key.subject} ends on {key.until}, in {days} days", mend)
    if keys and all((key.until - today).days > _SOON_DAYS for key in keys):
        yield Row("ok", "api keys", f"{len(keys)}, the first ends on {min(key.until for key in keys)}")


def _certificates(settings: Settings) -> Iterator[Row]:
    """The authorities by which guard verifies client certificates: readable, and until when."""
    from nomoat.guard.settings import read

    found = read(settings).certificates
    if found is None:
        return
    if not found.ca:
        yield Row("ok", "certificates", f"from {found.source}: verified by whoever forwards them, not by guard")
        return
    from nomoat.guard.identity.x509 import Authorities

    text = settings_file.secret(found.ca, root=settings.root, where="certificates.ca")
    ends = Authorities(text, where="certificates.ca").ends_at
    days = (ends - datetime.now(UTC)).days
    said = f"an authority of {found.ca} {'has ended' if days < 0 else 'ends'} on {ends:%Y-%m-%d}"
    if days <= _SOON_DAYS:
        yield Row("mend" if days < 0 else "note", "certificates", said, "add its successor to the file, beside it")
    else:
        yield Row("ok", "certificates", f"from {found.source}, {said}")


def _map(settings: Settings) -> Iterator[Row]:
    from nomoat.appmap import codec
    from nomoat.survey.draw import draw

    kept = codec.load(settings.map_file)
    drawn = draw(settings.root, settings=settings).map
    if codec.file_text(drawn) != codec.file_text(kept):
        mend = "nomoat map diff shows it, nomoat map --write keeps it"
        yield Row("mend", "map", f"{settings.map_file} is stale: source has changed since", mend)
    else:
        yield Row("ok", "map", f"{len(kept.routes)} routes, as source has them now")
    for service in drawn.services:
        if service.protected is None:
            yield Row("note", "guard", f"{service.name} is not protected", 'protect(app, mode="audit") in its module')
        else:
            yield Row("ok", "guard", f"{service.name} is protected ({service.protected})")


def _identity(settings: Settings) -> Iterator[Row]:
    """Identity providers, asked as a start of the service would ask them."""
    from nomoat.guard.settings import read

    try:
        issuers = [one for one in read(settings).issuers if one.remote is not None or one.introspect is not None]
    except NomoatError:
        # The mistakes of the section are told among those of the file.
        return
    if issuers:
        from nomoat.guard.identity.examine import examine as examine_issuers

        for one in examine_issuers(issuers, settings.root):
            yield Row("mend" if one.mend else "ok", "identity", one.found, one.mend)


def _tasks(settings: Settings) -> Iterator[Row]:
    """The keys by which a queue's messages say for whom a task is: there, and long enough."""
    from nomoat.guard.settings import read

    tasks = read(settings).tasks
    if tasks is None:
        return
    unset = [one for one in tasks.keys if one.startswith("env:") and not os.environ.get(one.removeprefix("env:"))]
    if unset:
        # Here is a person's shell: what the service's own environment has, nobody here can see.
        found = f"{', '.join(unset)}: not set here; the service and every worker need the same"
        yield Row("note", "tasks", found, "openssl rand -hex 32 makes one")
        return
    from nomoat.guard.tasks.envelope import Seal

    Seal.load(tasks, root=settings.root)
    others = f", {len(tasks.keys) - 1} more verify" if len(tasks.keys) > 1 else ""
    yield Row("ok", "tasks", f"{tasks.keys[0]} signs{others}, good for {tasks.within_s:g} s")


def _backend(settings: Settings) -> Iterator[Row]:
    """Who decides instead of the policy, asked as guard would ask for the first service."""
    from nomoat.guard.settings import read
    from nomoat.policy.backend import is_native
    from nomoat.policy.document import read as read_policy

    if is_native(settings):
        return
    try:
        backend, policy = read(settings).backend, read_policy(settings)
    except NomoatError:
        # The mistakes of the section are told among those of the file.
        return
    if backend is not None:
        from nomoat.guard.backends.examine import examine as examine_backend

        service = policy.services[0] if policy.services else ""
        found = examine_backend(backend, policy, service=service, root=settings.root)
        state: State = "mend" if found.is_grave else "note" if found.mend else "ok"
        yield Row(state, "backend", found.found, found.mend)


def _store(settings: Settings) -> Iterator[Row]:
    from nomoat.journal.facts import timestamp
    from nomoat.journal.journal import is_there, open_store

    if not is_there(settings.store_url):
        yield Row(
            "note",
            "journal",
            f"no store yet at {settings.store_url.partition(':')[2]}",
            "guard makes it when the service starts",
        )
        yield from _roles([])
        return
    store = open_store(settings.store_url, create=False)
    try:
        head = store.head()
        size = store.usage().size_bytes
        day = head.count - int(store.before(timestamp(datetime.now(UTC) - timedelta(days=1))) or 0)
        growth = f"; {day:,} of them in the last day, about {size * day / max(1, head.count) / 1e6:.1f} MB"
        yield Row("ok", "journal", f"{head.count:,} facts, {size / 1e6:.1f} MB{growth}")
        yield from _roles([process for process in store.processes() if process.live and not process.ended])
        yield from _proxy(settings, store)
    finally:
        store.close()


def _proxy(settings: Settings, store: Store) -> Iterator[Row]:
    """Many people at one address, and no proxy is named: a block of that address would hit everybody behind it."""
    from nomoat.journal.facts import Decision

    if settings.section("trusted_proxies") is not None:
        return
    seen: dict[str, set[str]] = {}
    newest = int(store.head().position or 0)
    for entry in store.read(str(max(0, newest - _LOOKED_AT)) if newest > _LOOKED_AT else "", kinds=(Decision,)):
        if isinstance(entry.fact, Decision) and entry.fact.subject != "anonymous" and entry.fact.client:
            seen.setdefault(entry.fact.client, set()).add(entry.fact.subject)
    address, people = max(seen.items(), key=lambda one: len(one[1]), default=("", set()))
    if len(people) >= _MANY and len(seen) <= len(people) // 2:
        found = (
            f"{len(people)} callers come from {address} alone: if a proxy stands there, nobody's own address is known"
        )
        yield Row("note", "proxy", found, f"trusted_proxies: [{address}] in nomoat.yaml, where it is one")


def _roles(live: list[ProcessState]) -> Iterator[Row]:
    for role, mend in _ROLES.items():
        found = [process for process in live if process.role == role]
        names = ", ".join(sorted({process.service for process in found if process.service}))
        if found:
            yield Row("ok", role, f"{len(found)} live" + (f" ({names})" if names else ""))
        else:
            yield Row("note", role, _NOT_ARMED.get(role, "none is live"), mend)


_ROLES = {
    "guard": "start the service; protect(app, mode=...) makes each worker report here",
    "watch": "nomoat watch run",
    "respond": "nomoat respond --auto",
}
#: An API key or an authority that ends so soon is told.
_SOON_DAYS = 14
#: The newest facts that are looked at for a proxy, and how many callers at one address are many.
_LOOKED_AT = 5_000
_MANY = 4
_NOT_ARMED = {"watch": "NOT ARMED: nothing reads the decisions", "respond": "escalation NOT ARMED: no responder runs"}


def _disk(settings: Settings) -> Iterator[Row]:
    from nomoat.journal.room import room_for

    room = room_for(settings.store_url)
    if room is None:
        return
    if room.is_nearly_gone:
        yield Row("mend", "disk", f"the journal's is {room.share:.0%} full", "make space, or nomoat journal prune")
    else:
        yield Row("ok", "disk", f"the journal's is {room.share:.0%} full, {room.free_bytes / 1e9:.1f} GB free")
