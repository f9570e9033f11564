"""Which functions read a request by themselves, whoever calls them with whatever."""

from __future__ import annotations

import re

from nomoat.check.flow import parts
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope
from nomoat.survey.python.words import Index

#: Names that alone say that a module reads what callers write.
_READERS = (b"RequestParser", b"FlaskForm", b"reqparse", b"parse_args")
#: What classes of requests are called at the end.
_TYPES = (b"Request", b"WebSocket")
#: What gives an argument or a cookie of a handler's own request.
_GETTER = re.compile(rb"get_\w*(?:argument|cookie)")


def _uses(name: bytes) -> re.Pattern[bytes]:
    """A parameter, an argument or something imported that has this name. It begins with it: that is found fast."""
    return re.compile(rb"%b(?<=\b%b)(?:\s*[,)=:]|(?:\s+as\s+\w+)?\s*,?\s*(?:#.*)?$)" % (name, name), re.M)


_IMPORTED = re.compile(
    rb"import(?<=\bimport)\b[^\n]*\b(?:%b)\b" % b"|".join(sorted(map(str.encode, parts.REQUEST_NAMES)))
)
_OWN_REQUEST = re.compile(rb"self(?<=\bself)\s*\.\s*request\b")
_OWN_GETTER = re.compile(rb"self(?<=\bself)\s*\.\s*get_\w*(?:argument|cookie)")


def _reading(index: Index) -> frozenset[str]:
    """The files without which no request is read.

    Something of a request is taken from a parameter that is one by its name or type, from the request of an object,
    from one that is imported, or by a parser or form.
    """
    names = sorted(map(str.encode, parts.REQUEST_NAMES))
    types = [word for end in _TYPES for word in index.containing(end.lower()) if word.endswith(end)]
    getters = [word for part in (b"argument", b"cookie") for word in index.containing(part) if _GETTER.match(word)]
    found = set(index.holding((*_READERS, *types)))
    for name in names:
        found.update(index.matching(_uses(name), (name,)))
    found.update(index.matching(_IMPORTED, names), index.matching(_OWN_REQUEST, (b"request",)))
    if getters:
        found.update(index.matching(_OWN_GETTER, getters))
    return frozenset(found)


class Reads:
    """The functions of a program that take something of a request."""

    def __init__(self, program: Program) -> None:
        self._program = program
        #: The files that have a word without which no request is read.
        self.files = _reading(program.words)
        self._functions: dict[str, bool] = {}
        self._names: dict[tuple[str, str], bool] = {}
        #: `form.name.data` is what the caller wrote only where somebody makes forms.
        self._has_forms = bool(program.words.containing(b"wtforms") or program.words.containing(b"flaskform"))
        taken = {"request", "parse_args", *parts.OF_HANDLER, *parts.request_data()}
        self._taken = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, taken)))})\b".encode())

    def request(self, scope: Scope) -> bool:
        """Whether a function has a parameter that is a request, or takes something of one."""
        return any(self._is_request(scope, parameter) for parameter in scope.parameters) or self.alone(scope)

    def alone(self, scope: Scope) -> bool:
        """Whether a function takes something of a request that no parameter gives it."""
        if scope.module.path not in self.files:
            return False
        if scope.at not in self._functions:
            self._functions[scope.at] = scope.may_hold(self._taken) and any(
                self._takes(scope, node) for node in scope.nodes if node[0] == form.ATTRIBUTE
            )
        return self._functions[scope.at]

    def _is_request(self, scope: Scope, parameter: Node) -> bool:
        annotation = parameter[form.P_ANNOTATION]
        if annotation is None:
            return parameter[form.P_NAME] in parts.REQUEST_NAMES
        words = {node[4] if node[0] == form.ATTRIBUTE else node[3] for node in form.walk(annotation) if node[0] in (
            form.NAME, form.ATTRIBUTE)}  # fmt: skip
        if not any(isinstance(word, str) and word.endswith(("Request", "WebSocket")) for word in words):
            return False
        found = self._program.annotation(scope.parent or scope, annotation)
        return any(one.name in parts.requests() for one in found.all)

    def _takes(self, scope: Scope, node: Node) -> bool:
        of = node[3]
        if of[0] == form.NAME and of[3] == "self":
            return node[4] == "request" or node[4] in parts.OF_HANDLER
        if of[0] == form.NAME and node[4] in parts.request_data():
            key = (scope.module.path, of[3])
            if key not in self._names or of[3] in scope.bindings:
                found = self._program.resolve(scope, of).all
                self._names[key] = any(one.name in parts.requests() for one in found)
            return self._names[key]
        return bool(node[4] == "parse_args" or (node[4] == "data" and of[0] == form.ATTRIBUTE and self._has_forms))
