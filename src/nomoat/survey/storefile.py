"""The store models: what a library's classes and calls mean for data, one YAML file each in `stores/`.

Everything is found by the dotted name of a class or call; nothing in the engine asks which library it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from nomoat import datafile
from nomoat.datafile import Mapping, Node, Reader
from nomoat.survey.models import Spot, spot

FOLDER = Path(__file__).parent / "stores"
FORMAT = 1
NOWHERE = Spot()
KINDS = ("table", "collection", "cache", "bucket", "queue", "file")
#: How a table is named whose class does not say it: as the class, in small letters, as `two_words`, behind the
#: label of its application; `""`: such a class has no table.
Otherwise: TypeAlias = Literal["", "name", "lower", "snake", "application"]
_OTHERWISE = ("name", "lower", "snake", "application")


@dataclass(frozen=True, slots=True)
class Declares:
    """Which classes have a table and what names it: `__tablename__`, `Meta.db_table`, `meta[collection]`."""

    bases: frozenset[str] = frozenset()
    #: Attributes of a class, and keywords of its head, that make it one whatever its bases are.
    marks: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    otherwise: Otherwise = ""
    #: Where one of these is true, the class has no table of its own.
    abstract: tuple[str, ...] = ()
    #: Where one of these is true (or, with `inherits`, always), a class without a name has the table of its base.
    shares: tuple[str, ...] = ()
    inherits: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A field that leads to rows of another class: `to` names it, `back` the attribute on the other side."""

    to: Spot
    back: Spot
    otherwise: str
    is_many: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a library: arguments whose rows it reads or writes, and whether it gives them back."""

    reads: Spot = NOWHERE
    writes: Spot = NOWHERE
    gives: bool = True
    #: It gives one row.
    one: bool = False
    #: It gives rows of the class that this setting names (or of that dotted name, without it).
    setting: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """Classes whose objects act on rows of the class that one of their attributes names: serializers, forms."""

    bases: frozenset[str]
    models: tuple[str, ...]
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    #: A method of the library to those of the object's own class that it calls (`validate_*` fits several).
    calls: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Handle:
    """What leads to named stores: a client to its databases, a database to its collections.

    `gives` is the next handle (a library has only one that is `store`: the store itself).
    """

    names: frozenset[str] = frozenset()
    gives: str = ""
    methods: frozenset[str] = frozenset()
    by_name: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keyed:
    """Clients and functions that name what they touch in a call: a key of a cache, a bucket, a file, a queue."""

    names: frozenset[str]
    store: str
    name: tuple[Spot, ...]
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    #: Only clients that were made with this first argument: `boto3.client("s3")`.
    made_for: str = ""
    #: The name ends at the first of these characters.
    until: str = ""
    #: An argument that says what is done: `w` or `a` in it writes.
    mode: Spot = NOWHERE
    #: The name is an argument of the constructor: `Path("orders.json").write_text(...)`.
    of_handle: bool = False
    kind: str = ""


@dataclass(eq=False)
class Library:
    """Everything about one library."""

    name: str = ""
    kind: str = "table"
    declares: list[Declares] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    managers: frozenset[str] = frozenset()
    manager_classes: frozenset[str] = frozenset()
    relations: dict[str, Relation] = field(default_factory=dict)
    #: Calls that make a table, with the place of its name.
    made: dict[str, Spot] = field(default_factory=dict)
    #: Methods of a class, a query or a row.
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    #: Of these methods of a class or query the result is one row; of `scalars`, it is none at all.
    one: frozenset[str] = frozenset()
    #: Methods that neither read nor write.
    neither: frozenset[str] = frozenset()
    #: Methods of a session, which is given rows or queries.
    taking_reads: frozenset[str] = frozenset()
    taking_writes: frozenset[str] = frozenset()
    functions: dict[str, Function] = field(default_factory=dict)
    agents: list[Agent] = field(default_factory=list)
    handles: dict[str, Handle] = field(default_factory=dict)
    keyed: list[Keyed] = field(default_factory=list)
    #: Setting an attribute of a row writes it; making one does.
    assigning_writes: bool = False
    making_writes: bool = False
    #: Names of attributes that stand for the row of whoever is calling.
    callers: tuple[str, ...] = ()
    #: Names that stand for whoever is calling, with the decorator of the function that looks them up.
    loaded: dict[str, str] = field(default_factory=dict)
    #: Methods that no other library has, so that `anything["orders"].find_one()` is known by them.
    telling: frozenset[str] = frozenset()
    #: Names of packages one of which the tree must import for that.
    packages: tuple[str, ...] = ()


@dataclass
class Stores:
    """All libraries, and what is looked up by dotted name in each of them."""

    libraries: list[Library] = field(default_factory=list)
    known: dict[str, tuple[Library, str]] = field(default_factory=dict)
    functions: dict[str, tuple[Library, Function]] = field(default_factory=dict)
    made: dict[str, tuple[Library, Spot]] = field(default_factory=dict)
    handles: dict[str, tuple[Library, str]] = field(default_factory=dict)
    keyed: dict[str, list[tuple[Library, Keyed]]] = field(default_factory=dict)


@cache
def stores() -> Stores:
    """The models that are shipped."""
    return load(sorted(FOLDER.glob("*.yaml")))


def load(files: list[Path]) -> Stores:
    """The models of these files. Raises DataFileError with every mistake of a file."""
    found = Stores()
    for path in files:
        library = _Loading(datafile.load(path)).library()
        found.libraries.append(library)
        found.known.update({name: (library, table) for name, table in library.known.items()})
        found.functions.update({name: (library, one) for name, one in library.functions.items()})
        found.made.update({name: (library, one) for name, one in library.made.items()})
        for step, handle in library.handles.items():
            found.handles.update(dict.fromkeys(handle.names, (library, step)))
        for keyed in library.keyed:
            for name in keyed.names:
                found.keyed.setdefault(name, []).append((library, keyed))
    return found


_SETS = (
    "managers", "manager_classes", "reads", "writes", "one", "neither", "taking_reads", "taking_writes", "telling",
)  # fmt: skip
_KEYS = (
    "format", "library", "kind", "declares", "known", "made", "relations", "functions", "agents", "handles", "keyed",
    "assigning_writes", "making_writes", "callers", "loaded", "packages", *_SETS,
)  # fmt: skip
_EMPTY = Mapping({}, datafile.Place("", 0, 0), {})


class _Loading:
    """Reads one file."""

    def __init__(self, document: Node) -> None:
        self._reader = Reader()
        self._fields = self._reader.mapping(document, "a store model", known=_KEYS) or _EMPTY

    def library(self) -> Library:
        fields, reader = self._fields, self._reader
        version = reader.integer(fields.get("format"), "format", least=1)
        if version is None or version > FORMAT:
            reader.mistake(f"a store model needs format: {FORMAT}", fields.get("format") or fields)
        library = Library(
            reader.text(fields.get("library"), "library") or "",
            reader.choice(fields.get("kind"), "kind", KINDS) or "table",
        )
        for name in _SETS:
            setattr(library, name, frozenset(reader.texts(fields.get(name), name)))
        library.callers = reader.texts(fields.get("callers"), "callers")
        library.packages = reader.texts(fields.get("packages"), "packages")
        library.assigning_writes = reader.boolean(fields.get("assigning_writes"), "assigning_writes") or False
        library.making_writes = reader.boolean(fields.get("making_writes"), "making_writes") or False
        known = reader.mapping(fields.get("known"), "known") or _EMPTY
        library.known = {name: reader.text(table, name) or "" for name, table in known.items()}
        loaded = reader.mapping(fields.get("loaded"), "loaded") or _EMPTY
        library.loaded = {name: reader.text(decorator, name) or "" for name, decorator in loaded.items()}
        library.declares = [self._declares(one) for one in reader.sequence(fields.get("declares"), "declares")]
        self._records(library)
        reader.finish()
        return library

    def _records(self, library: Library) -> None:
        for fields, names in self._named("relations", ("names", "to", "back", "otherwise", "many")):
            relation = Relation(
                self._spot(fields, "to"),
                self._spot(fields, "back"),
                self._reader.text(fields.get("otherwise"), "otherwise") or "",
                self._reader.boolean(fields.get("many"), "many") or False,
            )
            library.relations.update(dict.fromkeys(names, relation))
        for fields, names in self._named("functions", _FUNCTION_KEYS):
            gives = self._reader.boolean(fields.get("gives"), "gives")
            function = Function(
                self._spot(fields, "reads"),
                self._spot(fields, "writes"),
                gives is not False,
                self._reader.boolean(fields.get("one"), "one") or False,
                self._reader.text(fields.get("setting"), "setting") or "",
                self._reader.text(fields.get("default"), "default") or "",
            )
            library.functions.update(dict.fromkeys(names, function))
        for fields, names in self._named("agents", ("names", "models", "reads", "writes", "calls")):
            calls = self._reader.mapping(fields.get("calls"), "calls") or _EMPTY
            library.agents.append(
                Agent(
                    frozenset(names),
                    self._reader.texts(fields.get("models"), "models"),
                    self._set(fields, "reads"),
                    self._set(fields, "writes"),
                    {name: self._reader.texts(called, name) for name, called in calls.items()},
                )
            )
        self._handles(library)
        for fields, names in self._named("made", ("names", "name")):
            library.made.update(dict.fromkeys(names, self._spot(fields, "name")))
        for fields, names in self._named("keyed", _KEYED_KEYS):
            library.keyed.append(self._keyed(fields, names))

    def _handles(self, library: Library) -> None:
        known = ("names", "gives", "methods", "by_name", "attributes")
        for step, node in (self._reader.mapping(self._fields.get("handles"), "handles") or _EMPTY).items():
            fields = self._reader.mapping(node, step, known=known) or _EMPTY
            attributes = self._reader.mapping(fields.get("attributes"), "attributes") or _EMPTY
            library.handles[step] = Handle(
                self._set(fields, "names"),
                self._reader.text(fields.get("gives"), "gives") or "",
                self._set(fields, "methods"),
                self._reader.boolean(fields.get("by_name"), "by_name") or False,
                {name: self._reader.text(value, name) or "" for name, value in attributes.items()},
            )

    def _keyed(self, fields: Mapping, names: tuple[str, ...]) -> Keyed:
        reader = self._reader
        return Keyed(
            frozenset(names),
            reader.text(fields.get("store"), "store", empty=True) or "",
            tuple(spot(one) for one in reader.texts(fields.get("name"), "name")),
            self._set(fields, "reads"),
            self._set(fields, "writes"),
            reader.text(fields.get("made_for"), "made_for") or "",
            reader.text(fields.get("until"), "until") or "",
            self._spot(fields, "mode"),
            reader.boolean(fields.get("of_handle"), "of_handle") or False,
            reader.choice(fields.get("kind"), "kind", KINDS) or "",
        )

    def _declares(self, node: Node) -> Declares:
        fields = self._reader.mapping(node, "an entry of declares", known=_DECLARES_KEYS) or _EMPTY
        texts = {key: self._reader.texts(fields.get(key), key) for key in _DECLARES_KEYS[:6]}
        return Declares(
            frozenset(texts["bases"]),
            texts["marks"],
            texts["keywords"],
            texts["names"],
            self._reader.choice(fields.get("otherwise"), "otherwise", _OTHERWISE) or "",  # type: ignore[arg-type]
            texts["abstract"],
            texts["shares"],
            self._reader.boolean(fields.get("inherits"), "inherits") or False,
        )

    def _named(self, section: str, known: tuple[str, ...]) -> list[tuple[Mapping, tuple[str, ...]]]:
        found = []
        for node in self._reader.sequence(self._fields.get(section), section):
            fields = self._reader.mapping(node, f"an entry of {section}", known=known)
            if fields is None:
                continue
            names = self._reader.texts(fields.get("names"), "names")
            if not names:
                self._reader.mistake(f"an entry of {section} needs names", fields)
            found.append((fields, names))
        return found

    def _spot(self, fields: Mapping, key: str) -> Spot:
        text = self._reader.text(fields.get(key), key)
        return spot(text) if text else Spot()

    def _set(self, fields: Mapping, key: str) -> frozenset[str]:
        return frozenset(self._reader.texts(fields.get(key), key))


_DECLARES_KEYS = ("bases", "marks", "keywords", "names", "abstract", "shares", "otherwise", "inherits")
_FUNCTION_KEYS = ("names", "reads", "writes", "gives", "one", "setting", "default")
_KEYED_KEYS = (
    "names", "store", "name", "reads", "writes", "made_for", "until", "mode", "of_handle", "kind",
)  # fmt: skip
