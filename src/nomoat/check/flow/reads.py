"""Which functions read a request by themselves, whoever calls them with whatever."""

from __future__ import annotations

import re

from nomoat.check.flow import parts
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

#: A module without one of these words reads no request.
_NAMES = "|".join(sorted(parts.REQUEST_NAMES)).encode()
#: What stands in a module that takes something of a request: a parameter that is one by its name or type, the request
#: of an object, one that is imported, a parser or form.
_MAY_READ = re.compile(
    rb"\b(?:%s)\s*[,)=:]|(?:Request|WebSocket)\b|\bself\s*\.\s*(?:request\b|get_\w*(?:argument|cookie))|\bimport\b[^\n]*\b(?:%s)\b"
    rb"|^\s*(?:%s)(?:\s+as\s+\w+)?\s*,?\s*(?:#.*)?$|\b(?:RequestParser|FlaskForm|reqparse|parse_args)\b"
    % (_NAMES, _NAMES, _NAMES),
    re.M,
)


class Reads:
    """The functions of a program that take something of a request."""

    def __init__(self, program: Program) -> None:
        self._program = program
        index = program.words
        parts_ = (b"request", b"websocket", b"argument", b"cookie", b"reqparse", b"parse_args", b"flaskform")
        #: The files that have a word without which no request is read.
        self.files = frozenset(index.matching(_MAY_READ, (b"req", b"ws"), parts=parts_))
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
