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
#: Folders that nobody serves: examples, tests, packages of others, what `startproject` copies.
_FOLDERS = frozenset(
    ("docs", "doc", "docs_src", "documentation", "examples", "example", "samples", "tutorial", "tutorials",
     "benchmarks", "benchmark", "fixtures", "migrations", "cookbook", "testing", "tests", "t",
     "vendor", "_vendor", "vendored", "_vendored", "third_party", "thirdparty", "site-packages",
     "project_template", "project_templates", "app_template", "app_templates", "project_name", "app_name",
     "scaffold", "scaffolds", "scaffolding", "skeleton", "skeletons", "boilerplate", "boilerplates")
)  # fmt: skip
#: Parts of the name of a file or class of settings: `settings/dev.py`, `local_settings.py`, `class TestingConfig`.
_WORDS = frozenset(
    ("dev", "devel", "develop", "development", "local", "localhost", "localdev", "debug", "debugging", "test", "tests",
     "testing", "ci", "build", "devserver", "example", "sample", "unittest", "pytest", "e2e", "doc", "docs",
     "documentation")
)  # fmt: skip
_OF_TESTS = re.compile(
    r"tests?|testing|tests?[_-]?(utils?|data|support|apps?|projects?|suites?|helpers?|server|settings)"
)
#: A project that is there to develop another one in: `devproject/settings.py`.
_OF_TRIALS = re.compile(r"(dev|devel|test|demo|sample|example|sandbox)[_-]?(project|site|app|server|env)|sandbox")
#: `load_test_data.py`, `create_demo_users.py`
_LOADS_TESTS = re.compile(
    r"(load|create|make|generate|populate|seed|insert|add|setup)_(\w+_)?(test|demo|sample|fake|dummy|example)(_\w+)?\.py"
)
_OF_SETTINGS = re.compile(r"(^|[/_.-])(settings?|configs?|configuration|conf|env|devserver)([/_.-]|$)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MAX_LINES = 12
_CLOSES = re.compile(r"\s*[)\]}]")
#: What is called so beside another that is not is chosen by somebody: `_insecure_transport`.
_MEANT = re.compile(r"insecure|not?_verify|without_verif|self_signed", re.I)
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
    """Whether nobody serves what stands there: examples, tests, packages of others; commands that load test data."""
    *folders, file = path.split("/")
    if any(folder in _FOLDERS or _OF_TESTS.fullmatch(folder) for folder in folders):
        return True
    return _LOADS_TESTS.fullmatch(file) is not None or any(_OF_TRIALS.fullmatch(one) for one in folders)


def _is_file_for_development(path: str) -> bool:
    file = path.rpartition("/")[2]
    # What a framework sets where an application sets nothing.
    return file == "global_settings.py" or any(word in _WORDS for word in _SEPARATORS.split(file.removesuffix(".py")))


def _is_class_for_development(scope: Scope) -> bool:
    cls = scope.enclosing_class
    return cls is not None and any(word.lower() in _WORDS for word in _CAMEL.split(cls.name.replace("_", " ")))


#: How other linters of security are told that something is meant.
_ACCEPTED = re.compile(r"#\s*(nosec\b|noqa:[^#]*\bS\d{3}\b|nosemgrep\b|lgtm\b)", re.I)


def is_accepted(scope: Scope, node: Node) -> bool:
    """Whether somebody has written on its lines that it is meant: `# nosec B303 # part of the specification`.

    So it is where what is made is called so: `_insecure_transport = Transport(verify=False)`, beside one that is not.
    """
    around = next((one for one in scope.body if one[0] == form.ASSIGN and one[1] <= node[1] < one[2]), None)
    if around is not None and any(one[0] == form.NAME and _MEANT.search(one[3]) for one in around[3]):
        return True
    module = scope.module
    first, last = module.line(node[1]), module.line(max(node[1], node[2] - 1))
    while last - first < _MAX_LINES and _CLOSES.match(module.line_text(last + 1)):
        # `)  # nosec` ends the statement.
        last += 1
    return any(_ACCEPTED.search(module.line_text(line)) for line in range(first, min(last, first + _MAX_LINES) + 1))


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
