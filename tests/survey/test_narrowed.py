"""Behind a test of a name it stands for no more than what fits: `if answer is not None: return answer` answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from functools import update_wrapper

from flask import Flask, abort, jsonify, request
from flask_login import current_user

app = Flask(__name__, static_folder=None)


def switched_off():
    if request.args.get("off"):
        return jsonify(error="off"), 404
    return None


def allowed():
    if not current_user.is_authenticated:
        return jsonify(error="no"), 401
    return None


def told_by_address():
    return jsonify(error="no") if request.remote_addr != "127.0.0.1" else None

"""
_SHAPES = {
    ("first an answer, then a guard", "guarded"): """
        @app.get("/x")
        def x():
            answer = switched_off()
            if answer is not None:
                return answer
            if not current_user.is_authenticated:
                abort(401)
            return "x"
    """,
    ("none of it is an answer", "guarded"): """
        @app.get("/x")
        def x():
            answer = switched_off()
            if answer is None:
                abort(401) if not current_user.is_authenticated else None
                return "x"
            return answer
    """,
    ("by its truth, in a name made on the way", "guarded"): """
        @app.get("/x")
        def x():
            if answer := switched_off():
                return answer
            if answer := allowed():
                return answer
            return "x"
    """,
    ("hooks in a list", "guarded"): """
        hooks = [switched_off, allowed]

        def hooked(f):
            def inner(*args, **kwargs):
                for hook in hooks:
                    answer = hook()
                    if answer is not None:
                        return answer
                return f(*args, **kwargs)
            return update_wrapper(inner, f)

        @app.get("/x")
        @hooked
        def x():
            return "x"
    """,
    ("what is there is no guard", "unknown"): """
        @app.get("/x")
        def x():
            answer = told_by_address()
            if answer is not None:
                return answer
            if answer is None:
                return allowed()
            return "x"
    """,
    ("the guard's answer is thrown away", "unguarded"): """
        @app.get("/x")
        def x():
            answer = switched_off()
            if answer is not None:
                return answer
            allowed()
            return "x"
    """,
    ("the test is turned around", "unknown"): """
        @app.get("/x")
        def x():
            answer = switched_off()
            if not answer:
                return "x"
            if not current_user.is_authenticated:
                abort(401)
            return "x"
    """,
}


@pytest.mark.parametrize(("shape", "expected"), _SHAPES, ids=[name for name, _ in _SHAPES])
def test_name_stands_for_what_fits(shape: str, expected: str, tmp_path: Path) -> None:
    lines = _SHAPES[shape, expected].splitlines()
    (tmp_path / "main.py").write_text(_HEAD + "\n".join(line[8:] for line in lines) + "\n")

    routes = draw(tmp_path).map.routes

    assert {"GET": expected, "HEAD": expected} == {one.method: one.verdict for one in routes}
