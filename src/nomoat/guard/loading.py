"""What guard decides by, loaded once a process and again when a file changed: policy, map, demands, issuers.

Everything a request needs is looked up here and nothing is computed for it: `demand(key)` gives the binding of a route
with its reads and whether it may defer. A key that is not here is denied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from nomoat import settings as settings_file
from nomoat.appmap import codec
from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Map
from nomoat.errors import NomoatError, SettingsError
from nomoat.guard.backends.settings import OpaSettings, RegoSettings
from nomoat.guard.settings import GuardSettings
from nomoat.guard.settings import read as read_guard
from nomoat.journal.forms import DecisionForm
from nomoat.journal.retention import Limit, limits
from nomoat.policy.backend import Backend
from nomoat.policy.bindings import Binding, Bindings, bind, strictest
from nomoat.policy.decide import Decider, compile_policy
from nomoat.policy.document import read as read_policy
from nomoat.policy.limits import LimitRule, by_route
from nomoat.policy.model import Policy
from nomoat.policy.outbound import Hosts
from nomoat.settings import Settings

if TYPE_CHECKING:
    from nomoat.guard import usual
    from nomoat.guard.backends.asking import Asking
    from nomoat.guard.routers.table import Found
    from nomoat.guard.tasks.envelope import Seal

Mode: TypeAlias = Literal["audit", "enforce"]

#: So many different sets of routes are remembered that one request may mean.
_MAX_TOGETHER = 4096


@dataclass(frozen=True, slots=True)
class Demand:
    """What one route demands. `undecided` are permissions that its handler, as far as source shows, never decides."""

    target: str
    binding: Binding
    reads: frozenset[str]
    undecided: frozenset[str]
    #: False for what a person decided about routes that no map has; they go by the name under which they are served.
    is_mapped: bool = True

    def never_decides(self, method: str, deferred: tuple[str, ...]) -> bool:
        """True for a write whose handler would run without ever making the decision that is left to it."""
        return method not in SAFE_METHODS and not self.undecided.isdisjoint(deferred)


@dataclass(frozen=True, slots=True)
class Loaded:
    """One consistent set of what decisions are made by."""

    settings: Settings
    guard: GuardSettings
    service: str
    policy: Policy
    decider: Decider
    drawn: Map
    map_hash: str
    map_text: str
    demands: Mapping[str, Demand]
    limits: Mapping[str, Limit]
    stamps: tuple[tuple[str, int, int], ...]
    #: What binds a route that is served and that the map lacks.
    bindings: Bindings | None = None
    #: How often callers may come, by route key; under the empty key to any route, also one that nobody serves.
    rates: Mapping[str, tuple[LimitRule, ...]] = field(default_factory=dict)
    #: What this service may call.
    hosts: Hosts | None = None
    #: Who is asked instead of `decider`; None: nobody.
    asking: Asking | None = None
    #: What signs and verifies for whom tasks of a queue are; None: nothing does.
    seal: Seal | None = None
    #: The ids of this service's tasks on the map, by the function that each runs (`shop.mail:send`).
    tasks: Mapping[str, str] = field(default_factory=dict)
    #: Forms of the decisions that are made by this: what they share is encoded once.
    forms: dict[tuple[object, ...], DecisionForm] = field(default_factory=dict, compare=False)
    #: What is alike in every request of one caller at one route.
    usual: dict[usual.Key, usual.Usual] = field(default_factory=dict, compare=False)
    #: Demands of routes that the map lacks, once they were looked for.
    _beside: dict[str, Demand | None] = field(default_factory=dict, compare=False)
    #: Demands of several routes at once, by their keys.
    _together: dict[tuple[str, ...], Demand | None] = field(default_factory=dict, compare=False)

    def demand(self, found: Found) -> Demand | None:
        """What a served route demands; None where neither the map nor a rule with `unmapped` has it, which denies.

        The map comes first, also where it has the route only as a part of what the framework serves as a whole.
        """
        if found.among and found.key is not None:
            return self._of_all((found.key, *found.among))
        demand = self.demands.get(found.key) if found.key is not None else None
        if demand is None and found.within is not None:
            demand = self.demands.get(found.within)
        return demand if demand is not None or found.key is None else self.beside(found.key)

    def demand_of(self, key: str) -> Demand | None:
        """The same of one route by its key."""
        return self.demands.get(key) or self.beside(key)

    def _of_all(self, keys: tuple[str, ...]) -> Demand | None:
        """What several routes demand together: whoever may come to each of them may come; the first is named."""
        if keys not in self._together:
            if len(self._together) >= _MAX_TOGETHER:
                self._together.clear()
            self._together[keys] = _together([self.demand_of(key) for key in keys])
        return self._together[keys]

    def beside(self, key: str) -> Demand | None:
        """What a person has decided about a route that the map lacks."""
        if self.bindings is None:
            return None
        if key not in self._beside:
            whole = f"route:{self.service}/{key}"
            binding = self.bindings.beside_map(whole)
            self._beside[key] = None if binding is None else _demand(whole, binding, self.decider)
        return self._beside[key]

    @property
    def backend(self) -> Backend:
        """Who answers what somebody may do."""
        return self.decider if self.asking is None else self.asking


def load(config: str | Path | None, service: str | None) -> Loaded:
    """Reads settings, policy and map. Raises NomoatError with what, where and fix."""
    path = settings_file.locate(config)
    if path is None:
        raise SettingsError(
            "there is no nomoat.yaml", where="working directory", fix="nomoat init writes one; or set NOMOAT_CONFIG"
        )
    settings = settings_file.load(path)
    guard = read_guard(settings)
    files = [path, settings.map_file, *(settings.root / file for one in guard.issuers for file in one.files)]
    if guard.certificates is not None and guard.certificates.ca[:5] == "file:":
        files.append(settings.root / guard.certificates.ca[5:])
    files += _files(guard, settings.root)
    if guard.tasks is not None:
        files += [settings.root / one for one in guard.tasks.files]
    stamps = tuple(_stamp(file) for file in files)
    policy = read_policy(settings)
    drawn = codec.load(settings.map_file)
    name = _service(drawn, settings, service)
    decider = compile_policy(policy, service=name)
    bindings = bind(drawn, policy)
    text = codec.file_text(drawn)
    return Loaded(
        settings=settings,
        guard=guard,
        service=name,
        policy=policy,
        decider=decider,
        drawn=drawn,
        map_hash=codec.digest(drawn),
        map_text=text,
        demands=_demands(bindings, decider, name),
        limits=limits(settings),
        stamps=stamps,
        hosts=Hosts(drawn, name, guard.outbound),
        bindings=bindings,
        rates=by_route(guard.limits, drawn, name, bindings) if guard.limits.rules else {},
        asking=_asking(guard, service=name, root=settings.root),
        seal=_seal(guard, root=settings.root),
        tasks={one.handler: one.id for one in drawn.entries if one.kind == "task" and one.service == name},
    )


def _files(guard: GuardSettings, root: Path) -> list[Path]:
    """What else a backend is made of: when one of them changes, all is loaded anew."""
    match guard.backend:
        case OpaSettings(token=token, ca=ca):
            return [root / one[5:] for one in (token, ca) if one[:5] == "file:"]
        case RegoSettings(module=module):
            return [root / module]
    return []


def _asking(guard: GuardSettings, *, service: str, root: Path) -> Asking | None:
    if guard.backend is None:
        return None
    from nomoat.guard.backends.examine import opened

    return opened(guard.backend, service=service, root=root)


def _seal(guard: GuardSettings, *, root: Path) -> Seal | None:
    if guard.tasks is None:
        return None
    from nomoat.guard.tasks.envelope import Seal

    return Seal.load(guard.tasks, root=root)


def is_stale(loaded: Loaded) -> bool:
    """True when a file that was read has changed since."""
    return tuple(_stamp(Path(name)) for name, _, _ in loaded.stamps) != loaded.stamps


def stamps_key(loaded: Loaded) -> str:
    """Names the present state of the files that were read."""
    text = repr([_stamp(Path(name)) for name, _, _ in loaded.stamps])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size


def _service(drawn: Map, settings: Settings, asked: str | None) -> str:
    names = sorted({service.name for service in drawn.services} | {one.name for one in settings.services})
    if asked is not None:
        if asked not in names:
            known = ", ".join(names) or "none"
            raise SettingsError(f"no service is called '{asked}'", where="protect(service=...)", fix=f"known: {known}")
        return asked
    if len(names) != 1:
        raise SettingsError(
            f"the map has {len(names)} services", where="protect(app)", fix=f"say which: service={', '.join(names)!r}"
        )
    return names[0]


def _demands(bindings: Bindings, decider: Decider, service: str) -> dict[str, Demand]:
    found: dict[str, Demand] = {}
    prefix = f"route:{service}/"
    for key, binding in bindings:
        # What a person decided about routes beside the map is asked for after all that the map has.
        if key.startswith(prefix) and binding.routes:
            found[key[len(prefix) :]] = _demand(key, binding, decider)
    return found


def _demand(key: str, binding: Binding, decider: Decider) -> Demand:
    reads = frozenset(name for permission in binding.permissions for name in decider.read_for(permission))
    asked = binding.requires or ()
    undecided = () if binding.decided_in == "handler" else tuple(p for p in binding.permissions if p not in asked)
    target = binding.routes[0] if binding.routes else key
    return Demand(target, binding, reads, frozenset(undecided), bool(binding.routes))


def _together(found: list[Demand | None]) -> Demand | None:
    demands = [demand for demand in found if demand is not None]
    if len(demands) < len(found):
        return None
    first = demands[0]
    all_of_them = strictest([demand.binding for demand in demands])
    return replace(
        first,
        binding=replace(first.binding, kind=all_of_them.kind, permissions=all_of_them.permissions),
        reads=first.reads.union(*(demand.reads for demand in demands)),
        undecided=first.undecided.union(*(demand.undecided for demand in demands)),
    )


def described(error: NomoatError) -> str:
    """An error in one line, for a server's log."""
    return " | ".join(f"{p.what} ({p.where})" + (f": {p.fix}" if p.fix else "") for p in error.problems)
