"""Runs `nomoat block`, `unblock` and `revoke`: by hand what a step of a playbook does."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from nomoat import datafile
from nomoat import settings as settings_file
from nomoat.datafile import Reader
from nomoat.errors import EXIT_CLEAN, EXIT_INCOMPLETE, SettingsError, UsageError, printable
from nomoat.guard.settings import read as read_guard
from nomoat.journal import blocks
from nomoat.journal.facts import Revocation, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.policy import subjects
from nomoat.settings import Settings

#: How long somebody at a prompt waits for the workers that live to confirm.
_CONFIRM_S = 5.0
_REVOCABLE = "name token:sha256:..., key:ID, jti:ID or user:ALIAS/NAME"


def block(arguments: argparse.Namespace) -> int:
    """Runs `nomoat block`."""
    settings = settings_file.load(arguments.config)
    for_s = datafile.duration_s(arguments.duration)
    if for_s is None:
        raise UsageError(f"'{arguments.duration}' is no duration", where="--for", fix="write 30m, 1h or 7d")
    because, whom = _because(arguments), _named(arguments.target, settings)
    store = open_store(settings.store_url)
    try:
        placed = blocks.place(
            store,
            whom,
            for_s=for_s,
            because=because,
            by=operator(),
            never_block=never_block(settings),
        )
        print(f"blocked {printable(placed.block.value)} until {placed.block.until[:19].replace('T', ' ')} UTC")
        print(f"undo: nomoat unblock {printable(whom)} --because ...", file=sys.stderr)
        return _told(store, placed.position)
    finally:
        store.close()


def unblock(arguments: argparse.Namespace) -> int:
    """Runs `nomoat unblock`."""
    settings = settings_file.load(arguments.config)
    because, whom = _because(arguments), _named(arguments.target, settings)
    store = open_store(settings.store_url, create=False)
    try:
        lifted = blocks.lift(store, whom, because=because, by=operator())
        if not lifted:
            raise UsageError(f"{whom} is not blocked", where="unblock", fix="name it as it was blocked")
        print(f"no longer blocked: {printable(whom)}")
        return _told(store, lifted[-1].position)
    finally:
        store.close()


def revoke(arguments: argparse.Namespace) -> int:
    """Runs `nomoat revoke`."""
    settings = settings_file.load(arguments.config)
    whom = _named(arguments.target, settings)
    fact = _revocation(whom, _because(arguments))
    store = open_store(settings.store_url)
    try:
        (position,) = store.append([(fact, None)], durable=True)
        print(f"revoked {printable(whom)}")
        return _told(store, position or "")
    finally:
        store.close()


def _revocation(name: str, because: str) -> Revocation:
    if name.startswith("jti:") and len(name) > 4:
        return Revocation(what="jti", value=name[4:], because=because, by=operator())
    try:
        kind, value = blocks.target(name)
    except blocks.BlockRefusedError as error:
        raise UsageError(f"'{name}' names no token", where="revoke", fix=_REVOCABLE) from error
    if kind == "credential":
        return Revocation(what="credential", value=value, because=because, by=operator())
    if kind == "subject" and value != "anonymous":
        return Revocation(what="subject", value=value, issued_before=timestamp(), because=because, by=operator())
    raise UsageError(f"{name} has no tokens", where="revoke", fix=_REVOCABLE)


def _because(arguments: argparse.Namespace) -> str:
    """Why somebody does it: whoever reads the journal at night has nothing else."""
    because = str(arguments.because).strip()
    if not because:
        raise UsageError("nothing says why", where="--because", fix='--because "INC-7: it reads every order"')
    return because


def _named(text: str, settings: Settings) -> str:
    """The whole id of a user whose issuer was left out, or the token that an API key is (`key:ID`).

    What no issuer names is said: it would stop nobody.
    """
    kind, _, name = text.partition(":")
    if kind == "key":
        found = next((one for one in read_guard(settings).api_keys if one.id == name), None)
        if found is None:
            raise UsageError(
                f"nomoat.yaml has no key '{name}'", where="api_keys", fix="or name its hash: token:sha256:..."
            )
        return f"token:{found.fingerprint}"
    if kind != "user" or not name:
        return text
    known = subjects.aliases(settings)
    alias, slash, _ = name.partition("/")
    if not slash:
        return subjects.whole(text, known)
    if alias not in (*known, subjects.LOCAL, subjects.KEYS):
        print(
            f"note: no issuer of nomoat.yaml is called '{printable(alias)}': known: {', '.join(known)}", file=sys.stderr
        )
    return text


def _told(store: Store, position: str) -> int:
    # Where nobody lives there is nobody to wait for; whoever starts reads every block first.
    verdict, found = blocks.verify(
        store, position, deadline_s=_CONFIRM_S if blocks.workers(store, position).live else 0
    )
    if verdict == "verified":
        print(f"{found.live} of {found.live} workers have it")
        return EXIT_CLEAN
    if verdict == "unsure":
        print("no guarded worker is live: nobody has confirmed it; it holds when one starts", file=sys.stderr)
        return EXIT_CLEAN
    print(f"{found.behind} of {found.live} workers have not confirmed it: nomoat doctor", file=sys.stderr)
    return EXIT_INCOMPLETE


def never_block(settings: Settings) -> tuple[str, ...]:
    """What must never be blocked: `never_block:`, and every trusted proxy (blocking one would block everybody)."""
    reader = Reader(SettingsError)
    listed = reader.texts(settings.section("never_block"), "never_block")
    reader.finish()
    return (*listed, *(str(network) for network in read_guard(settings).trusted_proxies))


def operator() -> str:
    """The operating system's name of whoever types."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
