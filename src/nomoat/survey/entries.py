"""Where an application is entered by no request: tasks of queues and schedulers, commands, procedures of gRPC.

Takes the parsed program and the names that the models know for what makes an entry; gives one record for each, with
what it reaches. Nobody's credential is looked at there, so nothing is judged.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nomoat.appmap import ids
from nomoat.appmap.model import Call, Entry, Service
from nomoat.survey.effects import Reach
from nomoat.survey.models import EntryModel, Models
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.python.words import renaming
from nomoat.survey.standing import Frame

_MAX_BYTES = 1_000_000
#: What hangs a command on a group.
_OF_GROUPS = frozenset((b"command", b"group"))
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


@dataclass(frozen=True)
class _Found:
    kind: str
    trigger: str
    name: str
    function: Scope | None
    handler: str
    at: str


def entries(program: Program, models: Models, reach: Reach, services: tuple[Service, ...]) -> tuple[Entry, ...]:
    """Every entry of a tree; those of tests are none."""
    known: dict[tuple[str, str], Entry] = {}
    for one in (*_Finder(program, models).found(), *_scripts(program)):
        service = _service_of(one.at, services)
        frames = [reach.standing.frame(one.function)] if one.function is not None else []
        effects = reach.reached(frames)[0]
        asked = _asked(one.function, frames, reach) if reach.is_guard_here else []
        entry = Entry(
            ids.entry_id(one.kind, service, one.name),
            service,
            one.kind,  # type: ignore[arg-type]  # The models have no other.
            one.name,
            one.handler,
            one.at,
            one.trigger,
            reads=tuple(sorted(ids.store_id(service, name) for name in effects.reads)),
            writes=tuple(sorted(ids.store_id(service, name) for name in effects.writes)),
            calls=tuple(sorted(Call(host, at, setting) for host, at, setting in effects.hosts)),
            requires=None if None in asked else tuple(sorted({name for name in asked if name is not None})),
        )
        known.setdefault((entry.id, entry.handler), entry)
    return tuple(known.values())


def _asked(function: Scope | None, frames: list[Frame], reach: Reach) -> list[str | None]:
    """What guard is asked for: by what stands above the function, and by all that it calls. None: who knows what."""
    above = reach.demanded(function) if function is not None else []
    return [*above, *reach.reached(frames, deciding=True)[0].asks]


def _service_of(at: str, services: tuple[Service, ...]) -> str:
    """The service in whose folder it stands, the nearest one first."""
    inside = [one for one in services if one.root in (".", "") or at.startswith(f"{one.root.strip('./')}/")]
    nearest = max(inside or services, key=lambda one: len(one.root.strip("./")), default=None)
    return nearest.name if nearest is not None else ""


class _Finder:
    """Finds what the models name: decorators, calls that are given a function, and classes by their bases."""

    def __init__(self, program: Program, models: Models) -> None:
        self._program = program
        self._models = models
        #: The last words of what makes an entry: a decorator, a method that is given the function, a base.
        self._marks = _last_words(name for name, one in models.entries.items() if not one.handler)
        self._giving = _last_words(name for name, one in models.entries.items() if one.handler)
        self._bases = _last_words(name for name, one in models.entries.items() if one.methods)
        #: Functions that are groups of commands: what hangs on them is a command, too.
        self._groups: dict[Scope, EntryModel] = {}

    def found(self) -> Iterator[_Found]:
        """All of them."""
        # `@app.task` of an application that is imported, and what a name stands for that such a thing is imported as.
        marked = self._having(rb"@\s*(?:[\w.]+\.)?(?:%s)\b", self._marks)
        giving = self._having(rb"\.(?:%s)\s*\(", self._giving)
        ends = [end.encode() for end in self._models.entry_bases]
        derived = {word for end in ends for word in self._program.words.containing(end.lower()) if end in word}
        deriving = self._modules(self._program.words.holding(sorted(self._bases | derived)))
        for module in marked.values():
            for function in self._program.functions(within=module):
                yield from self._decorated(function)
        grouped = self._having(rb"@\s*[\w.]+\.(?:%s)\b", _OF_GROUPS) if self._groups else {}
        for path, module in sorted((grouped | giving | deriving).items()):
            for function in self._program.functions(within=module) if path in grouped else ():
                yield from self._grouped(function)
            if path in giving:
                yield from self._called(module)
            if path in deriving:
                yield from self._classes(module)

    def _having(self, written: bytes, words: frozenset[bytes]) -> dict[str, Module]:
        """The modules in which one of the words stands as `written`, for which `%s` stands, or gets another name."""
        if not words:
            return {}
        index, asked = self._program.words, sorted(words)
        either = b"|".join(map(re.escape, asked))
        found = set(index.matching(re.compile(written.replace(b"%s", either)), asked))
        return self._modules(found.union(index.matching(renaming(asked), asked)))

    def _modules(self, paths: Iterable[str]) -> dict[str, Module]:
        """By path, without those of tests."""
        return {path: self._program.modules[path] for path in sorted(paths) if not TEST_FILE.search(path)}

    def _decorated(self, function: Scope) -> Iterator[_Found]:
        outer = function.parent
        for node in function.decorators if outer is not None else ():
            callee = node[3] if node[0] == form.CALL else node
            assert outer is not None
            model = self._models.entries.get(self._program.resolve(outer, callee).name)
            if model is not None and model.is_group:
                self._groups[function] = model
            elif model is not None and not model.handler:
                yield self._of(model, function, self._name(model, outer, node, function))

    def _grouped(self, function: Scope) -> Iterator[_Found]:
        """`@cli.command()`, where `cli` is a function that a decorator made a group."""
        outer = function.parent
        for node in function.decorators if outer is not None else ():
            callee = node[3] if node[0] == form.CALL else node
            if callee[0] != form.ATTRIBUTE or outer is None:
                continue
            model = self._groups.get(self._program.resolve(outer, callee[3]).scope or outer)
            if model is not None and callee[4] == "group":
                self._groups.setdefault(function, model)
            elif model is not None and callee[4] == "command":
                yield self._of(model, function, self._name(model, outer, node, function))

    def _called(self, module: Module) -> Iterator[_Found]:
        """`scheduler.add_job(tick, "interval")`: a call that is given the function."""
        for scope in self._program.scopes(within=module):
            for site in self._program.calls(scope):
                model = self._models.entries.get(site.callee.name)
                if model is None or not model.handler:
                    continue
                given = _argument(site.node, model.handler)
                found = self._program.resolve(scope, given).scope if given is not None else None
                if found is not None and found.is_function:
                    yield self._of(model, found, self._name(model, scope, site.node, found), site.at)

    def _classes(self, module: Module) -> Iterator[_Found]:
        for cls in self._program.classes(within=module):
            for base in self._program.bases(cls)[1:]:
                model = self._model_of_base(base if isinstance(base, str) else base.dotted)
                if model is None:
                    continue
                for method in cls.children.values():
                    if method.is_function and not method.name.startswith("_") and model.takes(method.name):
                        yield self._of(model, method, model.named(cls, base, method))
                break

    def _model_of_base(self, dotted: str) -> EntryModel | None:
        ends = (model for end, model in self._models.entry_bases.items() if dotted.endswith(end))
        return self._models.entries.get(dotted) or next(ends, None)

    def _of(self, model: EntryModel, function: Scope, name: str, at: str = "") -> _Found:
        handler = f"{function.module.name}:{function.qualname}"
        return _Found(model.kind, model.trigger, name, function, handler, at or function.at)

    def _name(self, model: EntryModel, scope: Scope, node: Node, function: Scope) -> str:
        """What it is called: as it is told to, else as the function, with its module where its kind does so."""
        for option in model.name.split("|") if model.name and node[0] == form.CALL else ():
            given = _argument(node, option)
            known = self._program.constant(scope, given) if given is not None else None
            if known is not None and isinstance(known.value, str):
                return known.value
        own = function.name.replace("_", "-") if model.kind == "command" else function.name
        return own if model.kind == "command" else f"{function.module.name}.{function.qualname}"


def _last_words(names: Iterable[str]) -> frozenset[bytes]:
    return frozenset(name.rpartition(".")[2].encode() for name in names)


def _argument(call: Node, told: str) -> Node | None:
    """The argument `name@0`, or of that name alone."""
    name, _, place = told.partition("@")
    return form.argument(call, name, int(place)) if place.isdigit() else form.keyword(call, name)


# -- commands that an installation makes -----------------------------------------------------------------------------


def _scripts(program: Program) -> Iterator[_Found]:
    """`[project.scripts]` and its like: names of commands with the function that each runs."""
    for file, read in (("pyproject.toml", _of_pyproject), ("setup.cfg", _of_setup)):
        text = _text(program.root, file)
        for name, target in read(text).items() if text else ():
            dotted = target.partition("[")[0].strip()
            if not _TARGET.fullmatch(dotted):
                continue
            found = program.find(dotted.replace(":", "."))
            function = found if found is not None and found.is_function else None
            at = function.at if function is not None else f"{file}:1"
            yield _Found("command", "terminal", name, function, dotted, at)


def _text(root: Path | None, file: str) -> str:
    try:
        path = root / file if root is not None else None
        if path is None or path.is_symlink() or not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return ""
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _of_pyproject(text: str) -> dict[str, str]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    tables = (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts"))
    return {name: str(target) for keys in tables for name, target in _table(document, keys).items()}


def _table(document: object, keys: tuple[str, ...]) -> dict[str, object]:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def _of_setup(text: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    listed = parser.get("options.entry_points", "console_scripts", fallback="")
    rows = (line.partition("=") for line in listed.splitlines() if "=" in line)
    return {name.strip(): target.strip() for name, _, target in rows}
