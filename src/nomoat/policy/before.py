"""The two sides of a diff as files say them: nomoat.yaml and the committed map of a revision, or another file.

Git is only read (`nomoat.revisions`); what had to be taken from elsewhere is said in `notes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nomoat import settings
from nomoat.appmap import codec
from nomoat.appmap.model import Map
from nomoat.errors import IncompleteError, MapError, Problem, SettingsError, printable
from nomoat.policy import document, loosened
from nomoat.policy.diff import Side
from nomoat.policy.model import Policy
from nomoat.revisions import Repository
from nomoat.settings import Settings

_MAX_BYTES = 4 * 1024 * 1024
_MAP = ".nomoat/map.json"


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides, how the old one is called, and what a reader must know of them."""

    before: Side
    after: Side
    name: str
    notes: tuple[str, ...]
    has_map: bool


def of_file(now: Settings, path: str) -> Compared:
    """Against another file; both with today's map."""
    drawn = _today(now)
    old = settings.load(path)
    before = Side(document.read(old), drawn, loosened.loosened(old))
    return Compared(before, _after(now, drawn), path, _unless_drawn(drawn), drawn is not None)


def of_revision(now: Settings, revision: str) -> Compared:
    """Against a revision of git.

    Raises:
        UsageError: there is no git, no repository, or no such revision.
        IncompleteError: its file cannot be read by this version, or the clone does not have it.
    """
    repository = Repository(
        now.root, asked="nomoat policy diff", otherwise="nomoat policy diff --against FILE, which needs no git"
    )
    commit = repository.commit(revision)
    shown = printable(revision)
    notes: list[str] = []
    assert now.path is not None
    text = _text(repository, commit, now.path, shown)
    if text is None:
        notes.append(f"{shown} has no {now.path.name}: everything that is allowed now counts as new")
    policy, loose = _policy(text, now, f"{shown}:{now.path.name}")
    today = _today(now)
    drawn = _map(repository, commit, now, shown, notes)
    if drawn is None and today is not None:
        drawn = today
        notes.append(f"{shown} has no {_MAP}: today's map stands for both")
    notes += _unless_drawn(today)
    return Compared(Side(policy, drawn, loose), _after(now, today), shown, tuple(notes), today is not None)


def _after(now: Settings, drawn: Map | None) -> Side:
    return Side(document.read(now), drawn, loosened.loosened(now))


def _today(now: Settings) -> Map | None:
    return codec.load(now.map_file) if now.map_file.is_file() else None


def _unless_drawn(drawn: Map | None) -> tuple[str, ...]:
    fix = "routes are not compared, only what roles, services and deny rules say: nomoat map --write"
    return () if drawn is not None else (f"there is no map: {fix}",)


def _policy(text: str | None, now: Settings, name: str) -> tuple[Policy, tuple[loosened.Loosened, ...]]:
    if text is None:
        return Policy(), ()
    try:
        old = settings.parse(text, root=now.root, name=name)
        return document.read(old), loosened.loosened(old)
    except SettingsError as error:
        fix = "compare with a revision that has a valid file, or with --against FILE"
        problems = (*error.problems, Problem("the old policy cannot be read", name, fix))
        raise IncompleteError(error.what, problems=problems) from error


def _map(repository: Repository, commit: str, now: Settings, shown: str, notes: list[str]) -> Map | None:
    text = _text(repository, commit, now.map_file, shown)
    if text is None:
        return None
    try:
        return codec.loads(text)
    except MapError as error:
        notes.append(f"the map of {shown} cannot be read ({printable(error.what)})")
        return None


def _text(repository: Repository, commit: str, path: Path, shown: str) -> str | None:
    """A file of the commit; None where it has none."""
    inner = repository.inner(path)
    found = [one for one in repository.files(commit, inner) if one[1] == inner]
    for _, data in repository.contents(found):
        if len(data) > _MAX_BYTES:
            raise IncompleteError(f"{inner} is larger than {_MAX_BYTES:,} bytes", where=shown)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise IncompleteError(f"{inner} is no text", where=shown, fix="--against FILE") from error
    return None
