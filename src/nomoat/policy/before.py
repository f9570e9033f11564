"""The two sides of a diff as files say them: nomoat.yaml and the committed map of a revision, or another file.

Git is only read (`nomoat.revisions`); what had to be taken from elsewhere is said in `notes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nomoat import settings
from nomoat.appmap import codec
from nomoat.appmap.model import Map
from nomoat.datafile import Mapping, Node, Reader, Sequence
from nomoat.errors import IncompleteError, MapError, Problem, SettingsError, printable
from nomoat.policy import backend, document, limits, loosened
from nomoat.policy.diff import Side
from nomoat.policy.model import Policy
from nomoat.revisions import Repository
from nomoat.settings import Settings

_MAX_BYTES = 4 * 1024 * 1024
_MAP = ".nomoat/map.json"
#: Sections that say who a caller is. What may be is what is compared.
_WHO = ("identity", "api_keys", "certificates", "device", "trusted_proxies")


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
    notes = (*_unless_drawn(drawn), *_beside(old, now))
    return Compared(_side(old, drawn), _side(now, drawn), path, notes, drawn is not None)


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
    old = _settings(text, now, f"{shown}:{now.path.name}")
    today = _today(now)
    drawn = _map(repository, commit, now, shown, notes)
    if drawn is None and today is not None:
        drawn = today
        notes.append(f"{shown} has no {_MAP}: today's map stands for both")
    notes += [*_unless_drawn(today), *_beside(old, now)]
    before = Side(Policy(), drawn) if old is None else _of_old(old, drawn, f"{shown}:{now.path.name}")
    return Compared(before, _side(now, today), shown, tuple(notes), today is not None)


def _side(of: Settings, drawn: Map | None) -> Side:
    reader = Reader(SettingsError)
    rules = limits.read(of.section("limits"), reader).rules
    reader.finish()
    return Side(document.read(of), drawn, loosened.loosened(of), limits=rules, backend=backend.named(of))


def _beside(old: Settings | None, now: Settings) -> Iterator[str]:
    """What a diff of the policy says nothing of, and that differs; who decides when it is not the policy."""
    differs = [] if old is None else [name for name in _WHO if _plain(old.section(name)) != _plain(now.section(name))]
    if differs:
        yield f"{', '.join(differs)}: differs; who is believed to be whom is not compared"
    if not backend.is_native(now):
        yield f"guard asks {backend.named(now)}, not this policy"


def _plain(node: Node | None) -> object:
    """What a section says, wherever it stands in its file."""
    match node:
        case Mapping():
            return {name: _plain(inner) for name, inner in node.entries.items()}
        case Sequence():
            return [_plain(inner) for inner in node.items]
    return None if node is None else (type(node.data), node.data)


def _today(now: Settings) -> Map | None:
    return codec.load(now.map_file) if now.map_file.is_file() else None


def _unless_drawn(drawn: Map | None) -> tuple[str, ...]:
    fix = "routes are not compared, only what roles, services and deny rules say: nomoat map --write"
    return () if drawn is not None else (f"there is no map: {fix}",)


def _settings(text: str | None, now: Settings, name: str) -> Settings | None:
    try:
        return None if text is None else settings.parse(text, root=now.root, name=name)
    except SettingsError as error:
        raise _unreadable(error, name) from error


def _of_old(old: Settings, drawn: Map | None, name: str) -> Side:
    try:
        return _side(old, drawn)
    except SettingsError as error:
        raise _unreadable(error, name) from error


def _unreadable(error: SettingsError, name: str) -> IncompleteError:
    fix = "compare with a revision that has a valid file, or with --against FILE"
    return IncompleteError(error.what, problems=(*error.problems, Problem("the old policy cannot be read", name, fix)))


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
