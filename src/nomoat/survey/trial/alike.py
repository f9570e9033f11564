"""Classes of packages that are not here and are named after one that is described: `drf_more.CachingDefaultRouter`.

What is registered on such a router are classes of the tree, and it hands every request to them: where their routes
stand is told by its name, which is noted, and what they ask of a caller by themselves.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.trial.values import Value

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Binding
    from nomoat.survey.trial.machine import Machine
    from nomoat.survey.trial.values import Env

#: The end of a name, the class that is described for it, and as whose routes its own are told.
_ALIKE = (
    (re.compile(r"Nested(Simple|Default)?Router$"), "rest_framework.alike.NestedRouter", "a nested router"),
    (re.compile(r"SimpleRouter$"), "rest_framework.alike.SimpleRouter", "REST framework's SimpleRouter"),
    (re.compile(r"DefaultRouter$"), "rest_framework.alike.DefaultRouter", "REST framework's DefaultRouter"),
)
#: Packages whose routers are described, or are no framework's of classes.
_KNOWN = frozenset(("rest_framework", "rest_framework_nested", "rest_framework_extensions", "dynamic_rest"))


def described_like(run: Machine, env: Env, binding: Binding, module: str, name: str) -> Value | None:
    """The described class that one of a package that is not here is named after; None where there is none.

    Only where the tree speaks of the framework.
    """
    like, whose = next((found for ending, *found in _ALIKE if ending.search(name)), ("", ""))
    package = module.partition(".")[0]
    if not like or package in _KNOWN or not run.program.words.files(b"rest_framework"):
        return None
    found = run.by_name(like)
    place = env.scope.module.at(binding.node) if binding.node is not None else env.scope.module.path
    run.around.lost.setdefault(
        place, f"{name} of the package {package} is not here: its routes are told as those of {whose}"
    )
    return found
