"""Words and places of findings: from what a rule, a question, a flow or a search found to what a developer reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat.appmap.model import Route
from nomoat.check import arguments
from nomoat.check.flow.arrivals import Arrival
from nomoat.check.model import Finding, Flow, Rule, Span, weaker
from nomoat.check.patterns import Match
from nomoat.check.places import code_of, masked, span_of, span_of_line
from nomoat.check.questions import Answer
from nomoat.check.questions.words import asks_for_rank, is_guarded_for_administrators
from nomoat.check.registrations import Registrations
from nomoat.check.secrets.search import FoundSecret
from nomoat.check.secrets.used import uses
from nomoat.check.templates.search import FoundUnescaped
from nomoat.journal.facts import Severity
from nomoat.settings import Settings
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

if TYPE_CHECKING:
    from nomoat.policy.observation import Observation

#: How a label says where a literal stands that is used elsewhere.
STANDS = "it stands in "
#: What is longer is no name for anything.
_SHORT = 40
_POLICY_SEVERITY: dict[str, Severity] = {"error": "medium", "warning": "low"}


class Telling:
    """Tells of what was found in one program."""

    def __init__(self, program: Program, registrations: Registrations) -> None:
        self._program = program
        self.registrations = registrations

    def about_route(self, rule: Rule, answer: Answer) -> Finding:
        """What a question to the map answered."""
        route, place = answer.route, answer.place
        if place is not None:
            span = span_of(place.module, place.node)
            text, code = place.module.line_text(span.line), code_of(place.module.text(place.node))
        else:
            assert route is not None, "an answer is about a route or a place"
            span, text, code = self.at_route(route)
        target = route.id if route is not None else ""
        return Finding(
            rule.id, rule.severity, weaker(rule.confidence, answer.confidence), answer.message, answer.why or rule.why,
            answer.fix or rule.fix, span, text, label=answer.label, code=code, target=target, symbol=target,
            cwe=rule.cwe, owasp=rule.owasp, asvs=rule.asvs,
        )  # fmt: skip

    def at_route(self, route: Route) -> tuple[Span, str, str]:
        """Where a route is written: the decorator that registers it, else what answers it; its symbol is its code."""
        registration = self.registrations.of(route)
        call, module = registration.call, registration.module
        if call is not None and module is not None and _is_decorator(module, call):
            span = span_of(module, (0, module.source.rindex(b"@", 0, call[1]), call[2]))
        else:
            # `path("orders/", orders)` stands in another file than what is wrong, which is the function.
            at = route.at if self._program.modules.get(route.at.rpartition(":")[0]) is not None else ""
            at = at or route.registered_at
            span = span_of_line(self._program.modules.get(at.rpartition(":")[0]), at)
        at_line = self._program.modules.get(span.path)
        return span, at_line.line_text(span.line) if at_line is not None else "", ""

    def of_observation(self, said: Observation, rule: Rule | None, route: Route | None, settings: Settings) -> Finding:
        """What map and policy say of one another; a rule of the same id says more of it."""
        from nomoat.policy.questions import QUESTIONS

        is_of_source = route is not None and not said.at.startswith(f"{Path(settings.file).name}:")
        span, text, _ = self.at_route(route) if is_of_source and route is not None else _in_settings(said.at, settings)
        return Finding(
            said.id, rule.severity if rule is not None else _POLICY_SEVERITY[said.level], "sure", said.what,
            rule.why if rule is not None else QUESTIONS[said.id],
            said.fix or (rule.fix if rule is not None else ""), span, text,
            target=route.id if route is not None else "", symbol=said.target, code=said.what,
            cwe=rule.cwe if rule is not None else 0, owasp=rule.owasp if rule is not None else (),
            asvs=rule.asvs if rule is not None else (),
        )  # fmt: skip

    def of_match(self, match: Match) -> Finding:
        """A site that fits a pattern."""
        rule, pattern = match.rule, match.pattern
        # Literals of such a rule are secrets, which no message may show.
        message, fix = pattern.message, pattern.fix or rule.fix
        if rule.hides_literals:
            message, fix = (one.replace("{name}", match.site.name) for one in (message, fix))
        else:
            message, fix = match.said(message), match.said(fix)
        finding = self._at(rule, match.scope, match.site.node, message)
        at = arguments.stands_at(self._program, match.scope, match.site.subject, pattern.tests)
        label = f"{STANDS}{at}" if at else ""
        return replace(finding, confidence=match.confidence, fix=fix, label=label)

    def of_arrival(self, arrival: Arrival, route: Route | None) -> Finding:
        """Data of a request that arrived where it does harm."""
        rule, taint = arrival.rule, arrival.taint
        steps = tuple((span_of(step.scope.module, step.node), step.words) for step in taint.trail)
        where = f"{route.method} {route.path}" if route is not None else f"{arrival.scope.qualname}, on no known route"
        finding = self._at(rule, arrival.scope, arrival.call, f"{arrival.sink.message}: {taint.source} of {where}")
        confidence = arrival.confidence
        if rule.flow is not None and route is not None and _is_of_rank(rule.flow, route):
            confidence = weaker(confidence, "likely")
        return replace(
            finding, confidence=confidence, steps=steps, target=route.id if route is not None else "",
            fix=arrival.sink.fix.replace("{source}", _one_value(arrival)) or rule.fix,
            label=f"{taint.source}, which the caller writes, arrives here",
        )  # fmt: skip

    def _at(self, rule: Rule, scope: Scope, node: Node, message: str) -> Finding:
        module = scope.module
        span, text, code = span_of(module, node), module.line_text(module.line(node[1])), code_of(module.text(node))
        if rule.hides_literals:
            text, code = masked(text), masked(code)
        return Finding(
            rule.id, rule.severity, rule.confidence, message, rule.why, rule.fix, span, text, symbol=scope.qualname,
            code=code, cwe=rule.cwe, owasp=rule.owasp, asvs=rule.asvs,
        )  # fmt: skip

    def of_secret(self, found: FoundSecret) -> Finding:
        """A secret in a file, which is not shown."""
        rule = found.rule
        under = f" under the name {found.name}" if found.name else ""
        users = uses(self._program, found.span.path, found.name) if found.name else ""
        return Finding(
            rule.id, rule.severity, found.confidence, f"{found.of} stands in this file{under}", rule.why,
            "; ".join(part for part in (found.fix, rule.fix) if part), found.span, found.line_text, label=users,
            code=f"{found.of}:{found.name}", symbol=found.name, cwe=rule.cwe, owasp=rule.owasp, asvs=rule.asvs,
        )  # fmt: skip

    def of_template(self, found: FoundUnescaped) -> Finding:
        """A value that a page shows as it is."""
        rule = found.rule
        return Finding(
            rule.id, rule.severity, found.confidence, f"{found.value} is put into the page as it is", rule.why,
            rule.fix, found.span, found.line_text, label=found.label, code=found.value, symbol=found.span.path,
            cwe=rule.cwe, owasp=rule.owasp, asvs=rule.asvs,
        )  # fmt: skip


def _one_value(arrival: Arrival) -> str:
    """What arrives, as a fix may name it: `request.POST` as a whole is no value, `name` or `value.name` may be one."""
    source, call = arrival.taint.source, arrival.call
    if source.endswith(("]", ")")) or "." not in source:
        return source
    given = form.argument(call, arrival.sink.argument, arrival.sink.at) if call[0] == form.CALL else None
    text = arrival.scope.module.text(given) if given is not None else ""
    return text if text and len(text) <= _SHORT and "\n" not in text else source


def _in_settings(at: str, settings: Settings) -> tuple[Span, str, str]:
    """A place in nomoat.yaml: `file:line` or `file:line:column`."""
    # The policy names the file without its folder.
    name, line = Path(settings.file).name, 1
    for part in at.removeprefix(name).strip(":").split(":")[:1]:
        line = int(part) if part.isdigit() else 1
    path = settings.path
    try:
        text = path.read_text(encoding="utf-8").splitlines()[line - 1] if path is not None else ""
    except (OSError, UnicodeDecodeError, IndexError):
        text = ""
    begins = len(text) - len(text.lstrip()) + 1
    shown = path.name if path is not None else name
    return Span(shown, line, begins, line, max(len(text.rstrip()) + 1, begins + 1)), text, ""


def _is_decorator(module: Module, call: Node) -> bool:
    return module.source[: call[1]].rstrip(b" \t").endswith(b"@")


def _is_of_rank(flow: Flow, route: Route) -> bool:
    """Whether only those reach the place by this route to whom it gives little that they have not."""
    return asks_for_rank(route) and (flow.of_rank or (flow.of_administrators and is_guarded_for_administrators(route)))
