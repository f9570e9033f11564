"""Every mistake of nomoat.yaml at once: each package reads its own sections, found by folder.

A command that stops at the mistakes of its own sections would send people back to the file once a section.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.datafile import position
from nomoat.errors import NomoatError, Problem, SettingsError
from nomoat.settings import Settings


def of_file(path: Path) -> tuple[Problem, ...]:
    """The mistakes of all sections in the order of the file, each once; empty when it is right."""
    settings, problems = settings_file.load_partly(path)
    found = {*problems, *(_of_sections(settings) if settings is not None else ())}
    return tuple(sorted(found, key=position))


def completed(error: SettingsError) -> tuple[Problem, ...]:
    """The problems of an error, and all the others of the file that it is about."""
    file = Path(position(error.problems[0])[0])
    try:
        is_there = file.is_file()
    except OSError:
        # A name that is too long is no file either.
        is_there = False
    if not is_there:
        return error.problems
    return tuple(sorted({*error.problems, *of_file(file)}, key=position))


def _of_sections(settings: Settings) -> Iterator[Problem]:
    for read in _readers():
        try:
            read(settings)
        except NomoatError as error:
            yield from error.problems


def _readers() -> Iterator[Callable[[Settings], object]]:
    """The function `read(settings)` of each package that owns sections."""
    for package in sorted(set(settings_file.SECTIONS.values()) - {"settings"}):
        module = "document" if package == "policy" else "settings"
        yield importlib.import_module(f"nomoat.{package}.{module}").read
