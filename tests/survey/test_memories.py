"""A memory gives what its function gives, where it is one of the request or the function knows what it is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from functools import wraps

from flask import Flask, abort, current_app, g, request, session

app = Flask(__name__, static_folder=None)


def of_request(f):
    @wraps(f)
    def remembering(*args, **kwargs):
        if current_app.config["TESTING"]:
            return f(*args, **kwargs)
        try:
            known = g.known
        except AttributeError:
            g.known = known = {}
        question = (f.__name__, args)
        if question not in known:
            known[question] = f(*args, **kwargs)
        return known[question]

    return remembering


def for_good(f):
    known = {}

    @wraps(f)
    def remembering(*args, **kwargs):
        question = (args, tuple(kwargs))
        if question not in known:
            known[question] = f(*args, **kwargs)
        return known[question]

    return remembering


def elsewhere(f):
    @wraps(f)
    def remembering(*args, **kwargs):
        question = (f.__name__, args)
        answer = store.get(question, None)
        if answer is None:
            answer = f(*args, **kwargs)
            store.set(question, answer, timeout=60)
        return answer

    return remembering


KNOWN = {}
"""
_ROW = "def row(number):\n    return None if number is None else load(number)\n\n"
_CALLER = "def caller():\n    return session.get('user')\n\n"
_BY_ROW = "@app.get('/d')\ndef d():\n    if row(session.get('user')) is None:\n        abort(401)\n    return 'fine'\n"
_BY_CALLER = "@app.get('/d')\ndef d():\n    if not caller():\n        abort(401)\n    return 'fine'\n"
_VIEW = "def d():\n    if not session.get('user'):\n        abort(401)\n    return 'fine'\n"
_OPEN = {
    "who called first": f"@for_good\n{_CALLER}{_BY_CALLER}",
    "who called first, elsewhere": f"@elsewhere\n{_CALLER}{_BY_CALLER}",
    "the answer to who called first": f"@app.get('/d')\n@for_good\n{_VIEW}",
    "the answer to who called first, elsewhere": f"@app.get('/d')\n@elsewhere\n{_VIEW}",
    "a page that somebody else has asked for": """
@app.get('/d')
def d():
    path = request.path
    if path not in KNOWN:
        if not session.get('user'):
            abort(401)
        KNOWN[path] = page(path)
    return KNOWN[path]
""",
}


def _verdict(body: str, tree: Path) -> str:
    (tree / "main.py").write_text(f"{_HEAD}\n\n{body}")
    return next(route.verdict for route in draw(tree).map.routes if route.path == "/d")


@pytest.mark.parametrize(
    "body",
    [
        f"@of_request\n{_CALLER}{_BY_CALLER}",
        f"@app.get('/d')\n@of_request\n{_VIEW}",
        f"@of_request\n{_ROW}{_BY_ROW}",
        f"@for_good\n{_ROW}{_BY_ROW}",
        f"@elsewhere\n{_ROW}{_BY_ROW}",
    ],
)
def test_what_a_memory_gives_is_what_its_function_gives(body: str, tmp_path: Path) -> None:
    assert _verdict(body, tmp_path) == "guarded"


@pytest.mark.parametrize("body", _OPEN.values(), ids=list(_OPEN))
def test_what_was_found_for_somebody_else_guards_nothing(body: str, tmp_path: Path) -> None:
    assert _verdict(body, tmp_path) != "guarded"
