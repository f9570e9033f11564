"""Finds and reads rules: the shipped folder, then the user's `.nomoat/rules/`. Every mistake of every file at once."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import cast, get_args

from nomoat import datafile
from nomoat.check.model import (
    CONFIDENCES,
    KINDS,
    SEVERITIES,
    SOURCES,
    Check,
    Confidence,
    Flow,
    Maker,
    Pattern,
    PatternKind,
    Rule,
    Sanitizer,
    SecretShape,
    Sink,
    Test,
    TestKind,
)
from nomoat.check.questions import QUESTIONS
from nomoat.check.rulefiles import SHIPPED, files, own_folder
from nomoat.check.secrets.checksums import CHECKSUMS
from nomoat.datafile import Mapping, Node, Reader, Sequence, Value
from nomoat.errors import DataFileError, NomoatError, Problem
from nomoat.journal.facts import Severity

__all__ = ["SHIPPED", "files", "find", "load", "load_one", "own_folder"]

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_TEXTS = ("title", "severity", "cwe", "why", "fix")
_PATTERNS: tuple[PatternKind, ...] = get_args(PatternKind)
_NEED_VALUE = (
    "named",
    "not-named",
    "matches",
    "begins",
    "shows",
    "made-by",
    "not-made-by",
    "means",
    "contains",
    "lacks",
)
_FRAMEWORKS = ("django", "flask")
_SINK = (
    "of", "argument", "at", "where", "message", "confidence", "text", "packages", "fix", "items", "subclasses_of",
    "kinds", "made_by", "of_data", "unless_set", "needs_text",
)  # fmt: skip
_SECRET = ("of", "starts", "shape", "checked", "confidence", "fix")
_MAKER = ("argument", "at", "of", "where")
_CHECK = ("of", "removes", "argument", "at", "answers")
_PATTERN = (
    "of", "where", "inside", "beside", "used", "unless", "unless_used", "unless_asked", "unless_tested", "message",
    "fix", "confidence",
)  # fmt: skip
_MORE: dict[PatternKind, tuple[str, ...]] = {
    "calls": ("unless_then", "if_used"), "settings": ("framework",), "values": ("framework", "only_items"),
    "comparisons": ("other",),
}  # fmt: skip
_KEYS = (
    *_TEXTS, "confidence", "owasp", "asvs", "in_tests", "in_development", "hides_literals", "question", "flow",
    "secrets", "templates", *_PATTERNS,
)  # fmt: skip


def load(root: Path | None) -> dict[str, Rule]:
    """Every rule by its id. Raises DataFileError with the mistakes of all files."""
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    for path in files(root):
        try:
            rules[path.stem] = load_one(path)
        except DataFileError as error:
            problems += error.problems
    if problems:
        raise DataFileError("mistakes", problems=problems)
    return rules


def find(name: str, root: Path | None) -> Rule:
    """One rule by its id. Raises NomoatError with the nearest name."""
    rules = load(root)
    if name not in rules:
        raise NomoatError(f"no rule is called '{name}'", where="nomoat explain", fix=datafile.did_you_mean(name, rules))
    return rules[name]


def load_one(path: Path) -> Rule:
    """The rule of a file. Raises DataFileError with every mistake."""
    reader = _RuleReader(DataFileError)
    node = datafile.load(path)
    fields = reader.mapping(node, "a rule", known=_KEYS)
    if fields is None:
        reader.finish()
        raise AssertionError("a rule that is no map is a mistake")
    if not _ID.match(path.stem):
        reader.mistake(f"'{path.stem}' is no id of a rule", node, "name the file in kebab-case: sql-injection.yaml")
    for name in _TEXTS:
        if name not in fields:
            reader.mistake(f"{name} is missing", node)
    kinds = sum(name in fields for name in ("question", "flow", "secrets", "templates"))
    if kinds + any(name in fields for name in _PATTERNS) != 1:
        reader.mistake(
            f"a rule has one of question, flow, secrets and templates, or any of {', '.join(_PATTERNS)}", node
        )
    rule = reader.rule(path, fields)
    reader.finish()
    return rule


class _RuleReader(Reader):
    """Takes the parts of a rule out of its file."""

    def rule(self, path: Path, fields: Mapping) -> Rule:
        confidence = self._confidence(fields)
        patterns = [
            self._pattern(node, on, confidence) for on in _PATTERNS for node in self.sequence(fields.get(on), on)
        ]
        return Rule(
            id=path.stem,
            topic=path.parent.name,
            title=self.text(fields.get("title"), "title") or "",
            severity=cast(Severity, self.choice(fields.get("severity"), "severity", SEVERITIES) or "medium"),
            confidence=confidence,
            cwe=self.integer(fields.get("cwe"), "cwe", least=1) or 0,
            owasp=self.texts(fields.get("owasp"), "owasp"),
            asvs=self.texts(fields.get("asvs"), "asvs"),
            why=(self.text(fields.get("why"), "why") or "").strip(),
            fix=(self.text(fields.get("fix"), "fix") or "").strip(),
            question=self.choice(fields.get("question"), "question", QUESTIONS) or "",
            patterns=tuple(pattern for pattern in patterns if pattern is not None),
            flow=self._flow(fields.get("flow"), confidence),
            secrets=self._secrets(fields.get("secrets"), confidence),
            templates=self.boolean(fields.get("templates"), "templates") or False,
            in_tests=self.boolean(fields.get("in_tests"), "in_tests") or False,
            in_development=self.boolean(fields.get("in_development"), "in_development") or False,
            hides_literals=self.boolean(fields.get("hides_literals"), "hides_literals") or False,
            at=str(path),
        )

    def _confidence(self, fields: Mapping, default: Confidence = "sure") -> Confidence:
        return cast(Confidence, self.choice(fields.get("confidence"), "confidence", CONFIDENCES) or default)

    def _pattern(self, node: Node, on: PatternKind, confidence: Confidence) -> Pattern | None:
        fields = self.mapping(node, f"one of {on}", known=(*_PATTERN, *_MORE.get(on, ())))
        if fields is None:
            return None
        calls = self.texts(fields.get("of"), "of")
        message = self.text(fields.get("message"), "message") or ""
        if not calls or not message:
            self.mistake(f"one of {on} needs `of` and `message`", node)
        return Pattern(
            calls,
            self._tests(fields.get("where"), of_arguments=on in ("calls", "decorators")),
            message,
            self._confidence(fields, confidence),
            self.text(fields.get("fix"), "fix") or "",
            self._others(fields, "unless"),
            self.boolean(fields.get("if_used"), "if_used") or False,
            self._others(fields, "unless_then"),
            on,
            self._tests(fields.get("other"), of_arguments=False),
            self.choice(fields.get("framework"), "framework", _FRAMEWORKS) or "",
            self._regex(fields.get("inside"), "inside"),
            self.texts(fields.get("beside"), "beside"),
            self.texts(fields.get("unless_used"), "unless_used"),
            self._regex(fields.get("unless_asked"), "unless_asked"),
            self.boolean(fields.get("unless_tested"), "unless_tested") or False,
            self.boolean(fields.get("only_items"), "only_items") or False,
            self.texts(fields.get("used"), "used"),
        )

    def _others(self, fields: Mapping, name: str) -> tuple[Pattern, ...]:
        found = [self._other(other) for other in self.sequence(fields.get(name), name)]
        return tuple(other for other in found if other is not None)

    def _other(self, node: Node) -> Pattern | None:
        fields = self.mapping(node, "another call", known=("of", "where"))
        if fields is None:
            return None
        return Pattern(self.texts(fields.get("of"), "of"), self._tests(fields.get("where")), "")

    def _tests(self, node: Node | None, *, of_arguments: bool = True) -> tuple[Test, ...]:
        found = [self._test(one, ("argument", "at") if of_arguments else ()) for one in self.sequence(node, "where")]
        return tuple(test for test in found if test is not None)

    def _test(self, node: Node, argument: tuple[str, ...]) -> Test | None:
        fields = self.mapping(node, "a test", known=(*argument, "is", "value", "key"))
        if fields is None:
            return None
        name = self.text(fields.get("argument"), "argument")
        place = self.integer(fields.get("at"), "at", least=0)
        test = self.choice(fields.get("is"), "is", get_args(TestKind))
        for needed in (*argument[:1], "is"):
            if needed not in fields:
                self.mistake(f"a test needs `{needed}`", node)
        if (name is None and argument) or test is None:
            return None
        value = self._value(fields.get("value"), test)
        if test in _NEED_VALUE and value in (None, ()):
            self.mistake(f"`{test}` needs a `value`", node)
        if test in ("below", "has-bits") and not isinstance(value, int):
            self.mistake(f"`{test}` needs a number as its `value`", node)
        return Test(name or "", place, cast(TestKind, test), value, self.text(fields.get("key"), "key") or "")

    def _value(self, node: Node | None, test: str) -> object:
        if test in ("named", "not-named", "matches", "begins", "shows"):
            return self._regex(node, "value")
        if test in ("made-by", "not-made-by", "means"):
            return self.texts(node, "value")
        if isinstance(node, Sequence):
            return tuple(one.data for one in node.items if isinstance(one, Value))
        return node.data if isinstance(node, Value) else None

    def _regex(self, node: Node | None, what: str) -> re.Pattern[str] | None:
        text = self.text(node, what)
        if text is None or node is None:
            return None
        try:
            with warnings.catch_warnings():
                # What Python will read otherwise one day is a mistake today.
                warnings.simplefilter("error")
                return re.compile(text)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            self.mistake(f"{what} is no regular expression: {error}", node)
            return None

    def _secrets(self, node: Node | None, confidence: Confidence) -> tuple[SecretShape, ...]:
        found = [self._secret(one, confidence) for one in self.sequence(node, "secrets")]
        return tuple(one for one in found if one is not None)

    def _secret(self, node: Node, confidence: Confidence) -> SecretShape | None:
        fields = self.mapping(node, "a secret", known=_SECRET)
        if fields is None:
            return None
        of, starts = self.text(fields.get("of"), "of") or "", self.texts(fields.get("starts"), "starts")
        pattern = self._regex(fields.get("shape"), "shape") if "shape" in fields else None
        if not of or ("shape" in fields) != bool(starts):
            self.mistake("a secret needs `of`, and `starts` (what it begins with) where it has a `shape`", node)
        checked = self.choice(fields.get("checked"), "checked", tuple(CHECKSUMS)) or ""
        fix = self.text(fields.get("fix"), "fix") or ""
        return SecretShape(of, starts, pattern, checked, self._confidence(fields, confidence), fix)

    def _flow(self, node: Node | None, confidence: Confidence) -> Flow | None:
        ranks = ("of_rank", "of_administrators")
        fields = self.mapping(node, "flow", known=("from", "kinds", "to", "sanitizers", "checks", *ranks))
        if fields is None:
            return None
        sources = self.texts(fields.get("from"), "from")
        self._known(sources, SOURCES, "source", fields.get("from"))
        kinds = frozenset(self.texts(fields.get("kinds"), "kinds"))
        for name in ("from", "kinds", "to"):
            if name not in fields:
                self.mistake(f"a flow needs `{name}`", fields)
        sinks = [self._sink(one, confidence) for one in self.sequence(fields.get("to"), "to")]
        cleaning = [self._sanitizer(one, kinds) for one in self.sequence(fields.get("sanitizers"), "sanitizers")]
        checks = [self._check(one, kinds) for one in self.sequence(fields.get("checks"), "checks")]
        return Flow(
            sources,
            kinds,
            tuple(sink for sink in sinks if sink is not None),
            tuple(one for one in cleaning if one is not None),
            tuple(one for one in checks if one is not None),
            *(self.boolean(fields.get(rank), rank) or False for rank in ranks),
        )

    def _known(self, words: tuple[str, ...], known: tuple[str, ...], what: str, node: Node | None) -> None:
        for word in words:
            if word not in known and node is not None:
                self.mistake(f"unknown {what} '{word}'", node, datafile.did_you_mean(word, known))

    def _sink(self, node: Node, confidence: Confidence) -> Sink | None:
        fields = self.mapping(node, "a sink", known=_SINK)
        if fields is None:
            return None
        calls = self.texts(fields.get("of"), "of")
        message = self.text(fields.get("message"), "message")
        if not calls or message is None:
            self.mistake("a sink needs `of` and `message`", node)
            return None
        return Sink(
            calls,
            self.text(fields.get("argument"), "argument") or "",
            self.integer(fields.get("at"), "at", least=0),
            message,
            self._tests(fields.get("where")),
            self._confidence(fields, confidence),
            self._regex(fields.get("text"), "text"),
            self.texts(fields.get("packages"), "packages"),
            self.text(fields.get("fix"), "fix") or "",
            self.texts(fields.get("items"), "items"),
            self.texts(fields.get("subclasses_of"), "subclasses_of"),
            frozenset(self.texts(fields.get("kinds"), "kinds")),
            self._maker(fields.get("made_by")),
            self.boolean(fields.get("of_data"), "of_data") or False,
            self.texts(fields.get("unless_set"), "unless_set"),
            self.boolean(fields.get("needs_text"), "needs_text") or False,
        )

    def _maker(self, node: Node | None) -> Maker | None:
        fields = self.mapping(node, "made_by", known=_MAKER)
        if fields is None:
            return None
        return Maker(
            self.text(fields.get("argument"), "argument") or "",
            self.integer(fields.get("at"), "at", least=0),
            self.texts(fields.get("of"), "of"),
            self._tests(fields.get("where")),
        )

    def _check(self, node: Node, kinds: frozenset[str]) -> Check | None:
        fields = self.mapping(node, "a check", known=_CHECK)
        if fields is None:
            return None
        removes = self.texts(fields.get("removes"), "removes")
        self._known(removes, (*KINDS, *kinds), "kind of taint", fields.get("removes"))
        calls = self.texts(fields.get("of"), "of")
        if not calls or not removes:
            self.mistake("a check needs `of` and `removes`", node)
        answer = self.choice(fields.get("answers"), "answers", ("yes", "no", "raises")) or "yes"
        return Check(
            calls,
            frozenset(removes),
            self.text(fields.get("argument"), "argument") or "",
            self.integer(fields.get("at"), "at", least=0) or 0,
            None if answer == "raises" else answer == "yes",
        )

    def _sanitizer(self, node: Node, kinds: frozenset[str]) -> Sanitizer | None:
        fields = self.mapping(node, "a sanitizer", known=("of", "removes"))
        if fields is None:
            return None
        removes = self.texts(fields.get("removes"), "removes")
        self._known(removes, (*KINDS, *kinds), "kind of taint", fields.get("removes"))
        calls = self.texts(fields.get("of"), "of")
        if not calls or not removes:
            self.mistake("a sanitizer needs `of` and `removes`", node)
        return Sanitizer(calls, frozenset(removes))
