"""Who calls whom: requests and settings of source, joined with the manifests that say where they lead.

Takes the program, the drawn routes, what functions reach, and the manifests; gives one `Edge` for each pair of
services. A place in source belongs to the service that is built from its folder, or is called like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nomoat.appmap.model import Edge, Route, Service
from nomoat.survey.effects import Reach
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.readers.manifests import Manifests, Workload
from nomoat.survey.standing import Frame

#: What source that sends requests by itself speaks of.
_SENDS = ("requests", "httpx", "aiohttp", "urllib", "urllib3", "niquests", "grpc", "websocket", "websockets", "smtplib")
_MAX_FUNCTIONS = 20_000
_MAX_SENT = 200


def edges(
    program: Program, services: Iterable[Service], routes: Iterable[Route], reach: Reach, manifests: Manifests
) -> tuple[Edge, ...]:
    """Every pair of services one of which calls the other, each once; nothing without manifests of at least two."""
    if len({one.name for one in manifests.workloads}) < 2:
        return ()
    places = _Places(program, tuple(services), manifests)
    found: dict[tuple[str, str], Edge] = {}
    called = [
        (route.at.rpartition(":")[0], call.host, call.setting, call.at) for route in routes for call in route.calls
    ]
    for path, host, setting, at in (*called, *_calls(program, reach)):
        for caller, callee, reached in places.between(path, host, setting):
            found.setdefault((caller, callee), Edge(caller, callee, reached, setting, at))
    for edge in places.configured():
        found.setdefault((edge.caller, edge.callee), edge)
    return tuple(sorted(found.values()))


def _calls(program: Program, reach: Reach) -> Iterator[tuple[str, str, str, str]]:
    """Requests of every function, and of what is handed to helpers: file of the function, host, setting, place."""
    left = _MAX_FUNCTIONS
    sending = _sending(program)
    for path in sorted(sending):
        if TEST_FILE.search(path):
            continue
        for scope in program.scopes(within=program.modules[path]):
            left -= 1
            if left < 0 or scope.is_class:
                continue
            for host, at, setting in _sent(reach, scope):
                if host or setting:
                    yield path, host, setting, at


def _sending(program: Program) -> set[str]:
    """The files that send, and those that may import one of them: whoever does may hand it an address."""
    index = program.words
    sending = [path for path in index.holding(word.encode() for word in _SENDS) if not TEST_FILE.search(path)]
    names = {program.dotted(path).rpartition(".")[2].encode() for path in sending}
    return {*sending, *index.holding(names)}


def _sent(reach: Reach, scope: Scope) -> Iterator[tuple[str, str, str]]:
    stack: list[Frame] = [reach.standing.frame(scope)]
    seen: set[Frame] = set()
    while stack and len(seen) < _MAX_SENT:
        frame = stack.pop()
        if frame in seen:
            continue
        seen.add(frame)
        effects = reach.direct(frame)
        yield from effects.hosts
        # Only what is told where to send: the rest is a function of its own, with its own place.
        stack += [one for one in effects.callees if one.sent or (one.me is not None and one.scope.is_method)]


class _Places:
    """Which service a file belongs to, and which one a host or setting leads to."""

    def __init__(self, program: Program, services: tuple[Service, ...], manifests: Manifests) -> None:
        self._program = program
        self._services = services
        self._manifests = manifests
        self._by_name: dict[str, Workload] = {}
        for one in manifests.workloads:
            for name in (one.name, *one.names):
                self._by_name.setdefault(name.lower(), one)
        self._folders = [(self._folder(one), one) for one in manifests.workloads]

    def _folder(self, workload: Workload) -> str | None:
        """The folder of a workload: what it is built from, else the nearest one that is called like it or its image."""
        if workload.folder is not None:
            return workload.folder
        if workload.image and "/" not in workload.image and ":" in workload.image:
            return None  # An image of somebody else's, as it comes: `postgres:16`.
        last = workload.image.rpartition("/")[2].partition(":")[0].partition("@")[0]
        wanted = {_plain(workload.name), _plain(last)} - {""}
        found: set[str] = set()
        for path in self._program.modules:
            parts = path.split("/")[:-1]
            for depth, part in enumerate(parts):
                if _plain(part) in wanted:
                    found.add("/".join(parts[: depth + 1]))
                    break
        return min(found, key=lambda one: (one.count("/"), one), default=None)

    def name(self, workload: Workload) -> str:
        """The service of a workload: one that `services:` declares for its folder, else by its own name."""
        folder = next((folder for folder, one in self._folders if one is workload), None)
        for service in self._services:
            root = service.root.strip("./")
            if root and folder is not None and (folder == root or folder.startswith(f"{root}/")):
                return service.name
        return workload.name

    def of(self, path: str) -> list[Workload]:
        """The workloads that run a file."""
        best = -1
        found: list[Workload] = []
        for folder, workload in self._folders:
            if folder is None or not (folder == "" or path.startswith(f"{folder}/")):
                continue
            if len(folder) > best:
                best, found = len(folder), []
            if len(folder) == best:
                found.append(workload)
        return found

    def between(self, path: str, host: str, setting: str) -> Iterator[tuple[str, str, str]]:
        """Caller, callee and host of a request in a file."""
        for caller in self.of(path):
            hosts = [one.host for one in caller.settings if setting and one.name == setting and one.host]
            if setting and not hosts:
                hosts = self._example(path, setting)
            for reached in hosts or ([host] if host else []):
                callee = self._by_name.get(reached.rpartition(":")[0].lower() or reached.lower())
                callee = callee or self._by_name.get(reached.lower())
                if callee is not None and self.name(callee) != self.name(caller):
                    yield self.name(caller), self.name(callee), reached

    def _example(self, path: str, setting: str) -> list[str]:
        """Hosts of a setting in the nearest example of an environment file."""
        folder = path.rpartition("/")[0]
        while True:
            found = [one.host for one in self._manifests.examples.get(folder, ()) if one.name == setting and one.host]
            if found or not folder:
                return found
            folder = folder.rpartition("/")[0]

    def configured(self) -> Iterator[Edge]:
        """Settings that lead to another service, where source of the caller speaks of them."""
        for folder, caller in self._folders:
            for one in caller.settings if folder is not None else ():
                callee = self._by_name.get(one.host.partition(":")[0].lower()) if one.host else None
                if callee is None or self.name(callee) == self.name(caller):
                    continue
                at = self._spoken_of(folder or "", one.name)
                if at:
                    yield Edge(self.name(caller), self.name(callee), one.host, one.name, at)

    def _spoken_of(self, folder: str, name: str) -> str:
        # pydantic writes PAYMENTS_URL as payments_url.
        pattern = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b", re.I)
        for path in self._program.words.matching(pattern):
            if (not folder or path.startswith(f"{folder}/")) and not TEST_FILE.search(path):
                module = self._program.modules[path]
                found = pattern.search(module.source)
                if found is not None:
                    return f"{path}:{module.line(found.start())}"
        return ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
