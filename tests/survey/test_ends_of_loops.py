"""Who comes to the end of a loop met the test of none of its turns: `for token in tokens(): if sent == token: ...`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from flask import Flask, abort, request
from elsewhere import backends, only

app = Flask(__name__, static_folder=None)

@app.get("/orders")
def orders():
"""
_GUARDED = {
    "a flag that a turn sets": """
    allowed = False
    for token in only.tokens():
        if request.headers.get("Authorization") == "Bearer " + token:
            allowed = True
    if not allowed:
        abort(401)
    return "orders"
""",
    "a flag that the last turn sets": """
    allowed = False
    for token in only.tokens():
        if request.headers.get("Authorization") == "Bearer " + token:
            allowed = True
            break
    if not allowed:
        abort(401)
    return "orders"
""",
    "left with what was asked for": """
    for token in only.tokens():
        if request.headers.get("Authorization") == "Bearer " + token:
            return "orders"
    abort(401)
""",
    "answered at the end": """
    for token in only.tokens():
        if request.headers.get("Authorization") == "Bearer " + token:
            return "orders"
    return "who are you", 401
""",
    "left by a break": """
    for token in only.tokens():
        if request.headers.get("Authorization") == "Bearer " + token:
            break
    else:
        abort(401)
    return "orders"
""",
}
_UNKNOWN = {
    "a flag": """
    allowed = False
    for one in backends():
        if one.knows(request):
            allowed = True
            break
    if not allowed:
        abort(401)
    return "orders"
""",
    "a flag of no loop": """
    allowed = False
    if only.knows(request):
        allowed = True
    if not allowed:
        abort(401)
    return "orders"
""",
    "left with what was asked for": """
    for one in backends():
        if one.knows(request):
            return "orders"
    abort(401)
""",
    "left by a break": """
    for one in backends():
        if one.knows(request):
            break
    else:
        abort(401)
    return "orders"
""",
}
_OPEN = {
    "what is looked for is no credential": """
    for row in only.rows():
        if row.name == request.args.get("name"):
            return row.name
    abort(404)
""",
    "what comes after is for who was found, too": """
    for token in only.tokens():
        if request.headers.get("Authorization") == "Bearer " + token:
            break
    return "orders"
""",
    "nobody is refused": """
    for one in backends():
        if one.knows(request):
            return "more orders"
    return "orders"
""",
}


def _verdict(tmp_path: Path, body: str) -> str:
    (tmp_path / "app.py").write_text(_HEAD + body)
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")
    return route.verdict


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in _GUARDED.items()])
def test_who_matches_nothing_is_refused(tmp_path: Path, body: str) -> None:
    assert _verdict(tmp_path, body) == "guarded"


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in _UNKNOWN.items()])
def test_what_others_make_of_the_request_is_not_known(tmp_path: Path, body: str) -> None:
    assert _verdict(tmp_path, body) == "unknown"


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in _OPEN.items()])
def test_a_loop_that_refuses_nobody_guards_nothing(tmp_path: Path, body: str) -> None:
    assert _verdict(tmp_path, body) == "unguarded"


@pytest.mark.parametrize("found", ["only.key()", '"Bearer " + only.key()'])
def test_what_a_function_gives_who_matches_nothing_is_about_the_caller(tmp_path: Path, found: str) -> None:
    helper = f"""
    user = caller()
    if not user:
        abort(401)
    return "orders"


def caller():
    if request.headers.get("Authorization") == {found}:
        return only.user()
    return None
"""
    assert _verdict(tmp_path, helper) != "unguarded"
