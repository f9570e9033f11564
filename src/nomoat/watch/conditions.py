"""Sigma's conditions: selections joined with and, or, not, parentheses, `1 of x*` and `all of them`."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping

from nomoat import datafile
from nomoat.datafile import Node, Reader
from nomoat.watch.events import Event
from nomoat.watch.model import Matcher

_TOKEN = re.compile(r"\s*(\(|\)|[A-Za-z0-9_.*-]+)")
_MAX_TOKENS = 200


class _MistakeError(Exception):
    """What is wrong, and a hint."""


def compile_condition(text: str, selections: Mapping[str, Matcher], *, place: Node, reader: Reader) -> Matcher | None:
    """The matcher of a condition; None, and a mistake noted, where it is none."""
    try:
        return _Parser(text, selections).whole()
    except _MistakeError as mistake:
        what, *hint = mistake.args
        reader.mistake(str(what), place, str(hint[0]) if hint else "")
        return None


class _Parser:
    def __init__(self, text: str, selections: Mapping[str, Matcher]) -> None:
        self._selections = selections
        self._tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise _MistakeError(
                    f"'{text[at]}' is not supported in a condition", "use and, or, not, ( ), 1 of x*, all of them"
                )
            self._tokens.append(found.group(1))
            at = found.end()
        if len(self._tokens) > _MAX_TOKENS:
            raise _MistakeError("this condition is too long", "split the detection")
        self._at = 0

    def whole(self) -> Matcher:
        found = self._any()
        if self._at < len(self._tokens):
            raise _MistakeError(f"'{self._tokens[self._at]}' is not expected here")
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        if self._at >= len(self._tokens):
            raise _MistakeError("the condition ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _any(self) -> Matcher:
        options = [self._all()]
        while self._peek().lower() == "or":
            self._take()
            options.append(self._all())
        return options[0] if len(options) == 1 else lambda event: any(option(event) for option in options)

    def _all(self) -> Matcher:
        needs = [self._not()]
        while self._peek().lower() == "and":
            self._take()
            needs.append(self._not())
        return needs[0] if len(needs) == 1 else lambda event: all(need(event) for need in needs)

    def _not(self) -> Matcher:
        if self._peek().lower() == "not":
            self._take()
            inner = self._not()
            return lambda event: not inner(event)
        return self._one()

    def _one(self) -> Matcher:
        word = self._take()
        if word == "(":
            inner = self._any()
            if self._take() != ")":
                raise _MistakeError("a parenthesis is not closed")
            return inner
        if word.lower() in ("1", "any", "all") and self._peek().lower() == "of":
            self._take()
            return self._of(word.lower(), self._take())
        found = self._selections.get(word)
        if found is None:
            raise _MistakeError(f"no selection is called '{word}'", datafile.did_you_mean(word, self._selections))
        return found

    def _of(self, how_many: str, pattern: str) -> Matcher:
        wanted = "*" if pattern == "them" else pattern
        found = [test for name, test in self._selections.items() if fnmatch.fnmatchcase(name, wanted)]
        if not found:
            raise _MistakeError(f"no selection fits '{pattern}'", datafile.did_you_mean(pattern, self._selections))
        if how_many == "all":
            return lambda event: all(test(event) for test in found)
        return lambda event: _one_of(found, event)


def _one_of(tests: list[Matcher], event: Event) -> bool:
    return any(test(event) for test in tests)
