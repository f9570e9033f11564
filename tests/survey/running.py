"""Runs small applications for real, to compare what the map says of them with what they do.

What a framework serves and whom it refuses is asked by `running_<framework>.py`; this module finds the right one.
"""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from nomoat.survey.draw import draw

REFUSED = frozenset((401, 403))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
#: The package that an application's class, or a base of it, comes from, to the module that runs it.
RUNNERS = {"fastapi": "asgi", "starlette": "asgi", "aiohttp": "aiohttp", "tornado": "tornado", "litestar": "litestar"}


@contextmanager
def loaded(folder: Path, target: str = "main:app") -> Iterator[Any]:
    """The application of a folder, imported; its modules are gone afterwards."""
    module, _, name = target.partition(":")
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        with warnings.catch_warnings():
            # What is old is on the map as well.
            warnings.simplefilter("ignore", DeprecationWarning)
            found = getattr(importlib.import_module(module), name.removesuffix("()"))
        yield found() if name.endswith("()") else found
    finally:
        sys.path.remove(str(folder))
        for one in set(sys.modules) - before:
            file = getattr(sys.modules[one], "__file__", None) or ""
            paths = getattr(sys.modules[one], "__path__", None)
            if file.startswith(str(folder)) or any(str(path).startswith(str(folder)) for path in paths or ()):
                del sys.modules[one]


def told_and_done(folder: Path, source: str, **modules: str) -> tuple[str, bool]:
    """What the map says of `/d` in `main.py`, and whether the running application refuses an anonymous caller there.

    `modules` are other packages: they are there when it runs, and no part of what is read.
    """
    (folder / "main.py").write_text(source)
    (route,) = (route for route in draw(folder).map.routes if route.path == "/d")
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    with loaded(folder) as app:
        return route.verdict, is_refused(app, route.method, route.path)


def served(app: Any) -> set[tuple[str, str]]:
    """Method and path of everything that the framework itself knows, parameters as `{name}`."""
    found: set[tuple[str, str]] = _runner(app).served(app)
    return found


def is_refused(app: Any, method: str, path: str) -> bool:
    """Whether a caller without any credential is refused here, asked for real."""
    refused: bool = _runner(app).is_refused(app, method, re.sub(r"\{[^}]*\}", "1", path))
    return refused


def is_refusal(status: int, location: str = "") -> bool:
    """Whether an answer refuses: by its status, or by sending the caller to a page that signs in."""
    return status in REFUSED or (status in _REDIRECTS and "login" in location)


def _runner(app: Any) -> ModuleType:
    packages = [base.__module__.partition(".")[0] for base in type(app).__mro__]
    name = next(RUNNERS[package] for package in packages if package in RUNNERS)
    return importlib.import_module(f"tests.survey.running_{name}")
