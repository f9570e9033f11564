"""What holds for every test: loopback only, and where everything is required, a skip is a failure."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

_LOOPBACK = Path(__file__).parent / "loopback"
sys.path.insert(0, str(_LOOPBACK))
import loopback_only  # noqa: E402

loopback_only.install()
# Child processes get the same guard through sitecustomize.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_LOOPBACK), os.environ.get("PYTHONPATH"))))
# What is remembered of one run of the tests is none of the next one's business, nor of the developer's.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="nomoat-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)
for _name in [name for name in os.environ if name.startswith("NOMOAT_") and name != "NOMOAT_REQUIRE"]:
    del os.environ[_name]

# A machine that is busy is no fault of what is tested: how long one example takes is measured in benchmarks/.
hypothesis.settings.register_profile("nomoat", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("nomoat")

_EVERYTHING = os.environ.get("NOMOAT_REQUIRE") == "all"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With NOMOAT_REQUIRE=all a skipped test has failed: what it needs must be there.

    But for a second implementation that pip cannot install (nginx, a provider in JavaScript): its reason begins with
    `optional:`, and the same behaviour has a test of its own without it.
    """
    report = yield
    if _EVERYTHING and report.skipped and not hasattr(report, "wasxfail") and "optional:" not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"NOMOAT_REQUIRE=all, and this was skipped: {_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself."""
    report = yield
    if _EVERYTHING and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"NOMOAT_REQUIRE=all, and this was skipped: {_reason(report.longrepr)}"
    return report


def _reason(longrepr: Any) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
