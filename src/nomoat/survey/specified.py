"""Routes that a description of an API registers: each operation is answered by the function that its id names.

Takes the registration (`app.add_api("openapi.yaml", base_path=..., resolver=...)`); gives one `Operated` for each
operation, and what could not be read. What a package makes of an id and of `security` is in the library, in Python.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from nomoat.datafile import Mapping, Node, Place, Sequence
from nomoat.datafile import Value as Scalar
from nomoat.survey.given import Given
from nomoat.survey.readers import openapi
from nomoat.survey.readers.openapi import Operation, Parameter, Specification
from nomoat.survey.trial.machine import ExhaustedError, Limits, Machine, RaisedError
from nomoat.survey.trial.registry import Entry, Registry
from nomoat.survey.trial.requests import tags_of_cookie, tags_of_header, tags_of_query
from nomoat.survey.trial.scanning import dotted
from nomoat.survey.trial.statements import Trial
from nomoat.survey.trial.values import (
    CALLER,
    FILLED,
    INPUT,
    VAGUE,
    Class,
    Const,
    FileOf,
    Function,
    Items,
    Object,
    Table,
    Thing,
    Value,
    options,
)

#: What a path parameter matches, by its type and format.
_CONVERTERS = {"integer": "int", "number": "float", "path": "path"}


@dataclass(frozen=True)
class Operated:
    """One operation: where it is served, what answers it, and what that is given."""

    method: str
    path: str
    at: str
    handler: Value
    original: Function | None
    given: tuple[Given, ...]
    #: The schemes that the document asks for.
    guard: str = ""


def operations(run: Machine, registry: Registry, entry: Entry) -> Iterator[Operated | tuple[str, str]]:
    """Every operation that a registration serves; a place with a reason for what cannot be read."""
    given = entry.argument(entry.verb.path)
    for option in options(given) if given is not None else ():
        if isinstance(option, Const) and option.value is None:
            continue
        found = _specification(run, registry, option, entry.at)
        if found is None:
            yield entry.at, "which description of an API is served here cannot be read"
            continue
        yield from found.unread
        base = _base(entry.argument(entry.verb.prefix), found)
        if base is None:
            yield entry.at, "the path under which this description of an API is served cannot be read"
        for operation in found.operations:
            handler = _handler(run, registry, entry, operation, found)
            told = tuple(_given(operation))
            path = (base or "") + _path(operation)
            yield Operated(operation.method, path, operation.at, handler, _innermost(handler), told, _guard(operation))


# -- the document ----------------------------------------------------------------------------------------------------


def _specification(run: Machine, registry: Registry, value: Value, at: str) -> Specification | None:
    root = run.program.root
    if root is None:
        return None
    if isinstance(value, Table):
        node = _node(value, Place(at.rpartition(":")[0], int(at.rpartition(":")[2] or 1), 1))
        return openapi.of_node(root, node, at.rpartition(":")[0]) if node is not None else None
    for path in _places(registry, value):
        if (root / path).is_file():
            return openapi.read(root, path)
    text = value.path if isinstance(value, FileOf) else value.value if isinstance(value, Const) else None
    if isinstance(text, str) and text:
        return Specification(unread=[(at, f"the description of an API '{text}' is not in the tree")])
    return None


def _places(registry: Registry, value: Value) -> Iterator[str]:
    """Paths at which the document may stand, the likeliest first."""
    if isinstance(value, FileOf):
        yield value.path
    if not isinstance(value, Const) or not isinstance(value.value, str):
        return
    folder = posixpath.dirname(registry.module)
    told = registry.taken("folder")
    bases = [folder, ""]
    if isinstance(told, FileOf):
        bases.insert(0, told.path)
    elif isinstance(told, Const) and isinstance(told.value, str):
        bases = [posixpath.join(folder, told.value), told.value, *bases]
    for base in bases:
        path = posixpath.normpath(posixpath.join(base, value.value))
        if not path.startswith(("..", "/")):
            yield path


def _node(value: Value, place: Place, depth: int = 0) -> Node | None:
    """A literal of source as a document."""
    if depth > 40:
        return None
    if isinstance(value, Const) and isinstance(value.value, (str, int, float, bool, type(None))):
        return Scalar(value.value, place)
    if isinstance(value, Items):
        items = [_node(one, place, depth + 1) for one in value.values]
        return Sequence(tuple(one for one in items if one is not None), place)
    if isinstance(value, Table):
        entries = {str(key): _node(one, place, depth + 1) for key, one in value.entries.items()}
        known = {key: one for key, one in entries.items() if one is not None}
        return Mapping(known, place, dict.fromkeys(known, place))
    return None


def _base(given: Value | None, found: Specification) -> str | None:
    if given is None or (isinstance(given, Const) and given.value is None):
        return found.base_path
    first = options(given)[0]
    if not isinstance(first, Const) or not isinstance(first.value, str):
        return None
    return f"/{first.value.strip('/')}" if first.value.strip("/") else ""


def _path(operation: Operation) -> str:
    path = operation.path if operation.path.startswith("/") else f"/{operation.path}"
    for one in operation.parameters:
        converter = _CONVERTERS.get(one.format) or _CONVERTERS.get(one.type)
        if one.place == "path" and converter:
            path = path.replace("{" + one.name + "}", "{" + f"{one.name}:{converter}" + "}")
    return path


# -- what answers ----------------------------------------------------------------------------------------------------


def _handler(run: Machine, registry: Registry, entry: Entry, operation: Operation, found: Specification) -> Value:
    importer = run.program.modules.get(registry.module)
    scope = run.program.scope(importer) if importer is not None else None
    makers = entry.verb.made_by.split()
    maker = dotted(run, makers[0], scope) if makers else Const(None)
    if not isinstance(maker, Function):
        return Thing(why=f"which function answers {operation.id} cannot be read")
    resolver = entry.argument(entry.verb.handler) or Const(None)
    asked = dotted(run, makers[1], scope)
    made = Object(asked, _attributes(operation), operation.at) if isinstance(asked, Class) else asked
    # What resolves the ids runs when the application is put together, so all of it is followed.
    wiring = Trial(run.around, wires=True, limits=Limits(depth=20))
    try:
        return wiring.call(maker, (made, resolver, _security(operation, found)), {}, entry.at, maker.env)
    except (RaisedError, ExhaustedError, RecursionError):
        return Thing(why=f"which function answers {operation.id} cannot be read")


def _attributes(operation: Operation) -> dict[str, Value]:
    parts = [part for part in operation.path.split("/") if part]
    fixed = [part for part in parts if not (part[0] == "{" and part[-1] == "}")]
    ends_fixed = bool(parts) and parts[-1] in fixed
    return {
        "path": Const(operation.path),
        "method": Const(operation.method.lower()),
        "operation_id": Const(operation.id or None),
        "router_controller": Const(operation.controller or None),
        "resource_name": Const(".".join(fixed).replace("-", "_")),
        "is_collection": Const(operation.method == "GET" and bool(fixed) and ends_fixed),
    }


def _security(operation: Operation, found: Specification) -> Value:
    """Alternatives of (scheme, scopes), as the document has them."""
    return Items([
        Items([Items([_scheme(found, name), Items([Const(scope) for scope in scopes])]) for name, scopes in every])
        for every in operation.security or ()
    ])  # fmt: skip


def _scheme(found: Specification, name: str) -> Value:
    scheme = found.schemes.get(name)
    if scheme is None:
        return Table({"name": Const(name), "type": Const("")})
    entries: dict[object, Value] = {"name": Const(name), "type": Const(scheme.type), "scheme": Const(scheme.scheme)}
    entries.update({key: Const(text) for key, text in scheme.functions})
    return Table(entries)


def _given(operation: Operation) -> Iterator[Given]:
    for one in operation.parameters:
        marks = _marks(one)
        value = Thing(FILLED if one.place == "path" and one.type in ("", "string") else "", marks=marks)
        absent = Const(None, marks & (CALLER | VAGUE)) if "caller" in marks else None
        place = "body" if one.place == "formData" else one.place
        yield Given(one.name, value=value, absent=absent, place=place, type=one.told)
    for name in ("user", "token_info"):
        yield Given(name, value=Thing(marks=CALLER), absent=Const(None, CALLER))


def _guard(operation: Operation) -> str:
    return " or ".join(dict.fromkeys(" and ".join(name for name, _ in every) for every in operation.security or ()))


def _marks(parameter: Parameter) -> frozenset[str]:
    by_place = {"query": tags_of_query, "header": tags_of_header, "cookie": tags_of_cookie}
    return by_place[parameter.place](parameter.name) if parameter.place in by_place else INPUT


def _innermost(handler: Value) -> Function | None:
    value = handler
    while isinstance(value, Function) and value.wraps is not None and value.wraps is not value:
        value = value.wraps
    return value if isinstance(value, Function) else None
