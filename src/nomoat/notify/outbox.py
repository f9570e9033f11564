"""Sends messages at most once, also over a crash: a durable intent before, the result after.

A message whose intent has no result was interrupted: it is *unsure*, is not sent again, and waits for a person.
"""

from __future__ import annotations

import importlib
from typing import cast

from nomoat.errors import NomoatError
from nomoat.journal.facts import Message
from nomoat.journal.ports import Store
from nomoat.notify.ports import Channel, DeliveryError, Note, Sender, UnsureError

TIMEOUT_S = 5.0


def send(store: Store, note: Note, *, channel: Channel, incident: int = 0, timeout_s: float = TIMEOUT_S) -> Message:
    """Sends a note, unless one of its key was begun before; gives the fact that says how it went.

    `failed` means that it surely did not arrive and may be sent under another key; `unsure` waits for a person.
    """
    known = result_of(store, note.key)
    if known is not None:
        return known
    intent = Message(
        key=note.key, channel=channel.name, state="intent", text=f"{note.title}\n{note.text}", incident=incident
    )
    if store.append([(intent, f"message:{note.key}:intent")], durable=True) == [None]:
        # Somebody else began it a moment ago: it is theirs to finish.
        return result_of(store, note.key) or _outcome(intent, "unsure", "another process is sending it")
    outcome = _deliver(intent, note, channel, timeout_s)
    store.append([(outcome, f"message:{note.key}:result")], durable=True)
    return outcome


def attempts(store: Store, key: str) -> tuple[str, int]:
    """The key under which a message may be tried now, and how often it has surely failed before.

    Each try has a key of its own: only a try that surely did not arrive is followed by another.
    """
    failed = 0
    while True:
        tried = key if not failed else f"{key}-try{failed + 1}"
        known = result_of(store, tried)
        if known is None or known.state != "failed":
            return tried, failed
        failed += 1


def result_of(store: Store, key: str) -> Message | None:
    """How a message went: its result, `unsure` where only its intent is known, None where it was never begun."""
    for state in ("result", "intent"):
        entry = store.find(f"message:{key}:{state}")
        if entry is not None and isinstance(entry.fact, Message):
            return entry.fact if state == "result" else _outcome(entry.fact, "unsure", "its sending was interrupted")
    return None


def _deliver(intent: Message, note: Note, channel: Channel, timeout_s: float) -> Message:
    try:
        receipt = _sender(channel).send(note, channel=channel, timeout_s=timeout_s)
    except UnsureError as error:
        return _outcome(intent, "unsure", error.what)
    except DeliveryError as error:
        return _outcome(intent, "failed", error.what)
    return Message(
        key=intent.key,
        channel=intent.channel,
        state="sent",
        text=intent.text,
        incident=intent.incident,
        receipt=receipt,
    )


def _outcome(intent: Message, state: str, why: str) -> Message:
    assert state in ("failed", "unsure")
    return Message(
        key=intent.key,
        channel=intent.channel,
        state="failed" if state == "failed" else "unsure",
        text=intent.text,
        incident=intent.incident,
        receipt=why,
    )


def _sender(channel: Channel) -> Sender:
    try:
        return cast(Sender, importlib.import_module(f"nomoat.notify.{channel.kind}"))
    except ModuleNotFoundError as error:
        raise NomoatError(f"no kind of channel is called '{channel.kind}'", where=f"notify.{channel.name}") from error
