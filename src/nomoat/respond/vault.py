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

from nomoat.errors import NomoatError, StorageError
from nomoat.journal.facts import Evidence

MANIFEST = "manifest.json"
_MAX_MEMBERS = 10_000
_MAX_BYTES = 2 * 1024**3
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
    document = {"format": 1, "incident": incident, "journal_head": store_head, "files": files}
    return json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"


def bundle(vault: Vault, incident: str, kept: list[Evidence], store_head: str, path: Path) -> int:
    """Writes a bundle: the same evidence gives the same bytes. Gives the number of files."""
    contents = {f"sha256/{one.sha256}": vault.read(one.sha256) for one in kept}
    contents[MANIFEST] = manifest(incident, kept, store_head)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(contents):
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(contents[name]), 0o400, 0
            archive.addfile(member, io.BytesIO(contents[name]))
    try:
        with path.open("wb") as stream, gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as zipped:
            zipped.write(packed.getvalue())
    except OSError as error:
        raise NomoatError(
            f"cannot write the bundle: {error.strerror}", where=str(path), fix="check path and space"
        ) from error
    return len(contents) - 1


def verify(path: Path) -> list[str]:
    """What is wrong with a bundle: changed, missing or extra files; empty when it holds."""
    try:
        contents = _members(path)
    except (OSError, tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        return [f"the bundle cannot be read: {error}"]
    if MANIFEST not in contents:
        return [f"{MANIFEST} is missing"]
    try:
        document = json.loads(contents.pop(MANIFEST))
        listed = {f"sha256/{one['sha256']}": int(one["size_bytes"]) for one in document["files"]}
    except (ValueError, KeyError, TypeError):
        return [f"{MANIFEST} is damaged"]
    problems = [f"{name} is missing" for name in sorted(set(listed) - set(contents))]
    problems += [f"{name} is not in the manifest" for name in sorted(set(contents) - set(listed))]
    for name in sorted(set(listed) & set(contents)):
        if f"sha256/{hashlib.sha256(contents[name]).hexdigest()}" != name:
            problems.append(f"{name} was changed")
        elif len(contents[name]) != listed[name]:
            problems.append(f"{name} has another size than the manifest says")
    return problems


def _members(path: Path) -> dict[str, bytes]:
    """The files of a bundle, read in memory: nothing is unpacked, links and other names are refused."""
    contents: dict[str, bytes] = {}
    total = 0
    with gzip.open(path) as zipped:
        # To its very end: what was cut off, or does not fit its checksum, is told even where no file of it is missing.
        while read := zipped.read(1 << 20):
            total += len(read)
            if total > _MAX_BYTES:
                raise ValueError("it holds too much")
    total = 0
    with tarfile.open(path, mode="r:gz") as archive:
        for member in archive:
            if not member.isreg() or not (member.name == MANIFEST or _NAME.match(member.name)):
                raise ValueError(f"a member is no evidence: {member.name[:80]!r}")
            total += member.size
            if member.name in contents or len(contents) >= _MAX_MEMBERS or total > _MAX_BYTES:
                raise ValueError("it holds a name twice, or too much")
            stream = archive.extractfile(member)
            contents[member.name] = stream.read() if stream is not None else b""
    return contents
