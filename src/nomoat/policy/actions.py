"""Runs `nomoat policy explain|test|check|loosened|backtest|learn`: reads files and journal, prints."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from nomoat import settings
from nomoat.appmap import codec
from nomoat.appmap.model import Map
from nomoat.datafile import duration_s
from nomoat.errors import (
    EXIT_CLEAN,
    EXIT_FINDINGS,
    EXIT_INCOMPLETE,
    IncompleteError,
    PolicyError,
    SettingsError,
    StorageError,
    UsageError,
    printable,
)
from nomoat.journal.facts import Decision, Elevation, Text, moment, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.policy import backtest as backtesting
from nomoat.policy import conditions, devices, document, explain, loosened, questions, report, subjects, tables
from nomoat.policy import learn as learning
from nomoat.policy.backend import is_native
from nomoat.policy.break_glass import lines
from nomoat.policy.decide import ROLE_PREFIX, compile_policy
from nomoat.policy.grown import grown
from nomoat.policy.model import Policy, loads
from nomoat.settings import Settings


def explain_action(arguments: argparse.Namespace) -> int:
    """Says who may do what, and why."""
    of = settings_of(arguments.config)
    if not is_native(of):
        print("note: this is what nomoat.yaml says; guard asks the backend that it names", file=sys.stderr)
    if arguments.decision is not None:
        found, about = _explained_decision(of, arguments.store or of.store_url, arguments.decision)
    else:
        found, about = _explained(of, arguments), {}
    shown = report.explanation_json(found) | about
    print_as(arguments.format, shown, report.explanation_text(found, about))
    return EXIT_CLEAN if found.allowed else EXIT_FINDINGS


def test_action(arguments: argparse.Namespace) -> int:
    """Answers the decision tables beside the policy."""
    of = settings_of(arguments.config)
    policy = document.read(of)
    if arguments.service and arguments.service not in policy.services:
        raise UsageError(f"no service is called '{arguments.service}'", fix=f"known: {', '.join(policy.services)}")
    path = Path(arguments.tests) if arguments.tests else of.root / tables.FILE_NAME
    if not arguments.tests and not path.exists():
        raise UsageError(
            f"there is no {tables.FILE_NAME} here",
            where=str(of.root),
            fix='write one: decisions: {"PERMISSION": [{as: "role:NAME", expect: allow}]}, or --tests FILE',
        )
    rows = tables.read(path, aliases=subjects.aliases(of))
    found = tables.run(compile_policy(policy, service=arguments.service), rows)
    print_as(arguments.format, tables.as_json(found), tables.as_text(found))
    is_wrong = bool(found.wrong) or (arguments.covered and bool(found.untried))
    return EXIT_FINDINGS if is_wrong else EXIT_CLEAN


def loosened_action(arguments: argparse.Namespace) -> int:
    """Says which secure defaults are loosened, why, and until when."""
    of = settings_of(arguments.config)
    found = loosened.loosened(of)
    shown, text = loosened.as_json(found), loosened.as_text(found)
    if document.read(of).break_glass:
        raised = _elevations(of)
        rows = [{name: getattr(one, name) for name in ("role", "subject", "until", "because", "by")} for one in raised]
        shown |= {"break_glass": rows}
        text += "".join(f"\n{line}" for line in lines(raised))
    print_as(arguments.format, shown, text)
    return EXIT_FINDINGS if any(one.is_over for one in found) else EXIT_CLEAN


def _elevations(of: Settings) -> tuple[Elevation, ...]:
    """The roles for an emergency that are open; none where no journal was ever begun."""
    try:
        store = open_store(of.store_url, create=False)
    except StorageError as error:
        print(f"note: what is open cannot be told: {printable(error.what)}", file=sys.stderr)
        return ()
    try:
        return store.state(now=timestamp()).elevations
    finally:
        store.close()


def _explained(of: Settings, arguments: argparse.Namespace) -> explain.Explanation:
    if not arguments.who or not arguments.may:
        raise UsageError("explain needs to know who and what", fix="write --as role:user --may delete, or --decision N")
    who: str = arguments.who
    roles = list(arguments.role)
    if who.startswith(ROLE_PREFIX):
        subject = ""
        roles.insert(0, who.removeprefix(ROLE_PREFIX))
    else:
        subject = _subject(who, subjects.aliases(of))
    policy = document.read(of)
    if arguments.service and policy.services and arguments.service not in policy.services:
        raise UsageError(f"no service is called '{arguments.service}'", fix=f"known: {', '.join(policy.services)}")
    given = dict(_given(text) for text in arguments.given)
    resource = {name.removeprefix("resource."): v for name, v in given.items() if name.startswith("resource.")}
    return explain.explain(
        compile_policy(policy, service=arguments.service),
        explain.Asker(subject, tuple(roles)),
        tuple(arguments.may),
        attributes={name: value for name, value in given.items() if not name.startswith("resource.")},
        resource=resource or None,
        only=arguments.only,
    )


def _subject(who: str, known: tuple[str, ...]) -> str:
    """The whole id; for a question, a name without its issuer is the first issuer's, and that is said."""
    kind, _, name = who.partition(":")
    if kind == "user" and name and "/" not in name and len(known) > 1:
        print(f"note: {printable(who)} is taken as user:{known[0]}/{printable(name)}", file=sys.stderr)
        return subjects.whole(who, known[:1])
    return subjects.whole(who, known)


def _given(text: str) -> tuple[str, object]:
    """`resource.owner=ben` as name and value; a whole number, true and false are what they look like, unless quoted."""
    name, equals, value = text.partition("=")
    space, dot, rest = name.partition(".")
    if not equals or not dot or not rest or space not in conditions.NAMESPACES:
        raise UsageError(
            f"'{text}' is no attribute", fix="write resource.owner=ben, context.hour=3 or subject.region=eu"
        )
    if name in ("subject.id", "subject.sub", "subject.roles"):
        raise UsageError(f"{name} cannot be given", fix="it comes from --as and --role")
    if space in ("params", "device") or (space == "context" and conditions.CONTEXT.get(rest) in ("text", "timestamp")):
        return name, value
    if re.fullmatch(r"-?[0-9]{1,18}", value):
        return name, int(value)
    if value in ("true", "false"):
        return name, value == "true"
    quoted = re.fullmatch(r"\"(.*)\"|'(.*)'", value, re.DOTALL)
    return name, (quoted.group(1) or quoted.group(2) or "") if quoted else value


def _explained_decision(of: Settings, url: str, position: str) -> tuple[explain.Explanation, dict[str, Any]]:
    if not (position.isascii() and position.isdigit() and len(position) < 19):
        raise UsageError(
            f"'{position}' is no position of a journal", where="--decision", fix="nomoat journal show tells them"
        )
    store = open_store(url, create=False)
    try:
        entry = store.get(position)
        decision = entry.fact if entry is not None else None
        if entry is None or not isinstance(decision, Decision):
            what = "no fact stands" if entry is None else "no decision stands, or its body was pruned,"
            raise UsageError(f"{what} at position {position}", where=url, fix="nomoat journal show")
        policy = Policy() if decision.reason in explain.REASONS else _policy_of(of, store, decision)
    finally:
        store.close()
    found = explain.explain_decision(compile_policy(policy, service=decision.service), decision)
    return found, report.decision_json(position, decision)


def _policy_of(of: Settings, store: Store, decision: Decision) -> Policy:
    """The policy that made a decision: today's, with its lines, where it is the same; else the stored text."""
    try:
        today: Policy | None = document.read(of)
    except SettingsError:
        today = None
    if today is not None and today.hash == decision.policy:
        return today
    text = _texts(store).get(decision.policy)
    if text is None:
        raise IncompleteError(
            f"the policy {decision.policy or 'of this decision'} is not in the journal", where=store.url,
            fix="it cannot be replayed; newer decisions can",
        )  # fmt: skip
    return loads(text, name=decision.policy)


def check_action(arguments: argparse.Namespace) -> int:
    """Shows what map and policy say together."""
    of = settings_of(arguments.config)
    policy = document.read(of)
    drawn = _map(of)
    if drawn is None:
        raise IncompleteError("there is no map to compare with", where=str(of.map_file), fix="nomoat map --write")
    found = questions.ask(
        drawn, policy, today=date.today(), roles_claimed=subjects.may_claim_roles(of), devices=devices.names(of)
    )
    print_as(arguments.format, report.observations_json(found), report.observations_text(found, len(drawn.routes)))
    return EXIT_FINDINGS if any(one.level == "error" for one in found) else EXIT_CLEAN


def backtest_action(arguments: argparse.Namespace) -> int:
    """Shows what another policy would have changed."""
    of = settings_of(arguments.config)
    new = document.read(settings.load(arguments.policy))
    since = _moment_before(arguments.since)
    store = open_store(arguments.store or of.store_url, create=False)
    try:
        recorded = _Recorded(store, since)
        found = backtesting.backtest(recorded.decisions(), _texts(store), new, _map(of))
    finally:
        store.close()
    if not found.total:
        raise IncompleteError(
            "no decision is recorded", where=arguments.store or of.store_url, fix="let guard run in audit mode first"
        )
    window = arguments.since or ""
    print_as(arguments.format, report.backtest_json(found), report.backtest_text(found, window, recorded.blanked))
    if found.changed:
        return EXIT_FINDINGS
    return EXIT_INCOMPLETE if found.cannot_be_told else EXIT_CLEAN


def learn_action(arguments: argparse.Namespace) -> int:
    """Shows what is granted and never used, and a smaller policy."""
    of = settings_of(arguments.config)
    least_s = duration_s(arguments.at_least)
    if least_s is None or arguments.decisions < 1:
        raise UsageError(
            "--at-least is a duration and --decisions a number above 0", fix="--at-least 7d --decisions 1000"
        )
    threshold = learning.Threshold(least_s, arguments.decisions)
    since = _moment_before(arguments.since)
    store = open_store(arguments.store or of.store_url, create=False)
    try:
        recorded = _Recorded(store, since)
        lesson = learning.learn(recorded.decisions, _texts(store), of, threshold=threshold)
        roles = grown(_versions(store, document.read(of)))
    finally:
        store.close()
    if arguments.output and lesson.text:
        _write(Path(arguments.output), lesson.text)
    shown = {**report.lesson_json(lesson), "grown": [one._asdict() for one in roles]}
    print_as(arguments.format, shown, report.lesson_text(lesson) + report.grown_text(roles))
    return EXIT_CLEAN


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror}", where=str(path), fix="check path and rights") from error
    print(f"written: {printable(str(path))}", file=sys.stderr)


class _Recorded:
    """The decisions of a store up to now, as often as they are asked for; `blanked` counts those retention emptied."""

    def __init__(self, store: Store, since: datetime | None) -> None:
        self._store = store
        self._upto = store.head().position
        self._from = since
        self.blanked = 0

    def decisions(self) -> Iterator[Decision]:
        """Every decision of the window, in order."""
        self.blanked = 0
        if not self._upto:
            return
        for entry in self._store.read(kinds=(Decision,), upto=self._upto):
            if entry.fact is None:
                self.blanked += 1
            elif isinstance(entry.fact, Decision) and (
                self._from is None or moment(entry.fact.happened_at) >= self._from
            ):
                yield entry.fact


def _moment_before(since: str | None) -> datetime | None:
    if since is None:
        return None
    seconds = duration_s(since)
    if seconds is None:
        raise UsageError(f"'{since}' is no duration", fix="write 30m, 24h, 7d")
    return datetime.now(UTC) - timedelta(seconds=seconds)


def _texts(store: Store) -> dict[str, str]:
    facts = (entry.fact for entry in store.read(kinds=(Text,)))
    return {fact.hash: fact.text for fact in facts if isinstance(fact, Text) and fact.of == "policy"}


def _versions(store: Store, now: Policy) -> Iterator[tuple[str, Policy]]:
    """Every policy that the journal has seen, by its first use, and today's; what a newer nomoat wrote is left out."""
    for entry in store.read(kinds=(Text,)):
        if isinstance(entry.fact, Text) and entry.fact.of == "policy":
            with suppress(PolicyError):
                yield entry.fact.happened_at, loads(entry.fact.text)
    yield timestamp(), now


def settings_of(config: str | None) -> Settings:
    """The settings of the file that was named, or of the one here. Raises UsageError where there is none."""
    found = settings.load(config)
    if found.path is None:
        raise UsageError("there is no nomoat.yaml here", where=str(found.root), fix="nomoat init, or --config FILE")
    return found


def _map(of: Settings) -> Map | None:
    return codec.load(of.map_file) if of.map_file.is_file() else None


def print_as(form: str, shown: dict[str, Any], text: str) -> None:
    """One answer, as text or as JSON."""
    print(json.dumps(shown, indent=2) if form == "json" else text)
