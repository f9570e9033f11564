"""What `nomoat journal export` and `follow` do: choose facts, make them fit to leave, bring them to whoever takes them.

Takes the parsed command line; results go to stdout or to `--to`, talk to stderr. People are hidden unless somebody asks
for plain text, and then it is said.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from nomoat import settings
from nomoat.errors import EXIT_CLEAN, EXIT_INCOMPLETE, IncompleteError, UsageError, printable, say
from nomoat.journal import pseudonyms
from nomoat.journal.ports import START, Entry, Store
from nomoat.journal.redact import Redactor
from nomoat.journal.shipping.delivery import BATCH, Bookmark, Delivery, Patience
from nomoat.journal.shipping.files import Lines, Printed, lines_of
from nomoat.journal.shipping.ports import Receiver
from nomoat.journal.shipping.records import Record, Recorder
from nomoat.journal.shipping.targets import Target, open_receiver
from nomoat.journal.view import Filter, bounds_of, filter_of, matching, store_of
from nomoat.journal.workers import terminated_as_interrupted

#: How often `follow` looks.
FOLLOW_S = 0.2
#: How long an export tries to bring one batch.
EXPORT_PATIENCE_S = 120.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")


def follow(arguments: argparse.Namespace) -> int:
    """New facts as they come, until it is interrupted; with a name, from where the last run under it stood."""
    chosen, receiver = filter_of(arguments), _receiver(arguments, default="text")
    name = arguments.name or ""
    if name and not _NAME.match(name):
        raise UsageError(f"'{name}' is no name", where="--as", fix="use letters, digits, dots, dashes: siem")
    with closing(store_of(arguments)) as store, closing(receiver), terminated_as_interrupted():
        bookmark = Bookmark(store, name, begin=_begin(arguments, store, name))
        _say(f"following {printable(store.url)} behind position {bookmark.position or '0'}; Ctrl-C ends it")
        record = Recorder(store.id, _redactor(arguments, store, is_remembered=bool(name)))
        delivery = Delivery(receiver, _say, Patience())
        while True:
            if not _bring_next(store, chosen, record, bookmark, delivery):
                time.sleep(FOLLOW_S)


def _bring_next(store: Store, chosen: Filter, record: Recorder, bookmark: Bookmark, delivery: Delivery) -> bool:
    """Brings the next batch and moves on; False where nothing is new."""
    entries = list(store.read(bookmark.position, kinds=chosen.kinds, limit=BATCH))
    if not entries:
        return False
    bookmark.check()
    delivery.bring([record(entry) for entry in entries if chosen.matches(entry)])
    bookmark.move(entries[-1].position)
    return True


def _begin(arguments: argparse.Namespace, store: Store, name: str) -> str:
    """Where one without a bookmark begins: what has a name misses nothing, what has none shows what is new."""
    if arguments.since:
        return bounds_of(store, arguments)[0]
    return START if name else store.head().position


def export(arguments: argparse.Namespace) -> int:
    """Matching facts, once: to stdout, to a file that is never half written, or to a receiver."""
    chosen = filter_of(arguments)
    receiver = _receiver(arguments, default="json")
    with closing(store_of(arguments)) as store, closing(receiver):
        record = Recorder(store.id, _redactor(arguments, store, is_remembered=False))
        first, last = bounds_of(store, arguments)
        batches = _batches(matching(store, chosen, first, last), record)
        if arguments.output:
            count, is_whole = _write(Path(arguments.output), batches, arguments), True
        else:
            count, is_whole = _bring_all(batches, receiver)
    # An address may hold a secret behind its question mark: a receiver's name does not.
    place = arguments.output or (receiver.name if arguments.to else "")
    print(f"exported {count:,} facts{f' to {printable(place)}' if place else ''}", file=sys.stderr)
    return EXIT_CLEAN if is_whole else EXIT_INCOMPLETE


def _bring_all(batches: Iterable[list[Record]], receiver: Receiver) -> tuple[int, bool]:
    delivery, count = Delivery(receiver, _say, Patience(EXPORT_PATIENCE_S)), 0
    for batch in batches:
        delivery.bring(batch)
        count += len(batch)
    return count, not delivery.refused


def _batches(entries: Iterator[Entry], record: Recorder) -> Iterator[list[Record]]:
    while batch := [record(entry) for entry in itertools.islice(entries, BATCH)]:
        yield batch


def _receiver(arguments: argparse.Namespace, *, default: str) -> Receiver:
    if arguments.to is None:
        for option in ("header", "ca", "cert", "cert_key", "insecure_because"):
            if getattr(arguments, option):
                raise UsageError("this belongs to --to", where=f"--{option.replace('_', '-')}", fix="add --to URL")
        return Printed(_lines(arguments, default), sys.stdout)
    target = Target(
        url=arguments.to,
        form=arguments.format or "",
        headers=dict(map(_header, arguments.header or ())),
        ca=arguments.ca or "",
        certificate=arguments.cert or "",
        certificate_key=arguments.cert_key or "",
        insecure_because=arguments.insecure_because or "",
        enterprise=arguments.enterprise_number,
    )
    receiver = open_receiver(target)
    if target.insecure_because:
        _say(f"warning: others may read along on the way to {receiver.name}: {target.insecure_because}")
    return receiver


def _lines(arguments: argparse.Namespace, default: str) -> Lines:
    return lines_of(arguments.format or default, enterprise=arguments.enterprise_number)


def _header(text: str) -> tuple[str, str]:
    name, equals, reference = text.partition("=")
    if not equals:
        raise UsageError("a header has a name and a reference", where="--header", fix="write Authorization=env:NAME")
    value = settings.secret(reference, root=Path.cwd(), where="--header")
    if not value.isascii() or not value.isprintable():
        raise UsageError(f"the value of {name} is none of a header", where="--header", fix="one line of ASCII text")
    return name, value


def _redactor(arguments: argparse.Namespace, store: Store, *, is_remembered: bool) -> Redactor:
    if arguments.plain:
        _say("warning: people, addresses and parameters leave as they are (--plain)")
        return Redactor()
    return Redactor(key=_key(arguments, store, is_remembered=is_remembered))


def _key(arguments: argparse.Namespace, store: Store, *, is_remembered: bool) -> bytes:
    if arguments.key:
        return pseudonyms.referred(arguments.key, root=Path.cwd(), where="--key")
    loaded = None if arguments.store else settings.load(arguments.config)
    if loaded is not None and loaded.journal.pseudonyms:
        return pseudonyms.referred(loaded.journal.pseudonyms, root=loaded.root)
    scheme, _, rest = store.url.partition(":")
    if scheme == "sqlite":
        return pseudonyms.kept(Path(rest).absolute().parent, store_id=store.id)
    if loaded is not None:
        return pseudonyms.kept(loaded.state, store_id=store.id)
    if is_remembered:
        raise UsageError(
            "the hashes of people would be others after each start", where="--as", fix="add --key env:NAME"
        )
    _say("the hashes of people are of this run alone; --key env:NAME makes them the same for every run")
    return secrets.token_bytes(32)


def _write(path: Path, batches: Iterable[list[Record]], arguments: argparse.Namespace) -> int:
    """Writes beside the place and renames, readable by its owner alone: nobody sees half an export."""
    lines, count = _lines(arguments, "json"), 0
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                for batch in batches:
                    out.writelines(f"{one}\n" for one in lines(batch))
                    count += len(batch)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise IncompleteError(
            f"cannot write the export: {error.strerror}", where=str(path), fix="name a folder that can be written"
        ) from error
    return count


def _say(text: str) -> None:
    say(text, to=sys.stderr)
