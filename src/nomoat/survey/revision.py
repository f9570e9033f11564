"""A revision of git as files in a temporary folder, without running anything that the repository says.

`git archive` would obey attributes and filters of the repository, so objects are read one by one (`cat-file --batch`).
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nomoat.errors import IncompleteError, UsageError, printable

_WANTED = re.compile(
    r"(\.pyi?|\.pyw|\.ya?ml|\.json|\.env|(^|/)(pyproject\.toml|setup\.(py|cfg)|requirements\.txt|\.gitignore"
    r"|\.env[^/]*|env\.(example|sample)|[^/]*\.env\.(example|sample|template|dist)))$"
)
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_MAX_BYTES = 4 * 1024 * 1024
_TIMEOUT_S = 60
#: Nothing of the repository's configuration may start a program, and nothing may be fetched.
_SAFE = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "protocol.allow=never",
    "-c",
    "safe.directory=*",
)


@contextmanager
def extracted(path: Path, revision: str) -> Iterator[Path]:
    """The folder `path` as it was at a revision; gone afterwards.

    Raises:
        UsageError: there is no git, no repository, or no such revision.
        IncompleteError: the clone is shallow and does not have the revision.
    """
    where = path if path.is_dir() else path.parent
    top = Path(_git(where, "rev-parse", "--show-toplevel").strip())
    commit = _commit(where, revision)
    inner = os.path.relpath(where.resolve(), top.resolve())
    inner = "" if inner == "." else inner.replace(os.sep, "/") + "/"
    folder = Path(tempfile.mkdtemp(prefix="nomoat-"))
    try:
        target = folder / (where.resolve().name or "tree")
        target.mkdir()
        _write(where, top, commit, inner, target)
        yield target
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _commit(where: Path, revision: str) -> str:
    if revision.startswith("-") or not revision.strip() or "\0" in revision:
        raise UsageError(
            f"'{printable(revision)}' is no revision", fix="name a branch, tag or commit: nomoat map diff main"
        )
    remote = _remote(where)
    # A branch that was never checked out here has the name that its remote gives it: `git switch` finds it so too.
    for name in (revision, f"refs/remotes/{remote}/{revision}"):
        found = _run(where, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        # `^main` is answered too, by the commits that are not main's: that is no revision.
        if found.returncode == 0 and _COMMIT.fullmatch(commit := found.stdout.decode("ascii", "replace").strip()):
            return commit
    shown = printable(revision)
    if _is_shallow(where):
        raise IncompleteError(
            f"this clone is shallow and does not have {shown}", where=str(where), fix=_whole_history(remote)
        )
    raise UsageError(f"there is no revision {shown}", where=str(where), fix="git branch --all shows what there is")


def _remote(where: Path) -> str:
    """The remote that a clone was made from: `origin`, or the first one of another name."""
    names = _git(where, "remote").split()
    return names[0] if names and "origin" not in names else "origin"


def _is_shallow(where: Path) -> bool:
    return _git(where, "rev-parse", "--is-shallow-repository").strip() == "true"


def _whole_history(remote: str) -> str:
    """The command that brings every commit, branch and tag: a shallow clone has one branch and fetches no other."""
    branches = shlex.quote(f"+refs/heads/*:refs/remotes/{remote}/*")
    return f"git fetch --unshallow --tags {shlex.quote(remote)} {branches}"


def _write(where: Path, top: Path, commit: str, inner: str, target: Path) -> None:
    listed = _run(top, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *([inner] if inner else []))
    if listed.returncode:
        raise IncompleteError("git cannot list the files of the revision", where=str(where), fix="git fsck")
    wanted: list[tuple[str, str]] = []
    for row in listed.stdout.split(b"\0"):
        meta, _, name = row.partition(b"\t")
        fields = meta.split()
        path = name.decode("utf-8", "surrogateescape")
        if len(fields) == 3 and fields[0] in (b"100644", b"100755") and _WANTED.search(path):
            wanted.append((fields[2].decode("ascii"), path[len(inner) :]))
    _contents(where, top, wanted, target)


def _contents(where: Path, top: Path, wanted: list[tuple[str, str]], target: Path) -> None:
    if not wanted:
        return
    names = "".join(f"{name}\n" for name, _ in wanted).encode()
    found = _run(top, "cat-file", "--batch", given=names)
    data, at = found.stdout, 0
    for name, path in wanted:
        end = data.find(b"\n", at)
        header = data[at:end].split()
        if found.returncode or len(header) != 3 or not header[2].isdigit():
            raise IncompleteError(
                "git does not have every file of the revision", where=f"{where}: {name}",
                fix=_whole_history(_remote(where)) if _is_shallow(where) else "git fetch --refetch --no-filter",
            )  # fmt: skip
        size = int(header[2])
        place = target / path
        # A name in a tree of git may try to leave the folder.
        if place.resolve().is_relative_to(target.resolve()) and size <= _MAX_BYTES:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data[end + 1 : end + 1 + size])
        at = end + 1 + size + 1


def _git(where: Path, *arguments: str) -> str:
    found = _run(where, *arguments)
    if found.returncode:
        raise UsageError(
            "this folder is in no git repository", where=str(where), fix="nomoat map diff, without a revision"
        )
    return found.stdout.decode("utf-8", "surrogateescape")


def _run(where: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", *_SAFE, *arguments], cwd=where, input=given, env=environment, capture_output=True, check=False,
            timeout=_TIMEOUT_S,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise UsageError(
            "git is not installed", fix="install git, or use nomoat map diff without a revision"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise IncompleteError(f"git took longer than {_TIMEOUT_S} s", where=str(where), fix="try again") from error
