"""The key by which people become keyed hashes in what leaves the journal: one for each store, kept beside it.

Takes a reference (`env:NAME`, `file:PATH`) or the folder where the key of a store is made at first use, and gives its
bytes. Whoever has it can try out names; whoever has not can only tell that two hashes are of the same one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path

from nomoat import settings
from nomoat.errors import IncompleteError, SettingsError

#: A shorter text could be found by trying out all of them.
LEAST_CHARACTERS = 16
_WHERE = "journal.pseudonyms"


def referred(reference: str, *, root: Path, where: str = _WHERE) -> bytes:
    """The key behind a reference. Raises SettingsError: it leads nowhere, or to a text that can be guessed."""
    text = settings.secret(reference, root=root, where=where).strip()
    if len(text) < LEAST_CHARACTERS:
        raise SettingsError(
            f"the key has {len(text)} characters, and {LEAST_CHARACTERS} are the least", where=where,
            fix="make one with: python -c 'import secrets; print(secrets.token_hex(32))'",
        )  # fmt: skip
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def kept(folder: Path, *, store_id: str) -> bytes:
    """The key of a store in a folder, made when there is none yet. Raises IncompleteError: it cannot be kept safe."""
    path = folder / f"pseudonyms-{store_id}.key"
    try:
        if not path.exists():
            _make(path)
        found = path.stat()
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise IncompleteError(
                "others may read the key that hides people", where=str(path), fix=f"chmod 600 {path}, owned by you"
            )
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise IncompleteError(
            f"the key that hides people cannot be kept here ({type(error).__name__})", where=str(path),
            fix="name one with --key env:NAME or journal.pseudonyms",
        ) from error  # fmt: skip
    if len(text) < LEAST_CHARACTERS:
        raise IncompleteError("the key that hides people is damaged", where=str(path), fix="put a copy of it back")
    return hashlib.sha256(text.encode("ascii")).digest()


def _make(path: Path) -> None:
    """Written whole beside its place and linked there: of two that make it at once, both get the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(f"{secrets.token_hex(32)}\n")
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)
