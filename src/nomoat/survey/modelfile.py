"""Reads the files of framework models. Raises DataFileError with every mistake of a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

from nomoat import datafile
from nomoat.appmap.spelling import Paths
from nomoat.datafile import Mapping, Node, Reader
from nomoat.survey.models import (
    SOURCES,
    Added,
    Dialect,
    EndpointClass,
    EntryModel,
    Kind,
    Models,
    Refusal,
    Scheme,
    Spot,
    UrlModules,
    Verb,
    spot,
)

FORMAT = 1
#: Sections that are plain lists of dotted names (or attribute names), with their place in `Models`.
_NAMES = {
    "same": "same", "routes_attribute": "routes_attributes", "dependencies_attribute": "dependencies_attributes",
    "files": "files", "harmless_middleware": "harmless", "requests": "requests", "closing": "closing",
    "scopes_of_route": "scopes_of_route", "injected": "injected", "forms": "forms", "verifiers": "verifiers",
    "signatures": "signatures", "comparers": "comparers", "macs": "macs", "limiters": "limiters", "nobody": "nobody",
    "routeless": "routeless",
    "stores": "stores", "parsers": "parsers", "transparent": "transparent", "splitting": "splitting",
    "managing": "managing", "own_handlers": "own_handlers", "sending": "sending", "forging": "forging",
    "scheme_methods": "scheme_methods", "settings": "settings", "settings_classes": "settings_classes",
    "serving_parts": "serving_parts",
    "guarding": "guarding", "answering": "answering", "settling": "settling", "waiting": "waiting",
    "returning": "returning", "ending": "ending",
    "raising_methods": "raising_methods", "passwords": "passwords", "issuers": "issuers",
}  # fmt: skip
_RECORDS = (
    "objects", "verbs", "listed", "endpoint_classes", "class_views", "middleware_classes", "backends", "request",
    "refusing", "raised", "answers", "depends", "inputs", "schemes", "asks", "protects",
    "proxies", "includes", "framework_urls", "entries", "matchers", "controllers",
    "traits",
)  # fmt: skip
_VERB_KEYS = (
    "names", "does", "path", "methods", "default", "handler", "dependencies", "routes", "middleware", "prefix",
    "raised", "calls", "prefixed", "head", "replaces", "everywhere", "endpoint", "paths", "makes", "allows_head",
    "made_by", "given", "asks", "answers_as",
)  # fmt: skip
_DOES = (
    "route", "include", "mount", "middleware", "handle", "files", "start", "before", "join", "group", "name",
    "view", "attribute", "specification", "routes",
)  # fmt: skip
#: What a handler is given: what its parameters ask for, the request, what stands in the path, or both.
_CALLS = (
    "", "injected", "request", "arguments", "request arguments", "endpoint and arguments", "request and next", "guard",
    "injected by name", "get_response", "told",
)  # fmt: skip
_RESERVED = ("request", "header", "cookie", "query", "body", "scope")
_URL_TEXTS = ("variable", "root", "middleware", "applications", "view", "inner", "name")
_URL_CLASSES = ("entries", "including")
_PROXIES = ("request", "session", "state", "credential", "account", "application")


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


class _Loading:
    """Reads one file into the models."""

    def __init__(self, document: Node, into: Models, groups: dict[str, dict[str, Verb]]) -> None:
        self._reader = Reader()
        self._models = into
        self._groups = groups
        known = ("format", "framework", "extends", "dialect", "url_modules", "aliases", "reserved", *_NAMES, *_RECORDS)
        self._fields = self._reader.mapping(document, "a framework model", known=known)
        self._aliases = self._read_aliases()
        self._dialect = self._read_dialect()

    def _read_aliases(self) -> dict[str, tuple[str, ...]]:
        """Modules to those from which the same names are imported, too."""
        given = self._fields.get("aliases") if self._fields is not None else None
        fields = self._reader.mapping(given, "aliases")
        return {} if fields is None else {one: self._reader.texts(node, one) for one, node in fields.items()}

    def _all_of(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names, and the same ones of the modules that have them, too."""
        found = list(names)
        for module, others in self._aliases.items():
            inner = [name[len(module) :] for name in names if name.startswith(f"{module}.")]
            found += [other + name for other in others for name in inner]
        return tuple(found)

    def _read_dialect(self) -> Dialect:
        given = self._fields.get("dialect") if self._fields is not None else None
        fields = self._reader.mapping(given, "dialect", known=("paths", "joins_by_slash", "has_statuses", "normalizes"))
        if fields is None:
            return Dialect()
        return Dialect(
            self._reader.choice(fields.get("paths"), "paths", get_args(Paths)) or "brace",  # type: ignore[arg-type]
            self._reader.boolean(fields.get("joins_by_slash"), "joins_by_slash") or False,
            self._reader.boolean(fields.get("normalizes"), "normalizes") or False,
            self._reader.boolean(fields.get("has_statuses"), "has_statuses") or False,
        )

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
            names = self._all_of(self._reader.texts(fields.get(section), section))
            getattr(self._models, attribute).update(names)
        self._url_modules(fields)
        for section in _RECORDS:
            if section not in ("verbs", "request"):
                for record in self._reader.sequence(fields.get(section), section):
                    self._record(section, record)
        for name, value in (self._reader.mapping(fields.get("reserved"), "reserved") or _EMPTY).items():
            self._models.reserved[name] = self._reader.choice(value, "source of a parameter", _RESERVED) or ""
        for attribute, value in (self._reader.mapping(fields.get("request"), "request") or _EMPTY).items():
            source = self._reader.choice(value, "source of a request", SOURCES)
            if source is not None:
                self._models.request[attribute] = source
        self._reader.finish()

    def _url_modules(self, fields: Mapping) -> None:
        given = self._reader.mapping(fields.get("url_modules"), "url_modules", known=(*_URL_TEXTS, *_URL_CLASSES))
        if given is not None:
            needed = {key: self._reader.text(given.get(key), key) or "" for key in _URL_TEXTS[:3]}
            told = {key: self._reader.text(given.get(key), key) or "" for key in _URL_TEXTS[3:] if given.get(key)}
            one = UrlModules(self._framework, needed["variable"], needed["root"], needed["middleware"])
            one = replace(one, view=told.get("view", ""), inner=told.get("inner", ""), name=told.get("name", ""))
            entries, including = (self._texts_of(given, key) for key in _URL_CLASSES)
            self._models.url_modules.append(
                replace(one, applications=told.get("applications", ""), entries=entries, including=including)
            )

    def _texts_of(self, fields: Mapping, key: str) -> tuple[str, ...]:
        return tuple(self._reader.texts(fields.get(key), key)) if fields.get(key) else ()

    def _record(self, section: str, node: Node) -> None:
        keys = _VERB_KEYS if section == "listed" else _RECORD_KEYS[section]
        fields = self._reader.mapping(node, f"an entry of {section}", known=keys)
        if fields is None:
            return
        names = self._all_of(self._reader.texts(fields.get("names"), "names"))
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
            replaces=self._reader.boolean(fields.get("replaces"), "replaces") or False,
            everywhere=self._reader.boolean(fields.get("everywhere"), "everywhere") or False,
            endpoint=self._spot(fields, "endpoint"),
            allows_head=self._spot(fields, "allows_head"),
            given=self._spot(fields, "given"),
            makes=self._reader.text(fields.get("makes"), "makes") or "",
            asks=self._reader.text(fields.get("asks"), "asks") or "",
            answers_as=self._reader.text(fields.get("answers_as"), "answers_as") or "",
            dialect=self._dialect,
            paths=self._reader.choice(fields.get("paths"), "paths", get_args(Paths)),  # type: ignore[arg-type]
            made_by=self._reader.text(fields.get("made_by"), "made_by") or "",
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
        taken = {key: spot(self._reader.text(value, key) or key) for key, value in takes.items()}
        adds = tuple(self._added(node) for node in self._reader.sequence(fields.get("adds"), "adds"))
        is_application = self._reader.choice(fields.get("is"), "is", ("application", "router")) == "application"
        known = tuple(one for one in adds if one is not None)
        within = self._spot(fields, "within")
        by_name = self._reader.boolean(fields.get("prefix_is_name"), "prefix_is_name") or False
        before = self._reader.choice(fields.get("before"), "before", _CALLS) or ""
        rows = self._reader.text(fields.get("rows"), "rows") or ""
        registers = self._reader.text(fields.get("registers"), "registers") or ""
        kind = Kind(
            self._framework,
            is_application,
            verbs,
            taken,
            known,
            by_name,
            within,
            self._dialect,
            before=before,
            rows=rows,
            registers=registers,
            configuration=self._reader.text(fields.get("configuration"), "configuration") or "",
            is_configured=self._reader.boolean(fields.get("configured"), "configured") or False,
            plugs=self._reader.text(fields.get("plugs"), "plugs") or "",
            plugs_methods=self._reader.text(fields.get("plugs_methods"), "plugs_methods") or "",
        )
        self._models.kinds.update(dict.fromkeys(names, kind))

    def _added(self, node: Node) -> Added | None:
        fields = self._reader.mapping(node, "an entry of adds", known=_ADDED_KEYS)
        if fields is None:
            return None
        return Added(
            self._reader.text(fields.get("argument"), "argument") or "",
            self._reader.text(fields.get("path"), "path") or "",
            self._reader.texts(fields.get("methods"), "methods"),
            tuple((self._reader.text(fields.get("needs"), "needs") or "").split()),
            self._reader.text(fields.get("under"), "under") or "",
            self._reader.boolean(fields.get("only_given"), "only_given") or False,
            self._reader.text(fields.get("handler"), "handler") or "",
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
            self._reader.text(fields.get("made_by"), "made_by") or "",
            self._reader.text(fields.get("allowed"), "allowed") or "",
            self._reader.text(fields.get("around"), "around") or "",
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
        of_class = self._reader.text(fields.get("of_class"), "of_class") or ""
        return Refusal(self._spot(fields, "status"), fixed, redirects, of_class)

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

    def _proxies(self, names: tuple[str, ...], fields: Mapping) -> None:
        stands_for = self._reader.choice(fields.get("for"), "for", _PROXIES)
        if stands_for is not None:
            self._models.proxies.update(dict.fromkeys(names, stands_for))

    def _controllers(self, names: tuple[str, ...], fields: Mapping) -> None:
        holds = self._reader.text(fields.get("holds"), "holds") or ""
        self._models.controllers.update(dict.fromkeys(names, holds))

    def _matchers(self, names: tuple[str, ...], fields: Mapping) -> None:
        self._models.matchers.update(dict.fromkeys(names, self._spot(fields, "path")))

    def _includes(self, names: tuple[str, ...], fields: Mapping) -> None:
        self._models.includes.update(dict.fromkeys(names, self._spot(fields, "callable")))
        self._models.namespaces.update(dict.fromkeys(names, self._spot(fields, "name")))

    def _traits(self, names: tuple[str, ...], fields: Mapping) -> None:
        self._models.traits.update(dict.fromkeys(names, self._spot(fields, "default")))

    def _framework_urls(self, names: tuple[str, ...], fields: Mapping) -> None:
        guard = self._reader.text(fields.get("guard"), "guard") or ""
        self._models.framework_urls.update(dict.fromkeys(names, guard))

    def _entries(self, names: tuple[str, ...], fields: Mapping) -> None:
        kind = self._reader.choice(fields.get("is"), "is", ("task", "command", "rpc")) or "task"
        found = EntryModel(
            kind,
            self._reader.text(fields.get("trigger"), "trigger") or "",
            self._reader.text(fields.get("name"), "name") or "",
            self._reader.text(fields.get("handler"), "handler") or "",
            self._reader.boolean(fields.get("group"), "group") or False,
            self._reader.texts(fields.get("methods"), "methods"),
            self._reader.boolean(fields.get("by_module"), "by_module") or False,
        )
        for name in names:
            into = self._models.entry_bases if name.startswith("*") else self._models.entries
            into[name.lstrip("*")] = found

    def _asks(self, names: tuple[str, ...], fields: Mapping) -> None:
        self._models.asks.update(dict.fromkeys(names, self._spot(fields, "permission")))

    def _protects(self, names: tuple[str, ...], fields: Mapping) -> None:
        found = {key: self._reader.text(value, key) or "" for key, value in fields.items() if key != "names"}
        self._models.protects.update(dict.fromkeys(names, found))


_ADDED_KEYS = ("argument", "path", "methods", "needs", "under", "only_given", "handler")
_EMPTY = Mapping({}, datafile.Place("", 0, 0), {})
_RECORD_KEYS = {
    "objects": (
        "names",
        "is",
        "verbs",
        "takes",
        "adds",
        "within",
        "prefix_is_name",
        "before",
        "rows",
        "registers",
        "configuration",
        "configured",
        "plugs",
        "plugs_methods",
    ),
    "endpoint_classes": ("names", "methods", "websocket", "calls", "head", "made_by", "allowed", "around"),
    "class_views": ("names", "router"),
    "middleware_classes": ("names", "method", "argument"),
    "backends": ("names", "backend", "method"),
    "refusing": ("names", "does", "permission", "status"),
    "raised": ("names", "status", "is"),
    "answers": ("names", "status", "is", "redirects", "of_class"),
    "depends": ("names", "callable", "scopes"),
    "inputs": ("names", "from", "dashes"),
    "schemes": ("names", "unless", "optional", "flags", "makes"),
    "asks": ("names", "permission"),
    "entries": ("names", "is", "trigger", "name", "handler", "group", "methods", "by_module"),
    "proxies": ("names", "for"),
    "includes": ("names", "callable", "name"),
    "traits": ("names", "default"),
    "matchers": ("names", "path"),
    "controllers": ("names", "holds"),
    "framework_urls": ("names", "guard"),
    "protects": ("names", "app", "mode", "service", "default", "setting"),
}
