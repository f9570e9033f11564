"""Runs every rule over a drawing and gives one result: findings, and what could not be looked at.

A rule that fails on a file is a visible entry of `not_analysed`; nothing is skipped in silence.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from nomoat import datafile
from nomoat.appmap import codec
from nomoat.appmap.model import Map, Route
from nomoat.appmap.query import told
from nomoat.check import arguments, questions, registry, suppress
from nomoat.check.flow.arrivals import Arrival, FlowRules
from nomoat.check.flow.expressions import OverBudgetError
from nomoat.check.flow.handlers import handlers
from nomoat.check.flow.walker import arrivals
from nomoat.check.model import Finding, Result, Rule, Span, Suppression, weaker
from nomoat.check.patterns import Match, Patterns
from nomoat.check.places import code_of, fingerprinted, hidden_together, masked, span_of, span_of_line, told_once
from nomoat.check.prefilter import Hits, Prefilter
from nomoat.check.questions import Answer, Asked
from nomoat.check.registrations import Registrations
from nomoat.check.secrets.search import FoundSecret, SecretSearch
from nomoat.check.secrets.used import uses
from nomoat.check.suppress import Allow
from nomoat.check.templates.search import FoundUnescaped
from nomoat.check.templates.search import in_folder as unescaped
from nomoat.check.templates.views import Views
from nomoat.errors import NomoatError
from nomoat.journal.facts import Severity
from nomoat.settings import Settings
from nomoat.survey.draw import Drawing, draw
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Region
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.python.words import WordIndex

#: How a label says where a literal stands that is used elsewhere.
_STANDS = "it stands in "
_POLICY_SEVERITY: dict[str, Severity] = {"error": "medium", "warning": "low"}
_STANDS_IN = "it stands in "
#: A rule that ran on every file, which questions to the map do.
_EVERYWHERE = ""


def scan(
    path: Path, settings: Settings, *, today: date, rules: dict[str, Rule] | None = None, is_thorough: bool = False
) -> Result:
    """Draws the map of a folder (or file) and runs every rule: the shipped ones and the project's, unless given.

    `is_thorough` goes through every file, those too that no rule can fit by their words: the result is the same.

    Raises:
        UsageError: the path does not exist.
        DataFileError: a rule or the policy has mistakes.
    """
    started = time.monotonic()
    rules = registry.load(settings.root) if rules is None else rules
    wanted = Wanted(rules.values(), is_thorough=is_thorough)
    drawing = draw(path, settings=settings, wanted=wanted.files)
    run = _Run(drawing, rules, settings, today, wanted)
    found = run.findings()
    # The framework's own are on the map; the summary counts what somebody here wrote, as `nomoat map` does.
    own = told(route for route in drawing.map.routes if route.origin == "source")
    return Result(
        findings=tuple(sorted(found, key=lambda finding: finding.order)),
        not_analysed=tuple(sorted(set(run.not_analysed))),
        notes=tuple(sorted({(gap.at, gap.why) for gap in drawing.map.not_read if gap.analysed} | set(run.notes))),
        rules=rules,
        routes=len(own),
        unknown_routes=sum(route.verdict == "unknown" for route in own),
        files=drawing.map.coverage.files,
        lines=drawing.map.coverage.lines,
        seconds=time.monotonic() - started,
        left_out=dict(drawing.map.coverage.left_out),
        map_hash=codec.digest(drawing.map),
        is_of_more=_is_of_more(drawing),
    )


def _is_of_more(drawing: Drawing) -> bool:
    """Whether a file was read that is no part of the tree, as a description of an API that `.gitignore` leaves out."""
    known = {*drawing.sources.files, *drawing.sources.texts, *drawing.sources.markers}
    places = [*(route.registered_at for route in drawing.map.routes), *(gap.at for gap in drawing.map.not_read)]
    return any(at not in known and at.rpartition(":")[0] not in known for at in places if at and at != ".")


class Wanted:
    """Which files the patterns of rules want, in tests and elsewhere."""

    def __init__(self, rules: Iterable[Rule], *, is_thorough: bool = False) -> None:
        self._is_thorough = is_thorough
        self.plain = [rule for rule in rules if rule.patterns]
        self.in_tests = [rule for rule in self.plain if rule.in_tests]
        self._everywhere, self._in_tests = Prefilter(self.plain), Prefilter(self.in_tests)

    def files(self, index: WordIndex) -> dict[str, Region | None]:
        """The files of a tree that patterns may fit, with where in them; None: everywhere."""
        tests = {path for path in index.texts if TEST_FILE.search(path)}
        self._everywhere.read(index, index.texts.keys() - tests)
        self._in_tests.read(index, tests)
        hits = ((path, self.hits(path)) for path in index.texts)
        return {path: None if found.are_everywhere else found.within for path, found in hits if found is not None}

    def hits(self, path: str) -> Hits | None:
        """Where patterns may fit in a file; None where none can."""
        if self._is_thorough:
            return Hits(b"", None)
        return (self._in_tests if TEST_FILE.search(path) else self._everywhere).look(path)


class _Run:
    def __init__(
        self, drawing: Drawing, rules: dict[str, Rule], settings: Settings, today: date, wanted: Wanted
    ) -> None:
        self._program = drawing.program
        self._sources = drawing.sources
        self._map: Map = drawing.map
        self._rules = rules
        self._settings = settings
        self._today = today
        self._wanted = wanted
        self._registrations = Registrations(drawing.map, drawing.program)
        #: Rules with the files they ran on.
        self._ran: set[tuple[str, str]] = set()
        self.notes: list[tuple[str, str]] = []
        self.not_analysed = [(gap.at, gap.why) for gap in drawing.map.not_read if not gap.analysed]

    def findings(self) -> list[Finding]:
        flows = frozenset(rule.id for rule in self._rules.values() if rule.flow is not None)
        found = [*self._questions(), *self._policy(), *told_once([*self._patterns(), *self._flows()], flows)]
        found += self._secrets({at for one in found if self._hides(one) for at in _places(one)})
        found += self._templates()
        allows = [allow for module in self._program.modules.values() for allow in suppress.comments(module)]
        found = [self._suppressed(finding, allows) for finding in found]
        hiding = frozenset(rule.id for rule in self._rules.values() if rule.hides_literals)
        return fingerprinted(hidden_together([*found, *self._about(allows, found)], hiding))

    def _crashed(self, rule: str, where: str, error: Exception) -> None:
        said = error.what if isinstance(error, NomoatError) else f"{type(error).__name__}: {error}"
        self.not_analysed.append((where, f"rule {rule} failed: {said}"))

    # -- questions to the map ----------------------------------------------------------------------------------------

    def _questions(self) -> Iterator[Finding]:
        asked = Asked(self._map, self._registrations)
        for rule in self._rules.values():
            if questions.QUESTIONS.get(rule.question) is None:
                continue
            try:
                answers = questions.answers(rule.question, asked)
            except Exception as error:
                self._crashed(rule.id, "the map", error)
                continue
            self._ran.add((rule.id, _EVERYWHERE))
            for answer in answers:
                yield self._about_route(rule, answer)

    def _about_route(self, rule: Rule, answer: Answer) -> Finding:
        route, place = answer.route, answer.place
        if place is not None:
            span = span_of(place.module, place.node)
            text, code = place.module.line_text(span.line), code_of(place.module.text(place.node))
        else:
            assert route is not None, "an answer is about a route or a place"
            span, text, code = self._at_route(route)
        target = route.id if route is not None else ""
        return Finding(
            rule.id, rule.severity, weaker(rule.confidence, answer.confidence), answer.message, answer.why or rule.why,
            answer.fix or rule.fix, span, text, label=answer.label, code=code, target=target, symbol=target,
            cwe=rule.cwe, owasp=rule.owasp, asvs=rule.asvs,
        )  # fmt: skip

    def _at_route(self, route: Route) -> tuple[Span, str, str]:
        """Where a route is written: the decorator that registers it, else what answers it; its symbol is its code."""
        registration = self._registrations.of(route)
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

    def _policy(self) -> Iterator[Finding]:
        """What map and policy say of one another, under the ids of `nomoat policy check`."""
        if self._settings.path is None:
            return
        from nomoat.policy.document import read
        from nomoat.policy.questions import QUESTIONS, ask

        policy = read(self._settings)
        self._ran.update((name, _EVERYWHERE) for name in QUESTIONS)
        routes = {route.id: route for route in self._map.routes}
        for observation in ask(self._map, policy, today=self._today):
            rule = self._rules.get(observation.id)
            route = routes.get(observation.target)
            is_of_source = route is not None and not observation.at.startswith(self._settings.file)
            span, text, _ = (
                self._at_route(route) if is_of_source and route is not None else self._in_settings(observation.at)
            )
            yield Finding(
                observation.id, rule.severity if rule is not None else _POLICY_SEVERITY[observation.level], "sure",
                observation.what, rule.why if rule is not None else QUESTIONS[observation.id],
                observation.fix or (rule.fix if rule is not None else ""), span, text,
                target=route.id if route is not None else "", symbol=observation.target, code=observation.what,
                cwe=rule.cwe if rule is not None else 0, owasp=rule.owasp if rule is not None else (),
                asvs=rule.asvs if rule is not None else (),
            )  # fmt: skip

    def _in_settings(self, at: str) -> tuple[Span, str, str]:
        """A place in nomoat.yaml: `file:line` or `file:line:column`."""
        name, line = self._settings.file, 1
        for part in at.removeprefix(name).strip(":").split(":")[:1]:
            line = int(part) if part.isdigit() else 1
        path = self._settings.path
        try:
            text = path.read_text(encoding="utf-8").splitlines()[line - 1] if path is not None else ""
        except (OSError, UnicodeDecodeError, IndexError):
            text = ""
        begins = len(text) - len(text.lstrip()) + 1
        shown = path.name if path is not None else name
        return Span(shown, line, begins, line, max(len(text.rstrip()) + 1, begins + 1)), text, ""

    # -- source ------------------------------------------------------------------------------------------------------

    def _patterns(self) -> list[Finding]:
        """Findings of patterns, a secret once: not where it is used when the setting that holds it is one already."""
        found = list(self._of_patterns())
        stand = {(one.rule, f"{_STANDS}{one.span}") for one in found}
        return [one for one in found if (one.rule, one.label) not in stand]

    def _of_patterns(self) -> Iterator[Finding]:
        everywhere, in_tests = (Patterns(self._program, rules) for rules in (self._wanted.plain, self._wanted.in_tests))
        for module in self._program.modules.values():
            is_test = bool(TEST_FILE.search(module.path))
            ran = self._wanted.in_tests if is_test else self._wanted.plain
            self._ran.update((rule.id, module.path) for rule in ran)
            hits = self._wanted.hits(module.path)
            patterns = in_tests if is_test else everywhere
            for scope in patterns.scopes(module, hits) if hits is not None else ():
                yield from self._matches(patterns, scope)

    def _matches(self, patterns: Patterns, scope: Scope) -> Iterator[Finding]:
        seen: set[tuple[str, int]] = set()
        told: set[tuple[str, str]] = set()
        for site in patterns.candidates(scope):
            rule, line = site.rule, scope.module.line(site.node[1])
            if (rule.id, line) in seen:
                continue
            try:
                match = patterns.match(scope, site)
            except Exception as error:
                self._crashed(rule.id, scope.module.path, error)
                self._ran.discard((rule.id, scope.module.path))
                continue
            if match is not None and not match.tells_again(told):
                seen.add((rule.id, line))
                told.add((rule.id, site.name))
                yield self._of_match(match)

    def _of_match(self, match: Match) -> Finding:
        rule, pattern = match.rule, match.pattern
        # Literals of such a rule are secrets, which no message may show.
        message, fix = pattern.message, pattern.fix or rule.fix
        if rule.hides_literals:
            message, fix = (one.replace("{name}", match.site.name) for one in (message, fix))
        else:
            message, fix = match.said(message), match.said(fix)
        finding = self._at(rule, match.scope, match.site.node, message)
        at = arguments.stands_at(self._program, match.scope, match.site.subject, pattern.tests)
        label = f"{_STANDS}{at}" if at else ""
        return replace(finding, confidence=match.confidence, fix=fix, label=label)

    def _flows(self) -> Iterator[Finding]:
        rules = tuple(rule for rule in self._rules.values() if rule.flow is not None)
        if not rules:
            return
        self._ran.update((r.id, path) for r in rules for path in self._program.modules if not TEST_FILE.search(path))
        reported: set[tuple[str, str, int, str]] = set()
        known = FlowRules(rules)
        for route, handler in handlers(self._map, self._program, self._registrations):
            try:
                found = arrivals(self._program, handler, known)
            except OverBudgetError:
                self.not_analysed.append((handler.scope.at, f"{handler.scope.name} is too large to follow data in it"))
                continue
            except Exception as error:
                self._crashed("of flow", handler.scope.module.path, error)
                self._ran -= {(rule.id, handler.scope.module.path) for rule in rules}
                continue
            for arrival in found:
                key = (arrival.rule.id, arrival.scope.module.path, arrival.call[1], arrival.made_at)
                if key not in reported and not TEST_FILE.search(arrival.scope.module.path):
                    reported.add(key)
                    yield self._of_arrival(arrival, route)

    def _of_arrival(self, arrival: Arrival, route: Route | None) -> Finding:
        rule, taint = arrival.rule, arrival.taint
        steps = tuple((span_of(step.scope.module, step.node), step.words) for step in taint.trail)
        where = f"{route.method} {route.path}" if route is not None else f"{arrival.scope.qualname}, on no known route"
        finding = self._at(rule, arrival.scope, arrival.call, f"{arrival.sink.message}: {taint.source} of {where}")
        return replace(
            finding, confidence=arrival.confidence, steps=steps, target=route.id if route is not None else "",
            fix=arrival.sink.fix.replace("{source}", taint.source) or rule.fix,
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

    # -- secrets -----------------------------------------------------------------------------------------------------

    def _hides(self, finding: Finding) -> bool:
        rule = self._rules.get(finding.rule)
        return rule is not None and rule.hides_literals

    def _secrets(self, said: set[str]) -> Iterator[Finding]:
        """Secrets in files; where another rule speaks of the same line, it says more."""
        rules = [rule for rule in self._rules.values() if rule.secrets]
        if not rules:
            return
        search = SecretSearch(rules)
        self._ran.update((rule.id, path) for rule in rules for path in self._program.modules)
        every = [*search.in_program(self._program), *search.in_folder(self._sources.root, self._sources.texts)]
        if search.too_large:
            more = f" (and {len(search.too_large) - 1} more)" if len(search.too_large) > 1 else ""
            self.notes.append((search.too_large[0], f"larger than 1 MB{more}: not searched for secrets"))
        for one in every:
            if not isinstance(one, FoundSecret):
                self.not_analysed.append(one)
            elif str(one.span) not in said:
                yield self._of_secret(one)

    def _of_secret(self, found: FoundSecret) -> Finding:
        rule = found.rule
        under = f" under the name {found.name}" if found.name else ""
        users = uses(self._program, found.span.path, found.name) if found.name else ""
        return Finding(
            rule.id, rule.severity, found.confidence, f"{found.of} stands in this file{under}", rule.why,
            "; ".join(part for part in (found.fix, rule.fix) if part), found.span, found.line_text, label=users,
            code=f"{found.of}:{found.name}", symbol=found.name, cwe=rule.cwe, owasp=rule.owasp, asvs=rule.asvs,
        )  # fmt: skip

    # -- templates ---------------------------------------------------------------------------------------------------

    def _templates(self) -> Iterator[Finding]:
        for rule in (one for one in self._rules.values() if one.templates):
            views = Views(self._program)
            for one in unescaped(rule, self._sources.root, self._sources.texts, views):
                if not isinstance(one, FoundUnescaped):
                    self.not_analysed.append(one)
                    continue
                yield Finding(
                    rule.id, rule.severity, one.confidence, f"{one.value} is put into the page as it is", rule.why,
                    rule.fix, one.span, one.line_text, label=one.label, code=one.value, symbol=one.span.path,
                    cwe=rule.cwe, owasp=rule.owasp, asvs=rule.asvs,
                )  # fmt: skip

    # -- suppressions ------------------------------------------------------------------------------------------------

    def _suppressed(self, finding: Finding, allows: list[Allow]) -> Finding:
        allow = suppress.covering(allows, finding, self._decorators(finding)) if allows else None
        if allow is None or allow.is_expired(self._today):
            return finding
        return replace(finding, suppressed=Suppression(allow.at, allow.reason, str(allow.until)))

    def _decorators(self, finding: Finding) -> range:
        """The lines from the first decorator to the `def` of the handler that a finding about a route speaks of."""
        route = next((one for one in self._map.routes if one.id == finding.symbol), None) if finding.target else None
        scope = self._registrations.of(route).handler if route is not None else None
        if scope is None or scope.node is None or scope.module.path != finding.span.path:
            return range(0)
        first = min([node[1] for node in scope.decorators] or [scope.node[1]])
        return range(scope.module.line(first), scope.module.line(scope.node[1]) + 1)

    def _about(self, allows: list[Allow], found: list[Finding]) -> Iterator[Finding]:
        used = {finding.suppressed.at for finding in found if finding.suppressed is not None}
        known = {*self._rules, *(rule for rule, _ in self._ran)}
        for allow in allows:
            if allow.mistake:
                yield suppress.finding_about(
                    allow, "malformed-suppression", f"this suppresses nothing: {allow.mistake}"
                )
            elif allow.rule not in known:
                yield suppress.finding_about(allow, "malformed-suppression", _no_rule(allow.rule, known))
            elif allow.is_expired(self._today):
                said = f"the exception for {allow.rule} ended on {allow.until}"
                yield suppress.finding_about(allow, "expired-suppression", said)
            elif allow.at not in used and self._did_run(allow):
                yield suppress.finding_about(allow, "unused-suppression", f"{allow.rule} finds nothing here any more")

    def _did_run(self, allow: Allow) -> bool:
        path = allow.span.path
        is_whole = not any(at.rpartition(":")[0] == path or at == path for at, _ in self.not_analysed)
        return is_whole and ((allow.rule, path) in self._ran or (allow.rule, _EVERYWHERE) in self._ran)


def _is_decorator(module: Module, call: Node) -> bool:
    return module.source[: call[1]].rstrip(b" \t").endswith(b"@")


def _places(finding: Finding) -> tuple[str, ...]:
    """Where a finding about a secret stands, and where the secret does."""
    return str(finding.span), finding.label.removeprefix(_STANDS_IN)


def _no_rule(name: str, known: Iterable[str]) -> str:
    near = datafile.did_you_mean(name, known)
    return f"no rule is called '{name}'" + (f"; {near}" if near.startswith("did") else "")
