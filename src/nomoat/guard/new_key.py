"""`nomoat guard new-key`: makes an API key, shows it once, and gives the lines that belong into nomoat.yaml.

The key goes to stdout and nowhere else; the lines with its hash go to stderr, so that a pipe carries the key alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime, timedelta

from nomoat import datafile
from nomoat import settings as settings_file
from nomoat.errors import EXIT_CLEAN, UsageError
from nomoat.guard import api_keys
from nomoat.guard.identity.api_keys import digest, new
from nomoat.guard.settings import read as read_guard
from nomoat.policy.subjects import KEYS


def run(arguments: argparse.Namespace) -> int:
    """Runs the command. Raises UsageError: an id that is taken or none, a subject that no key may name, a past end."""
    now = datetime.now(UTC)
    key_id, until = _id(arguments), _until(arguments.until, now.date())
    if not api_keys.is_subject(arguments.subject):
        fix = f"write service:NAME, or user:{KEYS}/NAME for a person's program"
        raise UsageError(f"a key cannot name '{arguments.subject}'", where="--subject", fix=fix)
    if any("*" in name for name in arguments.only or ()):
        raise UsageError("a limit names exact permissions", where="--only", fix="name each: --only orders:list")
    key = new(key_id)
    print(key)
    lines = _lines(key_id, arguments, digest(key), until, now)
    print(
        f"# The key is shown this once and kept nowhere: hand it to whoever uses it, out of the repository.\n"
        f"# These lines belong into nomoat.yaml; they let it in once they are merged and deployed:\n{lines}",
        file=sys.stderr,
    )
    return EXIT_CLEAN


def _id(arguments: argparse.Namespace) -> str:
    key_id = str(arguments.id)
    if not api_keys.is_id(key_id):
        fix = "use up to 32 small letters, digits and dashes: billing-2027"
        raise UsageError(f"'{key_id}' is no id of a key", where="new-key", fix=fix)
    path = settings_file.locate(arguments.config)
    if path is not None and any(one.id == key_id for one in read_guard(settings_file.load(path)).api_keys):
        raise UsageError(f"there is a key '{key_id}' already", where=str(path), fix=f"name the new one {key_id}-2")
    return key_id


def _until(text: str, today: date) -> date:
    seconds = datafile.duration_s(text)
    try:
        until = today + timedelta(seconds=seconds) if seconds is not None else date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(f"'{text}' is no date", where="--until", fix="write 2027-03-31, or 90d from today") from None
    if until < today:
        raise UsageError(f"{until} has passed", where="--until", fix="write the key's last day")
    return until


def _lines(key_id: str, arguments: argparse.Namespace, sha256: str, until: date, now: datetime) -> str:
    """One entry of `api_keys:`; JSON's quotes are YAML's, too."""
    lines = [
        "api_keys:",
        f"  {key_id}:",
        f'    hash: "sha256:{sha256}"',
        f'    subject: "{arguments.subject}"',
        *(f"    {name}: {json.dumps(given)}" for name in ("roles", "only") if (given := getattr(arguments, name))),
        f"    until: {until}",
        f'    made: "{now:%Y-%m-%dT%H:%M:%SZ}"',
    ]
    return "\n".join(lines)
