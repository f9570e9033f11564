"""An answer has the status that it is given after it was made, on the way on which it is given that."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from flask import Flask, abort, jsonify, make_response, request, session

app = Flask(__name__, static_folder=None)


@app.get("/d")
def d():
"""
_ASKS = "    if not session.get('user'):\n"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (f"{_ASKS}        answer = jsonify(a=1)\n        answer.status_code = 401\n        return answer\n", "guarded"),
        (f"{_ASKS}        answer = make_response('no')\n        answer.status = '403 No'\n        return answer\n",
         "guarded"),
        (f"{_ASKS}        answer = jsonify(a=1)\n        answer.status_code = 200\n        return answer\n",
         "unguarded"),
        (f"{_ASKS}        answer = jsonify(a=1)\n        answer.code = 401\n        return answer\n", "unguarded"),
        (f"    answer = jsonify(a=1)\n{_ASKS}        if request.args.get('q'):\n            answer.status_code = 401\n"
         "        return answer\n", "open"),
        ("    answer = jsonify(a=1)\n    if request.args.get('q'):\n        answer.status_code = 404\n"
         "    elif request.args.get('r') and not session.get('user'):\n        abort(401)\n    return answer\n",
         "open"),
    ],
)  # fmt: skip
def test_an_answer_has_the_status_that_it_is_given(body: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(f'{_HEAD}{body}    return "fine"\n')

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict != "guarded" if verdict == "open" else route.verdict == verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("int(401)", "guarded"),
        ('int("403")', "guarded"),
        ("int(HTTPStatus.UNAUTHORIZED)", "guarded"),
        ("int(HTTPStatus.NOT_MODIFIED)", "unguarded"),
        ("int(200)", "unguarded"),
    ],
)
def test_a_number_is_that_number(status: str, verdict: str, tmp_path: Path) -> None:
    body = f"{_ASKS}        return make_response('no', {status})\n"
    (tmp_path / "main.py").write_text(f'from http import HTTPStatus\n{_HEAD}{body}    return "fine"\n')

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert verdict == route.verdict
