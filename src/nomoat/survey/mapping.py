"""`nomoat map` and its two questions: draws, prints, writes, compares."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.appmap import codec, diff, query, show
from nomoat.appmap.model import Map
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, NomoatError, UsageError, printable
from nomoat.settings import Settings
from nomoat.survey.draw import draw

_WORDS = ("diff", "who-can-reach")


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    words: list[str] = arguments.words
    if words[:1] == ["diff"]:
        return _diff(arguments, words[1:])
    if words[:1] == ["who-can-reach"]:
        return _who(arguments, words[1:])
    if len(words) > 1:
        raise UsageError("more than one path", where=" ".join(words), fix="nomoat map PATH, one at a time")
    return _draw(arguments, Path(words[0] if words else arguments.path))


def _settings(arguments: argparse.Namespace, path: Path) -> Settings:
    root = path if path.is_dir() else path.parent
    if arguments.config:
        return settings_file.load(arguments.config)
    own = root / settings_file.FILE_NAME
    return settings_file.load(own) if own.is_file() else settings_file.empty(root)


def _drawn(arguments: argparse.Namespace, path: Path) -> tuple[Map, Settings, float]:
    started = time.monotonic()
    settings = _settings(arguments, path)
    drawn = draw(path, settings=settings).map
    return drawn, settings, time.monotonic() - started


def _draw(arguments: argparse.Namespace, path: Path) -> int:
    drawn, settings, seconds = _drawn(arguments, path)
    if arguments.write:
        _write_map(settings.map_file, drawn)
    if arguments.check:
        return _check(arguments, drawn, settings.map_file)
    if arguments.format == "json":
        import json

        _print(arguments, json.dumps(codec.full(drawn), indent=2) + "\n")
    elif arguments.format != "text":
        _print(arguments, _picture(drawn, arguments.format))
    else:
        style = show.Style(is_whole=arguments.all, has_colour=_has_colour(arguments), seconds=seconds)
        _print(arguments, show.text(drawn, style))
    if arguments.write:
        print(f"written: {printable(str(settings.map_file))}", file=sys.stderr)
    return _ended(arguments, drawn, EXIT_CLEAN)


def _picture(drawn: Map, form: str) -> str:
    from nomoat.appmap.drawing import graph, mermaid, page, svg

    if form == "html":
        return page.page(drawn)
    found = graph.graph(drawn)
    return mermaid.mermaid(found) if form == "mermaid" else svg.svg(found)


def _write_map(path: Path, drawn: Map) -> None:
    text = codec.file_text(drawn)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise NomoatError(
            f"cannot write the map: {error.strerror}", where=str(path), fix="check path and rights"
        ) from error


def _check(arguments: argparse.Namespace, drawn: Map, path: Path) -> int:
    known = codec.load(path)
    if codec.file_text(known) == codec.file_text(drawn):
        _print(arguments, "the map is up to date\n")
        return _ended(arguments, drawn, EXIT_CLEAN)
    changes = diff.compare(known, drawn)
    lines = [*_lines(changes), f"{path} is stale: nomoat map --write"]
    _print(arguments, "\n".join(lines) + "\n")
    return EXIT_FINDINGS


def _diff(arguments: argparse.Namespace, words: list[str]) -> int:
    if len(words) > 1:
        raise UsageError("more than one revision", where=" ".join(words), fix="nomoat map diff [REV]")
    path = Path(arguments.path)
    drawn, settings, _ = _drawn(arguments, path)
    if words:
        from nomoat.survey.revision import extracted

        with extracted(path, words[0]) as folder:
            before = draw(folder, settings=_settings_of(settings, folder)).map
            before = _named_alike(before, drawn)
    else:
        before = codec.load(settings.map_file)
    changes = diff.compare(before, drawn)
    if arguments.format == "json":
        import json

        rows = [{"weaker": one.is_weaker, "target": one.target, "what": one.what} for one in changes]
        _print(arguments, json.dumps({"format": 1, "changes": rows}, indent=2) + "\n")
    else:
        _print(arguments, "\n".join(_lines(changes) or ["nothing changed"]) + "\n")
    return _ended(arguments, drawn, EXIT_FINDINGS if diff.is_weaker(changes) else EXIT_CLEAN)


def _settings_of(settings: Settings, folder: Path) -> Settings:
    own = folder / settings_file.FILE_NAME
    return settings_file.load(own) if own.is_file() else settings_file.empty(folder)


def _named_alike(before: Map, after: Map) -> Map:
    """A folder that is only called differently is the same service."""
    if len(before.services) != 1 or len(after.services) != 1:
        return before
    old, new = before.services[0].name, after.services[0].name
    if old == new:
        return before
    text = codec.file_text(before)
    for kind in ("route", "store", "service"):
        text = text.replace(f'"{kind}:{old}/', f'"{kind}:{new}/').replace(f'"{kind}:{old}"', f'"{kind}:{new}"')
    text = text.replace(f'"service": "{old}"', f'"service": "{new}"')
    text = text.replace(f'"name": "{old}", "framework"', f'"name": "{new}", "framework"')
    return codec.loads(text)


def _lines(changes: tuple[diff.Change, ...]) -> list[str]:
    return [f"{'!' if change.is_weaker else ' '}  {printable(change.what)}" for change in changes]


def _who(arguments: argparse.Namespace, words: list[str]) -> int:
    if len(words) != 1:
        raise UsageError("name one store", fix="nomoat map who-can-reach orders")
    drawn, _, _ = _drawn(arguments, Path(arguments.path))
    ways = query.who_can_reach(drawn, words[0])
    if arguments.format == "json":
        import json

        rows = [
            {"id": way.route.id, "verdict": way.route.verdict, "reads": way.reads, "writes": way.writes,
             "needs": None if way.needs is None else list(way.needs)}
            for way in ways
        ]  # fmt: skip
        _print(arguments, json.dumps({"format": 1, "routes": rows}, indent=2) + "\n")
    else:
        _print(arguments, "".join(f"{_way(way)}\n" for way in ways))
    return _ended(arguments, drawn, EXIT_CLEAN)


def _way(way: query.Way) -> str:
    who = {"unguarded": "anyone", "unknown": "not known"}.get(way.route.verdict, "")
    if not who:
        who = "not surely known" if way.needs is None else ", ".join(way.needs)
    does = " and ".join(word for word, is_so in (("reads", way.reads), ("writes", way.writes)) if is_so)
    route = way.route
    return f"{printable(who):<28} {does:<16} {route.method:<7}{printable(route.path):<40} {printable(route.at)}"


def _print(arguments: argparse.Namespace, text: str) -> None:
    if not arguments.output:
        sys.stdout.write(text)
        return
    try:
        Path(arguments.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write: {error.strerror}", where=arguments.output, fix="check path and rights"
        ) from error


def _has_colour(arguments: argparse.Namespace) -> bool:
    return not arguments.output and sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _ended(arguments: argparse.Namespace, drawn: Map, code: int) -> int:
    lost = [one for one in drawn.not_read if not one.analysed]
    if not lost:
        return code
    first = f"{printable(lost[0].at)}: {printable(lost[0].why)}"
    print(f"incomplete: {len(lost)} not read, first {first}", file=sys.stderr)
    if code != EXIT_CLEAN or arguments.allow_incomplete:
        return code
    return EXIT_INCOMPLETE


Runner = Callable[[argparse.Namespace], int]
