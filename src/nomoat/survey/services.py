"""Divides what was wired into services: by `services:` of the settings, else one, named after project or folder."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from nomoat.appmap.model import Protection, Service
from nomoat.settings import ServiceSettings, Settings
from nomoat.survey.found import Around, Found
from nomoat.survey.guards import Judge
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.routing import UNREAD_LISTS, Layer
from nomoat.survey.stray import strays
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.statements import Trial
from nomoat.survey.wiring import Wiring

_EXAMPLE = re.compile(
    r"(^|/)(examples?|docs?|docs_src|samples?|demos?|benchmarks?|tutorials?|snippets?|templates?|fixtures?)/"
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.I)


@dataclass
class Part:
    """One service with its routes."""

    service: Service
    routes: list[Found] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


def divide(wiring: Wiring, judge: Judge, *, path: Path, settings: Settings | None) -> list[Part]:
    """The services of a program."""
    layer = Layer(judge._reader)
    nesting: set[Registry] = set()
    applications = [one for one in wiring.registries if one.kind.is_application]
    for registry in wiring.registries:
        if TEST_FILE.search(registry.at.rpartition(":")[0]):
            continue  # What tests alone include is served by whoever else includes it.
        # What is mounted or included somewhere is no service of its own.
        layer.used.clear()
        layer.application(registry)
        for other in layer.used - {registry}:
            other.is_used = True
            if other.at == registry.at:
                nesting.add(registry)  # One constructor makes the whole and each of its parts.
    included: dict[str, int] = {}
    for one in applications:
        included[one.at] = max(included.get(one.at, 0), len(one.entries) if one.is_used else 0)
    # What a tool makes of the same factory, a document of its routes perhaps, is the application that is included.
    roots = [
        one
        for one in applications
        if one.is_root or not (one.is_used or (0 < len(one.entries) <= included[one.at] and one not in nesting))
    ]
    declared = settings.services if settings is not None else ()
    if declared:
        return [_declared(layer, service, roots, wiring) for service in declared]
    return [_whole(layer, judge._reader, roots, wiring, path)]


def _declared(layer: Layer, service: ServiceSettings, roots: list[Registry], wiring: Wiring) -> Part:
    module, _, variable = service.app.partition(":")
    own = [root for root in roots if _lies_in(root.module or root.at, service.root)]
    if service.app:
        named = [root for root in own if _is_app(root, module, variable, service.root)]
        own = named or own
    part = _part(layer, own, service.name, service.root, service.app)
    if not own:
        part.unread.append((service.root, f"no application of the service {service.name} was found here"))
    return part


def _is_app(root: Registry, module: str, variable: str, folder: str) -> bool:
    path = module.replace(".", "/")
    places = (f"{path}.py", f"{path}/__init__.py")
    here = root.module
    fits = any(here == place or here.endswith(f"/{place}") for place in places)
    return (fits and variable.partition(".")[0].removesuffix("()") in (root.variable, "")) or (
        fits and not root.variable
    )


def _lies_in(path: str, folder: str) -> bool:
    folder = folder.strip("./")
    return not folder or path.startswith(f"{folder}/")


def _whole(layer: Layer, run: Trial, roots: list[Registry], wiring: Wiring, path: Path) -> Part:
    """One service: everything that is no test and, where there is more, no example."""
    left: list[tuple[str, str]] = []
    for pattern, what in ((TEST_FILE, "of tests"), (_EXAMPLE, "of an example")):
        chosen = [root for root in roots if not pattern.search(root.at.rpartition(":")[0])]
        if chosen or pattern is TEST_FILE:
            left += [
                (root.at, f"an application {what} is no part of the service") for root in roots if root not in chosen
            ]
            roots = chosen
    layer.lost.clear()
    part = _part(layer, roots, service_name(path), ".", "")
    _orphans(layer, part, wiring, roots)
    if not roots or any(why in UNREAD_LISTS for _, why in part.unread):
        listed = strays(layer, run, {found.cls.scope for found in part.routes if found.cls is not None})
        part.routes += listed.routes
        part.unread += listed.unread
    return part


def _orphans(layer: Layer, part: Part, wiring: Wiring, roots: list[Registry]) -> None:
    """Routers that nothing includes: served only where an inclusion cannot be read, or elsewhere."""
    free = [
        one
        for one in wiring.registries
        if not one.kind.is_application and not one.is_used and not TEST_FILE.search(one.at.rpartition(":")[0])
    ]
    lost = list(layer.lost)
    if not free or (roots and not lost):
        return
    # Wherever it is included, this stands around it; where inclusions differ, it cannot be told which of them holds it.
    around = lost[0] if lost else Around()
    if any(_differs(one, around) for one in lost):
        around = replace(around, doubt="which router is included where cannot be read")
    for router in free:
        layout = layer.router(router, around)
        part.routes += layout.routes
        part.unread += layout.unread
        if not lost and layout.routes:
            part.unread.append((router.at, "no application here includes this router"))


def _differs(one: Around, other: Around) -> bool:
    return (one.prefix, one.dependencies, one.middleware, one.before) != (
        other.prefix, other.dependencies, other.middleware, other.before,
    )  # fmt: skip


def _part(layer: Layer, roots: list[Registry], name: str, folder: str, app: str) -> Part:
    frameworks = sorted({root.kind.framework for root in roots})
    if not app and len(roots) == 1 and roots[0].variable:
        app = f"{_dotted(roots[0].module)}:{roots[0].variable}"
    modes = {root.protection for root in roots}
    # Of several applications, the least protected counts.
    protected: Protection | None = "enforce" if modes == {"enforce"} else "audit" if modes and "" not in modes else None
    part = Part(Service(name, ", ".join(frameworks), folder, app, protected))
    for root in roots:
        layout = layer.application(root)
        part.routes += layout.routes
        part.unread += layout.unread
    part.unread = list(dict.fromkeys(part.unread))
    return part


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def service_name(path: Path) -> str:
    """The name of the project in `pyproject.toml`, else of the folder; fit for an id."""
    import tomllib

    folder = path if path.is_dir() else path.parent
    name = ""
    try:
        with (folder / "pyproject.toml").open("rb") as stream:
            document = tomllib.load(stream)
        project = document.get("project") or document.get("tool", {}).get("poetry") or {}
        name = str(project.get("name") or "") if isinstance(project, dict) else ""
    except (OSError, ValueError, AttributeError):
        name = ""
    name = name or folder.resolve().name
    found = _NAME.search(re.sub(r"[^a-z0-9._-]+", "-", name, flags=re.I).strip("-._"))
    return found.group() if found else "service"
