"""A function that calls what it is given is followed: that may ask who calls, and it may answer a refusal itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from flask import Flask, Response, session
from flask.views import MethodView

app = Flask(__name__, static_folder=None)

class Refused(Exception):
    def __init__(self, status):
        super().__init__()
        self.status = status

    def answer(self):
        return answered({}, self.status)

class NotSignedIn(Refused):
    def __init__(self):
        Refused.__init__(self, {status})

def answered(value, status):
    \"\"\"What everybody is answered.\"\"\"
    response = Response()
    response.status_code = status
    return response

def signed_in():
    return "user" in session

"""
_WAYS = {
    "a function": """
def show():
    if not signed_in():
        raise NotSignedIn()
    return {}

def handled(handler):
    try:
        value = handler()
    except Refused as error:
        return error.answer()
    return answered(value, 200)

@app.get("/orders")
def orders(): return handled(show)
""",
    "a method": """
class Page(MethodView):
    def get(self): return self.page()

    def page(self): return self.handled(self.show)

    def handled(self, handler):
        try:
            value = handler()
        except Refused as error:
            return error.answer()
        return answered(value, 200)

class Orders(Page):
    def show(self):
        if not signed_in():
            raise NotSignedIn()
        return {}

app.add_url_rule("/orders", view_func=Orders.as_view("orders"))
""",
    "a lambda": """
class Page(MethodView):
    def get(self): return self.handled(self.show)

    def handled(self, handler):
        try:
            value = handler()
        except Refused as error:
            return error.answer()
        return answered(value, 200)

class Asks(Page):
    def handled(self, handler):
        return Page.handled(self, lambda: self.asked(handler))

    def asked(self, handler):
        if not signed_in():
            raise NotSignedIn()
        return handler()

class Orders(Asks):
    def show(self): return {}

app.add_url_rule("/orders", view_func=Orders.as_view("orders"))
""",
}


@pytest.mark.parametrize(("status", "verdict"), [(403, "guarded"), (200, "unguarded")])
@pytest.mark.parametrize("way", _WAYS)
def test_what_is_handed_on_is_called(tmp_path: Path, way: str, status: int, verdict: str) -> None:
    (tmp_path / "app.py").write_text(_HEAD.replace("{status}", str(status)) + _WAYS[way])

    route = next(one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert (route.verdict == "guarded") == (verdict == "guarded"), route.because


def test_what_is_handed_on_and_asks_nobody_is_open(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        _HEAD.replace("{status}", "403")
        + """
def show(): return {}

def handled(handler):
    try:
        value = handler()
    except Refused as error:
        return error.answer()
    return answered(value, 200)

@app.get("/orders")
def orders(): return handled(show)
"""
    )

    route = next(one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert "unguarded" == route.verdict
