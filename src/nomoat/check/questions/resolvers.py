"""Fields of GraphQL that give one object by a key of the caller, and never ask whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.check.questions.addressed import addressed
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.words import is_identifier
from nomoat.survey.python import form
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_MAY_RESOLVE = re.compile(rb"\bgraphene\b|\bstrawberry\b|\bariadne\b")
_WORDS = (b"graphene", b"strawberry", b"ariadne")
_TYPES = frozenset((
    "graphene.ObjectType", "graphene.Mutation", "graphene.types.objecttype.ObjectType",
    "graphene.types.mutation.Mutation", "graphene.relay.ClientIDMutation",
))  # fmt: skip
_FIELDS = frozenset(("strawberry.field", "strawberry.mutation"))
_BINDABLES = frozenset(("ariadne.QueryType", "ariadne.MutationType", "ariadne.ObjectType"))
#: What a resolver knows of who is calling.
_ASKS = re.compile(r"\bcontext\b|\buser\b|permission|\bme\b|owner|tenant", re.I)


def resolvers(asked: Asked) -> Iterator[Answer]:
    """Resolvers and mutations that look an owned row up by an argument alone."""
    program = asked.registrations.program
    for path in program.words.matching(_MAY_RESOLVE, _WORDS):
        if TEST_FILE.search(path):
            continue
        for scope in program.functions(within=program.modules[path]):
            if scope.node is None or not _resolves(asked, scope) or _ASKS.search(scope.module.text(scope.node)):
                continue
            yield from _looked_up(asked, scope)


def _resolves(asked: Asked, scope: Scope) -> bool:
    program = asked.registrations.program
    owner = scope.parent
    if scope.is_method and owner is not None and program.resolver.classes.is_a(owner, _TYPES):
        # What is put around it may ask who calls.
        return scope.name.startswith(("resolve_", "mutate")) and not scope.decorators
    if len(scope.decorators) != 1 or owner is None:
        return False
    decorator = scope.decorators[0]
    if decorator[0] == form.CALL and form.keyword(decorator, "permission_classes") is not None:
        return False
    called = decorator[3] if decorator[0] == form.CALL else decorator
    if program.resolve(owner, called).name in _FIELDS:
        return True
    base = called[3] if called[0] == form.ATTRIBUTE and called[4] == "field" else None
    return base is not None and program.resolve(owner, base).name in _BINDABLES


def _looked_up(asked: Asked, scope: Scope) -> Iterator[Answer]:
    for parameter in scope.parameters:
        name = parameter[form.P_NAME]
        if not is_identifier(name):
            continue
        for model in addressed(asked, scope, name):
            column = asked.owner_through(model)
            if column:
                assert scope.node is not None
                yield Answer(
                    None,
                    f"the field {scope.name.removeprefix('resolve_')} gives any {model.name}, whoever owns it",
                    f"{model.name} is looked up by {name} alone",
                    f"{column} says whose each row is, and nothing here asks who is calling",
                    f"look it up for who is calling: {column.replace('.', '__')}=info.context.user",
                    "sure", Place(scope.module, scope.node),
                )  # fmt: skip
                return
