"""Reads the framework models: one YAML file each, all of them together one set of words for the engine.

Everything is found by the dotted name of what source calls; nothing in the engine asks which framework it is.
Raises DataFileError with every mistake of a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from nomoat import datafile
from nomoat.datafile import Mapping, Node, Reader

FOLDER = Path(__file__).parent / "frameworks"
FORMAT = 1
#: What reading an attribute of a request may give; `by-name` kinds look at the name that is asked for.
SOURCES = (
    "header", "cookie", "session", "credential", "query", "input", "state", "address", "method", "url", "scope",
    "nothing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a call has an argument: by these names or at that position (`endpoint@1|route@1`)."""

    names: tuple[str, ...] = ()
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Verb:
    """What a method of an application or router does, or what an object in a list of routes stands for."""

    names: tuple[str, ...]
    does: str
    path: Spot = Spot()
    methods: Spot = Spot()
    default: tuple[str, ...] = ()
    handler: Spot = Spot()
    decorates: bool = False
    dependencies: Spot = Spot()
    routes: Spot = Spot()
    middleware: Spot = Spot()
    prefix: Spot = Spot()
    raised: Spot = Spot()
    calls: str = ""
    prefixed: bool = False
    head: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """A route that the framework adds by itself, unless its argument is None or empty."""

    argument: str
    path: str
    methods: tuple[str, ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A class whose objects hold routes."""

    framework: str
    is_application: bool
    verbs: dict[str, Verb]
    takes: dict[str, str]
    adds: tuple[Added, ...] = ()


@dataclass(frozen=True, slots=True)
class EndpointClass:
    """A class whose methods answer, named after HTTP's."""

    methods: tuple[str, ...]
    websocket: tuple[str, ...]
    calls: str
    head: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """An exception or answer: where its status stands, or what it always is; `redirects` sends elsewhere."""

    status: Spot = Spot()
    fixed: int | None = None
    redirects: bool = False


@dataclass(frozen=True, slots=True)
class Scheme:
    """A dependency that looks for a credential and refuses without one, unless `unless` is False or `optional` True."""

    unless: str = ""
    optional: str = ""
    flags: tuple[str, ...] = ()
    makes: str = ""


@dataclass
class Models:
    """All models together, by dotted name."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    listed: dict[str, Verb] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    routes_attributes: set[str] = field(default_factory=set)
    dependencies_attributes: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    endpoint_classes: dict[str, EndpointClass] = field(default_factory=dict)
    class_views: dict[str, Spot] = field(default_factory=dict)
    middleware_classes: dict[str, str] = field(default_factory=dict)
    backends: dict[str, tuple[str, str]] = field(default_factory=dict)
    harmless: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    request: dict[str, str] = field(default_factory=dict)
    refusing: dict[str, Spot] = field(default_factory=dict)
    raised: dict[str, Refusal] = field(default_factory=dict)
    answers: dict[str, Refusal] = field(default_factory=dict)
    closing: set[str] = field(default_factory=set)
    depends: dict[str, tuple[Spot, Spot]] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    scopes_of_route: set[str] = field(default_factory=set)
    injected: set[str] = field(default_factory=set)
    schemes: dict[str, Scheme] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)
    asks: dict[str, Spot] = field(default_factory=dict)
    protects: dict[str, dict[str, str]] = field(default_factory=dict)
    verifiers: set[str] = field(default_factory=set)
    signatures: set[str] = field(default_factory=set)
    comparers: set[str] = field(default_factory=set)
    macs: set[str] = field(default_factory=set)
    limiters: set[str] = field(default_factory=set)
    raising_methods: set[str] = field(default_factory=set)
    passwords: set[str] = field(default_factory=set)
    issuers: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)
    parsers: set[str] = field(default_factory=set)
    transparent: set[str] = field(default_factory=set)
    managing: set[str] = field(default_factory=set)
    own_handlers: set[str] = field(default_factory=set)
    sending: set[str] = field(default_factory=set)
    forging: set[str] = field(default_factory=set)
    splitting: set[str] = field(default_factory=set)
    scheme_methods: set[str] = field(default_factory=set)


#: Sections that are plain lists of dotted names (or attribute names), with their place in `Models`.
_NAMES = {
    "same": "same", "routes_attribute": "routes_attributes", "dependencies_attribute": "dependencies_attributes",
    "files": "files", "harmless_middleware": "harmless", "requests": "requests", "closing": "closing",
    "scopes_of_route": "scopes_of_route", "injected": "injected", "forms": "forms", "verifiers": "verifiers",
    "signatures": "signatures", "comparers": "comparers", "macs": "macs", "limiters": "limiters",
    "raising_methods": "raising_methods", "passwords": "passwords", "issuers": "issuers",
    "stores": "stores", "parsers": "parsers", "transparent": "transparent",
    "managing": "managing", "own_handlers": "own_handlers", "sending": "sending", "forging": "forging",
    "splitting": "splitting", "scheme_methods": "scheme_methods",
}  # fmt: skip
_RECORDS = (
    "objects", "verbs", "listed", "endpoint_classes", "class_views", "middleware_classes", "backends", "request",
    "refusing", "raised", "answers", "depends", "inputs", "schemes", "asks", "protects",
)  # fmt: skip
_VERB_KEYS = (
    "names", "does", "path", "methods", "default", "handler", "dependencies", "routes", "middleware", "prefix",
    "raised",    "calls", "prefixed", "head",
)  # fmt: skip
_DOES = ("route", "include", "mount", "middleware", "handle", "files", "start")
_CALLS = ("", "injected", "request")


@cache
def models() -> Models:
    """The models that are shipped."""
    return load(sorted(FOLDER.glob("*.yaml")))


def load(files: list[Path]) -> Models:
    """The models of these files, together."""
    merged = Models()
    groups: dict[str, dict[str, Verb]] = {}
    loading = [_Loading(datafile.load(path), merged, groups) for path in files]
    # A model may build on the verbs of another, whichever file comes first.
    for one in loading:
        one.read_groups()
    for one in loading:
        one.run()
    return merged


def spot(text: str) -> Spot:
    """`endpoint@1|route@1` as names and a position."""
    names: list[str] = []
    position: int | None = None
    for option in text.split("|"):
        name, _, place = option.partition("@")
        names.append(name)
        position = int(place) if place.isdigit() else position
    return Spot(tuple(names), position)


class _Loading:
    """Reads one file into the models."""

    def __init__(self, document: Node, into: Models, groups: dict[str, dict[str, Verb]]) -> None:
        self._reader = Reader()
        self._models = into
        self._groups = groups
        known = ("format", "framework", "extends", *_NAMES, *_RECORDS)
        self._fields = self._reader.mapping(document, "a framework model", known=known)

    def read_groups(self) -> None:
        """The groups of verbs of this file."""
        groups = self._reader.mapping(self._fields.get("verbs"), "verbs") if self._fields is not None else None
        for name, verbs in groups.items() if groups is not None else ():
            found = self._groups.setdefault(name, {})
            for record in self._reader.sequence(verbs, f"verbs of {name}"):
                verb = self._verb(record)
                if verb is not None:
                    found.update(dict.fromkeys(verb.names, verb))

    def run(self) -> None:
        """Everything else; raises DataFileError with every mistake."""
        fields = self._fields
        if fields is None:
            self._reader.finish()
            return
        self._framework = self._reader.text(fields.get("framework"), "framework") or ""
        version = self._reader.integer(fields.get("format"), "format", least=1)
        if version is None or version > FORMAT:
            self._reader.mistake(f"a framework model needs format: {FORMAT}", fields.get("format") or fields)
        for section, attribute in _NAMES.items():
            getattr(self._models, attribute).update(self._reader.texts(fields.get(section), section))
        for section in _RECORDS:
            if section not in ("verbs", "request"):
                for record in self._reader.sequence(fields.get(section), section):
                    self._record(section, record)
        for attribute, value in (self._reader.mapping(fields.get("request"), "request") or _EMPTY).items():
            source = self._reader.choice(value, "source of a request", SOURCES)
            if source is not None:
                self._models.request[attribute] = source
        self._reader.finish()

    def _record(self, section: str, node: Node) -> None:
        keys = _VERB_KEYS if section == "listed" else _RECORD_KEYS[section]
        fields = self._reader.mapping(node, f"an entry of {section}", known=keys)
        if fields is None:
            return
        names = self._reader.texts(fields.get("names"), "names")
        if not names:
            self._reader.mistake(f"an entry of {section} needs names", fields)
        getattr(self, f"_{section}")(names, fields)

    def _spot(self, fields: Mapping, key: str) -> Spot:
        text = self._reader.text(fields.get(key), key)
        return spot(text) if text else Spot()

    def _verb(self, node: Node) -> Verb | None:
        fields = self._reader.mapping(node, "a verb", known=_VERB_KEYS)
        if fields is None:
            return None
        names = self._reader.texts(fields.get("names"), "names")
        does = self._reader.choice(fields.get("does"), "does", _DOES) or "route"
        handler = self._reader.text(fields.get("handler"), "handler") or ""
        methods = self._reader.text(fields.get("methods"), "methods") or ""
        return Verb(
            names,
            does,
            path=self._spot(fields, "path"),
            methods=Spot(("",)) if methods == "its-name" else spot(methods) if methods else Spot(),
            default=self._reader.texts(fields.get("default"), "default"),
            handler=spot(handler) if handler and handler != "decorated" else Spot(),
            decorates=handler == "decorated",
            dependencies=self._spot(fields, "dependencies"),
            routes=self._spot(fields, "routes"),
            middleware=self._spot(fields, "middleware"),
            prefix=self._spot(fields, "prefix"),
            raised=self._spot(fields, "raised"),
            calls=self._reader.choice(fields.get("calls"), "calls", _CALLS) or "",
            prefixed=self._reader.boolean(fields.get("prefixed"), "prefixed") or False,
            head=self._reader.boolean(fields.get("head"), "head") or False,
        )

    # -- one method a section, named after it ------------------------------------------------------------------------

    def _objects(self, names: tuple[str, ...], fields: Mapping) -> None:
        verbs: dict[str, Verb] = {}
        for group in self._reader.texts(fields.get("verbs"), "verbs"):
            if group not in self._groups:
                self._reader.mistake(
                    f"no verbs are called '{group}'", fields, datafile.did_you_mean(group, self._groups)
                )
            verbs = {**self._groups.get(group, {}), **verbs}
        takes = self._reader.mapping(fields.get("takes"), "takes") or _EMPTY
        taken = {key: self._reader.text(value, key) or key for key, value in takes.items()}
        adds = tuple(self._added(node) for node in self._reader.sequence(fields.get("adds"), "adds"))
        is_application = self._reader.choice(fields.get("is"), "is", ("application", "router")) == "application"
        kind = Kind(self._framework, is_application, verbs, taken, tuple(one for one in adds if one is not None))
        self._models.kinds.update(dict.fromkeys(names, kind))

    def _added(self, node: Node) -> Added | None:
        fields = self._reader.mapping(node, "an entry of adds", known=("argument", "path", "methods", "needs"))
        if fields is None:
            return None
        return Added(
            self._reader.text(fields.get("argument"), "argument") or "",
            self._reader.text(fields.get("path"), "path") or "",
            self._reader.texts(fields.get("methods"), "methods"),
            tuple((self._reader.text(fields.get("needs"), "needs") or "").split()),
        )

    def _listed(self, names: tuple[str, ...], fields: Mapping) -> None:
        verb = self._verb(fields)
        if verb is not None:
            self._models.listed.update(dict.fromkeys(names, verb))

    def _endpoint_classes(self, names: tuple[str, ...], fields: Mapping) -> None:
        found = EndpointClass(
            self._reader.texts(fields.get("methods"), "methods"),
            self._reader.texts(fields.get("websocket"), "websocket"),
            self._reader.choice(fields.get("calls"), "calls", _CALLS) or "request",
            self._reader.boolean(fields.get("head"), "head") or False,
        )
        self._models.endpoint_classes.update(dict.fromkeys(names, found))

    def _class_views(self, names: tuple[str, ...], fields: Mapping) -> None:
        self._models.class_views.update(dict.fromkeys(names, self._spot(fields, "router")))

    def _middleware_classes(self, names: tuple[str, ...], fields: Mapping) -> None:
        method = self._reader.text(fields.get("method"), "method") or ""
        self._models.middleware_classes.update(dict.fromkeys(names, method))

    def _backends(self, names: tuple[str, ...], fields: Mapping) -> None:
        backend = self._reader.text(fields.get("backend"), "backend") or ""
        method = self._reader.text(fields.get("method"), "method") or ""
        self._models.backends.update(dict.fromkeys(names, (backend, method)))

    def _refusing(self, names: tuple[str, ...], fields: Mapping) -> None:
        self._models.refusing.update(dict.fromkeys(names, self._spot(fields, "permission")))

    def _refusal(self, fields: Mapping) -> Refusal:
        fixed = self._reader.integer(fields.get("is"), "is")
        redirects = self._reader.boolean(fields.get("redirects"), "redirects") or False
        return Refusal(self._spot(fields, "status"), fixed, redirects)

    def _raised(self, names: tuple[str, ...], fields: Mapping) -> None:
        self._models.raised.update(dict.fromkeys(names, self._refusal(fields)))

    def _answers(self, names: tuple[str, ...], fields: Mapping) -> None:
        self._models.answers.update(dict.fromkeys(names, self._refusal(fields)))

    def _depends(self, names: tuple[str, ...], fields: Mapping) -> None:
        spots = (self._spot(fields, "callable"), self._spot(fields, "scopes"))
        self._models.depends.update(dict.fromkeys(names, spots))

    def _inputs(self, names: tuple[str, ...], fields: Mapping) -> None:
        places = ("header", "cookie", "query", "path", "body", "form")
        place = self._reader.choice(fields.get("from"), "from", places)
        if place is not None:
            self._models.inputs.update(dict.fromkeys(names, place))

    def _schemes(self, names: tuple[str, ...], fields: Mapping) -> None:
        scheme = Scheme(
            self._reader.text(fields.get("unless"), "unless") or "",
            self._reader.text(fields.get("optional"), "optional") or "",
            self._reader.texts(fields.get("flags"), "flags"),
            self._reader.text(fields.get("makes"), "makes") or "",
        )
        self._models.schemes.update(dict.fromkeys(names, scheme))

    def _asks(self, names: tuple[str, ...], fields: Mapping) -> None:
        self._models.asks.update(dict.fromkeys(names, self._spot(fields, "permission")))

    def _protects(self, names: tuple[str, ...], fields: Mapping) -> None:
        found = {key: self._reader.text(value, key) or "" for key, value in fields.items() if key != "names"}
        self._models.protects.update(dict.fromkeys(names, found))


_EMPTY = Mapping({}, datafile.Place("", 0, 0), {})
_RECORD_KEYS = {
    "objects": ("names", "is", "verbs", "takes", "adds"),
    "endpoint_classes": ("names", "methods", "websocket", "calls", "head"),
    "class_views": ("names", "router"),
    "middleware_classes": ("names", "method", "argument"),
    "backends": ("names", "backend", "method"),
    "refusing": ("names", "does", "permission", "status"),
    "raised": ("names", "status", "is"),
    "answers": ("names", "status", "redirects"),
    "depends": ("names", "callable", "scopes"),
    "inputs": ("names", "from", "dashes"),
    "schemes": ("names", "unless", "optional", "flags", "makes"),
    "asks": ("names", "permission"),
    "protects": ("names", "app", "mode", "service", "default"),
}
