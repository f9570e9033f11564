from __future__ import annotations

import gzip
import io
import stat
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from nomoat.errors import StorageError
from nomoat.journal.facts import Evidence
from nomoat.respond.vault import Vault, bundle, verify

_AT = "2026-01-01T00:00:00.000000Z"


def _bundle(root: Path) -> Path:
    vault = Vault(root)
    sha256 = vault.keep(b"what happened")
    kept = Evidence(incident=1, name="n", sha256=sha256, size_bytes=13, source="decisions", by="ana", happened_at=_AT)
    bundle(vault, "INC-1", [kept], "head", root / "out.tar.gz")
    return root / "out.tar.gz"


def _changed(path: Path, name: str, content: bytes) -> None:
    with tarfile.open(path) as archive:
        members = {one.name: (stream.read() if (stream := archive.extractfile(one)) else b"") for one in archive}
    members[next((one for one in members if one.startswith(name)), name)] = content
    with tarfile.open(path, "w:gz") as archive:
        for one, body in members.items():
            info = tarfile.TarInfo(one)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))


def test_a_bundle_proves_itself_and_is_the_same_each_time(tmp_path: Path) -> None:
    path = _bundle(tmp_path)
    first = path.read_bytes()

    assert verify(path) == []
    assert _bundle(tmp_path).read_bytes() == first


@pytest.mark.parametrize(
    ("name", "content"),
    [("sha256/", b"what happenex"), ("../../etc/passwd", b"x"), ("manifest.json", b"{"), ("manifest.json", b"[]"),
     ("sha256/" + "0" * 64, b"more"), ("manifest.json", b'{"files": [1]}'),
     ("manifest.json", b'{"format": 2, "files": []}'), ("manifest.json", b"[" * 100_000)],
)  # fmt: skip
def test_a_bundle_that_was_touched_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    path = _bundle(tmp_path)
    _changed(path, name, content)

    assert verify(path) != []


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b" + b"\0" * 50])
def test_what_is_no_bundle_is_a_problem_and_no_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)

    assert verify(path) != []


def test_a_bundle_that_was_cut_is_told(tmp_path: Path) -> None:
    path = _bundle(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])

    assert verify(path) != []


def test_evidence_is_read_only_and_a_change_is_seen(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sha256 = vault.keep(b"x")
    path = vault.path(sha256)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    path.chmod(0o600)
    path.write_bytes(b"y")

    with pytest.raises(StorageError):
        vault.read(sha256)


def test_a_bundle_that_unpacks_to_a_gigabyte_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    huge = tarfile.TarInfo("sha256/" + "0" * 64)
    huge.size = 1 << 30
    with gzip.open(path, "wb", compresslevel=1) as zipped:
        zipped.write(huge.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(64):
            zipped.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        assert verify(path) == ["the bundle cannot be read: it was cut off"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 16 << 20


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.SYMTYPE, tarfile.GNUTYPE_SPARSE])
def test_a_header_that_brings_one_of_its_own_is_refused(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "x.tar.gz"
    header = tarfile.TarInfo("manifest.json")
    header.type, header.size = kind, 1 << 40
    path.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024)))

    (problem,) = verify(path)
    assert "no evidence" in problem
