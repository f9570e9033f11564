"""Rules of the second kind: what certain calls, settings, attributes, decorators, comparisons and values must not be.

Takes the sites of a scope; gives those that fit, each with how sure it is and what to say of it. Values are followed
through constants, defaults and imports. All rules are looked for in one pass.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nomoat.check import afterwards, arguments, logged, names
from nomoat.check.model import Confidence, Pattern, Rule, weaker
from nomoat.check.owned import SettingsOf
from nomoat.check.prefilter import Hits
from nomoat.check.sites import Site, Sites
from nomoat.check.standing import is_accepted, is_asked_for, is_for_development, is_tested
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

#: A text of source in a message is cut to this many characters.
_MAX_SHOWN = 60


class Match(NamedTuple):
    """A site that fits a pattern of a rule."""

    scope: Scope
    site: Site
    confidence: Confidence

    @property
    def rule(self) -> Rule:
        """The rule."""
        return self.site.rule

    @property
    def pattern(self) -> Pattern:
        """The pattern of the rule."""
        return self.site.pattern

    def tells_again(self, told: set[tuple[str, str]]) -> bool:
        """Whether the value is made of one that the rule told of before: `token = ...`, then `save(token=token)`."""
        if self.pattern.on != "values" or not told:
            return False
        return any(node[0] == form.NAME and (self.rule.id, node[3]) in told for node in form.walk(self.site.subject))

    def said(self, template: str) -> str:
        """A message or a fix, with what stands here put in: `{name}`, `{value}`, `{call}`, `{other}`."""
        if "{" not in template:
            return template
        subject, other, module = self.site.subject, self.site.other, self.scope.module
        is_call = subject[0] == form.CALL and self.pattern.on in ("calls", "decorators")
        shown = {
            "{name}": self.site.name,
            "{call}": _shown(module.text(subject[3])) if is_call else "",
            "{value}": _shown(module.text(subject)),
            "{other}": _shown(module.text(other)) if other is not None else "",
        }
        for part, text in shown.items():
            template = template.replace(part, text)
        return template


def _may_hold_site(scope: Scope, node: Node, hits: Hits) -> bool:
    start = min([node[1], *(decorator[1] for decorator in scope.decorators)])
    return hits.within(start, node[2])


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


class Patterns:
    """The patterns of many rules over one program."""

    def __init__(self, program: Program, rules: Iterable[Rule]) -> None:
        self._program = program
        self._sites = Sites(program, rules)
        self._settings = SettingsOf(program)
        self._used: dict[tuple[str, ...], bool] = {}

    def over(self, program: Program) -> Patterns:
        """The same patterns over another program."""
        other = copy.copy(self)
        other._program, other._sites = program, self._sites.over(program)
        other._settings, other._used = SettingsOf(program), {}
        return other

    def scopes(self, module: Module, hits: Hits) -> Iterator[Scope]:
        """The scopes of a module in which a site may stand, parents first, in source order."""
        stack, learned = [self._program.scope(module)], 0
        while stack:
            scope = stack.pop()
            if scope.node is not None and not _may_hold_site(scope, scope.node, hits):
                continue
            yield scope
            if len(self._sites.aliases) != learned:
                hits.learn(self._sites.aliases)
                learned = len(self._sites.aliases)
            stack.extend(reversed(scope.children.values()))

    def candidates(self, scope: Scope) -> Iterator[Site]:
        """Each place that stands directly in the scope and may fit; `match` decides."""
        return self._sites.of(scope)

    def match(self, scope: Scope, site: Site) -> Match | None:
        """The match of a candidate; None when it does not fit."""
        rule, pattern = site.rule, site.pattern
        if not self._fits_site(scope, site):
            return None
        confidence = pattern.confidence
        tests = (*pattern.tests, *pattern.others)
        may_change = arguments.depends(self._program, scope, site.subject, tests)
        if may_change or (pattern.on == "settings" and self._settings.may_be_set(scope, site)):
            confidence = weaker(confidence, "likely")
        if not rule.hides_literals and is_accepted(scope, site.node):
            confidence = weaker(confidence, "likely")
        is_harmless = not rule.in_development and is_for_development(
            scope, site.node, is_setting=pattern.on == "settings"
        )
        if is_harmless or self._is_excused(scope, site):
            confidence = "low"
        return Match(scope, site, confidence)

    def _is_excused(self, scope: Scope, site: Site) -> bool:
        """Whether something around the site makes it harmless; each is looked at only where the pattern wants it."""
        node, pattern = site.node, site.pattern
        return (
            (pattern.if_used and logged.only_logged(self._program, scope, node))
            or (bool(pattern.unless) and self._is_beside_another(scope, site))
            or (bool(pattern.unless_then) and self._is_made_good(scope, node, pattern))
            or (bool(pattern.unless_used) and self._uses(pattern.unless_used))
            or (pattern.unless_asked is not None and is_asked_for(scope, node, pattern.unless_asked))
            or (pattern.unless_tested and is_tested(scope, node, site.subject))
            or (pattern.on == "settings" and self._settings.is_overridden(scope, site))
        )

    def _uses(self, wanted: tuple[str, ...]) -> bool:
        """Whether a file of the project has the last word of one of these names."""
        known = self._used.get(wanted)
        if known is None:
            words = [word.lower().encode() for word in names.last_words(wanted)]
            known = any(self._program.words.containing(word) for word in words)
            self._used[wanted] = known
        return known

    def _fits_site(self, scope: Scope, site: Site) -> bool:
        pattern = site.pattern
        if pattern.inside is not None and not pattern.inside.search(scope.qualname if scope.is_function else ""):
            return False
        if pattern.only_items and site.place != "item":
            return False
        if pattern.beside and not self._stands_beside(scope, site):
            return False
        if pattern.used and not self._uses(pattern.used):
            return False
        if pattern.on == "calls":
            return self._fits(scope, site.node, pattern)
        if pattern.on == "values" and pattern.framework == "django" and not self._settings.is_django(scope):
            return False
        if pattern.on == "settings" and not self._settings.are_of(scope, site):
            return False
        if pattern.on == "attributes" and not self._is_attribute(scope, site):
            return False
        if pattern.on == "decorators":
            decorator = site.subject
            callee = decorator[3] if decorator[0] == form.CALL else decorator
            if not self._means(scope, callee, pattern.calls):
                return False
        if not arguments.all_hold(self._program, scope, site.subject, pattern.tests):
            return False
        is_pair = pattern.on == "comparisons" and site.other is not None
        return not is_pair or arguments.all_hold(self._program, scope, site.other or site.node, pattern.others)

    def _is_attribute(self, scope: Scope, site: Site) -> bool:
        """Whether it is one of the attributes; `self.verify` is `*.verify` of nothing that is known."""
        target, wanted = site.other, site.pattern.calls
        if target is None:
            return False
        if target[3][:1] != (form.NAME,) or target[3][3] not in ("self", "cls"):
            return self._means(scope, target, wanted)
        cls = scope.enclosing_class
        bases = self._program.bases(cls) if cls is not None else ()
        return any(f"{base}.{site.name}" in wanted for base in bases if isinstance(base, str))

    def _stands_beside(self, scope: Scope, site: Site) -> bool:
        """Whether one of the names stands in the function (the decorated one, its decorators too) or module."""
        root = scope.node or scope.body
        if site.pattern.on == "decorators" and site.other is not None:
            root = site.other
            if root[0] == form.CLASS:
                return False
        chains = (form.dotted(node) for node in form.walk(root) if node[0] in (form.ATTRIBUTE, form.NAME))
        wanted = names.globs(site.pattern.beside)
        return any(chain is not None and wanted.match(chain) is not None for chain in chains)

    def _means(self, scope: Scope, node: Node, wanted: tuple[str, ...]) -> bool:
        return names.means(self._program, scope, node, wanted)

    def _fits(self, scope: Scope, node: Node, pattern: Pattern) -> bool:
        if not arguments.may_hold(node, pattern.tests) or not names.called(self._program, scope, node, pattern.calls):
            return False
        return arguments.all_hold(self._program, scope, node, pattern.tests)

    def _is_made_good(self, scope: Scope, call: Node, pattern: Pattern) -> bool:
        def fits(other: Node) -> bool:
            return any(self._fits(scope, other, one) for one in pattern.unless_then)

        return afterwards.surely_followed(scope, call, fits)

    def _is_beside_another(self, scope: Scope, site: Site) -> bool:
        if site.pattern.on == "decorators" and site.other is not None:
            # What the decorated function does, with all inside of it.
            scope = scope.child(site.other)
            others = [node for node in form.walk(scope.body) if node[0] == form.CALL]
            beside = [
                (one, one if one[0] == form.CALL else (form.CALL, one[1], one[2], one, (), ()))
                for one in scope.decorators
            ]
            outer = scope.parent or scope
            if any(
                self._fits(outer, call, unless)
                for unless in site.pattern.unless
                for one, call in beside
                if one is not site.node
            ):
                return True
        else:
            others = [node for node in scope.nodes if node[0] == form.CALL and node is not site.node]
        return any(self._fits(scope, other, unless) for unless in site.pattern.unless for other in others)
