"""A revision of git as files in a temporary folder, without running anything that the repository says."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nomoat.revisions import Repository

_WANTED = re.compile(
    r"(\.pyi?|\.pyw|\.ya?ml|\.json|\.env|(^|/)(pyproject\.toml|setup\.(py|cfg)|requirements\.txt|\.gitignore"
    r"|\.env[^/]*|env\.(example|sample)|[^/]*\.env\.(example|sample|template|dist)))$"
)
_MAX_BYTES = 4 * 1024 * 1024


@contextmanager
def extracted(path: Path, revision: str) -> Iterator[Path]:
    """The folder `path` as it was at a revision; gone afterwards.

    Raises:
        UsageError: there is no git, no repository, or no such revision.
        IncompleteError: the clone is shallow and does not have the revision.
    """
    where = path if path.is_dir() else path.parent
    repository = Repository(where, asked="nomoat map diff", otherwise="nomoat map diff, without a revision")
    commit = repository.commit(revision)
    inner = repository.inner(where)
    folder = Path(tempfile.mkdtemp(prefix="nomoat-"))
    try:
        target = folder / (where.resolve().name or "tree")
        target.mkdir()
        _write(repository, commit, f"{inner}/" if inner else "", target)
        yield target
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(repository: Repository, commit: str, inner: str, target: Path) -> None:
    wanted = [(name, path) for name, path in repository.files(commit, inner) if _WANTED.search(path)]
    for path, data in repository.contents(wanted):
        place = target / path[len(inner) :]
        # A name in a tree of git may try to leave the folder.
        if place.resolve().is_relative_to(target.resolve()) and len(data) <= _MAX_BYTES:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
