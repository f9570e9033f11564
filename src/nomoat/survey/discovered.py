"""Controllers that nothing names: code that looks through packages finds them and registers them.

`for module in walk_packages(domain.__path__): handlers += controllers_of(import_module(module))`. Takes the trial that
wired a program; puts such classes into the list of the only application that there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.survey.inherited import below
from nomoat.survey.models import Models
from nomoat.survey.python import form
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.statements import Trial
from nomoat.survey.trial.values import Items

#: Words of which one is there where code looks for modules by their names.
_LOOKING = (b"import_module", b"walk_packages", b"iter_modules", b"litestar_autowire")


def controllers(trial: Trial, program: Program, models: Models) -> None:
    """Registers the controllers that nothing names, where something looks for them."""
    if not models.controllers or not any(map(program.words.files, _LOOKING)):
        return
    packages = {one.partition(".")[0] for one in models.controllers}
    applications = [one for one in trial.registries if _serves(one, packages)]
    handlers = _list_of(applications[0]) if len(applications) == 1 else None
    if handlers is None:
        return
    found = [one for one in _controllers(program, models) if not _is_named(program, one)]
    handlers.values.extend(trial.class_of(one) for one in found)


def _serves(registry: Registry, packages: set[str]) -> bool:
    is_own = registry.kind.is_application and registry.name.partition(".")[0] in packages
    return is_own and not TEST_FILE.search(registry.module or registry.at)


def _list_of(application: Registry) -> Items | None:
    spot = application.kind.takes.get("routes")
    held = application.held(spot.names[0]) if spot is not None and spot.names else None
    return held if isinstance(held, Items) else None


def _controllers(program: Program, models: Models) -> Iterator[Scope]:
    """The classes of the tree that hold routes, but those of which others are made."""
    words = sorted({one.rpartition(".")[2].encode() for one in models.controllers})
    written = re.compile(rb"^class\s+\w+\s*\([^)]*\b(?:%s)\b" % b"|".join(map(re.escape, words)), re.M)
    for path in program.words.matching(written, words):
        if TEST_FILE.search(path):
            continue
        for cls in program.classes(within=program.modules[path]):
            if models.controllers.keys().isdisjoint(one for one in program.bases(cls) if isinstance(one, str)):
                continue
            heirs = [one for one in below(program, cls) if not TEST_FILE.search(one.module.path)]
            bases = {base for one in heirs for base in program.bases(one)[1:]}
            yield from (one for one in (cls, *heirs) if one not in bases)


def _is_named(program: Program, cls: Scope) -> bool:
    """Whether code says its name, other than to import it or to give it on: who says it knows where it belongs."""
    for path in program.words.files(cls.name.encode()):
        if TEST_FILE.search(path):
            continue
        module = program.modules[path]
        for scope in program.scopes(within=module):
            nodes = (node for node in scope.nodes if node[0] == form.NAME and node[3] == cls.name)
            if any(one.scope is cls for node in nodes for one in program.resolve(scope, node).all):
                return True
    return False


__all__ = ["controllers"]
