"""Which of a rule's call names a call site has: dotted names as resolved, `*.execute` for a method of anything."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from functools import lru_cache

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope


@lru_cache(maxsize=512)
def _compiled(names: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str] | None, frozenset[str]]:
    exact = frozenset(name for name in names if "*" not in name)
    # `*.execute`; what has more dots or stars is compared as a whole.
    methods = frozenset(name[2:] for name in names if re.fullmatch(r"\*\.\w+", name))
    rest = [fnmatch.translate(name) for name in names if "*" in name and name[2:] not in methods]
    return exact, re.compile("|".join(rest)) if rest else None, methods


@lru_cache(maxsize=512)
def globs(names: tuple[str, ...]) -> re.Pattern[str]:
    """What matches one of these names, `*` allowed, whatever its case."""
    return re.compile("|".join(map(fnmatch.translate, names)), re.I)


def last_words(names: Iterable[str]) -> frozenset[str]:
    """The last part of each name: a call without one of these cannot match, so it need not be resolved."""
    return frozenset(name.rpartition(".")[2] for name in names)


def called(program: Program, scope: Scope, call: Node, names: tuple[str, ...]) -> bool:
    """Whether a CALL is one of these. A method of a class of the project itself is none of `*.name`."""
    return means(program, scope, call[3], names)


def means(program: Program, scope: Scope, node: Node, names: tuple[str, ...]) -> bool:
    """Whether an expression means one of these names, like `called` of what it calls."""
    exact, pattern, methods = _compiled(names)
    found = program.resolve(scope, node)
    for one in found.all:
        if _is_own(one):
            continue
        name = one.name.removeprefix("builtins.")
        if name and (name in exact or (pattern is not None and pattern.match(name))):
            return True
    if node[0] != form.ATTRIBUTE or any(_is_own(one) for one in found.all):
        return False
    if node[4] in methods:
        return True
    # `*.objects.get` of something unknown, as it is written.
    written = form.dotted(node) if pattern is not None else None
    return pattern is not None and written is not None and pattern.match(written) is not None


def _is_own(one: Resolved) -> bool:
    """Whether it is defined in the project; what is described of a package is the package's."""
    return one.kind in ("function", "class") and one.scope is not None and not one.scope.module.is_library
