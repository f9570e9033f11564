"""Statements that are one thing or another, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_SOURCE = """
import tornado.web


class Page(tornado.web.RequestHandler):
    def get_current_user(self):
        return self.request.headers.get("X-User")

    def post(self):
        {body}


app = tornado.web.Application([(r"/d", Page)], login_url="/login")
"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ('self.write("x") if self.current_user else self.redirect("/login")', "guarded"),
        ("self.send_error(403) if not self.current_user else self.finish('x')", "guarded"),
        ('self.write("x") if self.get_argument("q", "") else self.redirect("/other")', "unguarded"),
        ('self.write("x") if self.current_user else self.write("y")', "unguarded"),
    ],
)
def test_of_two_answers_the_one_that_is_given_counts(body: str, verdict: str, tmp_path: Path) -> None:
    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, _SOURCE.format(body=body))
