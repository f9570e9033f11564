"""Bases that are not here and are named after a class that is described: `theirs.views.AuditedModelViewSet`.

Takes the dotted name of such a base; gives the described class whose members the base has besides its own.
"""

from __future__ import annotations

import re

#: The end of a name, and the module and name of the class that is described for it; the first that fits is taken.
_ALIKE = (
    (re.compile(r"ReadOnly(Model)?ViewSet$"), "rest_framework.alike", "ReadOnlyModelViewSet"),
    (re.compile(r"ModelViewSet$"), "rest_framework.alike", "ModelViewSet"),
    (re.compile(r"GenericViewSet$"), "rest_framework.alike", "GenericViewSet"),
    (re.compile(r"CreateModelMixin$"), "rest_framework.mixins", "CreateModelMixin"),
    (re.compile(r"ListModelMixin$"), "rest_framework.mixins", "ListModelMixin"),
    (re.compile(r"RetrieveModelMixin$"), "rest_framework.mixins", "RetrieveModelMixin"),
    (re.compile(r"UpdateModelMixin$"), "rest_framework.mixins", "UpdateModelMixin"),
    (re.compile(r"DestroyModelMixin$"), "rest_framework.mixins", "DestroyModelMixin"),
)  # fmt: skip


def described_for(base: str) -> tuple[str, str] | None:
    """Module and name of the described class that a base which is not here is named after; None without one."""
    if base.startswith("?"):
        return None
    name = base.rpartition(".")[2]
    return next(((module, like) for ending, module, like in _ALIKE if ending.search(name)), None)
