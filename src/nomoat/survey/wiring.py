"""Runs what registers routes: the modules of a program, and factories of applications that nothing calls.

Gives every application and router with what was registered on it; nothing of the surveyed code is ever executed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from nomoat.survey import discovered, inherited
from nomoat.survey.late import Late
from nomoat.survey.models import Kind, Models, Spot, UrlModules, Verb
from nomoat.survey.plugging import plug
from nomoat.survey.python import form, library
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import How, Scope
from nomoat.survey.python.words import Index
from nomoat.survey.trial import loading
from nomoat.survey.trial.machine import TOO_MUCH, ExhaustedError, Limits, RaisedError
from nomoat.survey.trial.registry import Entry, Registry
from nomoat.survey.trial.statements import Trial
from nomoat.survey.trial.surroundings import Surroundings
from nomoat.survey.trial.usually import as_usual
from nomoat.survey.trial.values import Choice, Class, Const, Function, Items, Object, Table, Thing, Value, options
from nomoat.survey.trial.wrapping import put_around

_DEPENDENCY_WORDS = ("Depends", "Security", "Middleware")


@dataclass
class Wiring:
    """What came to be."""

    surroundings: Surroundings
    registries: list[Registry] = field(default_factory=list)


def wire(program: Program, models: Models) -> Wiring:
    """All applications and routers of a program."""
    surroundings = Surroundings(program, models)
    trial = Trial(surroundings, wires=True, limits=Limits(steps=200_000, depth=20))
    registering_ = [program.modules[path] for path in registering(models, program.words)]
    # What tests register is no part of a service; what a service takes from them runs where it is imported.
    own = [module for module in registering_ if not TEST_FILE.search(module.path)]
    waiting = [module for module in own if _asks_for_application(program, models, module)]
    surroundings.registering = frozenset(one.path for one in own if one not in waiting)
    for module in own or registering_:
        if module not in waiting:
            trial.module(program.scope(module))
    _run_factories(trial, program, models)
    for module in waiting:
        trial.module(program.scope(module))
    plug(trial, program, models)
    Late(trial, program, models).run()
    _start(trial)
    discovered.controllers(trial, program, models)
    _url_modules(trial, program, models)
    put_around(surroundings, trial)
    return Wiring(surroundings, trial.registries)


def _asks_for_application(program: Program, models: Models, module: Module) -> bool:
    """Whether a module does something with the current application when it is imported: a factory imports it then.

    `from flask import current_app as app`, then `@app.route("/")`.
    """
    scope = program.scope(module)
    names = {
        name
        for name, bindings in scope.bindings.items()
        for one in bindings
        if one.imported is not None
        and models.proxies.get(f"{one.imported.module}.{one.imported.name}") == "application"
    }
    uses = form.walk_scope(scope.body) if names else ()
    return any(node[0] == form.ATTRIBUTE and node[3][0] == form.NAME and node[3][3] in names for node in uses)


def _url_modules(trial: Trial, program: Program, models: Models) -> None:
    """Lists of paths in modules: each is an application, unless another one includes it."""
    for model in models.url_modules:
        found: list[Registry] = []
        roots = _root_modules(trial, model)
        for module in program.holding((model.variable,)):
            scope = program.scope(module)
            if model.variable not in scope.bindings:
                continue
            if all(one.how is How.IMPORT for one in scope.bindings[model.variable]) and module.path not in roots:
                continue  # It is the list of another module.
            value = trial.member_of_module(scope, model.variable)
            at = module.at(scope.bindings[model.variable][0].node)
            if not isinstance(value, (Items, Choice)):
                trial.around.lost.setdefault(at, f"{model.variable} cannot be read as a list of paths")
                continue
            kind = Kind(model.framework, True, {}, {"routes": Spot(("routes",))}, root="/")
            registry = Registry(kind, model.variable, at, named={"routes": value}, module=module.path)
            registry.variable = model.variable
            trial.around.url_modules[module.path] = registry
            found.append(registry)
        if model.applications and all(TEST_FILE.search(one.module) for one in found):
            found += _of_applications(trial, model)
        _rooted(trial, model, found)
        trial.registries.extend(found)


def _of_applications(trial: Trial, model: UrlModules) -> Iterator[Registry]:
    """Lists of a tree without a project: its applications have them, for a project that is to include the first."""
    registry = trial.by_name(model.applications)
    if not isinstance(registry, Object) or not trial.program.words.files(b"get_urls"):
        return
    made = _asked(trial, registry, "get_app_configs")
    for one in made.values if isinstance(made, Items) else ():
        own = trial.attribute(one, "get_urls") if isinstance(one, Object) else None
        if not isinstance(own, Function) or own.scope is None or own.scope in trial.executed:
            continue  # What includes it has asked for it.
        ready = _asked(trial, registry, "get_app_config", trial.attribute(one, "label"))
        routes = _asked(trial, ready, "get_urls") if isinstance(ready, Object) else None
        if routes is not None:
            kind = Kind(model.framework, True, {}, {"routes": Spot(("routes",))}, root="/")
            listed = Registry(kind, own.name, own.at, named={"routes": routes}, module=own.scope.module.path)
            listed.variable = one.cls.scope.name if isinstance(one, Object) else ""
            yield listed


def _asked(trial: Trial, owner: Value, method: str, *args: Value) -> Value | None:
    """What a method gives; None where it cannot be followed."""
    trial.steps = 0
    found = trial.attribute(owner, method)
    if not isinstance(found, Function):
        return None
    try:
        return trial.call(found, args, {}, found.at, found.env)
    except RaisedError:
        return None
    except (ExhaustedError, RecursionError):
        trial.around.lost.setdefault(found.at, TOO_MUCH)
        return None


def _middleware(trial: Trial, model: UrlModules, at: str) -> list[Entry]:
    """What settings put around all, the outermost first; what only some of several lists hold may not be there."""
    verb = Verb((), "middleware", calls="get_response")
    listed = trial.setting(model.middleware)
    lists = [one for one in options(listed) if isinstance(one, Items)] if listed is not None else []
    is_several = listed is not None and len(options(listed)) > 1
    if not lists:
        why = f"the list of middleware ({model.middleware}) cannot be read"
        is_there = listed is not None and not isinstance(listed, Const)
        return [Entry("before", verb, "", (), {}, at, Thing(why=why))] if is_there else []
    sure = [{str(one.value) for one in items.values if isinstance(one, Const)} for items in lists]
    every = [one for items in lists for given in items.values for one in options(given) if isinstance(one, Const)]
    usually = as_usual(listed, by_default=True) if listed is not None else None
    found: list[Entry] = []
    for name in dict.fromkeys(one.value for one in every if isinstance(one.value, str)):
        entry = Entry("before", verb, name, (), {}, at, trial.by_name(name))
        is_usual = all(name in each for each in sure)
        entry.is_conditional = is_several or not is_usual
        entry.usual = is_usual or (_is_usually_in(usually, name) if isinstance(usually, Items) else None)
        found.append(entry)
    if not all(items.is_whole for items in lists):
        why = f"the list of middleware ({model.middleware}) may hold more than can be read"
        found.append(Entry("before", verb, "", (), {}, at, Thing(why=why)))
    return found


def _protection(trial: Trial, before: list[Entry]) -> str:
    """How nomoat's own guard stands in a list of middleware; empty where it does not, or perhaps not."""
    for entry in before:
        model = trial.models.protects.get(entry.name, {})
        if "setting" not in model or entry.is_conditional:
            continue
        given = trial.setting(model["setting"])
        mode = given.entries.get(model["mode"]) if isinstance(given, Table) else None
        if mode is None:
            return model["default"]
        return str(mode.value) if isinstance(mode, Const) else model["default"]
    return ""


def _is_usually_in(items: Items, name: str) -> bool | None:
    """Whether a list holds a text as source has every setting; None where that is not told."""
    told: list[bool | None] = []
    for one in items.values:
        if any(isinstance(each, Const) and each.value == name for each in options(one)):
            usual = as_usual(one, by_default=True)
            told.append(None if isinstance(usual, Choice) else isinstance(usual, Const) and usual.value == name)
    return True if True in told else None if None in told or not items.is_whole else False


def _root_modules(trial: Trial, model: UrlModules) -> set[str]:
    """Paths of the modules that settings name as the first list."""
    roots = [one for one in options(trial.setting(model.root) or Const(None)) if isinstance(one, Const)]
    importer = next((one.module for one in trial.around.settings_modules()), None)
    sources = [trial.program.module_named(str(one.value), importer) for one in roots]
    return {source.module.path for source in sources if source is not None}


def _rooted(trial: Trial, model: UrlModules, found: list[Registry]) -> None:
    """Middleware stands around all; where settings name the first list, others are served only as a part of it."""
    paths = _root_modules(trial, model)
    for registry in found:
        registry.before = _middleware(trial, model, registry.at)
        registry.protection = _protection(trial, registry.before)
        registry.is_root = registry.module in paths
        if paths & {one.module for one in found} and not registry.is_root:
            registry.is_used = True
            registry.before = []


def registering(models: Models, index: Index) -> list[str]:
    """The files that may register routes."""
    packages = {name.partition(".")[0] for name in (*models.kinds, *models.listed, *models.protects)}
    verbs = {name for kind in models.kinds.values() for name, verb in kind.verbs.items() if verb.decorates}
    lists = {one.variable for one in models.url_modules}
    parts = {package: part for package, _, part in (one.partition(".") for one in models.serving_parts)}
    whole = packages - parts.keys()
    of_imports = {*index.matching(_imports(whole), map(str.encode, whole))}
    for package, part in parts.items():
        of_imports |= _naming_part(index, package, part)
    of_lists = {*index.holding(map(str.encode, lists))}
    if not of_imports and not of_lists and not _extending(index, packages):
        return []  # Every other registration is one on something that a framework made.
    decorated = re.compile(rf"@[\w.]+\.(?:{_or(verbs)})\(".encode())
    # A decorator of the tree puts a class on a list: `@route("/orders")`, in a file that imports no framework.
    own = sorted({*verbs, *_OWN_DECORATORS})
    listed = re.compile(rf"^@(?:{_or(own)})\(\s*r?[\"']\^?/".encode(), re.M)
    adding = [word for word in index.containing(b"add_") if _ADDING.fullmatch(word)]
    adding += [word for part in (b"include_", b"register_") for word in index.containing(part) if word.startswith(part)]
    added = re.compile(rf"\.(?:{_or(word.decode() for word in (*adding, b'mount'))})\(".encode())
    return sorted(
        {
            *of_imports,
            *of_lists,
            *index.matching(decorated, map(str.encode, verbs)),
            *index.matching(listed, map(str.encode, own)),
            *index.matching(added, (*adding, b"mount")),
        }
    )


def _extending(index: Index, packages: Iterable[str]) -> bool:
    """Whether a tree that imports none of these packages imports one that stands on them."""
    # A description imports nomoat to say what Python has no words for.
    extensions = library.importing(_imports({*packages} - {"nomoat"}))
    return bool(index.matching(_imports(extensions), [one.encode() for one in extensions]))


def _imports(packages: Iterable[str]) -> re.Pattern[bytes]:
    """Packages by their import: the name alone may be any variable's, or a word of prose."""
    named = rf"\b(?:{_or(packages)})\b"
    importing = rf"(?<!__future__ )\bimport\b[\w.,( \t]*{named}"
    return re.compile(rf"\bfrom[ \t]+[\w.]*{named}[\w.]*[ \t]+import\b|{importing}".encode())


def _naming_part(index: Index, package: str, part: str) -> set[str]:
    """Files that import a package and name a part of it (`web`, `web_request`)."""
    words = [word for word in index.containing(part.encode()) if re.fullmatch(rf"{part}(_\w+)?".encode(), word)]
    return {path for word in words for path in index.files(word)}.intersection(
        index.matching(_imports([package]), [package.encode()])
    )


#: Methods of the many libraries that add to what answers, as `app.router.add_get_routes`.
_ADDING = re.compile(rb"add_(?:\w*(?:route|rule|view|handlers|resource|namespace|url|api)\w*|middleware)")


#: What a tree calls a decorator of its own that registers what stands under it.
_OWN_DECORATORS = ("route", "routes", "url", "uri", "path", "endpoint", "handler", "handles", "register", "expose")


def _or(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words)))


def _run_factories(trial: Trial, program: Program, models: Models) -> None:
    """Functions that make an application and that no module calls: a server does (`--factory`), or a test."""
    names = {name.rpartition(".")[2] for name, kind in models.kinds.items() if kind.is_application}
    derived = _derived(program, names, trial.around.started)
    names |= derived
    # Whoever makes an application of a class of the tree need not know of which framework it is.
    making = {module.path for module in program.holding(derived) if not TEST_FILE.search(module.path)}
    found = [
        function
        for module in program.holding(names)
        if module.path in trial.around.started or module.path in making
        for function in program.functions(within=module)
        if not _has_made(trial, function) and _makes_application(program, models, function)
    ]
    trial.executed.difference_update(found)
    inner = [one for one in found if one.parent is not None and one.parent.is_function]
    # `def configure(settings): def make_app(): ...`: whoever is given `make_app` need not be somebody who is read.
    outer = {_outermost(one): one for one in inner}
    found = list(dict.fromkeys(_outermost(one) if one in inner else one for one in found))
    givers = dict.fromkeys(_givers(trial, program, models, names), 1)
    heirs = inherited.heirs(program, found)
    callers = _callers(program, [*found, *heirs.callable(), *givers])
    own = {one: level for one, level in callers.items() if not heirs.is_own(one)}
    levels = {**dict.fromkeys((one for one in found if one not in heirs.makers), 0), **own, **givers}
    found = list(levels)
    # A factory that another one calls is run by it, with the arguments that it gives.
    callees = {function: _called(program, function, None) - {function} for function in found}
    called = set().union(*callees.values())
    trial.factories = {one for one, level in levels.items() if not level and one not in outer} | {*inner}
    runs: Counter[Scope] = Counter()
    for function in sorted(found, key=lambda one: (one in called, -levels[one] if one in called else 0)):
        entered = callees[function].intersection(found)
        if function not in trial.executed and (not entered or any(runs[one] < _MAX_RUNS for one in entered)):
            runs.update(entered)
            made = len(trial.registries)
            if not _run(trial, function) and len(trial.registries) == made:
                # Who calls them came to no end before anything was made: they are run by themselves.
                trial.executed -= entered
    for function, maker in outer.items():
        if maker not in trial.executed:
            _run(trial, function, maker)
    heirs.make(trial, lambda make, at: _made(trial, make, at))
    for maker in heirs.makers - trial.executed:
        _run(trial, maker)
    if derived and not trial.registries:
        _make_derived(trial, program, models, derived)


def _make_derived(trial: Trial, program: Program, models: Models, names: Iterable[str]) -> None:
    """Applications of classes of the tree of which nothing that is read makes one: a script does."""
    found: dict[Scope, tuple[Scope | str, ...]] = {}
    for module in program.holding(names):
        for cls in program.classes(within=module) if not TEST_FILE.search(module.path) else ():
            bases = tuple(program.bases(cls))
            known = [one if isinstance(one, str) else one.dotted for one in bases]
            kind = next((models.kinds[name] for name in known if name in models.kinds), None)
            if kind is not None and kind.is_application:
                found[cls] = bases
    made_of = {base for cls, bases in found.items() for base in bases if base is not cls}
    for cls in found:
        making = next((one for one in cls.children.values() if one.is_function and one.name == "__init__"), None)
        if cls not in made_of and making is not None and making not in trial.executed:
            _run(trial, making)


def _outermost(function: Scope) -> Scope:
    """The function of a module or a class in which it is made."""
    while function.parent is not None and function.parent.is_function:
        function = function.parent
    return function


def _has_made(trial: Trial, function: Scope) -> bool:
    """Whether a function was run and has made an application: one that came to no end before has made none."""
    if function not in trial.executed or function.node is None:
        return False
    module = function.module
    first, last = module.line(function.node[1]), module.line(function.node[2])
    places = (one.at.rpartition(":") for one in trial.registries)
    return any(path == module.path and line.isdigit() and first <= int(line) <= last for path, _, line in places)


def _givers(trial: Trial, program: Program, models: Models, names: set[str]) -> Iterator[Scope]:
    """Functions that give routers to a factory which has run already without: a worker made itself an application."""
    made = [
        function
        for module in program.holding(names)
        if module.path in trial.around.started
        for function in program.functions(within=module)
        if function.parameters and function in trial.executed and _makes_application(program, models, function)
    ]
    for function, _ in _naming(program, {_name_of(one) for one in made}) if made else ():
        if function in trial.executed or function.module.path not in trial.around.started:
            continue
        sites = [site for site in program.calls(function) if any(one.scope in made for one in site.callee.all)]
        given = [node for site in sites for node in (*site.node[4], *(value for _, value in site.node[5]))]
        if any(_holds_registry(trial, function, node) or _holds_routes(trial, function, node) for node in given):
            yield function


def _holds_registry(trial: Trial, function: Scope, node: Node) -> bool:
    """Whether it is a name of a module for a router, or for a list of them."""
    if node[0] != form.NAME or node[3] in function.bindings or function.parent is None or function.parent.node:
        return False
    value = trial.lookup(trial.module(function.parent), node[3])
    return any(isinstance(one, Registry) for one in (value.values if isinstance(value, Items) else [value]))


def _holds_routes(trial: Trial, function: Scope, node: Node) -> bool:
    """Whether it is a list of routes that is written out: `routes=[web.post(path, wrapped(function)), ...]`."""
    calls = (
        (one for one in form.walk((node,)) if one[0] == form.CALL)
        if node[0] in (form.LIST, form.TUPLE, form.COMPREHENSION)
        else ()
    )
    listed = trial.models.listed
    return any(one.name in listed for call in calls for one in trial.program.resolve(function, call[3]).all)


#: Commands of a project make the same application over and over: so many that call a factory tell what it is given.
_MAX_RUNS = 4
#: How many calls away from what makes an application somebody is looked for who calls it.
_MAX_CALLERS = 5


def _callers(program: Program, found: list[Scope]) -> dict[Scope, int]:
    """Functions that call a factory, and those that call them, by how far away: they know what it is given."""
    known = dict.fromkeys(found, 0)
    level = found
    for distance in range(1, _MAX_CALLERS + 1):
        names = {_name_of(one) for one in level}
        if not names:
            break
        level = [
            function
            for function, words in _naming(program, names)
            if function not in known and not _called(program, function, words).isdisjoint(level)
        ]
        known.update(dict.fromkeys(level, distance))
    return {one: distance for one, distance in known.items() if distance}


def _naming(program: Program, names: set[str]) -> Iterator[tuple[Scope, set[str] | None]]:
    """Functions outside of tests that may call something of these names, or of one that it is given anew.

    With each the names by which it may; None: any, since a name is given anew in its file.
    """
    calls = re.compile(rf"\b(?:{_or(names)})\s*\(".encode())
    defines = re.compile(rf"\b(?:def|class)\s+(?:{_or(names)})\s*\(".encode())
    renames = re.compile(rf"\b(?:{_or(names)})\s+as\b|=\s*(?:\w+\.)*(?:{_or(names)})\b(?!\s*\()".encode())
    index, words = program.words, [name.encode() for name in sorted(names)]
    renaming = frozenset(index.matching(renames, words))
    for path in sorted(renaming.union(index.matching(calls, words))):
        if TEST_FILE.search(path):
            continue
        module = program.modules[path]
        text = module.words
        if path in renaming:
            yield from ((function, None) for function in program.functions(within=module))
        elif len(calls.findall(text)) > len(defines.findall(text)):
            holding = (function for function in program.functions(within=module) if function.may_hold(calls))
            yield from ((function, names) for function in holding)


def _called(program: Program, function: Scope, words: set[str] | None) -> set[Scope]:
    """What a function calls (by one of these words), of a class its constructor."""
    found: set[Scope] = set()
    for node in function.nodes:
        if node[0] != form.CALL or (words is not None and _last(node[3]) not in words):
            continue
        for one in program.resolve(function, node[3]).all:
            scope = one.scope
            if scope is not None and scope.is_class:
                scope = next((inner for inner in scope.children.values() if inner.name == "__init__"), scope)
            if scope is not None:
                found.add(scope)
    return found


def _last(node: Node) -> str:
    return str(node[4]) if node[0] == form.ATTRIBUTE else str(node[3]) if node[0] == form.NAME else ""


def _name_of(function: Scope) -> str:
    parent = function.parent
    return parent.name if function.name == "__init__" and parent is not None else function.name


def _derived(program: Program, names: set[str], paths: Iterable[str]) -> set[str]:
    """Names of classes of the tree that are applications: `class Shop(tornado.web.Application)`, `Store = Shop`."""
    inherits = re.compile(rf"^class (\w+)\([^)]*\b({'|'.join(sorted(map(re.escape, names)))})\b".encode(), re.M)
    sources = [program.modules[path].source for path in paths if path in program.modules]
    derived = {found.group(1).decode() for source in sources for found in inherits.finditer(source)}
    if not derived:
        return derived
    again = re.compile(rf"^(\w+) = (?:{_or(derived)})\s*$".encode(), re.M)
    return derived | {found.group(1).decode() for source in sources for found in again.finditer(source)}


def _start(trial: Trial) -> None:
    """What runs when a server starts an application registers routes, too."""
    for registry in trial.registries:
        listed = registry.taken("startup")
        starting = [*(listed.values if isinstance(listed, Items) else ()), *registry.starting]
        calls: list[tuple[Value, tuple[Value, ...]]] = [(value, _of_start(value, registry)) for value in starting]
        _configure(trial, registry)
        lifespan = registry.taken("lifespan")
        if lifespan is not None:
            calls.append((lifespan, (registry,)))
        for value, args in calls:
            for function in options(value):
                if isinstance(function, Function) and function.scope not in trial.executed:
                    _started(trial, function, args)


def _configure(trial: Trial, registry: Registry) -> None:
    """Whoever configures an application is given it and adds to its lists, to those who configure it as well."""
    plugins = registry.taken("plugins")
    made = plugins.values if isinstance(plugins, Items) else []
    waiting: list[Value] = [trial.attribute(one, "on_app_init") for one in made if isinstance(one, Object)]
    done: list[Value] = []
    while True:
        listed = registry.taken("configure")
        waiting += listed.values if isinstance(listed, Items) else []
        for one in waiting:
            registry.protection = registry.protection or _configured_protection(trial, one)
        found = next((one for one in waiting if isinstance(one, Function) and one not in done), None)
        if not isinstance(found, Function) or len(done) > _MAX_CONFIGURING:
            return
        done.append(found)
        _started(trial, found, (registry,))


def _configured_protection(trial: Trial, value: Value) -> str:
    """The mode of nomoat's own guard, where that is what configures an application; empty where it is not."""
    model = trial.models.protects.get(value.name) if isinstance(value, Thing) and value.is_call else None
    if model is None or not isinstance(value, Thing) or "app" in model or "setting" in model:
        return ""
    mode = value.named.get(model["mode"]) or next(iter(value.args), None)
    return str(mode.value) if isinstance(mode, Const) else model["default"]


#: More functions than this configure no application.
_MAX_CONFIGURING = 50


def _of_start(value: Value, registry: Registry) -> tuple[Value, ...]:
    """The application, for a function that takes it."""
    takes = any(isinstance(one, Function) and one.scope is not None and _required(one) for one in options(value))
    return (registry,) if takes else ()


def _required(function: Function) -> bool:
    parameters = function.scope.parameters if function.scope is not None else ()
    own = parameters[1:] if function.me is not None else parameters
    return any(one[form.P_DEFAULT] is None and one[form.P_KIND] in (form.POSITIONAL, form.REGULAR) for one in own)


def _started(trial: Trial, function: Function, args: tuple[Value, ...]) -> None:
    trial.steps = 0
    try:
        trial.invoke(function, args, {}, function.at)
    except RaisedError:
        return
    except (ExhaustedError, RecursionError):
        trial.around.lost.setdefault(function.at, TOO_MUCH)


def _makes_application(program: Program, models: Models, function: Scope) -> bool:
    for site in program.calls(function):
        names = [site.callee.name]
        if site.callee.kind == "class" and site.callee.scope is not None:
            names = [base if isinstance(base, str) else base.dotted for base in program.bases(site.callee.scope)]
        kind = next((models.kinds[name] for name in names if name in models.kinds), None)
        if kind is not None and kind.is_application:
            return True
    return False


def _run(trial: Trial, function: Scope, maker: Scope | None = None) -> bool:
    """Runs a function with what nobody knows, and the one that it gives, if it is to; whether it came to an end."""
    top = function
    while top.parent is not None:
        top = top.parent
    env = trial.module(top)
    trial.steps = 0
    try:
        if function.is_method and function.parent is not None:
            _run_object(trial, Class(function.parent, env), function)
        elif function.parent is not None and function.parent.node is None:
            trial.uncalled.add(function)
            given = trial.invoke(Function(function, env), loading.arguments(trial, function), {}, function.at)
            if isinstance(given, Function) and given.scope is not None and given.scope is maker:
                trial.uncalled.add(maker)
                trial.invoke(given, loading.arguments(trial, maker), {}, maker.at)
    except RaisedError:
        return False
    except (ExhaustedError, RecursionError):
        trial.around.lost.setdefault(function.at, TOO_MUCH)
        return False
    return True


def _made(trial: Trial, make: Callable[[], None], at: str) -> bool:
    """Runs what makes an application; whether it came to an end."""
    trial.steps = 0
    try:
        make()
    except RaisedError:
        return False
    except (ExhaustedError, RecursionError):
        trial.around.lost.setdefault(at, TOO_MUCH)
        return False
    return True


def _run_object(trial: Trial, cls: Class, function: Scope) -> None:
    """An object whose methods make or fill an application, though source never shows who builds it."""
    made = trial.construct(cls, (), {}, cls.scope.at)
    own = trial.attribute(made, function.name)
    if function not in trial.executed and isinstance(own, Function):
        trial.uncalled.add(function)
        trial.call(own, _unknown(function)[1:], {}, function.at, own.env)
    for method in cls.scope.children.values():
        if method.is_function and method not in trial.executed and _registers(method):
            bound = trial.attribute(made, method.name)
            if isinstance(bound, Function):
                trial.call(bound, (), {}, method.at, bound.env)


def _registers(method: Scope) -> bool:
    verbs = ("include_router", "add_api_route", "add_route", "mount", "get", "post", "put", "delete", "FastAPI")
    return any(
        node[0] == form.CALL and (form.dotted(node[3]) or "").rpartition(".")[2] in verbs
        for node in form.walk(method.body)
    )


def _unknown(function: Scope) -> tuple[Value, ...]:
    count = sum(
        1
        for parameter in function.parameters
        if parameter[form.P_DEFAULT] is None and parameter[form.P_KIND] in (form.POSITIONAL, form.REGULAR)
    )
    return tuple(Thing() for _ in range(count))
