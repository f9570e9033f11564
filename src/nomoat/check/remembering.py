"""The result of the last run over a folder, given again while nothing has changed that it was made of.

Takes what a run is asked and gives its result, or nothing. What counts: every file of the folders that are walked (its
size, times and number), the settings, the rules, the day, the engine and the Python. It is kept with the user's own
caches, never in the scanned tree, which may be anybody's: a repository cannot bring a clean result along.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nomoat
from nomoat.check import rulefiles
from nomoat.check.model import Result, Rule, finding_of
from nomoat.errors import NomoatError
from nomoat.settings import Settings
from nomoat.survey.excluding import exclusions
from nomoat.survey.python.sources import Sources, find

if TYPE_CHECKING:
    from nomoat.check.left import Left
    from nomoat.check.scan import Outcome

#: Folders that are remembered, and the largest result; the oldest go first.
_MAX_KEPT, _MAX_BYTES = 128, 64_000_000
#: With more files changed than these a run over everything is no slower.
_MAX_CHANGED = 200
#: A file that changed so shortly before may change once more without its times telling; on some file systems they tell
#: whole seconds only.
_TOO_NEW_S, _TOO_NEW_WHOLE_S = 0.1, 3.0
_FORMAT = 2


class Remembering:
    """What is known of one folder (or file) as it is now; made before a run begins to read."""

    def __init__(self, path: Path, settings: Settings, *, today: date, is_off: bool = False) -> None:
        self._folder = None if is_off else _folder(path)
        self._started = time.time()
        self._settings = settings
        self._newest = 0
        self._is_whole = True
        if self._folder is not None:
            asked = f"{path.absolute()}\0{settings.path.absolute() if settings.path is not None else ''}"
            self._file = self._folder / f"{_digest(asked.encode())}.json"
            self._parts_file = self._file.with_suffix(".parts.json")
            #: By file of the tree what changes with it, and when it changed last.
            self._lines: dict[str, tuple[bytes, int]] = {}
            self._made_of = self._signature(path, today)

    def recall(self) -> Result | None:
        """The result of the run before, where all is as it was."""
        if self._folder is None:
            return None
        try:
            result = _read(self._document(self._file, self._made_of))
        except (OSError, ValueError, TypeError, KeyError):
            # There is none, or it is no longer what was written.
            return None
        return replace(result, rules=_Rules(self._settings.root), seconds=time.time() - self._started)

    def keep(self, outcome: Outcome) -> None:
        """Keeps what came of a run that was made after this."""
        if self._folder is None or not self._is_whole or outcome.result.is_of_more:
            return
        if self._is_settled(self._newest):
            self._write(self._file, self._made_of, _written(outcome.result))
        if outcome.left.is_sound:
            from nomoat.check import left

            document = left.written(outcome.left, self.sources.files)
            self._write(self._parts_file, self._beside, {**document, "stamps": self._stamps})
        _forget(self._folder)

    def _is_settled(self, changed: int) -> bool:
        """Whether a file that changed then (in nanoseconds) would change its times if it changed once more."""
        least = _TOO_NEW_S if changed % 1_000_000_000 else _TOO_NEW_WHOLE_S
        return changed / 1e9 < self._started - least

    def _signature(self, path: Path, today: date) -> str:
        made = hashlib.blake2b(digest_size=20)
        made.update(repr((_FORMAT, nomoat.__version__, sys.version, _engine(), str(self._settings.path))).encode())
        own = rulefiles.own_folder(self._settings.root)
        with suppress(OSError):
            if self._settings.path is not None:
                made.update(self._settings.path.read_bytes())
        self.sources = sources = find(path, exclude=exclusions(self._settings))
        self._is_whole = not sources.unreadable
        root = sources.root.absolute()
        above = [file for parent in root.parents for file in (parent / ".gitignore", parent / "__init__.py")]
        for line, changed in (*_stats(above), *_entries([own, *_inside(own)])):
            made.update(line)
            self._newest = max(self._newest, changed)
        given = (sources.files, sources.texts, sources.markers, sources.folders, sorted(_left_out(sources)))
        #: What a run is made of beside the files of the tree: which these are, the settings, the rules, the engine.
        self._beside = hashlib.blake2b(repr((made.hexdigest(), given)).encode(), digest_size=20).hexdigest()
        # A file that nobody reads today may be read tomorrow, by a rule of `.gitignore` that is no longer there.
        known = {*sources.files, *sources.texts, *sources.markers}
        for folder in ("", *sorted(sources.folders)) if path.is_dir() else ("",):
            for name, line, changed in _listed(f"{root}/{folder}"):
                made.update(line)
                self._newest = max(self._newest, changed)
                inner = f"{folder}/{name}" if folder else name
                if inner in known:
                    self._lines[inner] = line, changed
        made.update(str(today).encode())
        return made.hexdigest()

    # -- parts -------------------------------------------------------------------------------------------------------

    @cached_property
    def _stamps(self) -> dict[str, str]:
        """By file what tells whether it changed; empty where it changed so shortly before that nothing would tell."""
        return {
            path: _stamp(line) if self._is_settled(changed) else "" for path, (line, changed) in self._lines.items()
        }

    def is_as_before(self, path: str) -> bool:
        """Whether a file is still as it was when this was made."""
        file = self.sources.root / path
        return path in self._lines and _line(file.name, file)[0] == self._lines[path][0]

    def left(self) -> tuple[Left, frozenset[str]] | None:
        """What the run before left, where the same files are there, and those that changed since."""
        if self._folder is None or not self._is_whole:
            return None
        from nomoat.check import left

        try:
            document = self._document(self._parts_file, self._beside)
            stamps, now = document["stamps"], self._stamps
            changed = frozenset(path for path, stamp in now.items() if not stamp or stamp != stamps[path])
            if not changed.isdisjoint(self.sources.markers) or len(changed) > _MAX_CHANGED:
                return None
            return left.read(document), changed
        except (OSError, ValueError, TypeError, KeyError, IndexError, NomoatError):
            return None

    def _document(self, file: Path, made_of: str) -> dict[str, Any]:
        """What was kept, where it was made of the same.

        Raises:
            OSError, ValueError, TypeError: it is not there, was made of something else, or is damaged.
        """
        with file.open("rb") as stream:
            head, body = stream.read(_MAX_BYTES).split(b"\n", 1)
        found, digest = head.decode("ascii").split(" ")
        if found != made_of or digest != _digest(body):
            raise ValueError(file)
        try:
            document = json.loads(body)
        except RecursionError as error:
            raise ValueError(file) from error
        if not isinstance(document, dict):
            raise TypeError(file)
        return document

    def _write(self, file: Path, made_of: str, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        if self._folder is None or len(body) > _MAX_BYTES - 1_000:
            return
        # A full disk loses the memory, nothing else; whoever reads meanwhile reads the old file or the new one.
        with suppress(OSError):
            handle, name = tempfile.mkstemp(dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(f"{made_of} {_digest(body)}\n".encode() + body)
                Path(name).replace(file)
            except OSError:
                Path(name).unlink()


def _left_out(sources: Sources) -> Iterator[tuple[str, int]]:
    return ((reason, kept.count) for reason, kept in sources.left_out.items())


class _Rules(Mapping[str, Rule]):
    """The rules, read when one is asked for: a report of nothing needs none."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._rules: dict[str, Rule] | None = None

    @property
    def _known(self) -> dict[str, Rule]:
        if self._rules is None:
            from nomoat.check import registry

            self._rules = registry.load(self._root)
        return self._rules

    def __getitem__(self, name: str) -> Rule:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, name: object) -> bool:
        # Most rules are shipped, and a name is all that most reports ask for.
        return name in _shipped() or name in self._known


@cache
def _shipped() -> frozenset[str]:
    return frozenset(path.stem for path in rulefiles.SHIPPED.rglob("*.yaml"))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def _folder(scanned: Path) -> Path | None:
    """Where results are kept; None where no folder is the user's alone, or where it stands in what is scanned."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        folder = (named if named.is_absolute() else Path.home() / ".cache") / "nomoat" / "check"
        if not folder.is_absolute() or folder.resolve().is_relative_to(scanned.resolve()):
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = folder.lstat()
    except (OSError, RuntimeError):
        return None
    is_own = not hasattr(os, "getuid") or (there.st_uid == os.getuid() and not there.st_mode & 0o022)
    return folder if stat.S_ISDIR(there.st_mode) and is_own else None


def _forget(folder: Path) -> None:
    """Removes what is one too many, and what a run that was ended left behind."""
    kept = sorted((path for path in folder.iterdir() if path.is_file()), key=lambda path: path.stat().st_mtime)
    for path in kept[:-_MAX_KEPT]:
        path.unlink()


@cache
def _engine() -> str:
    """The files of this program: whoever changes one of them gets another result."""
    root = Path(nomoat.__file__).parent
    found = hashlib.blake2b(digest_size=20)
    for line, _ in _entries([root, *_inside(root)]):
        found.update(line)
    return found.hexdigest()


def _inside(folder: Path) -> list[Path]:
    return [Path(at) / name for at, names, _ in os.walk(folder) for name in sorted(names) if name != "__pycache__"]


def _entries(folders: list[Path]) -> Iterator[tuple[bytes, int]]:
    """What stands in folders, those inside of them by their names alone."""
    for folder in folders:
        yield from ((line, changed) for _, line, changed in _listed(str(folder)))


def _listed(folder: str) -> Iterator[tuple[str, bytes, int]]:
    """The folder, then what stands in it: the name, a line that changes with it, when it changed (in nanoseconds)."""
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError:
        yield "", f"{folder}\0-\n".encode("utf-8", "surrogateescape"), 0
        return
    yield "", f"{folder}\0\n".encode("utf-8", "surrogateescape"), 0
    for entry in entries:
        if entry.name != "__pycache__" and not entry.name.endswith(".pyc"):
            yield entry.name, *_line(entry.name, entry)


def _stamp(line: bytes) -> str:
    return hashlib.blake2b(line, digest_size=8).hexdigest()


def _stats(files: list[Path]) -> Iterator[tuple[bytes, int]]:
    return (_line(str(file), file) for file in files)


def _line(name: str, entry: Path | os.DirEntry[str]) -> tuple[bytes, int]:
    try:
        there = os.lstat(entry)
    except OSError:
        return f"{name}\0-\n".encode("utf-8", "surrogateescape"), 0
    if stat.S_ISDIR(there.st_mode):
        # Its times change with every file that is made in it, those too that nobody reads.
        return f"{name}\0folder\n".encode("utf-8", "surrogateescape"), 0
    told = (there.st_mode, there.st_size, there.st_mtime_ns, there.st_ctime_ns, there.st_ino, there.st_dev)
    line = f"{name}\0{told}\n".encode("utf-8", "surrogateescape")
    return line, max(there.st_mtime_ns, there.st_ctime_ns)


# -- a result as JSON ------------------------------------------------------------------------------------------------


def _written(result: Result) -> dict[str, Any]:
    document = {
        name: getattr(result, name)
        for name in ("not_analysed", "notes", "routes", "unknown_routes", "files", "lines", "left_out", "map_hash")
    }
    return document | {"findings": [asdict(finding) for finding in result.findings]}


def _read(document: dict[str, Any]) -> Result:
    document["findings"] = tuple(finding_of(one) for one in document["findings"])
    for name in ("not_analysed", "notes"):
        document[name] = tuple((at, why) for at, why in document[name])
    return Result(**document, rules={}, seconds=0.0, is_remembered=True)
