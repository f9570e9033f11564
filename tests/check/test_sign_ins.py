"""A sign-in that nobody counts: how sure that is, by who compares the password and whether guard stands before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of

_APP = """
    from fastapi import FastAPI, HTTPException
    {imports}

    app = FastAPI()
    {guarded}

    @app.post("/login")
    def login(body: dict):
        user = find(body["name"])
        if user is None or not {compares}:
            raise HTTPException(401)
        return {{"token": user.token()}}
"""


@pytest.mark.parametrize(
    ("imports", "guarded", "compares", "confidence"),
    [
        ("", "", "check_password(user, body['password'])", "sure"),
        ("", "", "directory.bind(user, body['password'])", "likely"),
        (
            "import nomoat.guard as guard",
            "guard.protect(app, service='shop')",
            "check_password(user, body['password'])",
            "likely",
        ),
    ],
)
def test_a_sign_in_that_nobody_counts(
    imports: str, guarded: str, compares: str, confidence: str, tmp_path: Path
) -> None:
    source = _APP.format(imports=imports, guarded=guarded, compares=compares)

    found = [one for one in result_of(tmp_path, {"main.py": source}).findings if one.rule == "unlimited-login"]

    assert [confidence] == [one.confidence for one in found]


_TWO = """
    from fastapi import FastAPI, HTTPException

    app = FastAPI()
    tries = {{}}

    @app.post("/login")
    def login(body: dict):
        user = find(body["name"])
        if user is None or not {compares}:
            raise HTTPException(401)
        return {{"token": user.token()}}

    @app.post("/v2/login")
    def counted_login(body: dict):
        tries[body["name"]] = tries.get(body["name"], 0) + 1
        if tries[body["name"]] > 5:
            raise HTTPException(429)
        user = find(body["name"])
        if user is None or not check_password(user, body["password"]):
            raise HTTPException(401)
        return {{"token": user.token()}}
"""


@pytest.mark.parametrize(
    ("compares", "other", "is_found"),
    [
        ("check_password(user, body['password'])", "", True),
        ("directory.bind(user, body['password'])", "", False),
        # Something else of the service counts, perhaps for all.
        ("check_password(user, body['password'])", "LOGIN_ATTEMPTS = 5\nlogin_attempts = {}\n", False),
    ],
)
def test_a_sign_in_beside_one_that_counts(compares: str, other: str, is_found: bool, tmp_path: Path) -> None:
    files = {"main.py": _TWO.format(compares=compares), "other.py": other}

    found = [one for one in result_of(tmp_path, files).findings if one.rule == "unlimited-login"]

    assert (["route:" + tmp_path.name + "/POST /login"] if is_found else []) == [one.target for one in found]
    assert all(one.confidence == "likely" for one in found)


_LIMITED = """
    from flask import Flask, abort, request
    from flask_limiter import Limiter
    from flask_limiter.util import get_remote_address

    app = Flask(__name__)
    limiter = Limiter(get_remote_address{given})
    limiter.init_app(app)

    @app.post("/login")
    {beside}
    def login():
        if not check_password(find(request.form["name"]), request.form["password"]):
            abort(401)
        return ""

    @app.get("/search")
    @limiter.limit("5/minute")
    def search():
        return ""
"""


@pytest.mark.parametrize(
    ("given", "beside", "other", "found"),
    [
        ("", "", "", ["sure"]),
        ("", '@limiter.limit("5/minute")', "", []),
        (', default_limits=["200/day"]', "", "", []),
        (', application_limits=["200/day"]', "", "", []),
        # Something else counts, perhaps for all.
        ("", "", "RATELIMIT_DEFAULT = '200/day'", []),
        ("", "", "limiter.limit('5/minute')(login)", []),
    ],
)
def test_a_limit_at_one_route_says_nothing_of_another(
    given: str, beside: str, other: str, found: list[str], tmp_path: Path
) -> None:
    source = _LIMITED.format(given=given, beside=beside or "# nothing")

    findings = result_of(tmp_path, {"main.py": source, "other.py": other}).findings

    assert found == [one.confidence for one in findings if one.rule == "unlimited-login"]


_DJANGO = {
    "urls.py": """
        from django.urls import path
        import views

        urlpatterns = [path("login/", views.sign_in)]
    """,
    "views.py": """
        from django.contrib.auth import authenticate, login
        from django.http import HttpResponse

        def sign_in(request):
            user = authenticate(request, username=request.POST["name"], password=request.POST["password"])
            if user is None:
                return HttpResponse(status=401)
            login(request, user)
            return HttpResponse()
    """,
}


@pytest.mark.parametrize(
    ("backends", "confidence"), [("", "sure"), ("AUTHENTICATION_BACKENDS = ['corporate.Directory']", "likely")]
)
def test_django_compares_the_password_unless_something_else_is_asked(
    backends: str, confidence: str, tmp_path: Path
) -> None:
    settings = f"ROOT_URLCONF = 'urls'\nINSTALLED_APPS = ['django.contrib.auth']\n{backends}\n"
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"

    found = result_of(tmp_path, {**_DJANGO, "settings.py": settings, "manage.py": manage}).findings

    assert [confidence] == [one.confidence for one in found if one.rule == "unlimited-login"]


@pytest.mark.parametrize(
    "compares",
    [
        "user['password'] != digest(body['password'])",
        "not find_one({'name': body['name'], 'password': digest(body['password'])})",
        "not run('SELECT id FROM users WHERE name = ? AND password = ?', body['name'], body['password'])",
    ],
)
def test_ways_in_which_a_password_is_compared(compares: str, tmp_path: Path) -> None:
    source = _APP.format(imports="", guarded="", compares="user").replace("not user", compares)

    found = [one for one in result_of(tmp_path, {"main.py": source}).findings if one.rule == "unlimited-login"]

    assert ["sure"] == [one.confidence for one in found]


@pytest.mark.parametrize(
    ("path", "is_found"), [("/login", True), ("/login2", True), ("/v2/login", True), ("/logo", False)]
)
def test_a_sign_in_by_its_path(path: str, is_found: bool, tmp_path: Path) -> None:
    source = _APP.format(imports="", guarded="", compares="check_password(user, body['password'])")

    found = result_of(tmp_path, {"main.py": source.replace('"/login"', f'"{path}"')}).findings

    assert is_found == any(one.rule == "unlimited-login" for one in found)
