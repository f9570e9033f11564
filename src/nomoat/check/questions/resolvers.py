"""GraphQL: fields that give one object by a key of the caller and never ask whose it is, and mutations for anyone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.model import Route
from nomoat.check.questions.addressed import addressed
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.words import is_identifier, name_of
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


_CHANGES = frozenset(("create", "save", "delete", "update", "bulk_create", "add", "commit", "get_or_create"))
#: Mutations that everybody is meant to call.
_MEANT = re.compile(
    r"log_?in|sign_?(in|up)|regist|token|forgot|reset|verif|confirm|activat|contact|subscri|refresh", re.I
)


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


def open_mutations(asked: Asked) -> Iterator[Answer]:
    """Mutations that change rows for anyone: the route of the schema is open, and nothing in them asks who calls."""
    opened = next((one for one in asked.routes if _is_of_schema(one) and one.verdict == "unguarded"), None)
    program = asked.registrations.program
    for path in program.words.matching(_MAY_RESOLVE, _WORDS) if opened is not None else ():
        if TEST_FILE.search(path):
            continue
        for scope in program.functions(within=program.modules[path]):
            if scope.node is None or not _changes_by_name(asked, scope) or not _resolves(asked, scope):
                continue
            around = scope.parent.node if scope.is_method and scope.parent is not None else None
            text = scope.module.text(around or scope.node)
            model = _changed(asked, scope)
            if model is None or _ASKS.search(text) or _MEANT.search(_name(scope)):
                continue
            assert opened is not None
            yield Answer(
                None,
                f"anyone can change {model.name} by the mutation {_name(scope)}",
                f"{name_of(opened)} is open, and nothing here asks who is calling",
                "a schema is guarded where its fields are: the one route of it lets everybody in",
                "ask first: if not info.context.user.is_authenticated: raise PermissionError",
                "sure", Place(scope.module, scope.node),
            )  # fmt: skip


def _is_of_schema(route: Route) -> bool:
    return "graphql" in route.handler.lower() or route.path.rstrip("/").endswith("graphql")


def _changes_by_name(asked: Asked, scope: Scope) -> bool:
    """Whether a function is a mutation: `mutate` of graphene, `@strawberry.mutation`, a field of `MutationType`."""
    if scope.name.startswith("mutate"):
        return True
    if len(scope.decorators) != 1 or scope.parent is None:
        return False
    decorator = scope.decorators[0]
    called = decorator[3] if decorator[0] == form.CALL else decorator
    program = asked.registrations.program
    base = called[3] if called[0] == form.ATTRIBUTE else called
    names = {program.resolve(scope.parent, called).name, program.resolve(scope.parent, base).name}
    return bool(names & {"strawberry.mutation", "ariadne.MutationType"})


def _changed(asked: Asked, scope: Scope) -> Scope | None:
    """The class of rows that a function makes, changes or deletes."""
    for site in asked.registrations.program.calls(scope):
        if site.callee.name.rpartition(".")[2] not in _CHANGES:
            continue
        for node in form.walk(scope.body):
            found = asked.registrations.program.resolve(scope, node).scope if node[0] == form.NAME else None
            if found is not None and found.is_class and asked.is_row(found):
                return found
    return None


def _name(scope: Scope) -> str:
    is_plain = scope.name.startswith("mutate") and scope.parent is not None and scope.parent.is_class
    return scope.parent.name if is_plain and scope.parent is not None else scope.name
