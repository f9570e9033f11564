"""Files of a revision of git, read object by object: nothing that the repository says is run or fetched.

`git archive` would obey attributes and filters of the repository, so objects are read one by one (`cat-file --batch`).
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from nomoat.errors import IncompleteError, UsageError, printable

_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_TIMEOUT_S = 60
_FILES = (b"100644", b"100755")
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


class Repository:
    """The repository that a folder is in.

    Args:
        folder: somewhere in it.
        asked: the command whose last word is a revision (`nomoat map diff`), for what is said of a mistake.
        otherwise: the command that needs no repository, for the same.

    Raises:
        UsageError: there is no git, or no repository.
        IncompleteError: git does not end.
    """

    def __init__(self, folder: Path, *, asked: str, otherwise: str) -> None:
        self.folder = folder
        self._asked = asked
        self._otherwise = otherwise
        self.top = Path(self._said("rev-parse", "--show-toplevel").strip())

    def inner(self, path: Path) -> str:
        """A path as the repository has it, with `/`; empty for its top."""
        inner = os.path.relpath(path.resolve(), self.top.resolve())
        return "" if inner == "." else inner.replace(os.sep, "/")

    def commit(self, revision: str) -> str:
        """The commit of a revision, also of a branch that only its remote has.

        Raises:
            UsageError: there is no such revision.
            IncompleteError: the clone is shallow and does not have it.
        """
        if revision.startswith("-") or not revision.strip() or "\0" in revision:
            raise UsageError(
                f"'{printable(revision)}' is no revision", fix=f"name a branch, tag or commit: {self._asked} main"
            )
        remote = self._remote()
        # A branch that was never checked out here has the name that its remote gives it: `git switch` finds it so too.
        for name in (revision, f"refs/remotes/{remote}/{revision}"):
            found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            # `^main` is answered too, by the commits that are not main's: that is no revision.
            if found.returncode == 0 and _COMMIT.fullmatch(commit := found.stdout.decode("ascii", "replace").strip()):
                return commit
        shown = printable(revision)
        if self._is_shallow():
            raise IncompleteError(
                f"this clone is shallow and does not have {shown}", where=str(self.folder), fix=_whole_history(remote)
            )
        raise UsageError(
            f"there is no revision {shown}", where=str(self.folder), fix="git branch --all shows what there is"
        )

    def files(self, commit: str, inner: str = "") -> list[tuple[str, str]]:
        """Object and path of every plain file of a commit, at `inner` (a file, or a folder with its `/`) or below."""
        listed = self._run(
            "ls-tree", "-r", "-z", "--full-tree", commit, "--", *([inner] if inner else []), where=self.top
        )
        if listed.returncode:
            raise IncompleteError("git cannot list the files of the revision", where=str(self.folder), fix="git fsck")
        found: list[tuple[str, str]] = []
        for row in listed.stdout.split(b"\0"):
            meta, _, name = row.partition(b"\t")
            fields = meta.split()
            if len(fields) == 3 and fields[0] in _FILES:
                found.append((fields[2].decode("ascii"), name.decode("utf-8", "surrogateescape")))
        return found

    def contents(self, wanted: Sequence[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
        """The paths of `files`, each with its bytes."""
        if not wanted:
            return
        names = "".join(f"{name}\n" for name, _ in wanted).encode()
        found = self._run("cat-file", "--batch", given=names, where=self.top)
        data, at = found.stdout, 0
        for name, path in wanted:
            end = data.find(b"\n", at)
            header = data[at:end].split()
            if found.returncode or len(header) != 3 or not header[2].isdigit():
                fix = _whole_history(self._remote()) if self._is_shallow() else "git fetch --refetch --no-filter"
                raise IncompleteError(
                    "git does not have every file of the revision", where=f"{self.folder}: {name}", fix=fix
                )
            size = int(header[2])
            yield path, data[end + 1 : end + 1 + size]
            at = end + 1 + size + 1

    def _remote(self) -> str:
        """The remote that a clone was made from: `origin`, or the first one of another name."""
        names = self._said("remote").split()
        return names[0] if names and "origin" not in names else "origin"

    def _is_shallow(self) -> bool:
        return self._said("rev-parse", "--is-shallow-repository").strip() == "true"

    def _said(self, *arguments: str) -> str:
        found = self._run(*arguments)
        if found.returncode:
            raise UsageError("this folder is in no git repository", where=str(self.folder), fix=self._otherwise)
        return found.stdout.decode("utf-8", "surrogateescape")

    def _run(
        self, *arguments: str, given: bytes = b"", where: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
        environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
        try:
            return subprocess.run(
                ["git", *_SAFE, *arguments], cwd=where or self.folder, input=given, env=environment,
                capture_output=True, check=False, timeout=_TIMEOUT_S,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise UsageError("git is not installed", fix=f"install git, or use {self._otherwise}") from error
        except subprocess.TimeoutExpired as error:
            raise IncompleteError(
                f"git took longer than {_TIMEOUT_S} s", where=str(self.folder), fix="try again"
            ) from error


def _whole_history(remote: str) -> str:
    """The command that brings every commit, branch and tag: a shallow clone has one branch and fetches no other."""
    branches = shlex.quote(f"+refs/heads/*:refs/remotes/{remote}/*")
    return f"git fetch --unshallow --tags {shlex.quote(remote)} {branches}"
