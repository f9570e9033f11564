"""The class that an attribute is declared to have: `auth: AuthService` in a class of which only the type is known.

Whoever gets such an attribute knows by which methods it answers, and nothing else of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python import form

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.machine import Machine


def declared(run: Machine, cls: Scope | None, name: str) -> Scope | None:
    """The class of the tree that is declared for an attribute; None where none is."""
    for base in run.program.bases(cls) if cls is not None and not run.wires else ():
        if isinstance(base, str) or name not in base.bindings:
            continue
        for node in base.body:
            if node[0] == form.ANNOTATED and node[3][0] == form.NAME and node[3][3] == name:
                found = run.program.annotation(base, node[4])
                return found.scope if found.kind == "instance" else None
    return None


__all__ = ["declared"]
