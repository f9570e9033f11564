"""What says who calls is kept in `g` by functions that handlers call: before they do, nobody has put it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import functools
import flask

app = flask.Flask(__name__, static_folder=None)


class Guest:
    name = "guest"


def authenticated():
    {asks}


def check(acls):
    if authenticated():
        return None
    flask.g.user = None
    token = flask.request.headers.get("X-Token")
    if token == app.config["TOKEN"]:
        flask.g.user = {{"name": token}}
        return None
    refused = flask.jsonify({{"error": "no"}})
    refused.status_code = 401
    return refused


def required(function):
    @functools.wraps(function)
    def decorated(*args, **kwargs):
        refused = check(["read"])
        if refused:
            return refused
        return function(*args, **kwargs)

    return decorated


@app.route("/orders")
@required
def orders():
    return "orders"
{more}
"""
_ASKS = 'return hasattr(flask.g, "user") and flask.g.user is not None'


def _verdict(folder: Path, asks: str = _ASKS, more: str = "") -> str:
    (folder / "app.py").write_text(_APP.format(asks=asks, more=more))
    return next(one.verdict for one in draw(folder).map.routes if one.path == "/orders")


@pytest.mark.parametrize(
    "asks",
    [
        _ASKS,
        'return getattr(flask.g, "user", None) is not None',
        'return flask.g.get("user") is not None',
        "try:\n        return flask.g.user is not None\n    except AttributeError:\n        return False",
    ],
)
def test_who_is_kept_by_a_check_is_not_there_before_it(tmp_path: Path, asks: str) -> None:
    assert _verdict(tmp_path, asks) == "guarded"


@pytest.mark.parametrize(
    "more",
    [
        # A handler of its own, which sets who signs in for the rest of its request.
        '\n@app.route("/login")\ndef login():\n    flask.g.user = {"name": "x"}\n    return "in"\n',
        # A function that only other functions call.
        "\ndef become(name):\n    flask.g.user = name\n\ndef other():\n    become('x')\n",
    ],
)
def test_others_that_set_it_in_requests_of_their_own_do_not_matter(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more=more) == "guarded"


@pytest.mark.parametrize(
    "more",
    [
        # A package that is not here runs it when it likes.
        "\nimport hooks\ndef load():\n    flask.g.user = Guest()\nhooks.run_before(load)\n",
        "\nimport hooks\n@hooks.before\ndef load():\n    flask.g.user = Guest()\n",
        "\nimport hooks\nclass Loads:\n    def load(self):\n        flask.g.user = Guest()\nhooks.add(Loads())\n",
        "\nimport hooks\ndef load(name):\n    setattr(flask.g, name, Guest())\n",
        '\nimport hooks\ndef load():\n    setattr(flask.g, "user", Guest())\nhooks.add(load)\n',
        "\nimport hooks\nhooks.install(app)\n",
        '\nimport hooks\ndef load(scope):\n    scope["state"]["user"] = Guest()\nhooks.add(load)\n',
        "\nimport hooks\nhooks.before(lambda: load())\ndef load():\n    flask.g.user = Guest()\nLOADERS = [load]\n",
    ],
)
def test_what_may_run_before_a_handler_without_being_seen_may_keep_a_guest(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more=more) == "unknown"


def test_what_runs_before_every_request_and_keeps_only_who_has_signed_in_keeps_nobody_else(tmp_path: Path) -> None:
    more = """
@app.before_request
def load():
    if "number" in flask.session:
        flask.g.user = {"name": flask.session["number"]}
"""
    assert _verdict(tmp_path, more=more) == "guarded"


def test_a_guest_that_a_function_before_every_request_keeps_is_let_in(tmp_path: Path) -> None:
    more = "\n@app.before_request\ndef load():\n    flask.g.user = Guest()\n"
    assert _verdict(tmp_path, more=more) == "unguarded"


@pytest.mark.parametrize("deep", [0, 3, 40])
@pytest.mark.parametrize("where", ["handler", "before"])
def test_a_guest_who_is_kept_by_what_others_call_is_not_missed(tmp_path: Path, deep: int, where: str) -> None:
    """However far away that is: what was not gone into may have kept him."""
    steps = "".join(f"\ndef step_{one}(who):\n    step_{one - 1}(who)\n" for one in range(1, deep + 1))
    more = f"\ndef step_0(who):\n    flask.g.user = who\n{steps}\n"
    if where == "handler":
        more += f'@app.route("/late")\ndef late():\n    step_{deep}(Guest())\n    return check([]) or "late"\n'
    else:
        more += f"@app.before_request\ndef load():\n    step_{deep}(Guest())\n"
    (tmp_path / "app.py").write_text(_APP.format(asks=_ASKS, more=more))
    said = {one.path: one.verdict for one in draw(tmp_path).map.routes}
    assert said["/late" if where == "handler" else "/orders"] in ("unknown", "unguarded")
    assert where == "before" or said["/orders"] == "guarded"
