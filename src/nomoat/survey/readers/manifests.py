"""Reads how services are put together: Compose files, Kubernetes manifests, and examples of environment files.

Takes the root of a tree and paths in it; gives workloads with the names that lead to them and the settings that they
are given, and what could not be read. Of a value only the host is kept, never the value itself: it may hold a secret.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from nomoat import datafile
from nomoat.datafile import Mapping, Node, Sequence, Value
from nomoat.errors import DataFileError

_COMPOSE = re.compile(r"(^|/)(docker-)?compose[^/]*\.ya?ml\Z", re.I)
_YAML = re.compile(r"\.ya?ml\Z", re.I)
_ENVIRONMENT = re.compile(
    r"(^|/)(\.env[^/]*|[^/]*\.env(\.(example|sample|template|dist))?|env\.(example|sample))\Z", re.I
)
_KUBERNETES = re.compile(rb"^\s*apiVersion\s*:", re.M)
#: What makes a file a template of Helm, Jinja or Go: it is no YAML until somebody fills it.
_TEMPLATE = re.compile(rb"\{\{-?\s|\{%-?\s|\{\{-?[$.]")
_ASSIGNED = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$")
#: `${PAYMENTS_URL:-http://payments:8000}` has a value where nothing sets the variable.
_DEFAULT = re.compile(r"\$\{(\w+)(?::?-([^{}]*))?(?::?\?[^{}]*)?\}|\$(\w+)")
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?(:\d{1,5})?", re.I)
_DOTTED = re.compile(
    r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+(:\d{1,5})|[a-z0-9-]{1,40}(\.[a-z0-9-]{1,40})*\.[a-z]{2,12}(:\d{1,5})?"
)
_RUNNING = frozenset(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "DeploymentConfig")
)
_MAX_BYTES = datafile.MAX_BYTES
_MAX_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Set:
    """A setting that a workload is given: the host in its value, or that a secret holds it."""

    name: str
    host: str = ""
    is_secret: bool = False
    at: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that runs: its name, the names by which others reach it, and the folder that it is built from."""

    name: str
    at: str
    names: tuple[str, ...] = ()
    folder: str | None = None
    image: str = ""
    settings: tuple[Set, ...] = ()


@dataclass
class Manifests:
    """Everything that was read; `problems` are (place, why)."""

    workloads: list[Workload] = field(default_factory=list)
    #: Hosts of settings in examples of environment files, by the folder of the file.
    examples: dict[str, list[Set]] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)


def read(root: Path, paths: Iterable[str]) -> Manifests:
    """The manifests among these files of a tree; a mistake in one is a problem, and the others are read."""
    found = Manifests()
    kubernetes = _Kubernetes(found)
    for count, path in enumerate(paths):
        if count >= _MAX_FILES:
            found.problems.append((path, f"more than {_MAX_FILES} files that may be manifests"))
            break
        if _ENVIRONMENT.search(path):
            _environment(root, path, found)
        elif _YAML.search(path):
            _one(root, path, found, kubernetes)
    kubernetes.finish()
    _sure(found)
    return found


def may_be(path: str) -> bool:
    """Whether a file is called like something that is read here."""
    return bool(_ENVIRONMENT.search(path) or _YAML.search(path))


def host_of(text: str) -> str:
    """The host (and port) that a value leads to; empty for anything else.

    A bare word may be a password as well: it is given with `?` before it, and kept only where something is called so.
    """
    text = text.strip().strip("'\"")
    if "://" in text:
        try:
            parts = urlsplit(text)
            port = f":{parts.port}" if parts.port else ""
            return f"{parts.hostname}{port}" if parts.hostname else ""
        except ValueError:
            return ""
    if _DOTTED.fullmatch(text):
        return text
    return f"?{text}" if _HOST.fullmatch(text) else ""


def _sure(found: Manifests) -> None:
    """Drops bare words that nothing is called by."""
    names = {name for one in found.workloads for name in (one.name, *one.names)}

    def kept(one: Set) -> Set:
        word = one.host.removeprefix("?")
        return one if word == one.host else replace(one, host=word if word.partition(":")[0] in names else "")

    found.workloads = [replace(one, settings=tuple(map(kept, one.settings))) for one in found.workloads]
    found.examples = {folder: list(map(kept, settings)) for folder, settings in found.examples.items()}


def _bytes(root: Path, path: str, found: Manifests) -> bytes | None:
    try:
        with (root / path).open("rb") as stream:
            text = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        found.problems.append((path, f"cannot be read: {error.strerror}"))
        return None
    return text


def _is_large(text: bytes, path: str, found: Manifests) -> bool:
    if len(text) > _MAX_BYTES:
        found.problems.append((path, f"larger than {_MAX_BYTES // 1024 // 1024} MB"))
    return len(text) > _MAX_BYTES


def _one(root: Path, path: str, found: Manifests, kubernetes: _Kubernetes) -> None:
    text = _bytes(root, path, found)
    is_compose = bool(_COMPOSE.search(path))
    if text is None or not (is_compose or (_KUBERNETES.search(text) and b"kind" in text)):
        return
    if _is_large(text, path, found):
        return
    if _TEMPLATE.search(text):
        found.problems.append((path, "a template: what it is filled with is not here, so nothing of it is read"))
        return
    try:
        documents = datafile.documents(text, name=path)
    except DataFileError as error:
        first = error.problems[0] if error.problems else None
        where, why = (first.where, first.what) if first is not None else (error.where or path, error.what)
        found.problems.append((_at(where), f"no manifest that can be read: {why}"))
        return
    for document in documents:
        if is_compose:
            _compose(document, path, found)
        elif isinstance(document, Mapping):
            kubernetes.take(document)


def _at(where: str) -> str:
    """`file:line` without the column."""
    parts = where.rsplit(":", 2)
    return ":".join(parts[:2]) if len(parts) == 3 and parts[2].isdigit() else where


def _place(node: Node) -> str:
    return f"{node.place.file}:{node.place.line}"


# -- environment files -----------------------------------------------------------------------------------------------


def _environment(root: Path, path: str, found: Manifests) -> None:
    text = _bytes(root, path, found)
    if text is None or _is_large(text, path, found):
        return
    settings: list[Set] = []
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        assigned = _ASSIGNED.match(line)
        if assigned is not None and not line.lstrip().startswith("#"):
            settings.append(Set(assigned.group(1), host_of(_filled(assigned.group(2))), at=f"{path}:{number}"))
    if settings:
        found.examples.setdefault(posixpath.dirname(path), []).extend(settings)


def _filled(value: str) -> str:
    """The value with the defaults of what stands for something else."""
    return _DEFAULT.sub(lambda one: one.group(2) or "", value)


# -- Compose ---------------------------------------------------------------------------------------------------------


def _compose(document: Node, path: str, found: Manifests) -> None:
    services = document.get("services") if isinstance(document, Mapping) else None
    if services is None and isinstance(document, Mapping):
        return
    if not isinstance(services, Mapping):
        found.problems.append((path, "no Compose file: its services are no map"))
        return
    for name, service in services.items():
        if not isinstance(service, Mapping):
            found.problems.append((_place(service), f"the service {name} is no map"))
            continue
        names = [name, _text(service.get("container_name")), _text(service.get("hostname")), *_aliases(service)]
        build = service.get("build")
        context = _text(build.get("context")) if isinstance(build, Mapping) else _text(build)
        folder = _folder(posixpath.dirname(path), context) if build is not None else None
        distinct = tuple(dict.fromkeys(one for one in names if one))
        settings = tuple(_set_in(service.get("environment"), f"the environment of {name}", found))
        found.workloads.append(Workload(name, _place(service), distinct, folder, _text(service.get("image")), settings))


def _folder(beside: str, context: str) -> str | None:
    if "://" in context:
        return None
    folder = posixpath.normpath(posixpath.join(beside, context or "."))
    return None if folder.startswith("..") else "" if folder == "." else folder


def _aliases(service: Mapping) -> Iterator[str]:
    networks = service.get("networks")
    for _, network in networks.items() if isinstance(networks, Mapping) else ():
        aliases = network.get("aliases") if isinstance(network, Mapping) else None
        yield from (_text(one) for one in aliases if isinstance(aliases, Sequence)) if aliases is not None else ()  # type: ignore[union-attr]


def _set_in(node: Node | None, what: str, found: Manifests) -> Iterator[Set]:
    """Settings as a map, or as a list of `NAME=value`."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield Set(name, host_of(_filled(_text(value))), at=_place(value))
    elif isinstance(node, Sequence):
        for item in node:
            name, _, given = _text(item).partition("=")
            if name:
                yield Set(name, host_of(_filled(given)), at=_place(item))
    elif node is not None and not (isinstance(node, Value) and node.data is None):
        found.problems.append((_place(node), f"{what} is neither a map nor a list"))


def _text(node: Node | None) -> str:
    return str(node.data) if isinstance(node, Value) and node.data is not None else ""


# -- Kubernetes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pod:
    name: str
    namespace: str
    labels: dict[str, str]
    spec: Mapping
    at: str


class _Kubernetes:
    """Puts together what stands in several documents: pods, the services that select them, maps of settings."""

    def __init__(self, found: Manifests) -> None:
        self._found = found
        self._pods: list[_Pod] = []
        self._services: list[tuple[str, str, dict[str, str]]] = []
        self._maps: dict[tuple[str, str], dict[str, Set]] = {}
        self._hosts: dict[tuple[str, str], list[str]] = {}

    def take(self, document: Mapping) -> None:
        """Takes note of one object, or of a list of them."""
        kind, metadata, spec = _text(document.get("kind")), document.get("metadata"), document.get("spec")
        if kind == "List":
            items = document.get("items")
            for item in items if isinstance(items, Sequence) else ():
                if isinstance(item, Mapping):
                    self.take(item)
            return
        name = _text(metadata.get("name")) if isinstance(metadata, Mapping) else ""
        namespace = (_text(metadata.get("namespace")) if isinstance(metadata, Mapping) else "") or "default"
        if kind in _RUNNING:
            self._pod(kind, name, namespace, document, spec)
        elif kind == "Service" and isinstance(spec, Mapping) and name:
            self._services.append((name, namespace, _texts(spec.get("selector"))))
        elif kind == "ConfigMap" and name:
            data = document.get("data")
            values = data.items() if isinstance(data, Mapping) else ()
            self._maps[namespace, name] = {
                key: Set(key, host_of(_text(value)), at=_place(value)) for key, value in values
            }  # fmt: skip
        elif kind == "Ingress" and isinstance(spec, Mapping):
            self._ingress(spec, namespace)

    def _pod(self, kind: str, name: str, namespace: str, document: Mapping, spec: Node | None) -> None:
        for step in ("jobTemplate", "spec") if kind == "CronJob" else ():
            spec = spec.get(step) if isinstance(spec, Mapping) else None
        template = spec.get("template") if isinstance(spec, Mapping) else None
        inner = document if kind == "Pod" else template
        pod = inner.get("spec") if isinstance(inner, Mapping) else None
        if not name or not isinstance(pod, Mapping):
            self._found.problems.append((_place(document), f"a {kind} without a name or without a pod"))
            return
        metadata = inner.get("metadata") if isinstance(inner, Mapping) else None
        labels = _texts(metadata.get("labels")) if isinstance(metadata, Mapping) else {}
        self._pods.append(_Pod(name, namespace, labels, pod, _place(document)))

    def _ingress(self, spec: Mapping, namespace: str) -> None:
        for rule in _items(spec.get("rules")):
            http = rule.get("http")
            for path in _items(http.get("paths") if isinstance(http, Mapping) else None):
                backend = path.get("backend")
                service = backend.get("service") if isinstance(backend, Mapping) else None
                name = _text(service.get("name")) if isinstance(service, Mapping) else ""
                name = name or (_text(backend.get("serviceName")) if isinstance(backend, Mapping) else "")
                if name and _text(rule.get("host")):
                    self._hosts.setdefault((namespace, name), []).append(_text(rule.get("host")))

    def finish(self) -> None:
        """Joins what was noted."""
        for pod in self._pods:
            names: list[str] = []
            for service, namespace, selector in self._services:
                if namespace == pod.namespace and selector and selector.items() <= pod.labels.items():
                    names += [service, f"{service}.{namespace}", f"{service}.{namespace}.svc"]
                    names += [f"{service}.{namespace}.svc.cluster.local", *self._hosts.get((namespace, service), ())]
            settings: list[Set] = []
            image = ""
            for container in (*_items(pod.spec.get("containers")), *_items(pod.spec.get("initContainers"))):
                image = image or _text(container.get("image"))
                settings += self._settings(container, pod.namespace)
            self._found.workloads.append(
                Workload(pod.name, pod.at, tuple(dict.fromkeys(names)), None, image, tuple(settings))
            )

    def _settings(self, container: Mapping, namespace: str) -> Iterator[Set]:
        for source in _items(container.get("envFrom")):
            prefix = _text(source.get("prefix"))
            reference = source.get("configMapRef")
            name = _text(reference.get("name")) if isinstance(reference, Mapping) else ""
            for one in self._maps.get((namespace, name), {}).values():
                yield Set(f"{prefix}{one.name}", one.host, at=one.at)
        for entry in _items(container.get("env")):
            name, source_of = _text(entry.get("name")), entry.get("valueFrom")
            at = _place(entry)
            if not name:
                self._found.problems.append((at, "a setting without a name"))
            elif isinstance(source_of, Mapping):
                yield self._from(name, source_of, namespace, at)
            else:
                yield Set(name, host_of(_text(entry.get("value"))), at=at)

    def _from(self, name: str, source: Mapping, namespace: str, at: str) -> Set:
        if "secretKeyRef" in source:
            return Set(name, is_secret=True, at=at)
        reference = source.get("configMapKeyRef")
        if not isinstance(reference, Mapping):
            return Set(name, at=at)
        held = self._maps.get((namespace, _text(reference.get("name"))), {}).get(_text(reference.get("key")))
        if held is None:
            self._found.problems.append((at, f"{name} is taken from a ConfigMap that is not here"))
        return Set(name, held.host if held is not None else "", at=at)


def _items(node: Node | None) -> list[Mapping]:
    return [item for item in node if isinstance(item, Mapping)] if isinstance(node, Sequence) else []


def _texts(node: Node | None) -> dict[str, str]:
    return {key: _text(value) for key, value in node.items()} if isinstance(node, Mapping) else {}
