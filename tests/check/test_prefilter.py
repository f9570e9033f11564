"""What the shortcut by words may not lose: the result is the one of going through every file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nomoat import settings as settings_file
from nomoat.check import registry
from nomoat.check.model import Result
from nomoat.check.origins import makers
from nomoat.check.prefilter import Prefilter, clauses
from nomoat.check.scan import scan
from nomoat.survey.python.words import WordIndex
from tests.check.projects import TODAY, write

RULE = """
title: A rule
severity: low
cwe: 1
why: Because.
fix: Change it.
in_tests: true
"""
EXAMPLES = sorted(registry.SHIPPED.rglob("*.py"))
CASES = Path(__file__).parent / "fixtures" / "cases"
SOURCE = Path(registry.__file__).parents[1]


def both(root: Path) -> tuple[Result, Result]:
    """The result with the shortcut and without, apart from the time they took and what was left out:
    other tests that import our own source write caches beside it meanwhile.
    """
    settings = settings_file.empty(root)
    found = [
        replace(scan(root, settings, today=TODAY, is_thorough=thorough), seconds=0.0, left_out={})
        for thorough in (False, True)
    ]
    return found[0], found[1]


@pytest.mark.parametrize("folder", [CASES, SOURCE], ids=["cases", "our own source"])
def test_the_shortcut_loses_nothing_in_a_tree(folder: Path) -> None:
    quick, thorough = both(folder)

    assert thorough == quick
    assert quick.files > 10


def test_the_shortcut_loses_nothing_in_the_examples_of_rules(tmp_path: Path) -> None:
    write(
        tmp_path, {f"app/{path.parent.name}_{path.stem.replace('-', '_')}.py": path.read_bytes() for path in EXAMPLES}
    )
    quick, thorough = both(tmp_path)

    assert thorough == quick
    assert len(quick.findings) > len(EXAMPLES)


CALL = "calls: [{of: [evil.run], message: m}]"
MARK = "decorators: [{of: [evil.mark], message: m}]"
DEBUG = "settings: [{of: [DEBUG], message: m}]"
VERIFY = 'attributes: [{of: ["*.verify"], message: m}]'
KEY = 'values: [{of: ["*api_key*"], message: m}]'
HEADER = 'values: [{of: ["x-api-key"], message: m}]'
MADE = 'values: [{of: ["*"], where: [{is: made-by, value: [evil.new]}], message: m}]'
SPACED = "calls: [{of: [log], where: [{argument: a, at: 0, is: named, value: 'pass[-_ ]?word'}], message: m}]"
NAMED = "calls: [{of: [log], where: [{argument: a, at: 0, is: named, value: '(?i)(^|_)password$'}], message: m}]"
GIVEN = "calls: [{of: [log], where: [{argument: a, is: not-equals, value: 1}], message: m}]"


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (CALL, "from evil import run as go\n\ndef f():\n    go()\n"),
        (CALL, "import evil\n\ngo = evil.run\n\ndef f():\n    go()\n"),
        (CALL, "import evil\n\ndef f():\n    evil.r\N{FULLWIDTH LATIN SMALL LETTER U}n()\n"),
        (CALL, "import evil\n\ndef f():\n    evil \\\n        . \\\n        run()\n"),
        (CALL, "import evil\n\ndef f():\n    'é'\n    evil.run()\n"),
        (MARK, "from evil import mark as m\n\n@m\ndef f(): pass\n"),
        (MARK, "from evil import mark\n\nclass A:\n    @mark\n    def f(self): pass\n"),
        (VERIFY, "def f(session):\n    session.verify = False\n"),
        (DEBUG, "app.config['DEBUG'] = True\n"),
        (DEBUG, "def f(app):\n    app.config['DEB\\x55G'] = True\n"),
        (DEBUG, "def f(app):\n    app.config['DEB\\125G'] = True\n"),
        (DEBUG, "def f(app):\n    app.config['DEB' 'UG'] = True\n"),
        (DEBUG, "def f(app):\n    app.config['DEB'  # why\n        'UG'] = True\n"),
        (DEBUG, 'def f(app):\n    app.config["""DEB""" """UG"""] = True\n'),
        (DEBUG, "def f(app):\n    app.config['DE\\\nBUG'] = True\n"),
        (DEBUG, "def f(app):\n    app.debug = True\n"),
        (KEY, "def f():\n    MY_API_KEY = 'x'\n"),
        (KEY, "def f():\n    MY_API_KEY\N{FULLWIDTH DIGIT ONE} = 'x'\n"),
        (KEY, "def f():\n    my_\N{FULLWIDTH LATIN SMALL LETTER A}pi_key = 'x'\n"),
        (KEY, "def f():\n    return {'api_\N{KELVIN SIGN}ey': 'x'}\n"),
        (HEADER, "def f():\n    return {'X-Api-Key': 'x'}\n"),
        ('comparisons: [{of: ["*"], message: m}]', "def f(a, b):\n    return a == b\n"),
        ('comparisons: [{of: ["*to?en"], message: m}]', "def f(token, b):\n    return token == b\n"),
        (MADE, "from evil import (\n    old,\n    new as made,\n)\n\ndef f():\n    x = made()\n"),
        (SPACED, "def f(x):\n    log(x['pass word'])\n"),
        (NAMED, "def f(x):\n    log(x.Password)\n"),
        (GIVEN, "def f():\n    log()\n"),
    ],
)
def test_a_word_that_is_written_in_another_way_is_found(tmp_path: Path, rule: str, source: str) -> None:
    write(tmp_path, {".nomoat/rules/own/own-rule.yaml": RULE + rule, "settings_app.py": source, "other.py": "x = 1\n"})
    quick, thorough = both(tmp_path)

    assert thorough == quick
    assert [one.rule for one in quick.findings if one.rule == "own-rule"] == ["own-rule"]


def test_settings_that_another_file_holds_are_found_where_they_are_given(tmp_path: Path) -> None:
    app = "from values import VALUES\n\ndef make(app):\n    app.config.update(VALUES)\n"
    write(
        tmp_path,
        {".nomoat/rules/own/own-rule.yaml": RULE + DEBUG, "app.py": app, "values.py": "VALUES = {'DEBUG': 1}\n"},
    )
    quick, thorough = both(tmp_path)

    assert thorough == quick
    assert any(one.rule == "own-rule" for one in quick.findings)


MAKES = "def make_it(x):\n    return evil.new(x)\n"


@pytest.mark.parametrize(
    ("helper", "app"),
    [
        (f"import evil\n\n{MAKES}", "from helper import make_it\n"),
        (f"import evil\n\n{MAKES}", "from helper import make_it as make_other\n"),
        (f"import evil\n\n{MAKES}\nmake_other = make_it\n", "from helper import make_other\n"),
    ],
)
def test_what_a_function_of_another_file_makes_is_found(tmp_path: Path, helper: str, app: str) -> None:
    rule = 'comparisons: [{of: ["*"], where: [{is: made-by, value: [evil.new]}], message: m}]'
    name = "make_other" if "make_other" in app else "make_it"
    app += f"\ndef f(a):\n    return a == {name}(1)\n"
    write(
        tmp_path,
        {".nomoat/rules/own/own-rule.yaml": RULE + rule, "app.py": app, "helper.py": helper, "x.py": "x = 1\n"},
    )
    quick, thorough = both(tmp_path)

    assert thorough == quick
    assert [one.span.path for one in quick.findings if one.rule == "own-rule"] == ["app.py"]


def test_what_does_not_parse_is_said_though_no_rule_wants_the_file(tmp_path: Path) -> None:
    deep = "x = " + "[" * 500 + "f()" + "]" * 500
    write(tmp_path, {"broken.py": "def f(:\n    call()\n", "old.py": "print 'a'\nexec 'b' in c\n", "deep.py": deep})
    write(tmp_path, {"latin.py": b"x = '\xff'\n", "fine.py": "x = 1\n"})
    quick, thorough = both(tmp_path)

    assert thorough == quick
    assert {at.partition(":")[0] for at, _ in (*quick.not_analysed, *quick.notes)} >= {
        "broken.py",
        "deep.py",
        "latin.py",
    }


def test_shipped_rules_say_by_which_words_they_are_found() -> None:
    """A rule that wants every file slows every run: its patterns should name something."""
    rules = registry.load(None)
    everything = {
        rule.id for rule in rules.values() for pattern in rule.patterns for clause in clauses(pattern)
        if clause.site is None and not clause.more
    }  # fmt: skip

    assert everything == set()
    prefilter = Prefilter(rules.values())
    index = WordIndex([("a.py", b"x = 1\n")])
    prefilter.read(index, ["a.py"], prefilter.making(index))
    assert prefilter.look("a.py") is None


def test_names_that_are_given_to_what_makes_a_value_are_known() -> None:
    source = (
        "import evil\n\n\ndef make_it(x):\n    return evil.new(x)\n\n\n"
        "make_other = make_it\nmake_third: Any = module.make_other\n"
        "make_none = make_it()\nfrom a import make_it as generate\nother = make_it.hidden(1)\n"
    )
    index = WordIndex([("a.py", source.encode()), ("b.py", b"create_last = generate\nx = 1\n")])

    assert makers(index, ("evil.new",)) == {"make_it", "make_other", "make_third", "generate", "create_last"}
    assert makers(index, ("absent.new",)) == frozenset()


def test_a_tree_with_many_names_that_make_something_ends() -> None:
    """The work is one pass over each file, however many names there are."""
    made = "import evil\n\n\ndef make_{0}(x):\n    return evil.new(x)\n" + "a = b\n" * 50
    files = [(f"m{number}.py", made.format(number).encode()) for number in range(2_000)]

    assert len(makers(WordIndex(files), ("evil.new",))) == 2_000
