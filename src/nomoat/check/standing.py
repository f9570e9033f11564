"""Where code stands: whether it serves somebody or its developer alone, was asked for, or was tested before.

Settings for development, examples, packages of others that are kept here, and what `debug` switches on: what is found
there is only `low`, for it is harmless as long as it stays there, or not this project's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope

_SEPARATORS = re.compile(r"[/._-]+")
#: Folders that nobody serves.
_FOLDERS = frozenset(
    ("docs", "doc", "docs_src", "documentation", "examples", "example", "samples", "tutorial", "tutorials",
     "benchmarks", "benchmark", "fixtures", "migrations", "cookbook", "testing", "tests", "t",
     "vendor", "_vendor", "vendored", "_vendored", "third_party", "thirdparty", "site-packages")
)  # fmt: skip
#: Parts of the name of a file or class of settings: `settings/dev.py`, `local_settings.py`, `class TestingConfig`.
_WORDS = frozenset(
    ("dev", "devel", "develop", "development", "local", "localhost", "localdev", "debug", "debugging", "test", "tests",
     "testing", "ci", "build", "devserver", "example", "sample", "unittest", "pytest", "e2e")
)  # fmt: skip
_OF_TESTS = re.compile(
    r"tests?|testing|tests?[_-]?(utils?|data|support|apps?|projects?|suites?|helpers?|server|settings)"
)
_OF_SETTINGS = re.compile(r"(^|[/_.-])(settings?|configs?|configuration|conf|env|devserver)([/_.-]|$)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SWITCH = re.compile(r"debug|\bdev|local|test|__main__|runserver", re.I)


def is_for_development(scope: Scope, node: Node, *, is_setting: bool) -> bool:
    """Whether a node of the scope stands in settings for development, in an example, or behind a switch for them."""
    path = scope.module.path.lower()
    if _is_folder_of_none(path) or _is_switched(scope, node):
        return True
    # `local_storage.py` and `build.py` are code like any other; of settings their names say for whom they are.
    is_of_settings = is_setting or _OF_SETTINGS.search(path) is not None
    return is_of_settings and (_is_file_for_development(path) or _is_class_for_development(scope))


def _is_folder_of_none(path: str) -> bool:
    """Whether nobody serves what stands there: examples, tests, packages of others."""
    return any(folder in _FOLDERS or _OF_TESTS.fullmatch(folder) for folder in path.split("/")[:-1])


def _is_file_for_development(path: str) -> bool:
    file = path.rpartition("/")[2]
    # What a framework sets where an application sets nothing.
    return file == "global_settings.py" or any(word in _WORDS for word in _SEPARATORS.split(file.removesuffix(".py")))


def _is_class_for_development(scope: Scope) -> bool:
    cls = scope.enclosing_class
    return cls is not None and any(word.lower() in _WORDS for word in _CAMEL.split(cls.name.replace("_", " ")))


def is_asked_for(scope: Scope, node: Node, word: re.Pattern[str]) -> bool:
    """Whether the function, a parameter of it, or the test of an `if` around the node is named like `word`."""
    if scope.is_function and word.search(scope.name):
        return True
    if any(word.search(parameter[form.P_NAME]) for parameter in scope.parameters):
        return True
    return any(word.search(text) for text, _ in _tests_around(scope, node))


def is_tested(scope: Scope, node: Node, value: Node) -> bool:
    """Whether a name in the value was compared, looked up or handed to a function in a test before the node."""
    names = {one[3] for one in form.walk(value) if one[0] == form.NAME}
    for statement in scope.nodes:
        if statement[0] != form.IF or statement[1] > node[1]:
            continue
        for test, _ in statement[3]:
            for part in form.walk(test):
                is_test = part[0] in (form.COMPARE, form.CALL) and part[1] <= node[1]
                if is_test and any(one[0] == form.NAME and one[3] in names for one in form.walk(part)):
                    return True
    return False


def _is_switched(scope: Scope, node: Node) -> bool:
    """`if DEBUG:` or `if not production:` around it: the branch is not the one that serves."""
    return any(
        _SWITCH.search(text) and "__main__" not in text and holds != (text.startswith("not ") or "!=" in text)
        for text, holds in _tests_around(scope, node)
    )


def _tests_around(scope: Scope, node: Node) -> Iterator[tuple[str, bool]]:
    """The text of the test of each `if` around a node, and whether it holds there; the outermost first."""
    body = scope.body
    while body:
        around = next((one for one in body if one[1] <= node[1] < one[2]), None)
        body = ()
        if around is None:
            return
        if around[0] == form.IF:
            for test, branch in around[3]:
                if _stands_in(branch, node):
                    yield scope.module.text(test), True
                    body = branch
            if _stands_in(around[4], node):
                yield scope.module.text(around[3][-1][0]), False
                body = around[4]
        elif around[0] in (form.WITH, form.WHILE):
            body = around[4]
        elif around[0] == form.FOR:
            body = around[5]
        elif around[0] == form.TRY:
            blocks = (around[3], *(handler[5] for handler in around[4]), around[5], around[6])
            body = next((block for block in blocks if _stands_in(block, node)), ())


def _stands_in(body: form.Body, node: Node) -> bool:
    return any(one[1] <= node[1] < one[2] for one in body)
