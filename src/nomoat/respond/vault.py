"""Evidence: files whose name is the hash of what is in them, read-only, with who kept them, when, and from what.

A bundle carries the files and a manifest with their hashes; verifying one needs nothing but the bundle.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import uuid
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from nomoat.errors import NomoatError, StorageError
from nomoat.journal.facts import Evidence

MANIFEST = "manifest.json"
_MAX_MEMBERS = 10_000
_MAX_BYTES = 2 * 1024**3
_MAX_MANIFEST = 16 * 1024**2
_PIECE = 1 << 20
#: The newest format of bundles.
FORMAT = 1
_NAME = re.compile(r"sha256/[0-9a-f]{64}\Z")


class Vault:
    """The folder of evidence of one project."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "evidence" / "sha256"

    def path(self, sha256: str) -> Path:
        """Where content of this hash lies."""
        return self._folder / sha256[:2] / sha256

    def keep(self, content: bytes) -> str:
        """Keeps content for good and gives its hash; content that is there whole is not written again.

        Raises StorageError: it is not kept, not even a part of it.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        # Incidents are handled beside one another and may keep the same policy: each writes a file of its own.
        beside = path.with_name(f".{sha256}.{uuid.uuid4().hex[:12]}")
        try:
            if path.exists() and path.read_bytes() == content:
                return sha256
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with beside.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            beside.chmod(0o400)
            beside.replace(path)
            _sync(path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise StorageError(
                f"evidence cannot be kept: {error.strerror}", where=str(path),
                fix="make space, or its folder writable; nothing was changed yet",
            ) from error  # fmt: skip
        return sha256

    def read(self, sha256: str) -> bytes:
        """Kept content. Raises StorageError where it is gone or is not what it was."""
        try:
            content = self.path(sha256).read_bytes()
        except OSError as error:
            raise StorageError(f"evidence is gone: {error.strerror}", where=str(self.path(sha256))) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StorageError("evidence was changed", where=str(self.path(sha256)), fix="it is not evidence any more")
        return content


def _sync(folder: Path) -> None:
    """The names in a folder, on disk: without it a file that was synced may be gone after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def manifest(incident: str, kept: Iterable[Evidence], store_head: str) -> bytes:
    """What a bundle holds, who kept it, when and from what; `store_head` is the journal's head at the export."""
    files = [
        {
            "sha256": one.sha256,
            "size_bytes": one.size_bytes,
            "name": one.name,
            "source": one.source,
            "kept_by": one.by,
            "kept_at": one.happened_at,
            "changed_before": one.changed_before,
        }
        for one in kept
    ]
    document = {"format": FORMAT, "incident": incident, "journal_head": store_head, "files": files}
    return json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"


def bundle(vault: Vault, incident: str, kept: list[Evidence], store_head: str, path: Path) -> int:
    """Writes a bundle: the same evidence gives the same bytes. Gives the number of files."""
    names = sorted({one.sha256 for one in kept})
    for sha256 in names:
        # Before anything is written: a bundle without what it lists is none.
        vault.read(sha256)
    try:
        with (
            path.open("wb") as stream,
            gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
        ):
            _add(archive, MANIFEST, manifest(incident, kept, store_head))
            for sha256 in names:
                _add(archive, f"sha256/{sha256}", vault.read(sha256))
    except OSError as error:
        raise NomoatError(
            f"cannot write the bundle: {error.strerror}", where=str(path), fix="check path and space"
        ) from error
    return len(names)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(content), 0o400, 0
    archive.addfile(member, io.BytesIO(content))


class _Member(NamedTuple):
    """What was read of a file in a bundle; the content is kept of a manifest alone."""

    sha256: str
    size_bytes: int
    content: bytes = b""


def verify(path: Path) -> list[str]:
    """What is wrong with a bundle: changed, missing or extra files; empty when it holds."""
    try:
        found = _members(path)
    except (OSError, tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        return [f"the bundle cannot be read: {error}"]
    if MANIFEST not in found:
        return [f"{MANIFEST} is missing"]
    try:
        document = json.loads(found.pop(MANIFEST).content)
        if document["format"] > FORMAT:
            return [f"format {document['format']} of {MANIFEST} is newer than this nomoat: upgrade it"]
        listed = {f"sha256/{one['sha256']}": int(one["size_bytes"]) for one in document["files"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return [f"{MANIFEST} is damaged"]
    problems = [f"{name} is missing" for name in sorted(set(listed) - set(found))]
    problems += [f"{name} is not in the manifest" for name in sorted(set(found) - set(listed))]
    for name in sorted(set(listed) & set(found)):
        if f"sha256/{found[name].sha256}" != name:
            problems.append(f"{name} was changed")
        elif found[name].size_bytes != listed[name]:
            problems.append(f"{name} has another size than the manifest says")
    return problems


def _members(path: Path) -> dict[str, _Member]:
    """The files of a bundle, hashed piece by piece: nothing is unpacked, links and other names are refused."""
    found: dict[str, _Member] = {}
    total = 0
    with gzip.open(path) as zipped:
        # Only plain headers, read by hand: those with a header of their own could be as large as their author likes.
        while (header := zipped.read(tarfile.BLOCKSIZE)).strip(b"\0"):
            member = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
            is_plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
            if not is_plain or not (member.name == MANIFEST or _NAME.match(member.name)):
                raise ValueError(f"a member is no evidence: {member.name[:80]!r}")
            total += member.size
            if member.name in found or len(found) >= _MAX_MEMBERS or total > _MAX_BYTES:
                raise ValueError("it holds a name twice, or too much")
            found[member.name] = _read(zipped, member)
        # To its very end: what was cut off, or does not fit its checksum, is told even where no file of it is missing.
        while read := zipped.read(_PIECE):
            total += len(read)
            if total > _MAX_BYTES or read.strip(b"\0"):
                raise ValueError("something is behind its end")
    return found


def _read(stream: gzip.GzipFile, member: tarfile.TarInfo) -> _Member:
    is_manifest = member.name == MANIFEST
    if is_manifest and member.size > _MAX_MANIFEST:
        raise ValueError(f"its {MANIFEST} is too large")
    digest, kept, left = hashlib.sha256(), bytearray(), member.size
    while left:
        piece = stream.read(min(left, _PIECE))
        if not piece:
            raise EOFError("it was cut off")
        digest.update(piece)
        kept += piece if is_manifest else b""
        left -= len(piece)
    stream.read(-member.size % tarfile.BLOCKSIZE)
    return _Member(digest.hexdigest(), member.size, bytes(kept))
