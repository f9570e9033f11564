"""Every Python that nomoat is for can install what is pinned: nothing that a pinned package needs there is missing."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parents[2] / "requirements"
#: The first of a minor version too: what patches of it took in, some packages need there.
PYTHONS = ("3.11.0", "3.11.9", "3.12.0", "3.13.0", "3.14.0")
_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;\\]+)(?: *; *([^\\]+?))? *\\?$", re.MULTILINE)


def pinned(environment: dict[str, str]) -> dict[str, str]:
    """Name and version of all that `make test` installs with a Python."""
    found: dict[str, str] = {}
    for name in ("demo.txt", "dev.txt", "other.txt"):
        for package, version, marker in _PIN.findall((FOLDER / name).read_text()):
            if not marker or Marker(marker).evaluate(environment):
                found[canonicalize_name(package)] = version
    return found


def asked(name: str) -> set[str]:
    """The extras that `requirements/*.in` ask of a package."""
    texts = "\n".join(path.read_text() for path in FOLDER.glob("*.in"))
    return {"", *re.findall(rf"^{re.escape(name)}\[([a-z]+)\]", texts, re.MULTILINE | re.IGNORECASE)}


@lru_cache(maxsize=1000)
def needs(name: str) -> tuple[Requirement, ...]:
    """What an installed package says that it needs; nothing of one that is for another Python than this one."""
    try:
        return tuple(map(Requirement, metadata.distribution(name).requires or []))
    except metadata.PackageNotFoundError:
        return ()


@pytest.mark.parametrize("python", PYTHONS)
def test_what_a_pinned_package_needs_is_pinned_for_each_python(python: str) -> None:
    environment = {"python_version": python.rpartition(".")[0], "python_full_version": python}
    pins = pinned(environment)
    assert len(pins) > 100

    missing = []
    for name in pins:
        for need in needs(name):
            if need.marker and not any(need.marker.evaluate({**environment, "extra": one}) for one in asked(name)):
                continue
            version = pins.get(canonicalize_name(need.name))
            if version is None or not need.specifier.contains(version, prereleases=True):
                missing.append(f"{name} needs {need}, and pinned is {version}")
    assert [] == missing
