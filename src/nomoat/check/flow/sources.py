"""Where request data enters: the parameters of a handler and of what it depends on, by their types."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from nomoat.check.flow import parts, vocabulary
from nomoat.check.flow.taint import Environment, Step, Taint
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope

#: A pattern with one of these lets nearly anything through: `.*`, `\S+`, `[^/]`.
_LOOSE = re.compile(r"(?<!\\)\.(?=[*+{?])|\\[SDW]|(?<!\\)\[\^")

#: A class of what is allowed, with what stands in it.
_CLASS = re.compile(r"(?<!\\)\[(?!\^)((?:\\.|[^\]\\])*)\]")

#: Types of pydantic and others whose values are texts.
_TEXTS = frozenset(("str", "EmailStr", "NameEmail", "AnyUrl", "AnyHttpUrl", "HttpUrl", "StrictStr"))

#: What a dependency gives, for a parameter that asks for it; its own parameters are request data.
Depended = Callable[[Scope], Taint | None]


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that a framework calls with request data: where it stands and the names in its path."""

    scope: Scope
    #: Parameters in the path of the route that cannot hold a slash.
    in_path: frozenset[str] = frozenset()
    #: Parameters that a converter of the path has made something other than text: `{order_id:int}`.
    converted: frozenset[str] = frozenset()
    #: Where a framework gives a handler only what stands in the path: those names, whatever else decorators hand in.
    given: frozenset[str] | None = None
    #: Parameters that are objects with certain keys and no others.
    closed: frozenset[str] = frozenset()
    #: Fields of its own object that hold data: `self.headers`.
    kept: frozenset[str] = frozenset()
    #: Whether text that it returns is sent as HTML.
    answers_html: bool = False
    #: Whether the map knows a route that leads here. Without one nothing is sure: nobody may be able to call it.
    is_on_map: bool = True


def environment(program: Program, handler: Handler, depended: Depended) -> Environment:
    """The names of a handler that hold what the caller wrote; what the framework converts is left out."""
    scope = handler.scope
    found: Environment = {}
    for place, parameter in enumerate(scope.parameters):
        name = parameter[form.P_NAME]
        if place == 0 and scope.is_method and name in ("self", "cls"):
            continue
        taint = _of_parameter(program, handler, parameter, depended)
        if taint is not None:
            found[name] = taint if handler.is_on_map else taint.less_sure("likely")
    for path in handler.kept:
        found[path] = Taint(path, (Step(scope, scope.node or (), f"the caller writes {path}"),))
    if scope.is_method:
        # Class-based views of Django keep what stands in the path in `self.kwargs`.
        for name in (handler.given or frozenset()) - handler.converted:
            taint = Taint(name, (Step(scope, scope.node or (), f"the caller writes {name}"),)).as_text()
            found[f"self.kwargs[{name!r}]"] = taint.without(("path",)) if name in handler.in_path else taint
    return found


def part(scope: Scope, node: Node, request: Taint | None) -> Taint:
    """What an ATTRIBUTE of a request holds, as `request.args`."""
    name = node[4]
    source = f"request.{name}"
    taint = Taint(source, (Step(scope, node, f"the caller writes {source}"),))
    if request is not None:
        taint = taint.less_sure(request.confidence)
    if name in parts.WEAK_PARTS:
        # Where he is sent to, or what he is shown, is what his own browser says.
        is_own = "path" in name or name in ("url", "base_url")
        taint = taint.without(("redirect", "url") if is_own else ("redirect", "html"))
    return taint


def item(scope: Scope, node: Node, taint: Taint, key: object) -> Taint:
    """An item of a part of a request: `request.query_params["name"]` is called so, not by the whole."""
    name = taint.source.removeprefix("request.")
    if name == taint.source or "[" in name:
        return taint
    if name in parts.TEXT_PARTS:
        taint = taint.as_text()
    if name in parts.UPLOADS:
        taint = taint.without(("path", "url"))
    if not isinstance(key, str):
        return taint
    if key.lower() in parts.WEAK_HEADERS and name in ("headers", "META"):
        taint = taint.without(("redirect", "html"))
    named = f"{taint.source}[{key!r}]"
    return replace(taint, source=named, trail=(Step(scope, node, f"the caller writes {named}"),))


def fields(program: Program, cls: Scope) -> Environment:
    """What the caller writes into a class without a constructor of its own: a dataclass, a model of pydantic."""
    found: Environment = {}
    for base in program.bases(cls):
        for name, bindings in base.bindings.items() if isinstance(base, Scope) else ():
            binding = next((one for one in bindings if one.annotation is not None), None)
            if binding is None or binding.annotation is None or name in found or not isinstance(base, Scope):
                continue
            converted = is_converted_type(program, base, binding.annotation)
            if not converted and not is_matched(program, base, binding.value):
                taint = Taint(name, (Step(base, binding.node, f"the caller writes {name}"),))
                found[name] = taint.as_text() if is_text(program, base, binding.annotation) else taint
    return found


def _of_parameter(program: Program, handler: Handler, parameter: Node, depended: Depended) -> Taint | None:
    scope = handler.scope
    name, annotation, default = parameter[form.P_NAME], parameter[form.P_ANNOTATION], parameter[form.P_DEFAULT]
    if parameter[form.P_KIND] in (form.VARARGS, form.KWARGS):
        # `**arguments` of a resolver; those of a view are the names in its path.
        is_given = handler.given is not None and name in handler.given
        return _written(scope, parameter, name) if is_given else None
    for node in (default, annotation):
        asked = dependency(program, scope, node, annotation)
        if asked is not None:
            return depended(asked.scope) if asked.scope is not None else None
    if name in handler.converted:
        return None
    if handler.given is not None and name not in handler.given and name not in parts.REQUEST_NAMES:
        return None
    if annotation is None:
        return _request(name) if name in parts.REQUEST_NAMES else _in_path(handler, parameter)
    meant = program.annotation(scope.parent or scope, annotation)
    names = {one.name for one in meant.all}
    if names & parts.requests() or _is_request(program, parameter, meant):
        return _request(name)
    if names & parts.UPLOAD_TYPES:
        return _written(scope, parameter, name).without(("path", "url"))
    if names & parts.OF_FRAMEWORK or is_converted_type(program, scope.parent or scope, annotation):
        return None
    if is_matched(program, scope, default) or is_matched(program, scope, annotation):
        return None
    taint = _written(scope, parameter, name)
    if name in handler.in_path or is_text(program, scope.parent or scope, annotation):
        taint = taint.as_text()
    if meant.scope is not None and _has_fixed_keys(program, meant.scope):
        taint = taint.with_fixed_keys()
    if meant.kind == "instance" and meant.scope is not None and checks_itself(program, meant.scope):
        taint = taint.less_sure("low")
    # A slash ends a part of the path, so what was matched there cannot climb out of a folder.
    return taint.without(("path",)) if name in handler.in_path else taint


def _is_request(program: Program, parameter: Node, meant: Resolved) -> bool:
    """Whether an annotation means a request of a class of one's own, or one that nobody here knows."""
    for one in meant.all:
        bases = program.bases(one.scope) if one.scope is not None and one.scope.is_class else ()
        if any((base if isinstance(base, str) else base.dotted) in parts.requests() for base in bases):
            return True
    words = (form.dotted(parameter[form.P_ANNOTATION]) or form.text_of(parameter[form.P_ANNOTATION]) or "").rpartition(
        "."
    )
    return parameter[form.P_NAME] in parts.REQUEST_NAMES and words[2].endswith(("Request", "WebSocket"))


def _has_fixed_keys(program: Program, model: Scope) -> bool:
    """Whether a class is a model of pydantic that takes the fields it declares and no other."""
    if not model.is_class or not program.resolver.classes.is_a(model, _MODELS):
        return False
    every = [one for one in program.bases(model) if isinstance(one, Scope) and not one.module.is_library]
    return not any(b"allow" in scope.module.source[scope.node[1] : scope.node[2]] for scope in every if scope.node)


_MODELS = frozenset(
    ("pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel", "ninja.Schema",
     "ninja.schema.Schema")
)  # fmt: skip
_VALIDATORS = frozenset((
    "validator", "field_validator", "model_validator", "root_validator", "validates", "validates_schema",
    "AfterValidator", "BeforeValidator",
))  # fmt: skip


def checks_itself(program: Program, model: Scope) -> bool:
    """Whether a model has checks of its own, which refuse what cannot be told here."""
    for base in program.bases(model):
        if not isinstance(base, Scope) or base.module.is_library:
            continue
        for method in base.children.values():
            names = {
                (form.dotted(d[3] if d[0] == form.CALL else d) or "").rpartition(".")[2] for d in method.decorators
            }
            if names & _VALIDATORS or method.name in ("__init__", "__post_init__", "model_post_init"):
                return True
    return False


def _request(name: str) -> Taint:
    return Taint(name, (), is_request=True)


def _in_path(handler: Handler, parameter: Node) -> Taint:
    name = parameter[form.P_NAME]
    taint = _written(handler.scope, parameter, name)
    if name in handler.in_path or handler.given is not None:
        taint = taint.as_text()
    if name in handler.closed:
        taint = taint.with_fixed_keys()
    return taint.without(("path",)) if name in handler.in_path else taint


def _written(scope: Scope, parameter: Node, name: str) -> Taint:
    return Taint(name, (Step(scope, parameter, f"the caller writes {name}"),))


@dataclass(frozen=True, slots=True)
class Asked:
    """A dependency that a parameter asks for; `scope` is None when it is not the project's."""

    scope: Scope | None


def dependency(program: Program, scope: Scope, node: Node | None, annotation: Node | None) -> Asked | None:
    """What `Depends(...)` in a default or an annotation asks for; None when it asks for nothing."""
    for _ in range(4):
        call = _depends(program, scope, node)
        if call is not None:
            given = form.argument(call, "dependency", 0)
            if given is None:
                # `commons: Commons = Depends()` asks for the class of the annotation.
                given = annotation[4][3][0] if _is_annotated(annotation) else annotation  # type: ignore[index]
            if given is None:
                return Asked(None)
            found = program.resolve(scope, given)
            return Asked(found.scope if found.kind in ("function", "class") else None)
        if node is None or node[0] not in (form.NAME, form.ATTRIBUTE):
            return None
        found = program.resolve(scope, node)
        if found.value is None or found.where is None or found.value is node:
            return None
        scope, node, annotation = found.where, found.value, found.value
    return None


def _is_annotated(node: Node | None) -> bool:
    return (
        node is not None
        and node[0] == form.SUBSCRIPT
        and (form.dotted(node[3]) or "").rpartition(".")[2] == "Annotated"
        and node[4][0] == form.TUPLE
        and bool(node[4][3])
    )


def _depends(program: Program, scope: Scope, node: Node | None) -> Node | None:
    if node is None:
        return None
    if node[0] == form.CALL:
        candidates: tuple[Node, ...] = (node,)
    elif _is_annotated(node):
        candidates = tuple(item for item in node[4][3][1:] if item[0] == form.CALL)
    else:
        return None
    for call in candidates:
        if any(one.name in parts.DEPENDS for one in program.resolve(scope, call[3]).all):
            return call
    return None


# -- what cannot hold free text --------------------------------------------------------------------------------------


def is_converted(program: Program, name: str, scope: Scope | None) -> bool:
    """Whether values of a type (or results of a call) hold no free text: numbers, UUIDs, dates, enums."""
    if name.removeprefix("builtins.") in vocabulary.CONVERTED:
        return True
    return (
        scope is not None
        and scope.is_class
        and any(isinstance(base, str) and base.startswith("enum.") for base in program.bases(scope))
    )


def is_text(program: Program, scope: Scope, annotation: Node | None) -> bool:
    """Whether an annotation holds texts only: `str`, `str | None`, `list[str]`."""
    words = {node[3] if node[0] == form.NAME else node[4] for node in form.walk(annotation) if node[0] in (
        form.NAME, form.ATTRIBUTE)} if annotation is not None else set()  # fmt: skip
    return bool(words & _TEXTS) and words <= _TEXTS | {"bytes", "int", "float", "bool"} | vocabulary.WRAPPERS


def is_converted_type(program: Program, scope: Scope, annotation: Node) -> bool:
    """Whether nothing in an annotation can hold free text: `int | None`, `list[UUID]`, `Literal["a"]`, an Enum."""
    kind = annotation[0]
    if kind == form.CONSTANT:
        if annotation[3] is None:
            return True
        parsed = program.parsed_annotation(annotation[3]) if isinstance(annotation[3], str) else None
        return parsed is not None and is_converted_type(program, scope, parsed)
    if kind == form.BINARY and annotation[3] == "|":
        return all(is_converted_type(program, scope, one) for one in annotation[4])
    if kind == form.SUBSCRIPT:
        return _is_converted_subscript(program, scope, annotation)
    if kind == form.CALL:
        # `constr(pattern=...)`, `conint(gt=0)`
        name = (form.dotted(annotation[3]) or "").rpartition(".")[2]
        return name in vocabulary.NUMBERS_WITHIN or is_matched(program, scope, annotation)
    if kind not in (form.NAME, form.ATTRIBUTE):
        return False
    found = program.resolve(scope, annotation)
    if found.kind in ("variable", "instance", "external") and found.value is not None and found.where is not None:
        if found.value[0] == form.SUBSCRIPT:
            return is_converted_type(program, found.where, found.value)
        if found.value[0] == form.CALL:
            return is_matched(program, found.where, found.value)
    return bool(found.all) and all(is_converted(program, one.name, one.scope) for one in found.all)


def _is_converted_subscript(program: Program, scope: Scope, annotation: Node) -> bool:
    outer = (form.dotted(annotation[3]) or "").rpartition(".")[2]
    if outer == "Literal":
        return True
    if outer not in vocabulary.WRAPPERS:
        return False
    inner = annotation[4][3] if annotation[4][0] == form.TUPLE else (annotation[4],)
    if outer == "Annotated":
        return is_converted_type(program, scope, inner[0]) or any(is_matched(program, scope, one) for one in inner[1:])
    return all(is_converted_type(program, scope, one) for one in inner if one[:1] and one[3:4] != (...,))


def is_matched(program: Program, scope: Scope, node: Node | None) -> bool:
    """Whether `Query(pattern=...)` and its like match the whole of a value against something narrow."""
    if node is None:
        return False
    if _is_annotated(node):
        return any(is_matched(program, scope, one) for one in node[4][3][1:])
    if node[0] != form.CALL:
        return False
    for name in ("pattern", "regex"):
        given = form.keyword(node, name)
        known = program.constant(scope, given) if given is not None else None
        if known is not None and isinstance(known.value, str):
            return is_whole(known.value)
    return False


def is_whole(pattern: str) -> bool:
    """Whether a regular expression that is searched for matches a whole value, and lists what it lets through."""
    # Without anchors it matches anywhere.
    return pattern.startswith(("^", r"\A")) and is_narrow(pattern) and pattern.endswith(("$", r"\Z"))


def is_narrow(pattern: str) -> bool:
    """Whether a regular expression lists what it lets through, instead of letting through nearly everything."""
    # In a class `.` and `+` are themselves: `[a-z0-9_.+-]`.
    return not _LOOSE.search(_CLASS.sub("[]", pattern))


def climbs(pattern: str) -> bool:
    """Whether one class of a regular expression has what leads out of a folder: `[\\w./-]` lets `../` through."""
    return any("/" in listed and ("." in listed or r"\W" in listed) for listed in _CLASS.findall(pattern))
