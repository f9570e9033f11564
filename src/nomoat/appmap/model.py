"""The records of the map: services, routes with their guards, stores, permissions and roles as source shows them.

Everything is frozen and ordered, so that two maps of one source are equal whatever the order of its files.
`at` is `file:line`, relative to the surveyed folder; the committed file leaves the line out (`codec`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["guarded", "unguarded", "unknown"]
GuardKind: TypeAlias = Literal["authentication", "permission", "ownership", "csrf", "rate-limit", "signature"]
#: `before` the handler, `inside` it, `never` (wrong order).
Runs: TypeAlias = Literal["before", "inside", "never"]
#: `framework`: what the framework adds by itself (docs pages, static files).
Origin: TypeAlias = Literal["source", "framework"]
#: How the service is guarded by nomoat itself; None where `protect` was not found.
Protection: TypeAlias = Literal["audit", "enforce"]

FORMAT = 1
#: The one binding that is no list of permissions and comes from source.
SIGNED_IN = "signed-in"


@dataclass(frozen=True, slots=True, order=True)
class Guard:
    """Something that refuses a caller. `name` is the permission for kind permission, else the guard's own name."""

    kind: GuardKind
    name: str
    at: str
    runs: Runs = "before"


@dataclass(frozen=True, slots=True, order=True)
class Parameter:
    """An input of a route. `type` is the annotation's name or the converter; empty when nothing says it."""

    name: str
    location: Literal["path", "query", "header", "cookie", "body", "form"]
    type: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """An outbound request: its `host` where source says it, or the `setting` (environment variable) that names it."""

    host: str
    at: str
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path of a service.

    `binding` is what source surely demands: permissions (all needed), `signed-in`, or None (unknown, or nothing).
    `requires` is what handler, dependencies or what they call ask guard for; None when that cannot be told.
    """

    id: str
    key: str
    service: str
    method: str
    path: str
    handler: str
    at: str
    verdict: Verdict
    registered_at: str = ""
    origin: Origin = "source"
    because: str | None = None
    guards: tuple[Guard, ...] = ()
    binding: tuple[str, ...] | Literal["signed-in"] | None = None
    requires: tuple[str, ...] | None = ()
    parameters: tuple[Parameter, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    #: True where survey takes this for a route people sign in at (`login: true` is proposed).
    login: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a service is entered by no request: `trigger` is what starts it (`queue`, `schedule`, `terminal`, `grpc`).

    Nobody's credential is looked at there, so it has no verdict. `name` is what it is started by. `requires` is what it
    demands (`guard.requires` above it) or asks guard for; None when that cannot be told.
    """

    id: str
    service: str
    kind: Literal["task", "command", "rpc"]
    name: str
    handler: str
    at: str
    trigger: str = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    requires: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True, order=True)
class Store:
    """A table (or bucket, cache) of a service; `at` is where source declares or first names it."""

    id: str
    service: str
    name: str
    kind: str = "table"
    at: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Service:
    """One service: its framework, the folder it was read from, and whether nomoat's own guard is on it."""

    name: str
    framework: str = ""
    root: str = "."
    app: str = ""
    protected: Protection | None = None


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """A permission that source names, with each place that demands it."""

    name: str
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Role:
    """A role that source names; `permissions` are those that source itself grants to it (a table of roles, say)."""

    name: str
    permissions: tuple[str, ...] = ()
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class TokenCheck:
    """What source verifies of a token, for the draft of `identity:`; empty text where source does not say."""

    at: str
    algorithms: tuple[str, ...] = ()
    key_setting: str = ""
    issuer: str = ""
    audience: str = ""
    subject_claim: str = ""
    roles_claim: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """One service calls another: by this `host`, which manifests name so, or by a `setting` that they set to it."""

    caller: str
    callee: str
    host: str = ""
    setting: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True, order=True)
class NotRead:
    """Something that was not analysed (`analysed=False` makes a run incomplete), or a note about it."""

    at: str
    why: str
    analysed: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much was read: files, and calls whose target is known; the most frequent unresolved names first."""

    files: int = 0
    lines: int = 0
    calls_resolved: int = 0
    calls_unresolved: int = 0
    unresolved: tuple[tuple[str, int], ...] = ()
    #: Reason to number of files left out on purpose (ignored, vendored, excluded).
    left_out: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Map:
    """What an application is. Build it with `ordered`, which sorts; compare maps by their parts."""

    services: tuple[Service, ...] = ()
    routes: tuple[Route, ...] = ()
    stores: tuple[Store, ...] = ()
    permissions: tuple[Permission, ...] = ()
    roles: tuple[Role, ...] = ()
    tokens: tuple[TokenCheck, ...] = ()
    edges: tuple[Edge, ...] = ()
    entries: tuple[Entry, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)

    def route(self, id_or_key: str) -> Route | None:
        """The first route with this id or key."""
        return next((route for route in self.routes if id_or_key in (route.id, route.key)), None)


def ordered(drawn: Map) -> Map:
    """The same map in its one order."""
    return Map(
        services=tuple(sorted(drawn.services, key=lambda service: service.name)),
        routes=tuple(sorted(drawn.routes, key=lambda route: (route.service, route.path, route.method, route.key))),
        stores=tuple(sorted(drawn.stores)),
        permissions=tuple(sorted(drawn.permissions)),
        roles=tuple(sorted(drawn.roles)),
        tokens=tuple(sorted(drawn.tokens)),
        edges=tuple(sorted(drawn.edges)),
        entries=tuple(sorted(drawn.entries, key=lambda entry: (entry.service, entry.id, entry.at))),
        not_read=tuple(sorted(drawn.not_read)),
        coverage=drawn.coverage,
    )
