"""Whether code serves somebody, or only its developer: settings for development, examples, what `debug` switches on.

What is found in such a place is only `low`: it is harmless as long as it stays there.
"""

from __future__ import annotations

import re

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope

_SEPARATORS = re.compile(r"[/._-]+")
#: Folders that nobody serves.
_FOLDERS = frozenset(
    ("docs", "doc", "docs_src", "documentation", "examples", "example", "samples", "tutorial", "tutorials",
     "benchmarks", "benchmark", "fixtures", "migrations", "cookbook", "testing", "tests")
)  # fmt: skip
#: Parts of the name of a file or class of settings: `settings/dev.py`, `local_settings.py`, `class TestingConfig`.
_WORDS = frozenset(
    ("dev", "devel", "develop", "development", "local", "localhost", "localdev", "debug", "debugging", "test", "tests",
     "testing", "ci", "example", "sample", "unittest", "pytest", "e2e")
)  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SWITCH = re.compile(r"debug|\bdev|local|test|__main__|runserver", re.I)


def is_for_development(scope: Scope, node: Node) -> bool:
    """Whether a node of the scope stands in settings for development, in an example, or behind a switch for them."""
    return _is_file_for_development(scope.module.path) or _is_class_for_development(scope) or _is_switched(scope, node)


def _is_file_for_development(path: str) -> bool:
    *folders, file = path.lower().split("/")
    if any(folder in _FOLDERS for folder in folders):
        return True
    return any(word in _WORDS for word in _SEPARATORS.split(file.removesuffix(".py")))


def _is_class_for_development(scope: Scope) -> bool:
    cls = scope.enclosing_class
    return cls is not None and any(word.lower() in _WORDS for word in _CAMEL.split(cls.name.replace("_", " ")))


def _is_switched(scope: Scope, node: Node) -> bool:
    """`if DEBUG:` or `if not production:` around it: the branch is not the one that serves."""
    body = scope.body
    while True:
        around = next((one for one in body if one[1] <= node[1] < one[2]), None)
        if around is None:
            return False
        if around[0] == form.IF:
            branch = _branch(scope, around, node)
            if branch is None:
                return False
            is_switch, body = branch
            if is_switch:
                return True
        elif around[0] in (form.WITH, form.WHILE):
            body = around[4]
        elif around[0] == form.FOR:
            body = around[5]
        elif around[0] == form.TRY:
            blocks = (around[3], *(handler[5] for handler in around[4]), around[5], around[6])
            body = next((block for block in blocks if any(one[1] <= node[1] < one[2] for one in block)), ())
        else:
            return False


def _branch(scope: Scope, statement: Node, node: Node) -> tuple[bool, form.Body] | None:
    """The branch of an IF in which a node stands, and whether a switch for development leads there."""
    for test, body in statement[3]:
        if any(one[1] <= node[1] < one[2] for one in body):
            text = scope.module.text(test)
            is_negated = text.startswith("not ") or "!=" in text
            return bool(_SWITCH.search(text)) and not is_negated and "__main__" not in text, body
    if any(one[1] <= node[1] < one[2] for one in statement[4]):
        text = scope.module.text(statement[3][-1][0])
        return bool(_SWITCH.search(text)) and (text.startswith("not ") or "!=" in text), statement[4]
    return None
