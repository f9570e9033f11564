"""What `nomoat journal make`, `verify` and `prune` do, and the file that a checkpoint is kept in.

Takes the parsed command line; results go to stdout, talk to stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import uuid
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from nomoat import settings
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, DataFileError, IncompleteError, printable
from nomoat.journal import retention
from nomoat.journal.facts import timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Checkpoint, Verification
from nomoat.journal.view import store_of

CHECKPOINT_FORMAT = 1
_NOTHING_OUTSIDE = (
    "compared with nothing outside this store: facts cut off at its end, an older copy put back, or a whole rewrite\n"
    "would not be seen. Keep a checkpoint elsewhere (--checkpoint-out FILE) and compare with it (--against FILE)."
)


def make(arguments: argparse.Namespace) -> int:
    """Makes an empty journal; one that is there stays as it is."""
    with closing(open_store(arguments.store or settings.load(arguments.config).store_url)) as store:
        print(f"the journal is at {printable(store.url)}: {store.head().count:,} facts")
    return EXIT_CLEAN


def verify(arguments: argparse.Namespace) -> int:
    """Walks the chain; exit code 1 where it does not hold."""
    against = read_checkpoint(Path(arguments.against)) if arguments.against else None
    with closing(store_of(arguments)) as store:
        found = store.verify(against)
    if arguments.checkpoint_out and not found.problems:
        write_checkpoint(Path(arguments.checkpoint_out), found.checkpoint)
    if arguments.format == "json":
        print(json.dumps({**asdict(found), "against": asdict(against) if against else None}))
    else:
        print(_verification(found, against))
    if arguments.checkpoint_out and found.problems:
        print("no checkpoint was written: the journal does not verify", file=sys.stderr)
    return EXIT_FINDINGS if found.problems else EXIT_CLEAN


def _verification(found: Verification, against: Checkpoint | None) -> str:
    lines = [f"problem: {printable(problem)}" for problem in found.problems]
    said = "facts do NOT verify" if found.problems else "facts verify"
    blanked = f", {found.blanked:,} of them without their body (retention)" if found.blanked else ""
    at = found.checkpoint.position or "0"
    lines.append(f"{found.facts:,} {said}{blanked}; newest position {at}, head {found.checkpoint.head}")
    if against is None:
        lines.append(_NOTHING_OUTSIDE)
    elif not found.problems:
        lines.append(f"the checkpoint at position {against.position or '0'} is part of this history")
    return "\n".join(lines)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """A checkpoint as a small JSON file. Raises IncompleteError where it cannot be written."""
    body = {"format": CHECKPOINT_FORMAT, **asdict(checkpoint), "taken_at": timestamp()}
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        draft.write_text(json.dumps(body) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise IncompleteError(
            f"cannot write the checkpoint: {error.strerror}", where=str(path), fix="name a folder that can be written"
        ) from error


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a file. Raises DataFileError where there is none."""
    fix = "name a file that `nomoat journal verify --checkpoint-out` wrote"
    try:
        body = json.loads(path.read_bytes())
        if type(body) is not dict or type(body["format"]) is not int:
            raise ValueError("no checkpoint")
        if body["format"] > CHECKPOINT_FORMAT:
            raise DataFileError("this checkpoint is of a newer nomoat", where=str(path), fix="upgrade nomoat")
        store, position, head = (body[name] for name in ("store", "position", "head"))
        if not all(type(text) is str for text in (store, position, head)):
            raise ValueError("no checkpoint")
        if position and not (position.isascii() and position.isdigit() and len(position) < 19):
            raise ValueError("no position")
        return Checkpoint(store, position, head, int(position or 0))
    except OSError as error:
        raise DataFileError(f"cannot read the checkpoint: {error.strerror}", where=str(path), fix=fix) from error
    except (ValueError, KeyError, RecursionError) as error:
        raise DataFileError("this file is no checkpoint", where=str(path), fix=fix) from error


def prune(arguments: argparse.Namespace) -> int:
    """Takes away what `journal.retention` says."""
    loaded = settings.load(arguments.config)
    limited = retention.limits(loaded)
    with closing(open_store(arguments.store or loaded.store_url, create=False)) as store:
        if not limited:
            print("journal.retention sets no limits: everything is kept for ever")
            return EXIT_CLEAN
        holder = f"prune:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        result = retention.prune(store, limited, holder=holder, dry_run=arguments.dry_run)
    verb = "would take away" if arguments.dry_run else "took away"
    for kind, (count, size_bytes) in result.blanked.items():
        print(f"{kind}: {verb} {count:,} bodies, {size_bytes / 1e6:,.1f} MB")
    if not arguments.dry_run:
        print(f"{result.sealed:,} segments of old facts were sealed")
    return EXIT_CLEAN
