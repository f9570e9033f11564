"""Reads `nomoat.yaml`: finds it, holds its sections, and parses those that no capability owns.

Takes a path (or NOMOAT_CONFIG, or the working directory; never a parent folder) and gives frozen `Settings`.
The list of sections is closed here; each package checks its own section, so a mistake in one never hides another's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from nomoat import datafile
from nomoat.datafile import Mapping, Node, Place, Reader
from nomoat.errors import DataFileError, Problem, SettingsError

FILE_NAME = "nomoat.yaml"
FORMAT = 1

#: Every section, with the package that reads it.
SECTIONS: MappingOf[str, str] = {
    "format": "settings",
    "services": "settings",
    "identity": "guard",
    "api_keys": "guard",
    "certificates": "guard",
    "device": "guard",
    "trusted_proxies": "guard",
    "tasks": "guard",
    "limits": "guard",
    "outbound": "guard",
    "overrides": "guard",
    "roles": "policy",
    "assign": "policy",
    "deny": "policy",
    "step_up": "policy",
    "calls": "policy",
    "zones": "policy",
    "separate": "policy",
    "break_glass": "policy",
    "routes": "policy",
    "backend": "guard",
    "journal": "settings",
    "on_journal_failure": "guard",
    "alerts": "watch",
    "detections": "watch",
    "never_block": "respond",
    "people": "respond",
    "notify": "notify",
    "respond": "respond",
    "check": "check",
}

_SERVICE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """One service: its name (part of every map id), the import path of its app, and its folder below the root."""

    name: str
    app: str = ""
    root: str = "."


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """Where facts are kept and for how long. `keep_s` and `at_most_bytes` are by kind; absent means for ever.

    `pseudonyms` is the reference of the key that hides people in what leaves (empty: a file beside the store).
    """

    store: str = "sqlite:.nomoat/state/journal.db"
    pseudonyms: str = ""
    keep_s: MappingOf[str, float] = field(default_factory=dict)
    at_most_bytes: MappingOf[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """A user's file. `root` is its folder (relative paths start there); `document` holds all sections as nodes."""

    root: Path
    path: Path | None
    document: Mapping
    services: tuple[ServiceSettings, ...]
    journal: JournalSettings

    def section(self, name: str) -> Node | None:
        """A section's node, None when it is absent. The name must be one of SECTIONS."""
        assert name in SECTIONS, name
        return self.document.get(name)

    @property
    def file(self) -> str:
        """The file's name for messages."""
        return str(self.path) if self.path else FILE_NAME

    @property
    def state(self) -> Path:
        """The folder of stores and caches; not made yet."""
        return self.root / ".nomoat" / "state"

    @property
    def map_file(self) -> Path:
        """The committed map."""
        return self.root / ".nomoat" / "map.json"

    @property
    def store_url(self) -> str:
        """The journal's URL, a relative SQLite path made absolute from the folder of the file."""
        scheme, _, rest = self.journal.store.partition(":")
        if scheme == "sqlite" and rest and not Path(rest).is_absolute():
            return f"sqlite:{self.root / rest}"
        return self.journal.store


def locate(explicit: Path | str | None = None, *, cwd: Path | None = None) -> Path | None:
    """The file to read: the argument, else NOMOAT_CONFIG, else the one in the working directory; None without one."""
    if explicit is not None:
        return Path(explicit)
    if named := os.environ.get("NOMOAT_CONFIG"):
        return Path(named)
    here = (cwd or Path.cwd()) / FILE_NAME
    return here if here.is_file() else None


def load(path: Path | str | None = None, *, root: Path | None = None) -> Settings:
    """The settings of a file, or the defaults (with `root`, else the working directory) when there is no file.

    Raises SettingsError with every mistake of the sections that are read here.
    """
    found = locate(path, cwd=root)
    if found is None:
        return empty(root or Path.cwd())
    try:
        node = datafile.load(found)
    except DataFileError as error:
        raise SettingsError(error.what, problems=error.problems) from error
    return read(node, path=found)


def empty(root: Path) -> Settings:
    """The defaults, for a folder without a file."""
    nothing = Mapping({}, Place(FILE_NAME, 1, 1), {})
    return Settings(root.resolve(), None, nothing, (), JournalSettings())


def parse(text: str, *, root: Path, name: str = FILE_NAME) -> Settings:
    """Settings from text, for tests and for a policy that was stored in the journal."""
    try:
        node = datafile.parse(text, name=name)
    except DataFileError as error:
        raise SettingsError(error.what, problems=error.problems) from error
    return read(node, path=None, root=root)


def read(node: Node, *, path: Path | None, root: Path | None = None) -> Settings:
    """Settings from a parsed document. Raises SettingsError with every mistake."""
    reader = Reader(SettingsError)
    found = _read(node, reader, path=path, root=root)
    reader.finish()
    assert found is not None, "a document that is no map is a mistake"
    return found


def load_partly(path: Path) -> tuple[Settings | None, tuple[Problem, ...]]:
    """What can be read of a file with mistakes, and the mistakes; None when it is no map at all.

    For whoever wants the mistakes of all sections at once; nobody decides anything by such settings.
    """
    reader = Reader(SettingsError)
    try:
        found = _read(datafile.load(path), reader, path=path, root=None)
    except DataFileError as error:
        return None, error.problems
    return found, tuple(reader.problems)


def _read(node: Node, reader: Reader, *, path: Path | None, root: Path | None) -> Settings | None:
    if isinstance(node, datafile.Value) and node.data is None:
        document: Mapping | None = Mapping({}, node.place, {})
    else:
        document = reader.mapping(node, FILE_NAME, known=SECTIONS)
    if document is None:
        return None
    version = reader.integer(document.get("format"), "format", least=1)
    if version is not None and version > FORMAT:
        reader.mistake(f"format {version} is newer than this nomoat", document.get("format") or "", "upgrade nomoat")
    services = _services(document.get("services"), reader)
    journal = _journal(document.get("journal"), reader)
    base = root or (path.parent if path else Path.cwd())
    return Settings(base.resolve(), path, document, services, journal)


def _services(node: Node | None, reader: Reader) -> tuple[ServiceSettings, ...]:
    found: list[ServiceSettings] = []

    def one(name: str, value: Node, place: Place) -> None:
        if not _SERVICE.match(name):
            reader.mistake(
                f"'{name}' is no name of a service", place, "use letters, digits, dots, dashes: shop, billing-api"
            )
        fields = reader.mapping(value, f"service {name}", known=("app", "root"))
        if fields is None:
            return
        app = reader.text(fields.get("app"), f"app of {name}") or ""
        root = reader.text(fields.get("root"), f"root of {name}") or "."
        if Path(root).is_absolute() or ".." in Path(root).parts:
            reader.mistake(f"root of {name} must lie below the folder of {FILE_NAME}", fields.get("root") or place)
        found.append(ServiceSettings(name, app, root))

    reader.each(node, "services", one)
    return tuple(found)


def _journal(node: Node | None, reader: Reader) -> JournalSettings:
    fields = reader.mapping(node, "journal", known=("store", "retention", "pseudonyms"))
    if fields is None:
        return JournalSettings()
    store = reader.text(fields.get("store"), "store") or JournalSettings().store
    if ":" not in store:
        reader.mistake(
            f"store '{store}' is no URL", fields.get("store") or node or "", "write sqlite:PATH or postgresql://..."
        )
    keep_s: dict[str, float] = {}
    at_most: dict[str, int] = {}

    def one(kind: str, value: Node, _place: Place) -> None:
        limits = reader.mapping(value, f"retention of {kind}", known=("keep", "at_most"))
        if limits is None:
            return
        seconds = reader.duration_s(limits.get("keep"), "keep")
        if seconds is not None:
            keep_s[kind] = seconds
        size = _size_bytes(limits.get("at_most"), reader)
        if size is not None:
            at_most[kind] = size

    reader.each(fields.get("retention"), "retention", one)
    pseudonyms = reader.text(fields.get("pseudonyms"), "pseudonyms") or ""
    if pseudonyms and pseudonyms.partition(":")[0] not in ("env", "file"):
        reader.mistake("pseudonyms must be a reference", fields.get("pseudonyms") or "", "write env:NAME or file:PATH")
    return JournalSettings(store, pseudonyms, keep_s, at_most)


_SIZE = re.compile(r"([0-9]{1,9})\s*(KB|MB|GB|TB)\Z")


def _size_bytes(node: Node | None, reader: Reader) -> int | None:
    text = reader.text(node, "at_most")
    if text is None or node is None:
        return None
    found = _SIZE.match(text)
    if not found:
        reader.mistake(f"'{text}' is no size", node, "write a number and KB, MB, GB or TB: 5GB")
        return None
    return int(found.group(1)) * {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}[found.group(2)]


def calendar_date(node: Node | None, what: str, reader: Reader) -> date | None:
    """A date as 2027-03-31, kept as text by YAML 1.2."""
    text = reader.text(node, what)
    if text is None or node is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        reader.mistake(f"{what} '{text}' is no date", node, "write it as 2027-03-31")
        return None


@dataclass(frozen=True, slots=True)
class Loosening:
    """A secure default that was loosened: why, and until when (None only where the contract allows no end)."""

    because: str
    until: date | None = None

    def is_over(self, today: date) -> bool:
        """True from the day after `until`."""
        return self.until is not None and today > self.until


def loosening(fields: Mapping, what: str, reader: Reader, *, ends: bool) -> Loosening | None:
    """`because:` and, where `ends`, `until:` of a loosened default; a mistake when either is missing."""
    because = reader.text(fields.get("because"), f"because of {what}")
    until = calendar_date(fields.get("until"), f"until of {what}", reader)
    if because is None and "because" not in fields:
        reader.mistake(f"{what} loosens a secure default and does not say why", fields, 'add because: "..."')
    if ends and until is None and "until" not in fields:
        reader.mistake(f"{what} loosens a secure default without an end", fields, "add until: 2027-03-31")
    if because is None or (ends and until is None):
        return None
    return Loosening(because, until)


def secret(reference: str, *, root: Path, where: str = "") -> str:
    """The value behind `env:NAME` or `file:PATH` (relative to `root`), without the last line break.

    Raises SettingsError when it is absent; the value is never part of a message.
    """
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(rest)
        if not value:
            raise SettingsError(f"the environment variable {rest} is not set", where=where, fix=f"export {rest}=...")
        return value
    if scheme == "file":
        try:
            return (root / rest).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"cannot read the secret file {rest}", where=where, fix="check path and rights"
            ) from error
    raise SettingsError(
        "a secret must be a reference, never the value itself", where=where, fix="write env:NAME or file:PATH"
    )
