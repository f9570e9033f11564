"""Reads a description of an API: OpenAPI 3 and Swagger 2, as YAML or JSON, split over several files of one tree or not.

Takes the root of the tree and a path in it, gives the operations with their security, and what could not be read. Size,
depth and aliases are bounded by `datafile`; a `$ref` is followed within the tree only, and never fetched.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nomoat import datafile
from nomoat.datafile import Mapping, Node, Sequence, Value
from nomoat.errors import DataFileError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_MAX_OPERATIONS = 5_000
_MAX_REFERENCES = 20
_VARIABLE = re.compile(r"\{(\w+)\}")
#: What makes a text only when it runs: a template of Jinja.
_TEMPLATE = re.compile(r"\{\{|\{%")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a caller may send: where (`path`, `query`, `header`, `cookie`, `body`) and of which type."""

    name: str
    place: str
    type: str = ""
    format: str = ""
    #: What else the document says of it: `enum`, a regular expression, the names in an object that may hold no others.
    says: str = ""

    @property
    def told(self) -> str:
        """Its type with what else is said of it: `integer`, `enum`, `string ^[a-z]+$`, `object {name, phone}`."""
        return self.says if self.says == "enum" else f"{self.type} {self.says}".strip()


@dataclass(frozen=True, slots=True)
class Scheme:
    """How somebody tells who they are. `functions` are the `x-...Func` of it, by their key."""

    name: str
    type: str
    scheme: str = ""
    place: str = ""
    parameter: str = ""
    functions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `security` is None where neither it nor the document says anything.

    `security` are alternatives; each names schemes that must all be met, with their scopes; an empty one asks nobody.
    """

    path: str
    method: str
    at: str
    id: str = ""
    controller: str = ""
    security: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...] | None = None
    parameters: tuple[Parameter, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass
class Specification:
    """A whole description. `unread` are places with a reason; where it is not empty, operations may be missing."""

    base_path: str = ""
    operations: list[Operation] = field(default_factory=list)
    schemes: dict[str, Scheme] = field(default_factory=dict)
    unread: list[tuple[str, str]] = field(default_factory=list)


def read(root: Path, path: str) -> Specification:
    """The description at `path`, which is relative to `root`; a document that cannot be read gives only the reason."""
    return _Reading(root).document(path)


def of_node(root: Path, document: Node, path: str) -> Specification:
    """The same of a document that was parsed already; `path` is where its references start."""
    reading = _Reading(root)
    reading.files[path] = document
    return reading.document(path)


class _Reading:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._real_root = root.resolve()
        self.files: dict[str, Node | None] = {}
        self._found = Specification()

    def document(self, path: str) -> Specification:
        node = self._file(path)
        if isinstance(node, Mapping):
            self._found.base_path = self._base_path(node)
            self._schemes(node, path)
            self._paths(node, path)
        elif node is not None:
            self._lost(f"{path}:1", "this is no description of an API: it holds no mapping")
        return self._found

    def _lost(self, at: str, why: str) -> None:
        if (at, why) not in self._found.unread:
            self._found.unread.append((at, why))

    # -- files and references ----------------------------------------------------------------------------------------

    def _file(self, path: str) -> Node | None:
        if path not in self.files:
            self.files[path] = self._loaded(path)
        return self.files[path]

    def _loaded(self, path: str) -> Node | None:
        whole = self._root / path
        try:
            if not whole.resolve().is_relative_to(self._real_root) or not whole.is_file():
                self._lost(path, "this description of an API is not in the tree")
                return None
            # What stands in a file never names the machine that it was read on.
            with whole.open("rb") as stream:
                raw = stream.read(datafile.MAX_BYTES + 1)
            return datafile.parse(raw, name=path)
        except OSError as error:
            self._lost(path, f"cannot be read: {error.strerror or type(error).__name__}")
        except DataFileError as error:
            template = isinstance(raw, bytes) and _TEMPLATE.search(raw.decode("utf-8", "replace"))
            why = "it is a template that is filled when it runs" if template else error.problems[0].what
            self._lost(error.problems[0].where or path, f"this description of an API cannot be read: {why}")
        return None

    def _resolved(self, node: Node | None, path: str) -> tuple[Node | None, str]:
        """What a node means behind its references, and the file that it stands in."""
        for _ in range(_MAX_REFERENCES):
            given = node.get("$ref") if isinstance(node, Mapping) else None
            if given is None:
                return node, path
            target = _text(given)
            where, _, pointer = target.partition("#")
            at = f"{path}:{given.place.line}"
            if where:
                inner = self._within(path, where)
                if inner is None:
                    self._lost(at, "what this refers to is not in the tree, and is not fetched")
                    return None, path
                path = inner
            node = _pointed(self._file(path), pointer)
            if node is None:
                self._lost(at, "what this refers to is not there")
                return None, path
        self._lost(path, "references here lead to one another without an end")
        return None, path

    def _within(self, path: str, reference: str) -> str | None:
        if urlsplit(reference).scheme or reference.startswith("/"):
            return None
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(reference)))
        return None if joined.startswith("..") or "\0" in joined else joined

    # -- parts of a document -----------------------------------------------------------------------------------------

    def _base_path(self, document: Mapping) -> str:
        if "swagger" in document:
            return _canonical(_text(document.get("basePath")))
        servers = document.get("servers")
        first = servers.items[0] if isinstance(servers, Sequence) and servers.items else None
        if not isinstance(first, Mapping):
            return ""
        variables = first.get("variables")

        def default(found: re.Match[str]) -> str:
            told = variables.get(found.group(1)) if isinstance(variables, Mapping) else None
            return _text(told.get("default")) if isinstance(told, Mapping) else found.group()

        return _canonical(urlsplit(_VARIABLE.sub(default, _text(first.get("url")))).path)

    def _schemes(self, document: Mapping, path: str) -> None:
        components = document.get("components")
        listed = components.get("securitySchemes") if isinstance(components, Mapping) else None
        listed, path = self._resolved(listed or document.get("securityDefinitions"), path)
        for name, node in listed.items() if isinstance(listed, Mapping) else ():
            found, _ = self._resolved(node, path)
            if isinstance(found, Mapping):
                functions = [(key, _text(one)) for key, one in found.items() if re.fullmatch(r"x-\w+(Func|Url)", key)]
                kind, scheme, place, parameter = (_text(found.get(key)) for key in ("type", "scheme", "in", "name"))
                self._found.schemes[name] = Scheme(name, kind, scheme, place, parameter, tuple(functions))

    def _paths(self, document: Mapping, path: str) -> None:
        listed, where = self._resolved(document.get("paths"), path)
        security = _security(document.get("security"))
        for template, node in listed.items() if isinstance(listed, Mapping) else ():
            if _TEMPLATE.search(template):
                self._lost(f"{where}:{node.place.line}", "this path is made when it runs")
                continue
            item, inner = self._resolved(node, where)
            if isinstance(item, Mapping) and not template.startswith("x-"):
                self._path(template, item, inner, security)
        if len(self._found.operations) > _MAX_OPERATIONS:
            del self._found.operations[_MAX_OPERATIONS:]
            self._lost(path, f"more than {_MAX_OPERATIONS} operations")

    def _path(self, template: str, item: Mapping, path: str, security: _Security) -> None:
        shared = tuple(self._parameters(item.get("parameters"), path))
        for method in METHODS:
            node, inner = self._resolved(item.get(method), path)
            if isinstance(node, Mapping):
                self._found.operations.append(self._operation(template, method, item, node, inner, shared, security))

    def _operation(
        self, template: str, method: str, item: Mapping, node: Mapping, path: str, shared: tuple[Parameter, ...],
        security: _Security,
    ) -> Operation:  # fmt: skip
        own = tuple(self._parameters(node.get("parameters"), path))
        body = tuple(self._body(node.get("requestBody"), path))
        controllers = ("x-openapi-router-controller", "x-swagger-router-controller")
        controller = next((text for one in (node, item) for key in controllers if (text := _text(one.get(key)))), "")
        place = item.key_places.get(method, node.place)
        tags = node.get("tags")
        return Operation(
            template,
            method.upper(),
            f"{place.file}:{place.line}",
            id=_text(node.get("operationId")),
            controller=controller,
            security=_security(node.get("security")) if "security" in node else security,
            parameters=(*{(one.name, one.place): one for one in (*shared, *own)}.values(), *body),
            tags=tuple(_text(tag) for tag in tags) if isinstance(tags, Sequence) else (),
        )

    def _parameters(self, listed: Node | None, path: str) -> Iterator[Parameter]:
        for node in listed if isinstance(listed, Sequence) else ():
            found, inner = self._resolved(node, path)
            if isinstance(found, Mapping):
                schema, _ = self._resolved(found.get("schema"), inner)
                typed = schema if isinstance(schema, Mapping) else found
                place = _text(found.get("in")).replace("formData", "form")
                kind, says = _text(typed.get("type")), _says(typed)
                yield Parameter(_text(found.get("name")), place, kind, _text(typed.get("format")), says)

    def _body(self, node: Node | None, path: str) -> Iterator[Parameter]:
        """The body that an operation takes: one object, if every kind of it is the same."""
        if node is None:
            return
        found, inner = self._resolved(node, path)
        content = found.get("content") if isinstance(found, Mapping) else None
        kinds = set()
        for _, one in content.items() if isinstance(content, Mapping) else ():
            schema, _ = self._resolved(one.get("schema") if isinstance(one, Mapping) else None, inner)
            kinds.add((_text(schema.get("type")), _says(schema)) if isinstance(schema, Mapping) else ("", ""))
        kind, says = kinds.pop() if len(kinds) == 1 else ("", "")
        yield Parameter("body", "body", kind, says=says)


def _says(schema: Mapping) -> str:
    """What a schema says of its values beside their type."""
    if isinstance(schema.get("enum"), Sequence) or "const" in schema:
        return "enum"
    properties, more = schema.get("properties"), schema.get("additionalProperties")
    if isinstance(properties, Mapping) and isinstance(more, Value) and more.data is False:
        return f"{{{', '.join(sorted(name for name, _ in properties.items()))}}}"
    return _text(schema.get("pattern"))


_Security = tuple[tuple[tuple[str, tuple[str, ...]], ...], ...] | None


def _security(node: Node | None) -> _Security:
    if not isinstance(node, Sequence):
        return None
    return tuple(
        tuple((name, tuple(_text(one) for one in scopes) if isinstance(scopes, Sequence) else ())
              for name, scopes in one.items())
        if isinstance(one, Mapping) else ()
        for one in node
    )  # fmt: skip


def _pointed(node: Node | None, pointer: str) -> Node | None:
    """What a pointer names in a document (RFC 6901)."""
    for part in pointer.split("/")[1:] if pointer.strip("/") else ():
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping):
            node = node.get(name)
        elif isinstance(node, Sequence) and name.isdigit() and int(name) < len(node):
            node = node.items[int(name)]
        else:
            return None
    return node


def _canonical(path: str) -> str:
    return f"/{path.strip('/')}" if path.strip("/") else ""


def _text(node: Node | None) -> str:
    return str(node.data) if isinstance(node, Value) and node.data is not None else ""
