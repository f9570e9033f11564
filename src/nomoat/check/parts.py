"""What a run finds, in parts that are found by themselves: one for each file, and some for the whole tree.

Each part is found in the program as if nothing had been asked of it before, and records what it looked at. So parts may
be found in any order, by several processes, and kept for the next run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nomoat.appmap.model import Map
from nomoat.check import questions
from nomoat.check.flow.arrivals import FlowRules, is_held
from nomoat.check.flow.expressions import OverBudgetError
from nomoat.check.flow.handlers import handlers
from nomoat.check.flow.walker import arrivals
from nomoat.check.model import Finding, Rule
from nomoat.check.patterns import Patterns
from nomoat.check.questions import Asked
from nomoat.check.registrations import Registrations
from nomoat.check.secrets.search import SecretSearch, TooLargeError
from nomoat.check.telling import Telling
from nomoat.check.templates.search import FoundUnescaped, is_template, unescaped
from nomoat.check.templates.views import Views
from nomoat.check.wanted import Wanted
from nomoat.errors import NomoatError
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE, Sources
from nomoat.survey.python.symbols import Scope
from nomoat.survey.python.used import Used
from nomoat.survey.python.words import WordIndex

#: A rule that ran on every file, which questions to the map do.
EVERYWHERE = ""


@dataclass
class Part:
    """What one part found, and what it was made of."""

    used: Used = field(default_factory=Used)
    findings: list[Finding] = field(default_factory=list)
    #: Those about secrets: where another rule speaks of the same line, it says more.
    secrets: list[Finding] = field(default_factory=list)
    not_analysed: list[tuple[str, str]] = field(default_factory=list)
    #: The file was too large to be looked through.
    is_too_large: bool = False
    #: Rules that failed, with the files they failed on; such a part is not kept.
    failed: set[tuple[str, str]] = field(default_factory=set)

    def crashed(self, rules: Iterable[Rule], where: str, error: Exception, *, on: str) -> None:
        """Says that rules did not come to an end on a file."""
        every = list(rules)
        said = error.what if isinstance(error, NomoatError) else f"{type(error).__name__}: {error}"
        name = every[0].id if len(every) == 1 else "of flow"
        self.not_analysed.append((where, f"rule {name} failed: {said}"))
        self.failed.update((rule.id, on) for rule in every)


@dataclass
class Parts:
    """Everything that a run found, part by part."""

    questions: Part
    flows: Part
    templates: Part
    #: By the path of a Python file, and of another one.
    files: dict[str, Part] = field(default_factory=dict)
    texts: dict[str, Part] = field(default_factory=dict)

    def every(self) -> Iterator[Part]:
        """All of them."""
        yield from (self.questions, self.flows, self.templates, *self.files.values(), *self.texts.values())


class Finders:
    """Finds the parts of one tree. What is asked of files needs `read` first."""

    def __init__(self, program: Program, sources: Sources, rules: dict[str, Rule], wanted: Wanted) -> None:
        self._program = program
        self._sources = sources
        self._rules = rules
        self._wanted = wanted
        self._everywhere, self._in_tests = (Patterns(program, some) for some in (wanted.plain, wanted.in_tests))
        self._secrets = SecretSearch(rule for rule in rules.values() if rule.secrets)

    def read(self, index: WordIndex) -> None:
        """Takes in the words of the Python files that it will be asked for."""
        self._secrets.read(index)

    def _telling(self, program: Program, drawn: Map | None = None) -> Telling:
        return Telling(program, Registrations(drawn if drawn is not None else Map(), program))

    # -- of the whole tree -------------------------------------------------------------------------------------------

    def questions(self, drawn: Map) -> Part:
        """What is asked of the map."""
        part = Part()
        telling = self._telling(self._program.afresh(part.used), drawn)
        asked = Asked(drawn, telling.registrations)
        for rule in self._rules.values():
            if questions.QUESTIONS.get(rule.question) is None:
                continue
            try:
                answers = questions.answers(rule.question, asked)
            except Exception as error:
                part.crashed((rule,), "the map", error, on=EVERYWHERE)
                continue
            part.findings += [telling.about_route(rule, answer) for answer in answers]
        return part

    def flows(self, drawn: Map) -> Part:
        """Where data of requests arrives."""
        part = Part()
        rules = tuple(rule for rule in self._rules.values() if rule.flow is not None)
        if not rules:
            return part
        program = self._program.afresh(part.used)
        telling = self._telling(program, drawn)
        reported: set[tuple[str, str, int, str]] = set()
        known = FlowRules(rules)
        enforcing = {service.name for service in drawn.services if service.protected == "enforce"}
        for route, handler in handlers(drawn, program, telling.registrations):
            path = handler.scope.module.path
            try:
                found = arrivals(program, handler, known)
            except OverBudgetError:
                part.not_analysed.append((handler.scope.at, f"{handler.scope.name} is too large to follow data in it"))
                continue
            except Exception as error:
                part.crashed(rules, path, error, on=path)
                continue
            for arrival in found:
                if route is not None and route.service in enforcing and is_held(program, arrival):
                    continue
                key = (arrival.rule.id, arrival.scope.module.path, arrival.call[1], arrival.made_at)
                if key not in reported and not TEST_FILE.search(arrival.scope.module.path):
                    reported.add(key)
                    part.findings.append(telling.of_arrival(arrival, route))
        return part

    def templates(self) -> Part:
        """What pages show as it is."""
        part = Part()
        paths = [path for path in self._sources.texts if is_template(path)]
        rules = [rule for rule in self._rules.values() if rule.templates]
        if not rules or not paths:
            return part
        program = self._program.afresh(part.used)
        telling, views = self._telling(program), Views(program)
        for rule in rules:
            for one in unescaped(rule, self._sources.root, paths, views):
                if isinstance(one, FoundUnescaped):
                    part.findings.append(telling.of_template(one))
                else:
                    part.not_analysed.append(one)
        return part

    # -- of one file -------------------------------------------------------------------------------------------------

    def file(self, path: str) -> Part:
        """What stands in a Python file."""
        part = Part()
        hits = self._wanted.hits(path)
        spotted = list(self._secrets.in_module(self._program.modules[path]))
        if hits is None and not spotted:
            return part
        program = self._program.afresh(part.used)
        telling = self._telling(program)
        if hits is not None:
            patterns = (self._in_tests if TEST_FILE.search(path) else self._everywhere).over(program)
            for scope in patterns.scopes(program.modules[path], hits):
                part.findings += self._matches(part, patterns, scope, telling)
        part.secrets += [telling.of_secret(one) for one in spotted]
        return part

    def _matches(self, part: Part, patterns: Patterns, scope: Scope, telling: Telling) -> Iterator[Finding]:
        seen: set[tuple[str, int]] = set()
        told: set[tuple[str, str]] = set()
        for site in patterns.candidates(scope):
            rule, line = site.rule, scope.module.line(site.node[1])
            if (rule.id, line) in seen:
                continue
            try:
                match = patterns.match(scope, site)
            except Exception as error:
                part.crashed((rule,), scope.module.path, error, on=scope.module.path)
                continue
            if match is not None and not match.tells_again(told):
                seen.add((rule.id, line))
                told.add((rule.id, site.name))
                yield telling.of_match(match)

    def text(self, path: str) -> Part:
        """What stands in another file."""
        part = Part()
        try:
            found = list(self._secrets.in_text(self._sources.root, path)) if self._secrets else []
        except OSError as error:
            part.not_analysed.append((path, f"cannot be read: {error.strerror}"))
            return part
        except TooLargeError:
            part.is_too_large = True
            return part
        if found:
            telling = self._telling(self._program.afresh(part.used))
            part.secrets += [telling.of_secret(one) for one in found]
        return part
