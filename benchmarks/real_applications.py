"""What map and check say of real applications, compared with what people read in their code.

    python benchmarks/real_applications.py FOLDER [--only NAME] [--details]

FOLDER, outside the repository, holds the source distributions (the wheel, of what is published as nothing else); those
that are not there are fetched by pip, which runs their build to learn what they are (nomoat runs nothing of them): put
them there yourself where that is not wanted. Each application has a file in `benchmarks/applications/`: its version,
its routes with a verdict, its findings as judged.
Only what a file states is compared: a route or a finding that nobody read is counted as such, never as right.
Exit code 1: an open route is called guarded, or the default report of `check` says something that was judged wrong.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nomoat import datafile
from nomoat.errors import NomoatError

_TRUTH = Path(__file__).parent / "applications"
_VERDICTS = ("guarded", "unguarded", "unknown")
_JUDGED = ("right", "wrong")
_CONVERTER = re.compile(r"\{(\w+):[^}]*\}")
#: Drawn, drawn with findings, drawn with something that was not read.
_ENDS = (0, 1, 3)


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding as somebody judged it, known again by its rule and its target or `path:symbol`."""

    rule: str
    place: str
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What somebody read: a verdict for each route, and each finding judged.

    `is_whole`: every route was read, so that a route which is not there is an error of the map.
    """

    name: str
    version: str
    routes: dict[str, str]
    findings: dict[tuple[str, str], Judged]
    is_whole: bool = True
    #: Only wheels are published of it.
    is_wheel: bool = False

    @property
    def archive(self) -> str:
        """The pattern of the archive's name, whichever way it writes the project's name."""
        name = f"{re.sub(r'[-_.]', '?', self.name)}-{self.version}"
        return f"{name}-*.whl" if self.is_wheel else f"{name}.tar.gz"


@dataclass(slots=True)
class Outcome:
    """One application compared with its truth."""

    truth: Truth
    seconds: dict[str, float] = field(default_factory=dict)
    found: int = 0
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    open_called_guarded: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    findings: Counter[str] = field(default_factory=Counter)
    wrong_by_default: list[str] = field(default_factory=list)
    not_read: int = 0
    notes: Counter[str] = field(default_factory=Counter)


def truth_of(path: Path) -> Truth:
    """The truth that a file states.

    Raises:
        SystemExit: a verdict is none of ours, or a route stands there twice.
        DataFileError: the file cannot be read.
    """
    stated: dict[str, Any] = datafile.plain(datafile.load(path))
    routes: dict[str, str] = {}
    for group in stated.get("routes") or ():
        for route in group["of"]:
            if group["is"] not in _VERDICTS or _shape(route) in routes:
                raise SystemExit(f"{path}: '{route}' is stated twice, or '{group['is']}' is no verdict")
            routes[_shape(route)] = group["is"]
    findings = {}
    for one in stated.get("findings") or ():
        judged = Judged(one["rule"], _shape(one["place"]), one["is"], one["why"])
        if judged.verdict not in _JUDGED or (judged.rule, judged.place) in findings:
            raise SystemExit(
                f"{path}: {judged.rule} at '{judged.place}' is stated twice, or is neither right nor wrong"
            )
        findings[judged.rule, judged.place] = judged
    is_whole, is_wheel = stated["routes_read"] == "all", stated.get("archive") == "wheel"
    return Truth(stated["name"], str(stated["version"]), routes, findings, is_whole, is_wheel)


def _shape(route: str) -> str:
    """A route without the converters of its parameters (the map has them in its key) and a mount's last slash."""
    shape = _CONVERTER.sub(r"{\1}", route)
    return shape.rstrip("/ ") if shape.startswith("ANY ") else shape


def sources(truth: Truth, folder: Path) -> Path:
    """The folder with the unpacked sources; fetches and unpacks what is not there.

    Raises:
        SystemExit: pip could not fetch it, or the archive holds more than one folder.
    """
    archives = sorted(folder.glob(truth.archive))
    if not archives:
        wanted = f"{truth.name}=={truth.version}"
        kind = "--only-binary" if truth.is_wheel else "--no-binary"
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, ":all:", "-d"]
        if subprocess.run([*fetch, str(folder), wanted]).returncode or not any(folder.glob(truth.archive)):
            raise SystemExit(f"pip could not fetch {wanted}; put its archive into {folder}")
        archives = sorted(folder.glob(truth.archive))
    return _unpacked_wheel(archives[0]) if truth.is_wheel else _unpacked(archives[0])


def _unpacked_wheel(archive: Path) -> Path:
    unpacked = archive.with_suffix("")
    if not unpacked.exists():
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(unpacked)
    return unpacked


def _unpacked(archive: Path) -> Path:
    with tarfile.open(archive) as opened:
        tops = {Path(name).parts[0] for name in opened.getnames()}
        if len(tops) != 1:
            raise SystemExit(f"{archive} holds {len(tops)} folders")
        unpacked = archive.parent / tops.pop()
        if not unpacked.exists():
            opened.extractall(archive.parent, filter="data")
    return unpacked


def said(command: str, root: Path, *options: str) -> tuple[dict[str, Any], float]:
    """What `nomoat map` or `nomoat check` says of a folder, and the seconds that it took.

    Raises:
        SystemExit: it ended with another code than it may.
    """
    started = time.monotonic()
    line = [sys.executable, "-m", "nomoat", command, str(root), "--format", "json", *options]
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode not in _ENDS:
        raise SystemExit(f"{' '.join(line)} ended with {done.returncode}:\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer, time.monotonic() - started


def compared(truth: Truth, root: Path) -> Outcome:
    """Maps and checks an application, and compares both with what was read."""
    outcome = Outcome(truth)
    drawn, outcome.seconds["map"] = said("map", root)
    report, outcome.seconds["check"] = said("check", root)
    outcome.not_read = len(drawn["not_read"])
    outcome.found = len(drawn["routes"])
    _compare_routes(outcome, _verdicts(drawn["routes"]))
    _compare_findings(outcome, report["findings"])
    outcome.notes = _notes(root)
    return outcome


def _notes(root: Path) -> Counter[str]:
    """What the default report says by rule once a copy has the file that `nomoat init --yes` writes."""
    with tempfile.TemporaryDirectory(prefix="nomoat-application-") as folder:
        copy = Path(folder) / root.name
        shutil.copytree(root, copy, symlinks=True)
        begun = subprocess.run(
            [sys.executable, "-m", "nomoat", "init", "--yes"], cwd=copy, capture_output=True, text=True
        )
        if begun.returncode not in _ENDS:
            raise SystemExit(f"nomoat init ended with {begun.returncode} in {root.name}:\n{begun.stderr}")
        report, _ = said("check", copy)
    return Counter(f"{one['rule']} ({one['severity']})" for one in report["findings"] if one["confidence"] == "sure")


def _verdicts(routes: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The verdict of each route; of several of one shape the one that says most for it, so that no error hides."""
    verdicts: dict[str, str] = {}
    for one in sorted(routes, key=lambda route: _VERDICTS.index(route["verdict"]), reverse=True):
        verdicts[_shape(f"{one['method']} {one['path']}")] = one["verdict"]
    return verdicts


def _compare_routes(outcome: Outcome, drawn: dict[str, str]) -> None:
    read = outcome.truth.routes
    outcome.missing, outcome.extra = sorted(read.keys() - drawn.keys()), sorted(drawn.keys() - read.keys())
    for route in sorted(read.keys() & drawn.keys()):
        is_same = read[route] == drawn[route]
        outcome.verdicts["right" if is_same else "not told" if drawn[route] == "unknown" else "wrong"] += 1
        if not is_same:
            outcome.differing.append(f"{route}: read {read[route]}, said {drawn[route]}")
        if drawn[route] == "guarded" and not is_same:
            outcome.open_called_guarded.append(route)


def _compare_findings(outcome: Outcome, findings: Iterable[dict[str, Any]]) -> None:
    judged, seen = outcome.truth.findings, set()
    for one in findings:
        # Those that only --confidence low shows are too many to be judged one by one: a sample is, the rest is counted.
        known = next((judged[key] for key in _keys(one) if key in judged), None)
        told = known.verdict if known is not None else "not judged"
        outcome.findings[f"{one['confidence']} {told}"] += 1
        if known is not None:
            seen.add((known.rule, known.place))
        if told == "wrong" and one["confidence"] == "sure":
            outcome.wrong_by_default.append(f"{one['rule']} {one['span']['path']}:{one['span']['line']}")
    unsaid = [one for key, one in judged.items() if key not in seen]
    outcome.findings["wrong, no longer said"] = sum(one.verdict == "wrong" for one in unsaid)
    outcome.findings["right, not said"] = sum(one.verdict == "right" for one in unsaid)


def _keys(finding: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield finding["rule"], _shape(finding["target"].partition("/")[2])
    yield finding["rule"], f"{finding['span']['path']}:{finding['symbol']}"


def lines_of(outcome: Outcome, *, has_details: bool) -> Iterator[str]:
    """What is printed of one application."""
    truth, verdicts, findings = outcome.truth, outcome.verdicts, outcome.findings
    name = f"{truth.name} {truth.version}"
    extra = f"{len(outcome.extra)} {'extra' if truth.is_whole else 'not compared'}"
    routes = f"{outcome.found} ({len(outcome.missing)} missing, {extra})"
    told = f"{verdicts['right']} / {verdicts['wrong']} / {verdicts['not told']} / {len(outcome.open_called_guarded)}"
    by_sureness = " | ".join(
        f"{findings[f'{sure} right']} / {findings[f'{sure} wrong']} / {findings[f'{sure} not judged']}"
        for sure in ("sure", "likely", "low")
    )
    past = f"{findings['right, not said']} / {findings['wrong, no longer said']}"
    times = f"{outcome.seconds['map']:.1f} / {outcome.seconds['check']:.1f} s"
    yield f"| {name} | {routes} | {told} | {by_sureness} | {past} | {outcome.not_read} | {times} |"
    if has_details:
        yield from (f"    missing  {route}" for route in outcome.missing)
        yield from (f"    extra    {route}" for route in outcome.extra if truth.is_whole)
        yield from (f"    differs  {route}" for route in outcome.differing)
    by_rule = ", ".join(f"{count} {rule}" for rule, count in outcome.notes.most_common()) or "nothing"
    yield f"    with the file of `nomoat init --yes`, by default: {by_rule}"
    yield from (f"    OPEN, CALLED GUARDED  {route}" for route in outcome.open_called_guarded)
    yield from (f"    WRONG, BY DEFAULT     {place}" for place in outcome.wrong_by_default)


_HEAD = (
    "| application | routes found | verdicts: right / wrong / not told / open but called guarded"
    " | findings, sure: right / wrong / not judged | likely | low"
    " | right, not said / wrong, no longer said | not read | map / check |\n|---|---|---|---|---|---|---|---|---|"
)


def main() -> int:
    """Compares and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", metavar="NAME", help="one application")
    parser.add_argument("--details", action="store_true", help="name every route that differs")
    given = parser.parse_args()
    folder: Path = given.folder.resolve()
    if folder.is_relative_to(_TRUTH.parent.parent.resolve()):
        raise SystemExit("choose a folder outside the repository: other people's sources are no part of it")
    folder.mkdir(parents=True, exist_ok=True)
    truths = [truth_of(path) for path in sorted(_TRUTH.glob("*.yaml"))]
    outcomes = []
    print(_HEAD)
    for truth in truths:
        if given.only in (None, truth.name):
            outcomes.append(compared(truth, sources(truth, folder)))
            print("\n".join(lines_of(outcomes[-1], has_details=given.details)), flush=True)
    if not outcomes:
        raise SystemExit(f"no application is called {given.only}")
    return int(any(outcome.open_called_guarded or outcome.wrong_by_default for outcome in outcomes))


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except NomoatError as error:
        raise SystemExit(str(error)) from None
