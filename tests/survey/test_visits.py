"""What a session, a cookie or a header says of a visit tells of nobody; what it may say of somebody may."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from flask import Flask, abort, redirect, request, session

app = Flask(__name__, static_folder=None)


@app.get("/d")
def d():
    {test}
    return "done"
"""
_OF_A_VISIT = {
    "a draft": 'if session.get("draft_id") is None: abort(404)',
    "terms": 'if "accepted_terms" not in session: return redirect("/terms")',
    "a message": 'if session.pop("message", None) is None: abort(403)',
    "a step": 'if session.get("wizard_step") != 2: return redirect("/first")',
    "an age": 'if request.cookies.get("age_ok") != "1": abort(403)',
    "a banner": 'if "banner_dismissed" not in request.cookies: abort(403)',
    "a riddle": 'if not request.headers.get("X-Captcha-Token"): abort(400)',
}
_OF_SOMEBODY = {
    "an account": 'if session.get("account_id") is None: abort(403)',
    "an account that is taken out": 'if session.pop("user", None) is None: abort(403)',
    "who has accepted": 'if "accepted" not in request.headers.get("Authorization", ""): abort(401)',
    "a form of somebody": 'if "member" not in session: return redirect("/login")',
    "a token": 'if not request.cookies.get("access_token"): abort(403)',
}


def _verdict(tmp_path: Path, test: str) -> str:
    (tmp_path / "app.py").write_text(_APP.format(test=test))
    return str(draw(tmp_path).map.routes[0].verdict)


@pytest.mark.parametrize("test", _OF_A_VISIT.values(), ids=_OF_A_VISIT)
def test_what_is_known_of_a_visit_guards_nothing(tmp_path: Path, test: str) -> None:
    assert _verdict(tmp_path, test) == "unguarded"


@pytest.mark.parametrize("test", _OF_SOMEBODY.values(), ids=_OF_SOMEBODY)
def test_what_is_known_of_somebody_guards(tmp_path: Path, test: str) -> None:
    assert _verdict(tmp_path, test) == "guarded"
