"""What closes files, sessions and connections of databases answers nobody; what closes a socket may."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from nomoat.survey.models import models
from nomoat.survey.trial.surroundings import Surroundings

_CLOSES = "def done(one):\n    one.close()\n"
_MARKS = "def done(span):\n    span.set_status('failed')\n"


@pytest.mark.parametrize(
    ("source", "is_told"),
    [
        (f"import sqlite3\n{_CLOSES}", False),
        (f"from starlette.websockets import WebSocket\n{_CLOSES}", True),
        (f"from app import ws\n{_CLOSES}", True),
        (f"from opentelemetry import trace\n{_MARKS}", False),
        (f"from tornado.web import RequestHandler\n{_MARKS}", True),
    ],
)
def test_what_is_closed_answers_only_where_there_are_sockets(source: str, is_told: bool, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(source)
    program = draw(tmp_path).program
    done = program.find("app.done")

    assert done is not None
    assert Surroundings(program, models()).may_refuse(done) is is_told
