"""The JSON Schema of `nomoat map --format json`, made from the records of the map."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, get_args, get_origin, get_type_hints

from nomoat.appmap.ids import METHODS
from nomoat.appmap.model import FORMAT, Map, Parameter, Route

_NAME = "https://json-schema.org/draft/2020-12/schema"


def document() -> dict[str, Any]:
    """The whole schema."""
    definitions: dict[str, Any] = {}
    body = _record(Map, definitions)
    properties = {"format": {"const": FORMAT}, **body["properties"]}
    return {
        "$schema": _NAME,
        "title": "The map of an application",
        "description": "What `nomoat map --format json` prints. Later versions of format 1 may add fields.",
        "type": "object",
        "required": ["format", *body["properties"]],
        "properties": properties,
        "$defs": dict(sorted(definitions.items())),
    }


def _record(kind: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties: dict[str, Any] = {}
    for item in dataclasses.fields(kind):
        name = "in" if kind is Parameter and item.name == "location" else item.name
        properties[name] = _type(hints[item.name], definitions)
    if kind is Route:
        properties["id"] = {"type": "string", "pattern": _route_pattern()}
        properties["key"] = {"type": "string", "pattern": _route_pattern()}
        properties["method"] = {"enum": list(METHODS)}
    return {"type": "object", "required": list(properties), "properties": properties}


def _route_pattern() -> str:
    return rf"^route:[^/]+/({'|'.join(METHODS)}) (/|\*|$)"


def _type(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}
            definitions[kind.__name__] = _record(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    origin = get_origin(kind)
    if origin is tuple:
        inner = get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return {"type": "array", "items": _type(inner[0], definitions)}
        return {"type": "array", "prefixItems": [_type(one, definitions) for one in inner], "items": False}
    if origin is typing.Literal:
        return {"enum": list(get_args(kind))}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_type(one, definitions) for one in get_args(kind)]}
    if kind is type(None):
        return {"type": "null"}
    return {"type": {str: "string", int: "integer", bool: "boolean"}[kind]}


def text() -> str:
    """The schema as it is published in `docs/reference/map.schema.json`."""
    import json

    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
