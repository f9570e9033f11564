"""`nomoat init`: draws the map, asks about every route that source leaves open, shows what it would write, then writes.

Idempotent: a file that exists keeps every line; only routes that are new on the map are asked about and added.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.appmap import codec
from nomoat.appmap.model import Map, Route
from nomoat.cli import asking, drafting
from nomoat.cli.drafting import Choice, Draft
from nomoat.errors import EXIT_CLEAN, EXIT_INCOMPLETE, MapError, NomoatError, UsageError, printable
from nomoat.survey.draw import draw


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    root = Path(arguments.path).resolve()
    if not root.is_dir():
        raise UsageError("this is no folder", where=str(root), fix="name the folder of the application")
    config = root / settings_file.FILE_NAME
    exists = config.exists()
    settings = settings_file.load(config) if exists else settings_file.empty(root)
    drawn = draw(root, settings=settings).map
    if not drawn.routes:
        raise NomoatError(
            "no route was found here", where=str(root), fix="nomoat map shows what was read and what was not"
        )
    groups = drafting.questions(_to_ask(drawn, settings))
    answers: list[Choice] = ["denied"] * len(groups) if arguments.yes else asking.asked(groups)
    choices = {route.id: choice for group, choice in zip(groups, answers, strict=True) for route in group}
    found = _text(drawn, choices, config if exists else None)
    map_text = codec.file_text(drawn)
    changed = _changes(config, found.text, settings.map_file, map_text)
    _show(drawn, groups, choices, found.text if config in changed else "", changed)
    if changed and not arguments.yes and not _confirmed():
        print("nothing was written", file=sys.stderr)
        return EXIT_CLEAN
    for path, content in changed.items():
        _write(path, content)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    return _ended(drawn, found)


def _to_ask(drawn: Map, settings: settings_file.Settings) -> list[Route]:
    """Undecided routes that nobody was asked about before: not on the committed map, or there is no file yet."""
    routes = drafting.undecided(drawn)
    if settings.path is None:
        return routes
    decided = _decided(settings, drawn)
    try:
        known = {route.key for route in codec.load(settings.map_file).routes if route.binding is None}
    except MapError:
        known = set()
    return [route for route in routes if route.key not in known and route.key not in decided]


def _decided(settings: settings_file.Settings, drawn: Map) -> set[str]:
    from nomoat.policy.bindings import bind
    from nomoat.policy.document import read

    bindings = bind(drawn, read(settings))
    found = {route.key: bindings.of(route.key) for route in drawn.routes}
    return {key for key, binding in found.items() if binding is not None and binding.origin == "policy"}


def _text(drawn: Map, choices: dict[str, Choice], existing: Path | None) -> Draft:
    because = f"decided by {_who()} with nomoat init on {datetime.now(UTC):%Y-%m-%d}"
    if existing is None:
        return drafting.draft(drawn, choices, because=because)
    text = existing.read_text(encoding="utf-8")
    lines = drafting.route_lines(drawn, choices, because=because)
    return Draft(_inserted(text, lines) if lines else text, ())


def _inserted(text: str, lines: list[str]) -> str:
    """The user's text with new lines below its `routes:`; comments and order stay as they are."""
    rows = text.splitlines(keepends=True)
    for index, row in enumerate(rows):
        if row.rstrip() == "routes:":
            return "".join([*rows[: index + 1], *lines, *rows[index + 1 :]])
    if any(row.startswith("routes:") for row in rows):
        raise UsageError(
            "`routes:` is written in one line, so nothing can be added without changing yours",
            where=settings_file.FILE_NAME,
            fix="write it as a block, or add yourself:\n" + "".join(lines),
        )
    return text + ("" if text.endswith("\n") or not text else "\n") + "\nroutes:\n" + "".join(lines)


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _changes(config: Path, text: str, map_file: Path, map_text: str) -> dict[Path, str]:
    wanted = {config: text, map_file: map_text}
    return {
        path: content for path, content in wanted.items() if not path.exists() or path.read_text("utf-8") != content
    }


def _show(
    drawn: Map, groups: list[tuple[Route, ...]], choices: dict[str, Choice], text: str, changed: dict[Path, str]
) -> None:
    roles = drafting.granted_roles(drawn)
    permissions = {name for route in drawn.routes for name in drafting.permissions_of(route)}
    signed_in = sum(route.binding == "signed-in" for route in drawn.routes)
    print(
        f"{_count(len(drawn.services), 'service')}, {_count(len(roles), 'role')} and"
        f" {_count(len(permissions), 'permission')} found in source,"
        f" {_count(signed_in, 'route')} that only {'asks' if signed_in == 1 else 'ask'} for a sign-in"
    )
    for group in groups:
        choice = choices[group[0].id]
        by = "   added by the framework" if group[0].origin == "framework" else ""
        print(f"  {asking.named(group)}{by}  [{'left denied' if choice == 'denied' else choice}]")
    if not changed:
        print("nothing to write: nomoat.yaml and the map are up to date")
    for path in changed:
        print(f"{'would change' if path.exists() else 'would write'} {printable(str(path))}")
    if text:
        print("\n" + "".join(f"    {printable(line)}\n" for line in text.splitlines()))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _confirmed(read: Callable[[str], str] = input) -> bool:
    try:
        return read("write? [Y/n] ").strip().lower() in ("", "y", "yes")
    except EOFError:
        return False


def _write(path: Path, content: str) -> None:
    """Whole or not at all: a full disk must not leave half a policy."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(content, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise NomoatError(f"cannot write: {error.strerror}", where=str(path), fix="check rights and space") from error
    print(f"wrote {printable(str(path))}")


def _ended(drawn: Map, found: Draft) -> int:
    lost = [gap for gap in drawn.not_read if not gap.analysed]
    for gap in lost:
        print(f"not analysed: {printable(gap.at)}: {printable(gap.why)}", file=sys.stderr)
    print(asking.next_steps(drawn, roles_elsewhere=found.roles_elsewhere, alias=found.alias), file=sys.stderr)
    return EXIT_INCOMPLETE if lost else EXIT_CLEAN
