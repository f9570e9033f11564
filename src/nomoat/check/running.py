"""Runs `nomoat check`, `explain` and `rules list`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat import settings as settings_file
from nomoat.check import settings as check_settings
from nomoat.check.model import CONFIDENCES, SEVERITIES, Finding, Result, Rule
from nomoat.check.report import plain, sarif, text
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, NomoatError, printable
from nomoat.journal.facts import Checked, OpenFinding
from nomoat.journal.journal import is_there, open_store
from nomoat.journal.ports import Store
from nomoat.settings import Settings
from nomoat.survey.python.collecting import uncollected

if TYPE_CHECKING:
    from nomoat.check.remembering import Remembering
    from nomoat.check.scan import Outcome

_FORMATS = {"text": text.render, "json": plain.render, "sarif": sarif.render}


def check(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    path = Path(arguments.path)
    settings = settings_for(path, arguments.config)
    own = check_settings.read(settings)
    result = result_of(path, settings, today=date.today(), is_fresh=arguments.no_cache)
    report = _FORMATS[arguments.format](result, confidence=arguments.confidence)
    if arguments.output:
        _write(Path(arguments.output), report)
    else:
        print(report, end="")
    _record(result, settings, path, arguments.store)
    return _code(result, arguments, arguments.fail_on or own.fail_on)


def result_of(path: Path, settings: Settings, *, today: date, is_fresh: bool = False) -> Result:
    """The result of a run over a folder or file: that of the last one, where nothing has changed since.

    Raises: what `scan` raises.
    """
    from nomoat.check.remembering import Remembering

    started = time.monotonic()
    with uncollected():
        remembering = Remembering(path, settings, today=today, is_off=is_fresh)
        known = remembering.recall()
        if known is not None:
            return known
        from nomoat.check import registry
        from nomoat.check.scan import run

        rules = registry.load(settings.root)
    outcome = _again(path, settings, remembering, today, rules) or run(path, settings, today=today, rules=rules)
    remembering.keep(outcome)
    return replace(outcome.result, seconds=time.monotonic() - started)


def _again(
    path: Path, settings: Settings, remembering: Remembering, today: date, rules: dict[str, Rule]
) -> Outcome | None:
    """The outcome of a run over what changed since the last one; None where everything is to be run."""
    with uncollected():
        before = remembering.left()
    if before is None:
        return None
    from nomoat.check.again import ChangedError, again

    left, changed = before
    try:
        return again(
            path, settings, left, remembering.sources, changed, remembering.is_as_before, today=today, rules=rules
        )
    except ChangedError:
        return None


def settings_for(path: Path, config: str | None) -> Settings:
    """The settings of a checked folder: the argument, else the file in that folder, else the defaults."""
    folder = path if path.is_dir() else path.parent
    if config is not None:
        return settings_file.load(config)
    here = folder / settings_file.FILE_NAME
    return settings_file.load(here) if here.is_file() else settings_file.empty(folder)


def _code(result: Result, arguments: argparse.Namespace, fail_on: str) -> int:
    least = SEVERITIES.index(fail_on)
    counted = [f for f in result.findings if f.suppressed is None and _counts(f, arguments.confidence)]
    if any(SEVERITIES.index(finding.severity) >= least for finding in counted):
        return EXIT_FINDINGS
    return EXIT_INCOMPLETE if result.not_analysed and not arguments.allow_incomplete else EXIT_CLEAN


def _counts(finding: Finding, confidence: str) -> bool:
    return CONFIDENCES.index(finding.confidence) >= list[str](CONFIDENCES).index(confidence)


def _write(path: Path, report: str) -> None:
    try:
        path.write_text(report, encoding="utf-8")
    except OSError as error:
        raise NomoatError(
            f"cannot write the report: {error.strerror}", where=str(path), fix="check path and rights"
        ) from error


def _record(result: Result, settings: Settings, path: Path, url: str | None) -> None:
    """One fact a run, where a nomoat.yaml and a store are; a store that cannot be written is said, nothing more."""
    if url is None and (settings.path is None or not is_there(settings.store_url)):
        return
    try:
        # A run makes no journal of its own accord, only where one is named.
        store = open_store(url or settings.store_url, create=url is not None)
    except NomoatError as error:
        print(f"note: this run is not in the journal: {printable(error.what)}", file=sys.stderr)
        return
    try:
        root = str(path.resolve())
        still = [f for f in result.findings if f.suppressed is None and f.confidence == "sure"]
        found = tuple(OpenFinding(f.fingerprint, f.rule, f.severity, str(f.span), f.target) for f in still)
        known = {finding.fingerprint: finding for finding in _open_before(store, root)}
        found += _not_looked_at(result, known.values(), found)
        before, now = set(known), {finding.fingerprint for finding in found}
        fact = Checked(
            root=root, map_hash=result.map_hash, open=found, new=tuple(sorted(now - before)),
            gone=tuple(sorted(before - now)), not_analysed=len(result.not_analysed),
        )  # fmt: skip
        store.append([(fact, None)])
    except NomoatError as error:
        print(f"note: this run is not in the journal: {printable(error.what)}", file=sys.stderr)
    finally:
        store.close()


def _open_before(store: Store, root: str) -> tuple[OpenFinding, ...]:
    """What the last run over the same path left open; another path's findings are neither new nor gone here."""
    before: tuple[OpenFinding, ...] = ()
    for entry in store.read(kinds=(Checked,)):
        if isinstance(entry.fact, Checked) and entry.fact.root == root:
            before = entry.fact.open
    return before


def _not_looked_at(
    result: Result, known: Iterable[OpenFinding], found: tuple[OpenFinding, ...]
) -> tuple[OpenFinding, ...]:
    """Open findings of files that this run could not analyse: they are not gone, nobody looked."""
    places = {at for at, _ in result.not_analysed}
    dark = places | {at.rpartition(":")[0] for at in places}
    now = {finding.fingerprint for finding in found}
    return tuple(one for one in known if one.fingerprint not in now and one.at.rpartition(":")[0] in dark)


def explain(arguments: argparse.Namespace) -> int:
    """Runs `nomoat explain`."""
    name = arguments.rule.replace("_", "-")
    from nomoat.check import registry

    if _explained(name):
        return EXIT_CLEAN
    rule = registry.find(name, settings_file.load().root)
    print(
        f"{rule.id}   {rule.severity}, {rule.confidence}   CWE-{rule.cwe}"
        + "".join(f"   {name}" for name in rule.owasp)
    )
    print(f"\n{printable(rule.title)}\n\nwhy\n  {_wrapped(rule.why)}\n\nfix\n  {_wrapped(rule.fix)}")
    example = Path(rule.at).with_suffix(".py")
    if example.exists():
        print("\nexample (lines marked `expect` are found)\n")
        print("".join(f"  {printable(line)}\n" for line in example.read_text(encoding="utf-8").splitlines()), end="")
    return EXIT_CLEAN


def _explained(name: str) -> bool:
    """Explains what has no file: the rules about suppressions, and the questions that only the policy asks."""
    from nomoat.check import registry, suppress
    from nomoat.policy.questions import QUESTIONS

    about = suppress.explained(name)
    if about is not None:
        severity, why, fix = about
        print(f"{name}   {severity}, sure\n\nwhy\n  {_wrapped(why)}\n\nfix\n  {_wrapped(fix)}")
        return True
    if name not in QUESTIONS or name in registry.load(settings_file.load().root):
        return False
    print(f"{name}   asked of map and policy (nomoat policy check)\n\nwhy\n  {_wrapped(QUESTIONS[name])}")
    return True


def _wrapped(text_: str) -> str:
    import textwrap

    return "\n  ".join(textwrap.wrap(" ".join(text_.split()), 100))


def listed(_arguments: argparse.Namespace) -> int:
    """Runs `nomoat rules list`."""
    from nomoat.check import registry

    for rule in registry.load(settings_file.load().root).values():
        print(f"{rule.id:<26} {rule.severity:<9} {rule.confidence:<7} {rule.kind:<9} {printable(rule.title)}")
    return EXIT_CLEAN
