"""Modules that a package of the tree does not have, though it asks for them: `try: from shop.extra import x`.

Whoever has the package has what is in its tree: there the import fails, and what is caught is what happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.symbols import Imported
from nomoat.survey.trial.values import Env

if TYPE_CHECKING:
    from nomoat.survey.trial.machine import Machine


def first_lacking(run: Machine, body: Body, env: Env) -> int | None:
    """The place of the first import in a block that fails because the tree has no such module; None where none does."""
    return next((place for place, node in enumerate(body) if _lacks(run, node, env)), None)


def _lacks(run: Machine, node: Node, env: Env) -> bool:
    if node[0] == form.IMPORT:
        return any(_is_lacking(run, Imported(dotted, 0, None, True), env) for dotted, _ in node[3])
    return node[0] == form.FROM_IMPORT and _is_lacking(run, Imported(node[3], node[4], None, True), env)


def _is_lacking(run: Machine, imported: Imported, env: Env) -> bool:
    importer = env.scope.module
    if importer.is_library or not imported.module or run.program.imported_module(importer, imported) is not None:
        return False
    if imported.level:
        return True
    package, _, inner = imported.module.partition(".")
    above = run.program.imported_module(importer, Imported(package, 0, None, True)) if inner else None
    return above is not None and not above.module.is_library
