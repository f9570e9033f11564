"""Finds the Python files of a tree, and counts by reason what it leaves out.

`find(root)` gives relative paths in one order; it never follows a link out of the tree, never loops, never stops at a
folder it may not read: each of these is in the result.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nomoat.errors import UsageError, printable
from nomoat.survey.python.ignored import Ignored

#: Files of tests: what they build is no part of a service.
TEST_FILE = re.compile(r"(^|/)_?(tests?|testing)/|(^|/)(tests|test_[^/]*|[^/]*_tests?|conftest)\.pyi?$")
#: Examples kept of each reason; the rest is only counted.
_EXAMPLES = 5
_IGNORED = "ignored by .gitignore"
_MAX_IGNORE_BYTES = 1_000_000
_MAX_FOLDERS_DEEP = 200

_FOLDERS = {
    ".git": "version control", ".hg": "version control", ".svn": "version control", ".bzr": "version control",
    "node_modules": "packages of Node", "site-packages": "virtual environment", "__pycache__": "caches",
    "__pypackages__": "virtual environment", ".tox": "virtual environment", ".nox": "virtual environment",
    ".eggs": "packages", ".mypy_cache": "caches", ".ruff_cache": "caches", ".pytest_cache": "caches",
    # Examples of rules stand in it, flawed on purpose, and a journal that may be another user's.
    ".nomoat": "nomoat's own",
    ".hypothesis": "caches", ".pyre": "caches", ".pytype": "caches", ".ipynb_checkpoints": "caches",
}  # fmt: skip

#: Copies that setuptools makes of the source.
_BUILT = re.compile(r"(^|/)build/(lib|bdist|temp)(\.[^/]*)?$")


#: Files that hold settings, manifests, scripts or notebooks, by their names.
_TEXTS = re.compile(
    r"\.(ya?ml|json|toml|ini|cfg|conf|config|properties|env|sh|bash|tf|tfvars|xml|txt|md|rst|pem|key|ipynb|sql|http|js|ts"
    r"|html?|jinja2?|j2|service)\Z|\A(\.env.*|\.npmrc|\.pypirc|\.netrc|\.htpasswd|Dockerfile.*|Makefile|docker-compose.*|credentials"
    r"|config)\Z", re.I
)  # fmt: skip
#: Files made by machines: hashes and copies of what others wrote.
_LOCKS = re.compile(r"(\.lock|-lock\.json|\.min\.js|\.map|pnpm-lock\.yaml|go\.sum|requirements.*\.txt)\Z", re.I)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Left out because a person said so. `path` is a pattern as in `.gitignore`."""

    path: str
    because: str = ""


@dataclass
class LeftOut:
    """How many paths were left out for one reason, with the first of them; a folder counts once, however full."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class Sources:
    """The files of a tree. `unreadable` has (path, why): each makes the run incomplete."""

    root: Path
    #: Every folder below `root` that was walked, relative to it.
    folders: list[str] = field(default_factory=list)
    #: Python files, relative to `root`, with `/`, sorted.
    files: list[str] = field(default_factory=list)
    #: Other files whose name marks a project (pyproject.toml, ...), likewise.
    markers: list[str] = field(default_factory=list)
    #: Other files that may hold settings or text, by their names, likewise.
    texts: list[str] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def leave_out(self, reason: str, path: str) -> None:
        """Counts one path that is left out."""
        kept = self.left_out.setdefault(reason, LeftOut())
        kept.count += 1
        if len(kept.examples) < _EXAMPLES:
            kept.examples.append(path)


_MARKERS = frozenset(
    ("pyproject.toml", "setup.cfg", "requirements.txt", "Pipfile", "poetry.lock", "uv.lock", "pytest.ini", "tox.ini")
)


def find(root: Path | str, *, exclude: Iterable[Exclusion] = (), with_ignored: bool = False) -> Sources:
    """The Python files below a folder, or the one file that `root` is.

    Args:
        root: a folder, or one Python file.
        exclude: patterns of a person, each with its reason.
        with_ignored: read what `.gitignore` leaves out, too.

    Raises:
        UsageError: `root` does not exist or cannot be read.
    """
    root = Path(root)
    if root.is_file():
        return Sources(root.parent, files=[root.name])
    try:
        os.scandir(root).close()
    except OSError as error:
        raise UsageError(
            f"cannot read this folder: {error.strerror or type(error).__name__}", where=str(root), fix="check the path"
        ) from error
    found = _Walk(root, tuple(exclude), with_ignored).run()
    if not found.files and _IGNORED in found.left_out:
        # Whoever names a folder wants it read: a build or a virtual environment around it ignores all that it holds.
        inside = _Walk(root, tuple(exclude), with_ignored, is_all_ignored=True).run()
        return inside if inside.files else found
    return found


class _Walk:
    def __init__(
        self, root: Path, exclude: tuple[Exclusion, ...], with_ignored: bool, *, is_all_ignored: bool = False
    ) -> None:
        self._root = root
        self._real_root = root.resolve()
        self._found = Sources(root)
        self._exclude = [(exclusion.because or "excluded", Ignored.of(exclusion.path)) for exclusion in exclude]
        self._with_ignored = with_ignored
        #: The `.gitignore`s of the root and above it leave out everything: they say nothing of what stands in it.
        self._is_all_ignored = is_all_ignored

    def run(self) -> Sources:
        above = () if self._with_ignored or self._is_all_ignored else self._ignores_above()
        stack: list[tuple[str, tuple[tuple[str, Ignored], ...]]] = [("", above)]
        while stack:
            folder, ignores = stack.pop()
            entries = self._entries(folder)
            if entries is None:
                continue
            if not self._with_ignored and (folder or not self._is_all_ignored):
                ignores = self._with_own(folder, ignores, entries)
            for entry in entries:
                inner = self._entry(folder, entry, ignores)
                if inner is not None:
                    self._found.folders.append(inner)
                    stack.append((inner, ignores))
        self._found.files.sort()
        self._found.markers.sort()
        self._found.texts.sort()
        self._found.unreadable.sort()
        return self._found

    def _entries(self, folder: str) -> list[os.DirEntry[str]] | None:
        try:
            with os.scandir(self._root / folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            self._found.unreadable.append((folder or ".", f"cannot read this folder: {error.strerror}"))
            return None
        if folder and any(entry.name == "pyvenv.cfg" for entry in entries):
            self._found.leave_out("virtual environment", f"{folder}/")
            return None
        return entries

    def _entry(self, folder: str, entry: os.DirEntry[str], ignores: tuple[tuple[str, Ignored], ...]) -> str | None:
        """Takes a file in; gives back a folder that is to be walked."""
        path = f"{folder}/{entry.name}" if folder else entry.name
        is_text = _TEXTS.search(entry.name) is not None and not _LOCKS.search(entry.name)
        if entry.is_symlink():
            # A link's target may be itself, or nothing at all: asking where it leads must not fail.
            if _is_python(entry.name) or is_text or entry.name in _MARKERS or _is_folder(Path(entry.path)):
                self._report_link(path, entry)
            return None
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            is_file = entry.is_file(follow_symlinks=False)
        except OSError as error:
            self._found.unreadable.append((path, f"cannot be read: {error.strerror}"))
            return None
        if not is_folder and not _is_python(entry.name) and entry.name not in _MARKERS and not is_text:
            return None
        if not is_folder and not is_file:
            # A pipe or a device would block, a link to nowhere has nothing to read.
            self._found.leave_out("no regular file", path)
            return None
        reason = self._reason(path, entry.name, is_folder, ignores)
        if reason and is_text and not is_folder and not reason.startswith("excluded"):
            return None  # What is ignored there is no source that was left out.
        if reason:
            self._found.leave_out(reason, f"{path}/" if is_folder else path)
            return None
        if is_folder and path.count("/") >= _MAX_FOLDERS_DEEP:
            self._found.unreadable.append((path, f"more than {_MAX_FOLDERS_DEEP} folders deep"))
            return None
        if is_folder:
            return path
        if _is_python(entry.name):
            self._found.files.append(path)
            return None
        if entry.name in _MARKERS:
            self._found.markers.append(path)
        if is_text:
            self._found.texts.append(path)
        return None

    def _report_link(self, path: str, entry: os.DirEntry[str]) -> None:
        # What a link within the tree points to is read where it stands, so a loop of links never begins.
        within = Path(os.path.realpath(entry.path)).is_relative_to(self._real_root)
        self._found.leave_out("link within the tree" if within else "link out of the tree", path)

    def _reason(self, path: str, name: str, is_folder: bool, ignores: tuple[tuple[str, Ignored], ...]) -> str:
        if is_folder and name in _FOLDERS:
            return _FOLDERS[name]
        if is_folder and _BUILT.search(path):
            return "build output"
        for because, pattern in self._exclude:
            if pattern.decides(path, is_folder=is_folder):
                return f"excluded: {printable(because)}" if because != "excluded" else because
        for base, ignored in reversed(ignores):
            # A base with a leading slash stands above the root: the path gets longer, not shorter.
            inner = base[1:] + path if base.startswith("/") else path[len(base) :]
            decided = ignored.decides(inner, is_folder=is_folder)
            if decided is not None:
                return _IGNORED if decided else ""
        return ""

    def _with_own(
        self, folder: str, ignores: tuple[tuple[str, Ignored], ...], entries: list[os.DirEntry[str]]
    ) -> tuple[tuple[str, Ignored], ...]:
        if not any(entry.name == ".gitignore" for entry in entries):
            return ignores
        ignored = self._read_ignore(self._root / folder / ".gitignore", f"{folder}/.gitignore".lstrip("/"))
        return (*ignores, (f"{folder}/" if folder else "", ignored)) if ignored else ignores

    def _read_ignore(self, path: Path, shown: str) -> Ignored | None:
        try:
            with path.open("rb") as stream:
                return Ignored.of(stream.read(_MAX_IGNORE_BYTES).decode("utf-8", "replace"))
        except OSError as error:
            self._found.unreadable.append((shown, f"cannot be read: {error.strerror}"))
            return None

    def _ignores_above(self) -> tuple[tuple[str, Ignored], ...]:
        """The `.gitignore`s between the top of the repository and the root; their base is written as `/path/`."""
        found: list[tuple[str, Ignored]] = []
        for above in (self._real_root, *self._real_root.parents):
            path = above / ".gitignore"
            if above != self._real_root and path.is_file():
                ignored = self._read_ignore(path, ".gitignore")
                if ignored:
                    found.insert(0, (f"/{self._real_root.relative_to(above).as_posix()}/", ignored))
            if (above / ".git").exists():
                return tuple(found)
        return ()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return True


def _is_python(name: str) -> bool:
    return name.endswith((".py", ".pyw"))
