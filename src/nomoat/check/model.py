"""What `check` works with: a rule as its file states it, and a finding as every report shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from nomoat.journal.facts import Severity

#: How sure a finding is, apart from how bad it would be.
Confidence: TypeAlias = Literal["low", "likely", "sure"]

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
CONFIDENCES: tuple[Confidence, ...] = ("low", "likely", "sure")
#: Where tainted data may come from.
SOURCES = ("request-data",)
#: What tainted data may still do; rules of users may name kinds of their own.
KINDS = (
    "sql", "shell", "code", "path", "url", "html", "template", "object", "header", "log", "structure", "fields", "name",
    "ldap", "xpath", "xml", "regex", "format", "redirect", "archive",
)  # fmt: skip


def weaker(*confidences: Confidence) -> Confidence:
    """The least sure of them."""
    return min(confidences, key=CONFIDENCES.index)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id is the stem of its file. One of `question`, `patterns`, `flow`, `secrets` and `templates` is."""

    id: str
    topic: str
    title: str
    severity: Severity
    confidence: Confidence
    cwe: int
    owasp: tuple[str, ...]
    asvs: tuple[str, ...]
    why: str
    fix: str
    question: str = ""
    patterns: tuple[Pattern, ...] = ()
    flow: Flow | None = None
    secrets: tuple[SecretShape, ...] = ()
    #: Whether it looks for what templates put into pages without escaping it.
    templates: bool = False
    #: Whether it judges tests too; most rules do not.
    in_tests: bool = False
    #: Whether it judges settings for development and examples like all others; most rules are only `low` there.
    in_development: bool = False
    #: Whether literals on its lines are secrets: no report shows them.
    hides_literals: bool = False
    at: str = ""

    @property
    def kind(self) -> str:
        """`question` (to the map), `pattern` (of calls, settings and the like), `flow`, `secret` or `template`."""
        if self.secrets or self.templates:
            return "secret" if self.secrets else "template"
        return "question" if self.question else "pattern" if self.patterns else "flow"


#: What a pattern looks at; `docs/how-to/add-a-rule.md` says what each means.
PatternKind: TypeAlias = Literal["calls", "settings", "attributes", "decorators", "comparisons", "values", "answers"]

#: What a test of an argument may ask; `docs/how-to/add-a-rule.md` says what each means.
TestKind: TypeAlias = Literal[
    "literal", "not-literal", "default", "equals", "not-equals", "absent", "present", "contains", "item", "named",
    "made-by", "item-varies", "not-named", "item-absent", "below", "has-bits", "fixed", "matches", "falsy", "truthy",
    "not-made-by", "means", "shows", "lacks", "unlike", "begins", "doubles",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Test:
    """A test of one argument of a call, by keyword `name` and, where it may be positional, place `at`.

    Without a name it is about the value itself: of a setting, an attribute, a side of a comparison.
    """

    name: str
    at: int | None
    test: TestKind
    value: Any = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What must not be: any of `calls` (dotted names, `*` allowed) for which every test holds.

    `on` says what it looks at: calls of these names, settings, assignments to attributes, decorators, comparisons with,
    values of something whose name is like these words, or what functions with a decorator that ends so answer. `others`
    are tests of the other side of a comparison; `framework` is the one whose settings are meant (empty: any), `inside`
    the qualified name of the function it must stand in, `beside` names of which one must stand in the same function,
    `used` names of which the project must use one,
    and `only_items` leaves of values those that are items of a dict.

    Where another call that fits one of `unless` stands in the same function, it is only a `low` finding; so it is
    where one of `unless_then` with the same first argument surely follows, and when `if_used` is set and what it gives
    goes nowhere but into a log. So it is, too, where the project uses a name of `unless_used`, where a parameter of the
    function or an `if` around it is named like `unless_asked`, and, with `unless_tested`, where the value was compared.
    """

    calls: tuple[str, ...]
    tests: tuple[Test, ...]
    message: str
    confidence: Confidence = "sure"
    fix: str = ""
    unless: tuple[Pattern, ...] = ()
    if_used: bool = False
    unless_then: tuple[Pattern, ...] = ()
    on: PatternKind = "calls"
    others: tuple[Test, ...] = ()
    framework: str = ""
    inside: re.Pattern[str] | None = None
    beside: tuple[str, ...] = ()
    unless_used: tuple[str, ...] = ()
    unless_asked: re.Pattern[str] | None = None
    unless_tested: bool = False
    only_items: bool = False
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sink:
    """Where taint must not arrive: an argument of a call for which every test holds.

    `text`: a pattern of the constant text that is expected around the data; without it the finding is less sure, and
    only `low` where the method is one of another package than `packages`: a `fetch` of a queue takes no statement.
    `items`: only these places of a list or keys of a dict count; `-c` is what follows this text in a list.
    `subclasses_of`: the call makes an object of a class of the project with one of these bases.
    `of_data`: only a method of something that the caller sent, as an upload. `made_by`: only where another argument
    was made so. `needs_text`: nothing is found without that text. `unless_set`: only low where the function sets an
    attribute or item of such a name. `kinds`: what matters here, in place of the rule's. `fix` says what to do here,
    `{source}` being the data that arrives; the rule's own where it is empty.
    """

    calls: tuple[str, ...]
    argument: str
    at: int | None
    message: str
    tests: tuple[Test, ...] = ()
    confidence: Confidence = "sure"
    text: re.Pattern[str] | None = None
    packages: tuple[str, ...] = ()
    fix: str = ""
    items: tuple[str, ...] = ()
    subclasses_of: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    made_by: Maker | None = None
    of_data: bool = False
    unless_set: tuple[str, ...] = ()
    needs_text: bool = False


@dataclass(frozen=True, slots=True)
class Maker:
    """What an argument must have been made by: a call of one of these for which every test holds."""

    argument: str
    at: int | None
    calls: tuple[str, ...]
    tests: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Calls that prove an argument clean of these kinds: when their answer is true, or when they end without an error.

    `at` and `argument` say which one; "receiver" is what the method is called on. `answers` is None for a call that
    raises, else the answer that proves it.
    """

    calls: tuple[str, ...]
    removes: frozenset[str]
    argument: str = ""
    at: int | None = 0
    answers: bool | None = True


@dataclass(frozen=True, slots=True)
class Sanitizer:
    """Calls whose result no longer bears these kinds of taint; every other kind stays."""

    calls: tuple[str, ...]
    removes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Flow:
    """Where data comes from, the kinds of taint that matter, where they must not arrive, and what removes them.

    `of_rank`: it gives nobody more than they have where a route demands a permission, and is only likely there.
    `of_administrators`: the same where it demands that of those who administrate, and of nobody else.
    """

    sources: tuple[str, ...]
    kinds: frozenset[str]
    sinks: tuple[Sink, ...]
    sanitizers: tuple[Sanitizer, ...] = ()
    checks: tuple[Check, ...] = ()
    of_rank: bool = False
    of_administrators: bool = False


@dataclass(frozen=True, slots=True)
class SecretShape:
    """What a secret looks like: it holds one of `starts` and matches `pattern`, whose group `value` is the secret.

    Without a pattern: random text under a name that tells of a secret. `checked` names a checksum that it must bear.
    """

    of: str
    starts: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    checked: str = ""
    confidence: Confidence = "sure"
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A region of a file: lines and columns from 1, the end column behind the last character."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Suppression:
    """An `allow` comment that covers a finding."""

    at: str
    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `target` is a map id; `steps` is the way of a flow; `fingerprint` survives moved lines.

    `label` stands beside the marked code; `code` is the marked code without spaces, which the fingerprint is made of.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    message: str
    why: str
    fix: str
    span: Span
    line_text: str
    label: str = ""
    code: str = ""
    target: str = ""
    symbol: str = ""
    steps: tuple[tuple[Span, str], ...] = ()
    cwe: int = 0
    owasp: tuple[str, ...] = ()
    asvs: tuple[str, ...] = ()
    fingerprint: str = ""
    suppressed: Suppression | None = None

    @property
    def order(self) -> tuple[int, str, int, int, str]:
        """Worst first, then by place."""
        return (-SEVERITIES.index(self.severity), self.span.path, self.span.line, self.span.column, self.rule)


@dataclass(frozen=True, slots=True)
class Result:
    """A whole run: findings (suppressed ones too), what was not analysed, and what was looked at."""

    findings: tuple[Finding, ...]
    not_analysed: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    rules: Mapping[str, Rule]
    routes: int
    unknown_routes: int
    files: int
    lines: int
    seconds: float
    left_out: Mapping[str, int] = field(default_factory=dict)
    map_hash: str = ""
    #: Nothing has changed since the run that made it.
    is_remembered: bool = False
    #: It speaks of files that are left out of the tree: whether they changed, nobody would notice.
    is_of_more: bool = False


def finding_of(document: dict[str, Any]) -> Finding:
    """A finding that `asdict` took apart."""
    suppressed = document["suppressed"]
    return Finding(
        **{
            **document,
            "span": Span(**document["span"]),
            "steps": tuple((Span(**span), words) for span, words in document["steps"]),
            "owasp": tuple(document["owasp"]),
            "asvs": tuple(document["asvs"]),
            "suppressed": Suppression(**suppressed) if suppressed is not None else None,
        }
    )
