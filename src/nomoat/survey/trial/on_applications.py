"""Whether an application has an attribute: what code of the tree puts on it under a name of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.trial.demands import OTHER
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.values import SETTING, Const, Outside, Test, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

#: What packages put on an application that they are given; besides, a name of theirs begins with that of the package.
_BY_PACKAGES = frozenset(
    ("apscheduler", "babel", "cache", "celery", "db", "login_manager", "mail", "principal", "redis", "security",
     "session_cookie_name", "session_interface", "user_manager", "wsgi_app")
)  # fmt: skip


def has(run: Calls, application: Registry, name: str) -> Value | None:
    """Whether it has an attribute; None where a package or code that was not tried may have put it there.

    `if hasattr(current_app, "refused_page")`, which no line of the tree sets: it is for who extends the program, and
    not there by default.
    """
    if name in application.attributes:
        return Const(True)
    if not isinstance(run.attribute(application, name), Outside) or name in _BY_PACKAGES or name.startswith("_"):
        return None
    sets = re.compile(rb"\.%(n)s\b[^=\n]*=(?!=)|setattr\([^\n]*[\"']%(n)s[\"']" % {b"n": re.escape(name.encode())})
    if run.program.words.matching(sets, (name.encode(),)) or _is_of_framework(name):
        return None
    return Test(False if run.around.by_default else None, OTHER, OTHER, SETTING, usual=False)


def _is_of_framework(name: str) -> bool:
    """Whether the applications of frameworks have it themselves: one word, or what templates and logging begin with."""
    return "_" not in name or name.startswith(("after_", "before_", "jinja_", "teardown_", "url_", "template", "view_"))
