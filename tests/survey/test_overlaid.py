"""What is loaded under names that nobody can read is laid over what source has, which is a default from then on."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Route
from nomoat.survey.draw import draw

_APP = """
import functools
import os

import yaml
from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)


def loaded():
    return yaml.safe_load(open("/etc/shop.yaml"))


{made}


def signed_in(view):
    @functools.wraps(view)
    def inner(*args, **kwargs):
        if {test}:
            return view(*args, **kwargs)
        if "user" not in session:
            abort(401)
        return view(*args, **kwargs)

    return inner


@app.post("/orders")
@signed_in
def orders():
    return "ok"
"""
_TABLE = 'conf["login"] == "none"'
_OBJECT = 'conf.login == "none"'


def _drawn(tmp_path: Path, made: str, test: str) -> Route:
    (tmp_path / "main.py").write_text(_APP.format(made=made, test=test))
    (route,) = draw(tmp_path).map.routes
    return route


def _is_by_default(route: Route) -> bool:
    return route.because is not None and route.because.startswith("by default")


@pytest.mark.parametrize(
    "made",
    [
        'conf = {"login": ""}\nconf.update(loaded())',
        'conf = {"login": ""}\nconf |= loaded()',
        'conf = {"login": ""} | loaded()',
        'conf = {"login": "", **loaded()}',
        'conf = dict({"login": ""}, **loaded())',
        'conf = {"login": ""}\nfor key, value in loaded().items():\n    conf[key] = value',
        'conf = {"login": ""}\nconf.update({**loaded()})',
        'whole = {"shop": {"login": ""}}\nwhole.update(loaded())\nconf = whole["shop"]',
    ],
)
def test_what_is_laid_over_a_table_makes_it_a_default(made: str, tmp_path: Path) -> None:
    route = _drawn(tmp_path, made, _TABLE)

    assert (route.verdict, _is_by_default(route), route.binding) == ("guarded", True, None)


@pytest.mark.parametrize(
    "body",
    [
        "        for key, value in given.items():\n            setattr(self, key, value)",
        "        self.__dict__.update(given)",
        "        vars(self).update(given)",
        "        self.__dict__ = given",
        "        for key in given:\n            self.put(key.lower(), given[key])\n        if not"
        ' hasattr(self, "login"):\n            self.put("login", "")',
    ],
)
def test_what_is_laid_over_an_object_makes_its_members_defaults(body: str, tmp_path: Path) -> None:
    made = (
        f'class Conf:\n    login = ""\n\n    def __init__(self, given):\n{body}\n\n'
        "    def put(self, key, value):\n        setattr(self, key, value)\n\n\nconf = Conf(loaded())"
    )
    if "hasattr" in body:
        made = made.replace('    login = ""\n', "")

    route = _drawn(tmp_path, made, _OBJECT)

    assert (route.verdict, _is_by_default(route)) == ("guarded", True)


@pytest.mark.parametrize(
    "body", ["globals().update(loaded())", "for key, value in loaded().items():\n    globals()[key] = value"]
)
def test_what_is_laid_over_a_module_makes_its_names_defaults(body: str, tmp_path: Path) -> None:
    route = _drawn(tmp_path, f'login = ""\n{body}', 'login == "none"')

    assert (route.verdict, _is_by_default(route)) == ("guarded", True)


def test_what_a_class_is_given_makes_its_members_defaults(tmp_path: Path) -> None:
    made = 'class conf:\n    login = ""\n\n\nfor key, value in loaded().items():\n    setattr(conf, key, value)'

    route = _drawn(tmp_path, made, _OBJECT)

    assert (route.verdict, _is_by_default(route)) == ("guarded", True)


@pytest.mark.parametrize(
    ("made", "test"),
    [
        ('conf = {**loaded(), "login": ""}', _TABLE),
        ('conf = {"login": ""}\nconf.update({"other": 3})', _TABLE),
        ('conf = dict({"login": ""}, other=3)', _TABLE),
        (
            "class Conf:\n    def __init__(self, given):\n        for key in given:\n"
            '            setattr(self, key, given[key])\n        self.login = ""\n\n\nconf = Conf(loaded())',
            _OBJECT,
        ),
        (
            'class Conf:\n    login = ""\n\n    def __init__(self, **given):\n'
            "        for key, value in given.items():\n            setattr(self, key, value)\n\n\nconf = Conf(other=3)",
            _OBJECT,
        ),
    ],
)  # fmt: skip
def test_what_is_set_last_or_by_a_known_name_is_sure(made: str, test: str, tmp_path: Path) -> None:
    """A twin: nothing that cannot be read comes after it, or under its name."""
    route = _drawn(tmp_path, made, test)

    assert (route.verdict, _is_by_default(route)) == ("guarded", False)


def test_what_the_caller_sends_may_be_laid_over_a_row(tmp_path: Path) -> None:
    """What a request says may be anything: who sends it decides whether anybody is asked."""
    made = "from flask import request"
    app = _APP.format(made=made, test="False").replace(
        '    return "ok"',
        '    row = {"open": False}\n    row.update(request.get_json())\n'
        '    if not row["open"] and "user" not in session:\n        abort(401)\n    return "ok"',
    )
    (tmp_path / "main.py").write_text(app.replace("@signed_in\n", ""))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == "unknown"


def test_routes_stand_under_the_path_that_source_has(tmp_path: Path) -> None:
    """What functions ask of a path on the way to a route leaves it what it is; a key that is there is there."""
    (tmp_path / "main.py").write_text(
        "import yaml\n"
        "from flask import Flask, abort, session\n"
        "app = Flask(__name__, static_folder=None)\n"
        'settings = {"base": "/shop/", "asks": True}\n'
        'settings.update(yaml.safe_load(open("/etc/shop.yaml")))\n\n\n'
        "def put_together(*parts):\n"
        '    whole = "/".join(one.strip("/") for one in parts if one)\n'
        '    if parts[0].startswith("/"):\n'
        '        whole = "/" + whole\n'
        "    return whole\n\n\n"
        "def orders():\n"
        '    if "asks" not in settings or settings["asks"]:\n'
        '        if "user" not in session:\n'
        "            abort(401)\n"
        '    return "ok"\n\n\n'
        'app.add_url_rule(put_together(settings["base"], "orders"), view_func=orders, methods=["POST"])\n'
    )

    (route,) = draw(tmp_path).map.routes

    assert (route.path, route.verdict, _is_by_default(route)) == ("/shop/orders", "guarded", True)
