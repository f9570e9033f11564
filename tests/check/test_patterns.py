from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.check.evaluated import evaluate
from nomoat.survey.python.parser import parse
from nomoat.survey.python.program import Program
from tests.check.projects import findings_of, result_of

RULE = """
title: A rule
severity: low
cwe: 1
why: Because.
fix: "Change {name}."
"""


def lines(root: Path, rule: str, source: str) -> list[tuple[int, str]]:
    result = result_of(root, {".nomoat/rules/own/own-rule.yaml": RULE + rule, "app.py": source})
    return sorted((one.span.line, one.confidence) for one in result.findings if one.rule == "own-rule")


def evaluated(source: str) -> object:
    module = parse(source.encode(), "a.py")
    program = Program([module])
    scope = program.scope(module)
    found = evaluate(program, scope, scope.body[-1][3])
    return None if found is None else (found.value if found.is_set else "unset", found.settings)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3", (7, ())),
        ("import os\nos.environ.get('DEBUG', '1') == '1'", (True, ("DEBUG",))),
        ("import os\nos.environ.get('DEBUG') == '1'", (False, ("DEBUG",))),
        ("import os\nos.getenv('DEBUG', 'False').lower() in ('true', '1')", (False, ("DEBUG",))),
        ("import os\nbool(int(os.environ.get('DEBUG', 1)))", (True, ("DEBUG",))),
        ("import os\nos.environ.get('HOSTS', '*').split(',')", (("*",), ("HOSTS",))),
        ("import os\nnot os.environ.get('PRODUCTION')", (True, ("PRODUCTION",))),
        ("import os\nTrue if os.environ.get('X', 'a') == 'a' else False", (True, ("X",))),
        ("env = Env()\nenv.bool('DEBUG', default=True)", (True, ("DEBUG",))),
        ("config('DEBUG', default='off', cast=bool)", (False, ("DEBUG",))),
        ("import stat\nstat.S_IRWXU | stat.S_IWOTH", (0o702, ())),
        ("N = 10\nb'0' * N", (b"0" * 10, ())),
        ("bytes(4)", (bytes(4), ())),
        ("given", None),
        ("b'0' * 10**9", None),
        ("2 ** 10**9", None),
        ("'a' * 10**12", None),
        ("bytes(10**12)", None),
    ],
)
def test_what_source_fixes_is_calculated_and_nothing_large(source: str, expected: object) -> None:
    assert expected == evaluated(source)


def test_a_setting_is_found_wherever_an_application_is_given_it(tmp_path: Path) -> None:
    source = """
        from flask import Flask

        app = Flask(__name__)
        app.config["COLOR"] = "red"
        app.config.update(COLOR="red")
        app.config.from_mapping({"COLOR": "red"})
        app.config.setdefault("COLOR", "red")
        app.config.update(COLOR="blue")
        other["COLOR"] = "red"
        VALUES = {"COLOR": "red"}
        app.config.from_mapping(VALUES)


        class Config:
            COLOR = "red"
        """
    rule = 'settings: [{of: [COLOR], framework: flask, where: [{is: equals, value: red}], message: "{name}"}]'

    assert [4, 5, 6, 7, 10, 15] == [line for line, _ in lines(tmp_path, rule, source)]


def test_a_setting_of_django_is_one_of_its_settings_alone(tmp_path: Path) -> None:
    rule = 'settings: [{of: [DEBUG], framework: django, where: [{is: truthy}], message: "{name}"}]'
    files = {
        ".nomoat/rules/own/own-rule.yaml": RULE + rule,
        "site/settings.py": "ROOT_URLCONF = 'urls'\nINSTALLED_APPS = []\nDEBUG = True\n",
        "site/more.py": "from .settings import *\nDEBUG = True\n",
        "site/dev.py": "from .settings import *\nDEBUG = True\n",
        "site/other.py": "DEBUG = True\n",
    }

    found = {one.span.path: one.confidence for one in result_of(tmp_path, files).findings if one.rule == "own-rule"}

    assert {"site/settings.py": "sure", "site/more.py": "sure", "site/dev.py": "low"} == found


def test_a_setting_that_production_replaces_is_only_low(tmp_path: Path) -> None:
    rule = 'settings: [{of: [DEBUG], framework: django, where: [{is: truthy}], message: "{name}"}]'
    files = {
        ".nomoat/rules/own/own-rule.yaml": RULE + rule,
        "site/base.py": "ROOT_URLCONF = 'urls'\nINSTALLED_APPS = []\nDEBUG = True\n",
        "site/production.py": "from .base import *\nDEBUG = False\n",
    }

    assert ["low"] == [one.confidence for one in result_of(tmp_path, files).findings if one.rule == "own-rule"]


def test_what_a_setting_may_change_is_at_most_likely(tmp_path: Path) -> None:
    source = """
        import os
        import tls

        tls.check = False
        tls.check = os.environ.get("CHECK", "0") == "1"
        tls.check = os.environ.get("CHECK", "1") == "1"
        tls.check = os.environ["CHECK"] == "1"
        """
    rule = 'attributes: [{of: [tls.check], where: [{is: equals, value: false}], message: "{name}"}]'

    assert [(4, "sure"), (5, "likely")] == lines(tmp_path, rule, source)


def test_a_decorator_is_found_in_each_of_its_forms(tmp_path: Path) -> None:
    source = """
        from django.utils.decorators import method_decorator
        from lib import open_to_all as anyone
        import lib


        @anyone
        def a(): ...


        @lib.open_to_all(why="x")
        def b(): ...


        @method_decorator([anyone, other], name="dispatch")
        class C: ...


        @lib.closed
        def d(): ...


        @lib.open_to_all(checked=True)
        def e(): ...
        """
    rule = 'decorators: [{of: [lib.open_to_all], where: [{argument: checked, is: absent}], message: "{name}"}]'

    assert [6, 10, 14] == [line for line, _ in lines(tmp_path, rule, source)]


def test_a_comparison_is_tested_on_both_sides_whichever_is_first(tmp_path: Path) -> None:
    source = """
        def check(user, given, word):
            user.secret == given
            given == user.secret
            user["secret"] != given
            user.get("secret") == given
            user.secret == "fixed"
            user.name == given
            user.secret is given
        """
    rule = 'comparisons: [{of: ["*secret*"], other: [{is: not-literal}], message: "{name}, {other}"}]'

    assert [2, 3, 4, 5] == [line for line, _ in lines(tmp_path, rule, source)]


def test_a_value_is_found_under_each_kind_of_name(tmp_path: Path) -> None:
    source = """
        from dice import roll


        def make_token(token=roll()):
            token = "".join(roll() for _ in range(3))
            user.token = roll()
            user["token"] = roll()
            save(token=roll())
            save({"token": roll()})
            number = roll()
            return number


        def number():
            a, token = 1, roll()
            return roll()
        """
    rule = 'values: [{of: ["*token*"], where: [{is: made-by, value: [dice.roll]}], message: "{name}"}]'

    assert [4, 5, 6, 7, 8, 9, 11, 15] == [line for line, _ in lines(tmp_path, rule, source)]


def test_message_and_fix_name_what_stands_here(tmp_path: Path) -> None:
    source = "import hmac\n\n\ndef check(key, body, given):\n    return hmac.new(key, body).hexdigest() == given\n"

    (finding,) = findings_of(tmp_path, "timing-of-comparison", source)

    assert "hmac.compare_digest(hmac.new(key, body).hexdigest(), given)" in finding.fix


def test_what_somebody_asks_for_is_only_low(tmp_path: Path) -> None:
    source = """
        import tls

        tls.check = False


        def connect(verify):
            if not verify:
                tls.check = False


        def other(host):
            if options.insecure:
                tls.check = False
            elif host:
                tls.check = False
            else:
                with host:
                    tls.check = False
        """
    rule = """attributes: [{of: [tls.check], where: [{is: equals, value: false}], unless_asked: 'verif|insecure',
    message: "{name}"}]"""

    assert [(3, "sure"), (8, "low"), (13, "low"), (15, "sure"), (18, "sure")] == lines(tmp_path, rule, source)


def test_what_was_compared_before_is_only_low(tmp_path: Path) -> None:
    source = """
        def answer(headers, origin, allowed):
            if origin:
                headers["Allow"] = origin


        def tested(headers, origin, allowed):
            if origin not in allowed:
                return
            headers["Allow"] = origin


        def looked_up(headers, origin):
            if is_known(origin):
                headers["Allow"] = origin
        """
    rule = 'values: [{of: [allow], where: [{is: shows, value: origin}], unless_tested: true, message: "{name}"}]'

    assert [(3, "sure"), (9, "low"), (14, "low")] == lines(tmp_path, rule, source)


def test_what_the_project_uses_elsewhere_makes_a_finding_low(tmp_path: Path) -> None:
    rule = 'comparisons: [{of: [password], unless_used: [types.PasswordType], message: "{name}"}]'
    files = {".nomoat/rules/own/own-rule.yaml": RULE + rule, "a.py": "user.password == given\n"}

    before = [one.confidence for one in result_of(tmp_path, files).findings if one.rule == "own-rule"]
    after = result_of(tmp_path, {**files, "b.py": "from types import PasswordType\n"}).findings

    assert (["sure"], ["low"]) == (before, [one.confidence for one in after if one.rule == "own-rule"])


def test_a_pattern_may_be_of_certain_functions_alone(tmp_path: Path) -> None:
    source = """
        import lib

        lib.work()


        def to_dict():
            lib.work()


        def other():
            lib.work()
        """

    assert [7] == [line for line, _ in lines(tmp_path, "calls: [{of: [lib.work], inside: dict, message: a}]", source)]


def test_packages_of_others_and_examples_are_only_low(tmp_path: Path) -> None:
    rule = "calls: [{of: [lib.work], message: a}]"
    sure = ("app.py", "device/d.py", "local/e.py", "local_storage.py", "testimonials/f.py")
    paths = (*sure, "vendor/a.py", "docs/b.py", "examples/c.py", "settings/local.py", "test_utils/g.py")
    files = dict.fromkeys(paths, "import lib\n\nlib.work()\n")

    result = result_of(tmp_path, {".nomoat/rules/own/own-rule.yaml": RULE + rule, **files})

    found = {one.span.path: one.confidence for one in result.findings if one.rule == "own-rule"}
    assert set(sure) == {path for path, confidence in found.items() if confidence == "sure"}
    assert set(paths) == set(found)


def test_a_pattern_may_want_a_name_beside_it(tmp_path: Path) -> None:
    source = """
        import lib


        @lib.open_to_all
        def of_a_session(request):
            return request.user.name


        @lib.open_to_all
        def of_nobody(request):
            return request.path


        @lib.open_to_all
        class View:
            def get(self, request):
                return request.user
        """
    rule = 'decorators: [{of: [lib.open_to_all], beside: ["request.user*"], message: a}]'

    assert [4] == [line for line, _ in lines(tmp_path, rule, source)]


def test_items_of_dicts_alone_may_be_meant(tmp_path: Path) -> None:
    source = """
        def show(user):
            self.password = user.password
            save(password=user.password)
            return {"password": user.password}, dict(password=user.password)
        """
    rule = "values: [{of: [password], only_items: true, where: [{is: shows, value: password}], message: a}]"

    assert [4] == [line for line, _ in lines(tmp_path, rule, source)]


def test_what_a_handler_answers_is_found_by_its_decorator(tmp_path: Path) -> None:
    source = """
        import traceback


        @app.errorhandler(500)
        def handler(error):
            return traceback.format_exc(), 500


        @staticmethod
        def helper(error):
            return traceback.format_exc()
        """
    rule = "answers: [{of: [errorhandler], where: [{is: made-by, value: [traceback.format_exc]}], message: a}]"

    assert [6] == [line for line, _ in lines(tmp_path, rule, source)]


def test_a_value_that_was_told_of_is_not_told_again(tmp_path: Path) -> None:
    source = """
        from dice import roll


        def make():
            token = roll()
            user.token = token
            save(token=token.lower())
            other_token = roll()
        """
    rule = 'values: [{of: ["*token"], where: [{is: made-by, value: [dice.roll]}], message: a}]'

    assert [5, 8] == [line for line, _ in lines(tmp_path, rule, source)]


def test_values_are_followed_through_lists_that_grow_and_functions_that_make_them(tmp_path: Path) -> None:
    source = """
        from dice import roll


        def random_text(length):
            text = ""
            for _ in range(length):
                text += roll()
            return text


        def parts():
            found = []
            found.append(roll())
            return "".join(found)


        def use(box):
            token = random_text(8)
            token = "".join(parts())
            token = box["token"]
            token = box.word()


        def letters():
            box = {"token": 1, "other": roll()}
            token = box["token"]
            letters = []
            letters.append(roll())
            token = "".join(letters)
        """
    rule = 'values: [{of: ["*token"], where: [{is: made-by, value: [dice.roll]}], message: a}]'

    assert [18, 29] == [line for line, _ in lines(tmp_path, rule, source)]


def test_what_a_class_keeps_in_itself_is_no_attribute_of_something_known(tmp_path: Path) -> None:
    source = """
        import tls


        class Client(tls.Session):
            def __init__(self):
                self.check = False
                self.session = tls.Session()
                self.session.check = False


        class Other:
            def __init__(self):
                self.check = False
        """
    rule = """attributes: [{of: [tls.Session.check, "*.check"], where: [{is: equals, value: false}], message: a}]"""

    assert [6, 8] == [line for line, _ in lines(tmp_path, rule, source)]


def test_a_list_lacks_only_what_no_line_adds(tmp_path: Path) -> None:
    rule = 'settings: [{of: [PARTS], where: [{is: lacks, value: lock}], message: "{name}"}]'
    files = {
        ".nomoat/rules/own/own-rule.yaml": RULE + rule,
        "a_settings.py": "PARTS = ['key']\n",
        "b_settings.py": "PARTS = ['key', 'lock']\n",
        "c_settings.py": "PARTS = ['key'] + others()\n",
        "d_settings.py": "PARTS = ['key']\nPARTS += ['lock']\n",
    }

    found = {one.span.path: one.confidence for one in result_of(tmp_path, files).findings if one.rule == "own-rule"}

    assert {"a_settings.py": "sure", "d_settings.py": "low"} == found
