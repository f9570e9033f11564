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
