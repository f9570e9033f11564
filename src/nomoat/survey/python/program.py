"""The parsed program: every module of a tree by name and path, and what the names in them mean.

`Program(modules)` takes lowered modules; `resolve`, `calls`, `constant` and the like answer for whoever asks.
Everything is found on first use and remembered; the order of the files never changes an answer.
"""

from __future__ import annotations

import copy
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

from nomoat.survey.python import form
from nomoat.survey.python.collecting import uncollected
from nomoat.survey.python.constants import Constants, Known
from nomoat.survey.python.form import Node
from nomoat.survey.python.library import carried_along, described
from nomoat.survey.python.parser import Module, Parsing, parse
from nomoat.survey.python.reading import MAX_BYTES
from nomoat.survey.python.reading import read as read_file
from nomoat.survey.python.resolve import Resolver
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.roots import Roots
from nomoat.survey.python.sources import Exclusion, Sources, find
from nomoat.survey.python.symbols import Imported, Scope, scopes
from nomoat.survey.python.used import RecordedIndex, RecordedModules, Used
from nomoat.survey.python.words import Index, WordIndex

_RELATIVE = re.compile(rb"^[ \t]*from[ \t]+\.", re.M)
#: Bases that give nothing that is asked for by its name.
_WITHOUT_MEMBERS = frozenset(
    (
        "builtins.object",
        "abc.ABC",
        *(f"{one}.{name}" for one in ("typing", "typing_extensions") for name in ("Generic", "Protocol")),
    )
)
#: Whether something between two offsets of a file is asked for.
Region: TypeAlias = Callable[[int, int], bool]


class CallSite(NamedTuple):
    """One call: where it stands, its CALL node, and what is called."""

    scope: Scope
    node: Node
    callee: Resolved

    @property
    def at(self) -> str:
        """`file:line` of the call."""
        return self.scope.module.at(self.node)


@dataclass
class Resolution:
    """How many calls were resolved; the names of the unresolved with how often they occur."""

    resolved: int = 0
    unresolved: int = 0
    names: Counter[str] = field(default_factory=Counter)


def read(
    root: Path | str,
    *,
    exclude: Iterable[Exclusion] = (),
    max_bytes: int = MAX_BYTES,
    wanted: Callable[[WordIndex], Mapping[str, Region | None]] = lambda _index: {},
) -> tuple[Program, Sources]:
    """The program of a folder (or of one file), and what was found, left out and unreadable in it.

    Args:
        root: a folder, or one Python file.
        exclude: patterns of a person, each with its reason.
        max_bytes: larger files are reported, not read.
        wanted: the files whose bodies will surely be asked for, with the regions (by offsets) that will be; None stands
            for all of it. These are lowered when a file is parsed, which it is when somebody asks for something of
            it; everything else may still be asked for, at the cost of parsing its file again.

    Raises:
        UsageError: `root` does not exist or cannot be read.
    """
    found = find(root, exclude=exclude)
    parsing = Parsing()
    with uncollected():
        texts = {path: read_file(found.root, path, max_bytes=max_bytes) for path in found.files}
        index = WordIndex((path, text.source) for path, text in texts.items())
        now = wanted(index)
        modules = [
            parsing.waiting(path, text, is_wanted=path in now, holds=now.get(path)) for path, text in texts.items()
        ]
    program = Program(modules, other_files=found.markers, package=package(found.root), root=found.root)
    program.words = index
    return program, found


def package(root: Path) -> str:
    """The dotted name of a folder that is itself a package: what its own modules import one another by."""
    parts: list[str] = []
    folder = root.resolve()
    while folder.name and (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts)


class Program:
    """All modules of one surveyed tree."""

    def __init__(
        self,
        modules: Iterable[Module],
        *,
        other_files: Iterable[str] = (),
        package: str = "",
        root: Path | None = None,
    ) -> None:
        #: The folder of the tree, for readers of what stands beside its code.
        self.root = root
        self.modules: Mapping[str, Module] = {
            module.path: module for module in sorted(modules, key=lambda module: module.path)
        }
        #: What is recorded of whom this program answers; None where nobody keeps its answers.
        self._used: Used | None = None
        self._roots = Roots(self.modules, other_files, package=package)
        self._scopes: dict[str, Scope] = {}
        self._by_name: dict[str, list[Module]] = {}
        for module in self.modules.values():
            module.name = self._roots.name(module.path)
            self._by_name.setdefault(module.name, []).append(module)
        self._annotations: dict[str, Node | None] = {}
        self._forget()

    def _forget(self) -> None:
        """Begins with nothing known that was found out by looking into more than one file."""
        self._public: dict[Scope, frozenset[str]] = {}
        self._imports: dict[tuple[str, str, int, str | None], Scope | None] = {}
        self._run_in: dict[str, bool] = {}
        self._calls: dict[Scope, tuple[CallSite, ...]] = {}
        self.resolver = Resolver(self)
        self._constants = Constants(self)

    def afresh(self, used: Used) -> Program:
        """The same program, which remembers nothing yet of what it was asked, and records what its answers are made of.

        What is found out of one file alone is shared; all else is found out again, so that `used` is whole.
        """
        again = copy.copy(self)
        again.modules = RecordedModules(self.modules, used)
        again.words = RecordedIndex(self.words, used)
        again._used = used
        again._forget()
        return again

    @cached_property
    def words(self) -> Index:
        """Which files hold a word."""
        return WordIndex((path, module.source) for path, module in self.modules.items())

    def holding(self, words: Iterable[str]) -> list[Module]:
        """The modules in which one of the words stands, in the order of their paths."""
        return [self.modules[path] for path in self.words.holding(word.encode() for word in words)]

    def dotted(self, path: str) -> str:
        """The dotted name of a module, told from where it stands."""
        return self._roots.name(path)

    # -- modules and definitions -------------------------------------------------------------------------------------

    def scope(self, module: Module | str) -> Scope:
        """The scope of a module, given as itself or by its path."""
        path = module if isinstance(module, str) else module.path
        if self._used is not None:
            self._used.files.add(path)
        known = self._scopes.get(path)
        if known is None:
            known = self._scopes[path] = Scope(module if isinstance(module, Module) else self.modules[path])
        return known

    def named(self, dotted: str) -> list[Scope]:
        """The modules with this dotted name (several roots may have one each)."""
        return [self.scope(module) for module in self._by_name.get(dotted, ())]

    def scopes(self, *, within: Module | None = None) -> Iterator[Scope]:
        """Every module, class and function, in the order of paths and source."""
        for module in (within,) if within is not None else self.modules.values():
            yield from scopes(self.scope(module))

    def functions(self, *, within: Module | None = None) -> Iterator[Scope]:
        """Every function and method, nested ones too."""
        return (scope for scope in self.scopes(within=within) if scope.is_function)

    def classes(self, *, within: Module | None = None) -> Iterator[Scope]:
        """Every class."""
        return (scope for scope in self.scopes(within=within) if scope.is_class)

    def find(self, dotted: str) -> Scope | None:
        """The first definition with this dotted name: `shop.orders`, `shop.orders.Orders.read`."""
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            for scope in self.named(".".join(parts[:length])):
                found = Resolved("module", scope.dotted, scope)
                for part in parts[length:]:
                    found = self.resolver.member(found, part)
                if found.scope is not None and found.kind in ("module", "class", "function"):
                    return found.scope
        return None

    # -- meaning -----------------------------------------------------------------------------------------------------

    def resolve(self, scope: Scope, node: Node) -> Resolved:
        """What an expression means in a scope: a definition, something external, or why it is not known."""
        return self.resolver.resolve(scope, node)

    def annotation(self, scope: Scope, node: Node) -> Resolved:
        """A value of an annotated type (`Annotated[User, ...]`, `Optional[User]`, `"User"`, aliases)."""
        return self.resolver.annotations.instance(scope, node)

    def returned(self, function: Scope) -> Resolved:
        """What a call of the function gives."""
        return self.resolver.returned(function)

    def constant(self, scope: Scope, node: Node) -> Known | None:
        """The value of an expression where source fixes it, with the settings it depends on; None where it does not."""
        return self._constants.value(scope, node)

    def bases(self, cls: Scope) -> tuple[Scope | str, ...]:
        """The class and its bases in the order Python searches them; those outside the project by dotted name."""
        return self.resolver.classes.order(cls)

    def bases_elsewhere(self, cls: Scope) -> list[str]:
        """Those bases that are not here and may have members that nobody here knows of."""
        return [base for base in self.bases(cls) if isinstance(base, str) and base not in _WITHOUT_MEMBERS]

    def calls(self, scope: Scope) -> tuple[CallSite, ...]:
        """Every call that stands directly in a scope (not in functions and classes inside of it), in source order."""
        known = self._calls.get(scope)
        if known is None:
            sites = (node for node in scope.nodes if node[0] == form.CALL)
            known = tuple([CallSite(scope, node, self.resolve(scope, node[3])) for node in sites])
            self._calls[scope] = known
        return known

    def resolution(self, scopes: Iterable[Scope]) -> Resolution:
        """How many of the calls in these scopes are resolved."""
        counted = Resolution()
        for scope in scopes:
            for call in self.calls(scope):
                if call.callee.is_resolved:
                    counted.resolved += 1
                else:
                    counted.unresolved += 1
                    counted.names[form.dotted(call.node[3]) or call.callee.reason] += 1
        return counted

    # -- what the resolver asks --------------------------------------------------------------------------------------

    def imported_module(self, importer: Module, imported: Imported) -> Scope | None:
        """The module that an import names; None when it is neither in the project nor described in the library."""
        key = (importer.path, imported.module, imported.level, None)
        if key not in self._imports:
            if imported.level:
                found = self._roots.find_relative(imported.module, imported.level, importer.path)
            else:
                found = None if importer.is_library else self._roots.find(imported.module, importer.path)
            # A folder without `__init__` that is called like a package is seldom meant by its import.
            is_ours = bool(found) and not (found or "").endswith("/")
            module = None if is_ours or imported.level else described(imported.module)
            if is_ours:
                module = described(carried_along(imported.module))
            elif module is None and not (imported.level or importer.is_library):
                found = self._beside(imported.module, importer.path) or found
            self._imports[key] = self.scope(module) if module is not None else self._at(found)
        return self._imports[key]

    def _beside(self, dotted: str, importer: str) -> str | None:
        """The file in a package around the importer, where it is run as a script and not imported as a package."""
        inner = dotted.replace(".", "/")
        if dotted.partition(".")[0] in sys.stdlib_module_names:
            return None
        for folder in self._roots.around(importer):
            found = self._roots.at(f"{folder}/{inner}")
            if found is not None and found != importer and not found.endswith("/") and self._is_run_in(folder):
                return found
        return None

    def _is_run_in(self, folder: str) -> bool:
        """Whether a folder is where scripts run, for all that it has an `__init__`: none imports it by its name."""
        known = self._run_in.get(folder)
        if known is None:
            name = folder.rpartition("/")[2].encode()
            by_name = re.compile(rb"^[ \t]*(?:from|import)[ \t]+%s\b" % re.escape(name), re.M)
            known = self._run_in[folder] = not (
                any(path.startswith(f"{folder}/") for path in self.words.matching(by_name, (name,)))
                or any(path.rpartition("/")[0] == folder for path in self.words.matching(_RELATIVE, (b"from",)))
            )
        return known

    def module_named(self, dotted: str, importer: Module | None = None) -> Scope | None:
        """The module of this dotted name, in the project or described in the library; as `importer` would import it."""
        if importer is not None:
            found_there = self.imported_module(importer, Imported(dotted, 0, None, True))
            if found_there is not None:
                return found_there
        found = self.named(dotted)
        if found:
            return found[0]
        module = described(dotted)
        return self.scope(module) if module is not None else None

    def submodule(self, scope: Scope, name: str) -> Scope | None:
        """The module `name` of a package."""
        if scope.module.is_library:
            module = described(f"{scope.dotted}.{name}")
            return self.scope(module) if module is not None else None
        path = scope.module.path
        if not (path.endswith(("/__init__.py", "/__init__.pyi", "/")) or path.startswith("__init__.py")):
            return None
        folder = path.rpartition("/")[0]
        return self._at(self._roots.at(f"{folder}/{name}" if folder else name))

    def _at(self, path: str | None) -> Scope | None:
        if path is None:
            return None
        if path in self.modules:
            return self.scope(path)
        known = self._scopes.get(path)
        if known is None:
            name = self._roots.name(f"{path}__init__.py")
            known = self._scopes[path] = Scope(Module(path, b"", name=name, is_folder=True))
        return known

    def public_names(self, scope: Scope) -> frozenset[str]:
        """What `from module import *` takes: `__all__`, else every name without a leading underscore."""
        known = self._public.get(scope)
        if known is not None:
            return known
        names: set[str] = set()
        seen = {scope}
        waiting = [scope]
        while waiting:
            current = waiting.pop()
            listed = self._constants.listed(current, "__all__")
            if listed is not None:
                names.update(listed)
                continue
            names.update(name for name in current.bindings if not name.startswith("_"))
            for imported in current.star_imports:
                source = self.imported_module(current.module, imported)
                if source is not None and source not in seen:
                    seen.add(source)
                    waiting.append(source)
        self._public[scope] = frozenset(names)
        return self._public[scope]

    def parsed_annotation(self, text: str) -> Node | None:
        """The expression in an annotation that is written as text; None when it is none."""
        if text not in self._annotations:
            body = parse(text.strip().encode("utf-8", "replace"), "annotation").body if len(text) < 2000 else ()
            is_one = len(body) == 1 and body[0][0] == form.EXPRESSION
            self._annotations[text] = body[0][3] if is_one else None
        return self._annotations[text]
