"""Code that costs much to follow, and tells nothing of routes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nomoat.survey import guards
from nomoat.survey.draw import draw
from nomoat.survey.standing import Standing
from nomoat.survey.trial.values import CALLER, Choice, Const, Function, Items, Table, Thing, Value, holds, union

_CONFIGURATION = (
    """
import os


def get(section, key):
    return os.environ.get(f"{section}_{key}") or _look0(section, key)


"""
    + "".join(
        f"""
def _look{number}(section, key):
    return _look{number + 1}(key, section) or _look{number + 1}(section, key)


"""
        for number in range(9)
    )
    + """
def _look9(section, key):
    return os.environ.get(f"{section}-{key}")
"""
)


def _application(calls: int) -> str:
    asked = "\n".join(f'    app.config["KEY_{number}"] = get("main", "key{number}")' for number in range(calls))
    return f"""
from flask import Flask, abort, session
from configuration import get


def create_app():
    app = Flask(__name__)
{asked}

    @app.get("/orders")
    def orders():
        if not session.get("user"):
            abort(401)
        return "all"

    return app
"""


def test_a_dear_reader_of_settings_does_not_use_up_what_registers_routes(tmp_path: Path) -> None:
    (tmp_path / "configuration.py").write_text(_CONFIGURATION)
    (tmp_path / "app.py").write_text(_application(120))

    drawn = draw(tmp_path).map

    assert ("GET", "/orders", "guarded") in {(route.method, route.path, route.verdict) for route in drawn.routes}
    assert not drawn.not_read


def test_what_registers_is_followed_however_dear_it_is(tmp_path: Path) -> None:
    (tmp_path / "configuration.py").write_text(_CONFIGURATION)
    (tmp_path / "app.py").write_text(
        """
from flask import Flask
from configuration import get

app = Flask(__name__)


def add(number):
    get("main", number)
    get("more", number)

    @app.get(f"/orders/{number}", endpoint=number)
    def orders():
        return get("orders", number)


"""
        + "".join(f'add("o{number}")\n' for number in range(60))
    )

    drawn = draw(tmp_path).map

    paths = {route.path for route in drawn.routes if route.method == "GET" and "static" not in route.path}
    assert paths == {f"/orders/o{number}" for number in range(60)}


def test_attributes_that_tell_one_another_are_looked_at_once_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attribute is told by two others: looked at anew each time, that is two to the power of how many."""
    names = [f"part{number}" for number in range(30)]
    lines = [
        f"        self.{name} = other.{name} or self.{names[(place + 1) % 30]}.x or self.{names[(place + 7) % 30]}.y\n"
        for place, name in enumerate(names)
    ]
    whole = "class Part:\n    def __init__(self, other=None):\n" + "".join(lines)
    (tmp_path / "app.py").write_text(f"""
from flask import Flask

app = Flask(__name__)

{whole}

@app.get("/parts")
def parts():
    part = Part(Part())
    part.part0.save()
    return str(part.part0)
""")
    asked = 0
    of = Standing.of

    def counted(self: Standing, *given: Any) -> Any:
        nonlocal asked
        asked += 1
        assert asked < 50_000
        return of(self, *given)

    monkeypatch.setattr(Standing, "of", counted)

    draw(tmp_path)

    assert asked


def test_names_of_a_module_that_tell_one_another_are_looked_at_once_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each name is told by two others, in a module that sends requests to another service."""
    names = [f"PART{number}" for number in range(30)]
    lines = [
        f"{name} = {names[place - 1]}['a'] or {names[place - 2]}.get('b').strip()\n"
        for place, name in enumerate(names)
        if place > 1
    ]
    head = "import httpx\nimport os\n\nPART0 = os.environ\nPART1 = os.environ\n"
    tail = "httpx.get(PART29['url'].lower())\nhttpx.get(PART28['url'].lower())\n"
    (tmp_path / "app.py").write_text(head + "".join(lines) + tail)
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    build: .\n  other:\n    image: other\n")
    asked = 0
    of = Standing.of

    def counted(self: Standing, *given: Any) -> Any:
        nonlocal asked
        asked += 1
        assert asked < 5_000
        return of(self, *given)

    monkeypatch.setattr(Standing, "of", counted)

    draw(tmp_path)

    assert asked


def test_middleware_is_made_as_well_for_the_last_route_as_for_the_first(tmp_path: Path) -> None:
    kept = "".join(f"        self.part{number} = [number for number in (1, 2, 3)]\n" for number in range(60))
    routes = "".join(f"\n\n@app.get('/o{number}')\ndef o{number}(): return 1\n" for number in range(120))
    (tmp_path / "app.py").write_text(f"""
from fastapi import FastAPI
from starlette.responses import JSONResponse


class Guard:
    def __init__(self, app):
        self.app = app
{kept}
    async def __call__(self, scope, receive, send):
        if scope["path"].startswith("/o1") and not dict(scope["headers"]).get(b"authorization"):
            await JSONResponse({{}}, 401)(scope, receive, send)
            return
        await self.app(scope, receive, send)


app = FastAPI(openapi_url=None)
app.add_middleware(Guard)
{routes}""")

    verdicts = {route.path: route.verdict for route in draw(tmp_path).map.routes if route.method == "GET"}

    assert {f"/o{n}": "guarded" if str(n)[0] == "1" else "unguarded" for n in range(120)} == verdicts


def test_what_stands_in_many_places_is_asked_once_what_it_is_made_of() -> None:
    value: Value = Const("key", CALLER)
    for _ in range(200):
        value = Items([Choice((value, value)), Table({"a": value}, other=value)])

    assert value.tags == CALLER
    assert union([value, Const(1)]) == CALLER


def test_who_comes_after_much_work_is_judged_alike_and_bound_to_nothing_that_was_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "main.py").write_text(
        """
from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI(openapi_url=None)

def signed_in(token: str | None = Header(None)):
    if token is None:
        raise HTTPException(401)
    return token

@app.get("/first")
def first(user: str = Depends(signed_in)):
    found = [1]
    return found

@app.get("/second")
def second(user: str = Depends(signed_in)):
    found = []
    for one in (1, 2, 3):
        found.append(one)
    return found
"""
    )
    monkeypatch.setattr(guards, "_MAX_TOGETHER", {False: (1, 2), True: (1_000, 1_000)})

    told = {one.path: (one.verdict, one.binding) for one in draw(tmp_path).map.routes}

    assert {"/first": ("guarded", "signed-in"), "/second": ("guarded", None)} == told


_FILLED_FROM_ONE_ANOTHER = """
from elsewhere import names_of
from fastapi import FastAPI

app = FastAPI(openapi_url=None)


@app.get("/orders")
def orders(): ...


def add(name, taken):
    used = set(taken)
    for one in names_of(name):
        if one not in used:
            used.add(one)
    taken.update(used)


def document():
    taken = set()
    app.title = "shop"
    for name in NAMES:
        add(name, taken)
    return taken


document()
"""


def test_sets_that_are_filled_from_one_another_do_not_grow_without_end(tmp_path: Path) -> None:
    names = [f"part {number}" for number in range(60)]
    (tmp_path / "app.py").write_text(_FILLED_FROM_ONE_ANOTHER.replace("NAMES", repr(names)))

    assert ["/orders"] == [route.path for route in draw(tmp_path).map.routes]


def test_what_tells_the_same_may_be_in_a_list_already() -> None:
    """Trials of many routes add to the list of a module; each makes values of its own."""

    def asked() -> Value:
        return Choice((Thing(marks=CALLER, trail=("name",)), Const("shop")))

    items = Items([asked()])

    assert holds(items, asked(), perhaps=True)
    assert not holds(items, Thing(marks=CALLER, trail=("other",)), perhaps=True)
    assert not holds(items, Thing("shop.found", is_call=True), perhaps=True)


def test_what_asks_for_the_path_is_tried_once_for_paths_of_which_it_asks_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = "@app.get('/{0}/{1}')\ndef {2}_{3}({4}): return 'x'\n\n\n"
    routes = "".join(route.format("api", f"{n}/<one>", "api", n, "one") for n in range(30))
    routes += "".join(route.format("open", n, "open", n, "") for n in range(30))
    (tmp_path / "app.py").write_text(f"""
from flask import Flask, abort, g, request, session

app = Flask(__name__, static_folder=None)


@app.before_request
def check():
    g.user = session.get("uid")
    if request.path.startswith("/open/2") or request.path == "/open/9":
        return
    if not g.user:
        abort(401)


@app.before_request
def kept():
    g.at = [request.path]


@app.before_request
def check_again():
    if g.at[0] != "/open/9" and g.at[0] != "/open/2" and not g.user:
        abort(403)


{routes}
""")
    tried: list[str] = []
    was = guards.Judge.tried

    def counted(self: guards.Judge, function: Function, *args: Any, **named: Any) -> guards.Tried:
        tried.append(function.name)
        return was(self, function, *args, **named)

    monkeypatch.setattr(guards.Judge, "tried", counted)

    verdicts = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert {"/open/2", "/open/9"} == {path for path, verdict in verdicts.items() if verdict != "guarded"}
    assert tried.count("check") < 20
