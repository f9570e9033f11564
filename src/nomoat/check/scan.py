"""Runs every rule over a drawing and gives one result: findings, and what could not be looked at.

A rule that fails on a file is a visible entry of `not_analysed`; nothing is skipped in silence.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from nomoat import datafile
from nomoat.appmap import codec
from nomoat.appmap.model import Map
from nomoat.appmap.query import told
from nomoat.check import questions, registry, suppress
from nomoat.check.left import Left
from nomoat.check.model import Finding, Result, Rule, Suppression
from nomoat.check.parts import EVERYWHERE, Finders, Part, Parts
from nomoat.check.places import fingerprinted, hidden_together, told_once
from nomoat.check.registrations import Registrations
from nomoat.check.suppress import Allow
from nomoat.check.telling import STANDS, Telling
from nomoat.check.wanted import Wanted
from nomoat.check.workers import Work
from nomoat.settings import Settings
from nomoat.survey.drawing import Drawing, Facts, completed, facts_of
from nomoat.survey.python.collecting import uncollected
from nomoat.survey.python.program import Program, Region
from nomoat.survey.python.sources import TEST_FILE, Sources
from nomoat.survey.python.used import RecordedIndex, Used
from nomoat.survey.python.words import WordIndex


def scan(
    path: Path, settings: Settings, *, today: date, rules: dict[str, Rule] | None = None, is_thorough: bool = False
) -> Result:
    """Draws the map of a folder (or file) and runs every rule: the shipped ones and the project's, unless given.

    `is_thorough` goes through every file, those too that no rule can fit by their words: the result is the same.

    Raises:
        UsageError: the path does not exist.
        DataFileError: a rule or the policy has mistakes.
    """
    rules = registry.load(settings.root) if rules is None else rules
    return run(path, settings, today=today, rules=rules, is_thorough=is_thorough).result


@dataclass(frozen=True)
class Outcome:
    """The result of a run, and what it leaves for the next one."""

    result: Result
    left: Left


@uncollected()
def run(path: Path, settings: Settings, *, today: date, rules: dict[str, Rule], is_thorough: bool = False) -> Outcome:
    """As `scan`, over everything."""
    # What draws a map is a large part of this program, of which a run over a few changed files needs nothing.
    from nomoat.survey.draw import draw_program, read

    started = time.monotonic()
    wanted = Wanted(rules.values(), is_thorough=is_thorough)
    indexes: list[WordIndex] = []
    making_used, made = Used(), []

    def files(index: WordIndex) -> dict[str, Region | None]:
        indexes.append(index)
        made.append(wanted.making(RecordedIndex(index, making_used)))
        return wanted.files(index, made[0])

    program, sources = read(path, settings=settings, wanted=files)
    finders = Finders(program, sources, rules, wanted)
    finders.read(indexes[0])

    def file(one: str) -> tuple[Part, Facts, tuple[Allow, ...]]:
        module = program.modules[one]
        # The rules first: whoever asks for the body of a file has it parsed for that.
        return finders.file(one), facts_of(module), tuple(suppress.comments(module))

    with Work(sources.files, file) as work:
        map_used = Used()
        alone = draw_program(program.afresh(map_used), sources, path=path, settings=settings)
        of_tree = finders.questions(alone), finders.flows(alone), finders.templates()
        texts = {one: finders.text(one) for one in sources.texts}
        of_files = work.finish()
    left = Left(
        map=alone,
        map_used=map_used,
        making=made[0],
        making_used=making_used,
        parts=Parts(*of_tree, {one: part for one, (part, _, _) in of_files.items()}, texts),
        facts={one: facts for one, (_, facts, _) in of_files.items()},
        allows={one: allows for one, (_, _, allows) in of_files.items()},
    )
    left.ask(indexes[0])
    drawing = Drawing(completed(alone, left.facts.values(), sources), program, sources)
    return Outcome(result_of(drawing, left, rules, settings, today=today, started=started), left)


def result_of(
    drawing: Drawing,
    left: Left,
    rules: dict[str, Rule],
    settings: Settings,
    *,
    today: date,
    started: float,
) -> Result:
    """The result that the parts of a run make together. `started` is a time of the monotonic clock."""
    run = _Together(drawing, left.parts, rules, settings, today)
    found = run.findings([allow for allows in left.allows.values() for allow in allows])
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
        is_of_more=_is_of_more(drawing.map, drawing.sources),
    )


def _is_of_more(drawn: Map, sources: Sources) -> bool:
    """Whether a file was read that is no part of the tree, as a description of an API that `.gitignore` leaves out."""
    known = {*sources.files, *sources.texts, *sources.markers}
    places = [*(route.registered_at for route in drawn.routes), *(gap.at for gap in drawn.not_read)]
    return any(at not in known and at.rpartition(":")[0] not in known for at in places if at and at != ".")


#: Rules that say of a route that anyone may use it.
_OF_OPEN = frozenset(("missing-guard", "admin-exposed"))


class _Together:
    """Puts the parts of a run together: what several of them say is said once, and what somebody allows is marked."""

    def __init__(self, drawing: Drawing, parts: Parts, rules: dict[str, Rule], settings: Settings, today: date) -> None:
        self._program: Program = drawing.program
        self._map = drawing.map
        self._parts = parts
        self._rules = rules
        self._settings = settings
        self._today = today
        self._registrations: Registrations | None = None
        self.not_analysed = [(gap.at, gap.why) for gap in drawing.map.not_read if not gap.analysed]
        self.not_analysed += [one for part in parts.every() for one in part.not_analysed]
        self._failed = {one for part in parts.every() for one in part.failed}
        large = [path for path, part in parts.texts.items() if part.is_too_large]
        more = f" (and {len(large) - 1} more)" if len(large) > 1 else ""
        self.notes = [(path, f"larger than 1 MB{more}: not searched for secrets") for path in large[:1]]

    def findings(self, allows: list[Allow]) -> list[Finding]:
        """All findings, those too that are allowed."""
        parts = self._parts
        flows = frozenset(rule.id for rule in self._rules.values() if rule.flow is not None)
        of_files = _once([one for part in parts.files.values() for one in part.findings])
        found = [*self._undecided(), *self._policy(), *told_once([*of_files, *parts.flows.findings], flows)]
        said = {at for one in found if self._hides(one) for at in _places(one)}
        secrets = [one for part in (*parts.files.values(), *parts.texts.values()) for one in part.secrets]
        found += [one for one in secrets if str(one.span) not in said]
        found += parts.templates.findings
        found = [self._suppressed(finding, allows) for finding in found]
        hiding = frozenset(rule.id for rule in self._rules.values() if rule.hides_literals)
        return fingerprinted(hidden_together([*found, *self._about(allows, found)], hiding))

    def _undecided(self) -> Iterator[Finding]:
        """What is asked of the map, without what says of a route that it is open where a person decided about that."""
        of_open = [finding for finding in self._parts.questions.findings if finding.rule in _OF_OPEN]
        decided = self._decided() if of_open else frozenset()
        return (one for one in self._parts.questions.findings if one.rule not in _OF_OPEN or one.target not in decided)

    def _decided(self) -> frozenset[str]:
        """Routes that `routes:` of nomoat.yaml calls public, saying why, or binds in front of a guard that enforces."""
        if self._settings.path is None:
            return frozenset()
        from nomoat.policy.bindings import bind
        from nomoat.policy.document import read as read_policy

        services = {route.id: route.service for route in self._map.routes}
        enforcing = {service.name for service in self._map.services if service.protected == "enforce"}
        return frozenset(
            route
            for _, binding in bind(self._map, read_policy(self._settings))
            if binding.origin == "policy"
            for route in binding.routes
            if binding.kind == "public" or services[route] in enforcing
        )

    def _hides(self, finding: Finding) -> bool:
        rule = self._rules.get(finding.rule)
        return rule is not None and rule.hides_literals

    def _registered(self) -> Registrations:
        if self._registrations is None:
            self._registrations = Registrations(self._map, self._program)
        return self._registrations

    def _policy(self) -> Iterator[Finding]:
        """What map and policy say of one another, under the ids of `nomoat policy check`."""
        if self._settings.path is None:
            return
        from nomoat.policy import devices
        from nomoat.policy.document import read as read_policy
        from nomoat.policy.questions import ask
        from nomoat.policy.subjects import may_claim_roles

        policy = read_policy(self._settings)
        telling = Telling(self._program, self._registered())
        routes = {route.id: route for route in self._map.routes}
        claimed = may_claim_roles(self._settings)
        given = devices.names(self._settings)
        for said in ask(self._map, policy, today=self._today, roles_claimed=claimed, devices=given):
            yield telling.of_observation(said, self._rules.get(said.id), routes.get(said.target), self._settings)

    # -- suppressions ------------------------------------------------------------------------------------------------

    def _suppressed(self, finding: Finding, allows: list[Allow]) -> Finding:
        allow = suppress.covering(allows, finding, self._decorators(finding)) if allows else None
        if allow is None or allow.is_expired(self._today):
            return finding
        return replace(finding, suppressed=Suppression(allow.at, allow.reason, str(allow.until)))

    def _decorators(self, finding: Finding) -> range:
        """The lines from the first decorator to the `def` of the handler that a finding about a route speaks of."""
        route = next((one for one in self._map.routes if one.id == finding.symbol), None) if finding.target else None
        scope = self._registered().of(route).handler if route is not None else None
        if scope is None or scope.node is None or scope.module.path != finding.span.path:
            return range(0)
        first = min([node[1] for node in scope.decorators] or [scope.node[1]])
        return range(scope.module.line(first), scope.module.line(scope.node[1]) + 1)

    def _about(self, allows: list[Allow], found: list[Finding]) -> Iterator[Finding]:
        used = {finding.suppressed.at for finding in found if finding.suppressed is not None}
        known = {*self._rules, *self._of_policy()} if allows else set()
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

    def _of_policy(self) -> frozenset[str]:
        """The questions that only the policy asks, where there is one."""
        if self._settings.path is None:
            return frozenset()
        from nomoat.policy.questions import QUESTIONS

        return frozenset(QUESTIONS)

    def _did_run(self, allow: Allow) -> bool:
        """Whether the rule that a comment names ran on the comment's file, and on all of it."""
        path = allow.span.path
        if any(at.rpartition(":")[0] == path or at == path for at, _ in self.not_analysed):
            return False
        rule = self._rules.get(allow.rule)
        if allow.rule in self._of_policy():
            return True
        if rule is None or {(rule.id, path), (rule.id, EVERYWHERE)} & self._failed:
            return False
        is_test = bool(TEST_FILE.search(path))
        return (
            rule.question in questions.QUESTIONS
            or bool(rule.secrets)
            or (bool(rule.patterns) and (rule.in_tests or not is_test))
            or (rule.flow is not None and not is_test)
        )


def _once(found: list[Finding]) -> list[Finding]:
    """Findings of patterns, a secret once: not where it is used when the setting that holds it is one already."""
    stand = {(one.rule, f"{STANDS}{one.span}") for one in found}
    return [one for one in found if (one.rule, one.label) not in stand]


def _places(finding: Finding) -> tuple[str, ...]:
    """Where a finding about a secret stands, and where the secret does."""
    return str(finding.span), finding.label.removeprefix(STANDS)


def _no_rule(name: str, known: Iterable[str]) -> str:
    near = datafile.did_you_mean(name, known)
    return f"no rule is called '{name}'" + (f"; {near}" if near.startswith("did") else "")
