"""What a framework gives to the parameters of a handler or dependency: dependencies, credentials, request, input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nomoat.survey.given import Given
from nomoat.survey.models import Models
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope
from nomoat.survey.routing import dependency_of
from nomoat.survey.trial.machine import ExhaustedError, Machine, RaisedError
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.requests import (
    tags_of_cookie,
    tags_of_header,
    tags_of_parameter,
    tags_of_query,
    tags_of_sent,
)
from nomoat.survey.trial.values import (
    CALLER,
    INPUT,
    UNREAD,
    Class,
    Const,
    Env,
    Function,
    Items,
    Outside,
    Thing,
    Value,
    absent,
    options,
)


@dataclass
class Signature:
    """All parameters of a callable."""

    given: list[Given] = field(default_factory=list)


class Injection:
    """Reads signatures."""

    def __init__(self, run: Machine) -> None:
        self._run = run
        self._models: Models = run.models
        #: Dependencies by the name under which a parameter asks for them; None where names ask for nothing.
        self.provided: Mapping[str, Value] | None = None

    def signature(
        self, function: Function, *, path: str = "", scopes: tuple[str, ...] = (), in_handler: bool = False
    ) -> Signature:
        """The parameters that a framework fills; a bound method's first one is left out."""
        while function.wraps is not None and function.wraps is not function:
            function = function.wraps
        scope = function.scope
        parameters = scope.parameters if scope is not None else function.node[3] if function.node is not None else ()
        parameters = tuple(one for one in parameters if one[form.P_KIND] not in (form.VARARGS, form.KWARGS))
        if function.me is not None:
            parameters = parameters[1:]
        parameters = tuple(one for one in parameters[len(function.given) :] if one[form.P_NAME] not in function.named)
        where = scope.parent or scope if scope is not None else function.env.scope
        found = Signature()
        for parameter in parameters:
            found.given.append(self._parameter(function.env, where, parameter, path, scopes, in_handler))
        return found

    def fields(self, cls: Class) -> Signature:
        """The attributes of a class whose objects are dependencies, and of a class of views."""
        found = Signature()
        names = self._run.class_names(cls)
        for node in cls.scope.body:
            if node[0] not in (form.ANNOTATED, form.ASSIGN):
                continue
            target = node[3] if node[0] == form.ANNOTATED else node[3][0]
            if target[0] != form.NAME:
                continue
            annotation = node[4] if node[0] == form.ANNOTATED else None
            default = node[5] if node[0] == form.ANNOTATED else node[4]
            parameter = (form.PARAMETER, node[1], node[2], target[3], form.REGULAR, annotation, default)
            given = self._parameter(names, cls.scope, parameter, "", (), False)
            if given.is_dependency:
                found.given.append(given)
        return found

    def _parameter(
        self, env: Env, where: Scope, parameter: Node, path: str, scopes: tuple[str, ...], in_handler: bool
    ) -> Given:
        name, annotation, default_node = parameter[form.P_NAME], parameter[form.P_ANNOTATION], parameter[form.P_DEFAULT]
        marks = self._marks(env, annotation, default_node)
        declared = self._run.program.annotation(where, annotation) if annotation is not None else None
        dotted = declared.name if declared is not None else ""
        cls = declared.scope if declared is not None and declared.kind == "instance" else None
        short = dotted.rpartition(".")[2]
        named = self._by_name(name, dotted, short) if self.provided is not None else None
        if named is not None:
            return named
        for mark in marks:
            asked = dependency_of(mark, self._models)
            if asked is not None:
                dependency, own = asked
                if dependency is None or (isinstance(dependency, Const) and dependency.value is None):
                    dependency = self._class_value(env, cls, dotted)
                return Given(name, dependency, own, is_dependency=True, type=short)
        if dotted in self._models.requests:
            return Given(name, value=Thing(dotted), type=short)
        if dotted in self._models.scopes_of_route:
            return Given(name, value=self._scopes(scopes), type=short)
        for mark in marks:
            if isinstance(mark, Thing) and mark.name in self._models.inputs:
                given = self._input(name, self._models.inputs[mark.name], mark, cls, short, in_handler=in_handler)
                return _with_default(given, _defaults(mark, marks))
        if dotted in self._models.injected:
            return Given(name, value=Thing(dotted), type=short)
        return _with_default(self._plain(name, path, cls, short, in_handler), marks)

    def _by_name(self, name: str, dotted: str, short: str) -> Given | None:
        """What a parameter is given for its name alone: a dependency of some layer, or a part of the request."""
        provided = self.provided.get(name) if self.provided is not None else None
        if provided is not None:
            asked = dependency_of(provided, self._models)
            function = asked[0] if asked is not None else provided
            return Given(name, function, is_dependency=True, type=short)
        place = self._models.reserved.get(name)
        if place is None:
            return None
        if place == "request":
            request = dotted if dotted in self._models.requests else next(iter(sorted(self._models.requests)))
            return Given(name, value=Thing(request), type=short)
        if place == "body":
            return Given(name, value=Thing(marks=INPUT), place="body", type=short)
        return Given(name, value=Thing(f"request.{place}"), type=short)

    def _marks(self, env: Env, annotation: Node | None, default: Node | None) -> list[Value]:
        found: list[Value] = []
        if default is not None:
            value = self._evaluated(env, default)
            found.extend(options(value))
        if annotation is not None:
            found.extend(self._annotated(env, annotation, 0))
        return found

    def _annotated(self, env: Env, annotation: Node, depth: int) -> list[Value]:
        """What stands behind the type in `Annotated[...]`, through aliases and text."""
        if annotation[0] == form.CONSTANT and isinstance(annotation[3], str):
            parsed = self._run.program.parsed_annotation(annotation[3])
            return self._annotated(env, parsed, depth + 1) if parsed is not None and depth < 4 else []
        if annotation[0] == form.BINARY:
            return [mark for operand in annotation[4] for mark in self._annotated(env, operand, depth + 1)]
        if annotation[0] not in (form.NAME, form.ATTRIBUTE, form.SUBSCRIPT):
            return []
        value = self._evaluated(env, annotation)
        for option in options(value):
            if isinstance(option, Thing) and option.name == "Annotated":
                # `Annotated[Annotated[User, Depends(a)], ...]` is flat, and the last mark counts.
                inner = [mark for arg in option.args[:1] if isinstance(arg, Thing) and arg.name == "Annotated"
                         for mark in arg.args[1:]]  # fmt: skip
                return [*reversed(option.args[1:]), *inner]
        if annotation[0] == form.SUBSCRIPT and depth < 4:
            return self._annotated(env, annotation[4], depth + 1) if annotation[4][0] != form.TUPLE else []
        return []

    def _evaluated(self, env: Env, node: Node) -> Value:
        self._run.steps = 0
        try:
            return self._run.evaluate(env, node)
        except (RaisedError, ExhaustedError, RecursionError):
            return Thing(why="it cannot be read")

    def _class_value(self, env: Env, cls: Scope | None, dotted: str) -> Value:
        if cls is None:
            return Outside(dotted)
        top = cls
        while top.parent is not None:
            top = top.parent
        return Class(cls, self._run.module(top))

    def _scopes(self, scopes: tuple[str, ...]) -> Value:
        values: list[Value] = [Thing(marks=INPUT) if name == "?" else Const(name) for name in scopes]
        return Thing("scopes", named={"scopes": Items(values), "scope_str": Const(" ".join(scopes))})

    def _input(self, name: str, place: str, mark: Thing, cls: Scope | None, short: str, *, in_handler: bool) -> Given:
        # `Parameter(header="X-Token")` of Litestar says where it is read from, and by which name.
        told = next((one for one in ("header", "cookie", "query") if isinstance(mark.named.get(one), Const)), None)
        place, alias = told or place, mark.named.get(told or "alias")
        asked = str(alias.value) if isinstance(alias, Const) and isinstance(alias.value, str) else name
        by_place = {"header": tags_of_header, "cookie": tags_of_cookie, "query": tags_of_query}
        if cls is None and not in_handler:
            by_place |= {"form": tags_of_sent, "body": tags_of_sent}
        marks = by_place[place](asked) if place in by_place else INPUT
        shown = asked.replace("_", "-") if place == "header" else asked
        shown = shown if place == "header" else name
        return Given(shown, value=Thing(marks=marks, cls=cls), parameter=name, place=place, type=short)

    def _plain(self, name: str, path: str, cls: Scope | None, short: str, in_handler: bool) -> Given:
        if "{" + name in path:
            return Given(name, value=Thing(marks=INPUT, trail=()), place="path", type=short)
        if cls is not None:
            return Given(name, value=Thing(marks=INPUT, cls=cls), place="body", type=short)
        marks = tags_of_parameter(name) if in_handler else tags_of_query(name)
        return Given(name, value=Thing(marks=marks), place="query", type=short)


def _defaults(mark: Thing, marks: list[Value]) -> list[Value]:
    return [*mark.args[:1], *(mark.named[key] for key in ("default", "default_factory") if key in mark.named), *marks]


def _with_default(given: Given, defaults: list[Value]) -> Given:
    """The parameter, with what it is where nothing is sent: its default; without one, the framework refuses."""
    value = given.value
    default = next((one for one in defaults if isinstance(one, (Const, Function)) or "setting" in one.tags), None)
    if value is not None and "caller" in value.tags and default is not None and not _is_required(default):
        given.absent = absent(default, value)
    if isinstance(value, Thing) and value.cls is not None and "caller" in value.tags:
        # A model of several headers: each has a default of its own.
        given.absent = Thing(marks=value.tags | UNREAD, cls=value.cls)
    return given


def _is_required(default: Value) -> bool:
    return isinstance(default, Const) and default.value is ...


__all__ = ["CALLER", "Given", "Injection", "Registry", "Signature"]
