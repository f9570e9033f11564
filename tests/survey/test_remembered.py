"""Rows in a variable of a module are a store; caches, registries and tables of constants are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """\
from flask import Flask, jsonify, request
app = Flask(__name__)
"""


@pytest.mark.parametrize(
    ("body", "touches"),
    [
        ('NOTES = {}\ndef d(n):\n    NOTES[n] = {"text": "x"}\n    return ""\n', (["notes"], ["notes"])),
        ("NOTES = {}\ndef e():\n    NOTES[1] = dict_of(1)\n    NOTES[2] = {'a': 1}\n"
         "def d(n):\n    return jsonify(NOTES.get(n))\n", (["notes"], [])),
        ('fake_users_db = {"ana": {"n": 1}}\ndef d(n):\n    return fake_users_db["a"]["n"]\n', (["users"], [])),
        ('letters = []\ndef d(n):\n    letters.append({"text": n})\n    return ""\n', ([], ["letters"])),
        ("class Row:\n    pass\nrows: list[Row] = []\ndef e():\n    rows.append(Row())\n"
         "def d(n):\n    return jsonify([one.id for one in rows])\n", (["rows"], [])),
        ('_cache = {}\ndef d(n):\n    _cache[n] = {"text": "x"}\n    return ""\n', ([], [])),
        ('NAMES = {"a": "b"}\ndef d(n):\n    return NAMES["a"]\n', ([], [])),
        ('NOTES = {}\ndef d(n):\n    NOTES = {}\n    NOTES[n] = {"text": "x"}\n    return ""\n', ([], [])),
        ('HANDLERS = {}\ndef d(n):\n    HANDLERS[n] = {"text": "x"}\n    return ""\n', ([], [])),
    ],
)  # fmt: skip
def test_rows_of_a_variable(body: str, touches: tuple[list[str], list[str]], tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_HEAD + body.replace("def d(n)", '@app.post("/d/<int:n>")\ndef d(n)'))

    (route,) = [one for one in draw(tmp_path).map.routes if one.path == "/d/{n}"]

    reads, writes = ([name.rpartition("/")[2] for name in one] for one in (route.reads, route.writes))
    # What is set under a key is looked up by it, too.
    assert touches == (reads, writes)


def test_rows_that_are_kept_in_another_module(tmp_path: Path) -> None:
    (tmp_path / "kept.py").write_text("LETTERS: dict[int, dict] = {}\n")
    (tmp_path / "main.py").write_text(
        "from flask import Flask, jsonify\n"
        "import kept\n"
        "from kept import LETTERS\n"
        "app = Flask(__name__)\n"
        '@app.post("/d")\n'
        "def d():\n"
        '    LETTERS[1] = {"text": "x"}\n'
        '    return ""\n'
        '@app.get("/e")\n'
        "def e():\n"
        "    return jsonify(kept.LETTERS.get(1))\n"
    )

    found = {one.path: (bool(one.reads), bool(one.writes)) for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert ((True, True), (True, False)) == (found["/d"], found["/e"])
