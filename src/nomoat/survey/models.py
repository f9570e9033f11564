"""The framework models: one YAML file each, all of them together one set of words for the engine.

Everything is found by the dotted name of what source calls; nothing in the engine asks which framework it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat.appmap.spelling import Paths

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope

FOLDER = Path(__file__).parent / "frameworks"
#: What reading an attribute of a request may give; `by-name` kinds look at the name that is asked for. In place of a
#: `credential` somebody stands for nobody; of a `token`, None; `somebody` tells which of both callers is on trial.
SOURCES = (
    "header", "cookie", "session", "credential", "query", "input", "state", "address", "method", "path", "url", "scope",
    "endpoint", "rule", "meta", "nothing", "token", "somebody", "opt", "match", "matched",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a call has an argument: by these names or at that position (`endpoint@1|route@1`).

    `has_rest`: all from that position on (`urls@1+`).
    """

    names: tuple[str, ...] = ()
    position: int | None = None
    has_rest: bool = False


def spot(text: str) -> Spot:
    """`endpoint@1|route@1` as names and a position."""
    names: list[str] = []
    position: int | None = None
    for option in text.split("|"):
        name, _, place = option.partition("@")
        names.append(name)
        position = int(place.rstrip("+")) if place.rstrip("+").isdigit() else position
    return Spot(tuple(names), position, text.endswith("+"))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a framework writes paths, puts prefix and path together, and answers.

    `joins_by_slash`: exactly one slash stands between prefix and path, however they are written.
    `has_statuses`: `return body, 401` has a status.
    """

    paths: Paths = "brace"
    joins_by_slash: bool = False
    #: No slash stands at the end of a path, and nowhere two of them.
    normalizes: bool = False
    has_statuses: bool = False


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
    #: Where False is given, a route for GET answers HEAD no more.
    allows_head: Spot = Spot()
    #: The prefix that is given here stands instead of the router's own.
    replaces: bool = False
    #: It stands before every route of the application, not only of this router.
    everywhere: bool = False
    #: A method of what is included, which the framework calls with the application.
    asks: str = ""
    #: The name of the endpoint; without it, that of the function.
    endpoint: Spot = Spot()
    #: The class of what the call gives: a router at this path (`app.router.add_resource("/x")`).
    makes: str = ""
    #: A table of what the class that answers is made with.
    given: Spot = Spot()
    dialect: Dialect = Dialect()
    #: How this one writes paths, where it is not as the rest of its framework does.
    paths: Paths | None = None
    #: The method of the registry that makes of what was registered the function that answers.
    made_by: str = ""
    #: The class of the framework that a class is taken to be made of, when what it is made of is not here.
    answers_as: str = ""


@dataclass(frozen=True, slots=True)
class UrlModules:
    """Modules whose list of paths is the application: the list's variable, and the settings that name the first one
    and the middleware around all of them; then what code calls the parts of an entry, and the classes of entries.
    """

    framework: str
    variable: str = ""
    root: str = ""
    middleware: str = ""
    #: What knows the applications of a project, each of which may have a list of its own under `urls`.
    applications: str = ""
    #: The function that answers, the entries that are included, the name.
    view: str = ""
    inner: str = ""
    name: str = ""
    entries: tuple[str, ...] = ()
    including: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Added:
    """A route that the framework adds by itself, unless its argument is None or empty.

    The argument is the path, or, with `{folder}` in the path, a folder whose last name stands there.
    """

    argument: str
    path: str
    methods: tuple[str, ...]
    needs: tuple[str, ...] = ()
    #: The argument that says otherwise what the path is, up to its first parameter.
    under: str = ""
    #: Only where the argument is given.
    only_given: bool = False
    #: The argument that names a class which answers there instead.
    handler: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A class whose objects hold routes."""

    framework: str
    is_application: bool
    verbs: dict[str, Verb]
    takes: dict[str, Spot]
    adds: tuple[Added, ...] = ()
    #: Without a prefix of its own, its name is one.
    prefix_is_name: bool = False
    #: The application or router that a constructor is given and that it becomes a part of.
    within: Spot = Spot()
    dialect: Dialect = Dialect()
    #: The attribute that holds its configuration.
    configuration: str = ""
    #: What its constructor is given by name is in its configuration.
    is_configured: bool = False
    #: What every path begins with.
    root: str = ""
    #: The verb that making one does, with the arguments of its constructor.
    registers: str = ""
    #: What functions are called, word by word, that add to an application which somebody else makes.
    plugs: str = ""
    #: Methods of classes of a package that name routes for it, by their dotted names.
    plugs_methods: str = ""
    #: What each function is given that its list `before` holds.
    before: str = ""
    #: What a tuple in its list of routes is short for.
    rows: str = ""

    def added_at(self, argument: str) -> str:
        """The path of what it adds by itself where nobody gives another: `app.openapi_url`; empty for all else."""
        paths = (one.path for one in self.adds if one.argument == argument and "{" not in one.path)
        return next(paths, "") if argument.endswith("_url") else ""


@dataclass(frozen=True, slots=True)
class EndpointClass:
    """A class whose methods answer, named after HTTP's. `made_by`: its method that gives the function that answers.

    `allowed`: the attribute that lists the only methods it answers; `around`: the one that lists decorators of all.
    """

    methods: tuple[str, ...]
    websocket: tuple[str, ...]
    calls: str
    head: bool
    made_by: str = ""
    allowed: str = ""
    around: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An exception or answer: where its status stands, or what it always is; `redirects` sends elsewhere.

    `of_class`: what a class made of it says its status under, for those of its objects that are given none.
    """

    status: Spot = Spot()
    fixed: int | None = None
    redirects: bool = False
    of_class: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A dependency that looks for a credential and refuses without one, unless `unless` is False or `optional` True."""

    unless: str = ""
    optional: str = ""
    flags: tuple[str, ...] = ()
    makes: str = ""


@dataclass(frozen=True, slots=True)
class EntryModel:
    """What makes an entry that is no route: a decorator, a call that is given the `handler`, or a base of a class.

    `name` is the argument that names it. `methods` are those of a class that are entries; without any, all are.
    """

    kind: str
    trigger: str
    name: str = ""
    handler: str = ""
    is_group: bool = False
    methods: tuple[str, ...] = ()
    #: Named after the module it stands in: a command of Django's `manage.py`.
    by_module: bool = False

    def takes(self, method: str) -> bool:
        """Whether a method of the class is an entry."""
        return method in self.methods if self.methods else True

    def named(self, cls: Scope, base: object, method: Scope) -> str:
        """What a method of a class is called."""
        if self.by_module:
            return cls.module.name.rpartition(".")[2]
        service = str(base if isinstance(base, str) else cls.name).rpartition(".")[2].removesuffix("Servicer")
        return f"{service}.{method.name}"


@dataclass
class Models:
    """All models together, by dotted name."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    entries: dict[str, EntryModel] = field(default_factory=dict)
    #: Ends of the names of bases, where each package has its own: `ShopServicer` of generated code.
    entry_bases: dict[str, EntryModel] = field(default_factory=dict)
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
    url_modules: list[UrlModules] = field(default_factory=list)
    #: The part that serves, of a package that mostly is imported for its client: `aiohttp.web`.
    serving_parts: set[str] = field(default_factory=set)
    #: What gives the value of a setting by its name: `django.conf.settings`.
    settings: set[str] = field(default_factory=set)
    #: Bases of classes whose attributes are settings.
    settings_classes: set[str] = field(default_factory=set)
    includes: dict[str, Spot] = field(default_factory=dict)
    #: Where such an inclusion names what it includes.
    namespaces: dict[str, Spot] = field(default_factory=dict)
    #: What stands in a class for settings of its objects, and where each is given its default.
    traits: dict[str, Spot] = field(default_factory=dict)
    #: Paths that the framework serves by itself, with the guard that it puts on them.
    framework_urls: dict[str, str] = field(default_factory=dict)
    #: Names that stand for the request at hand, or for a part of it, wherever they are imported.
    proxies: dict[str, str] = field(default_factory=dict)
    refusing: dict[str, Spot] = field(default_factory=dict)
    raised: dict[str, Refusal] = field(default_factory=dict)
    answers: dict[str, Refusal] = field(default_factory=dict)
    closing: set[str] = field(default_factory=set)
    depends: dict[str, tuple[Spot, Spot]] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    #: What a parameter of this name is given, where parameters are filled by their names.
    reserved: dict[str, str] = field(default_factory=dict)
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
    #: What stands for who is not signed in.
    nobody: set[str] = field(default_factory=set)
    #: Packages that are given an application and add no routes to it.
    routeless: set[str] = field(default_factory=set)
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
    #: Methods that say more of an answer whose status is set.
    answering: set[str] = field(default_factory=set)
    #: Methods that set an answer.
    settling: set[str] = field(default_factory=set)
    #: Decorators of generators that wait where they yield; exceptions that return, and that end with what was answered.
    waiting: set[str] = field(default_factory=set)
    returning: set[str] = field(default_factory=set)
    ending: set[str] = field(default_factory=set)
    #: What stands for a path in a list of routes, and where it has its text.
    matchers: dict[str, Spot] = field(default_factory=dict)
    #: Classes whose methods are routes and that stand in a list of routes themselves, with what holds those.
    controllers: dict[str, str] = field(default_factory=dict)
    #: The method of a middleware's class that is given a request and what comes after it.
    guarding: set[str] = field(default_factory=set)
    scheme_methods: set[str] = field(default_factory=set)


@cache
def models() -> Models:
    """The models that are shipped."""
    from nomoat.survey.modelfile import load

    return load(sorted(FOLDER.glob("*.yaml")))
