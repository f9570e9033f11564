"""Roles, permissions and ranks of who calls, however they are asked for: what is demanded, where that can be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import enum

from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)
RANKS = ["reader", "writer", "admin"]
GRANTED = {{"admin": {{"read", "write"}}, "reader": {{"read"}}}}


class Role(enum.Enum):
    ADMIN = "admin"


class Permission:
    WRITE = 4


def user():
    return db.session.get(User, session["user"])


@app.get("/d")
def d():
    who = user()
    if {refused}:
        abort(403)
    return "x"
"""


@pytest.mark.parametrize(
    ("refused", "binding"),
    [
        ('"admin" not in [one.name for one in who.roles]', ("role:admin",)),
        ('"admin" not in {one.name for one in who.roles}', ("role:admin",)),
        ('not any(one.name == "admin" for one in who.roles)', ("role:admin",)),
        ('"write" not in [one.codename for one in who.permissions]', ("write",)),
        ('who.role.name != "admin"', ("role:admin",)),
        ("who.role != Role.ADMIN", ("role:admin",)),
        ("not who.can(Permission.WRITE)", None),
        ("not who.may(4)", None),
        ("who.level < 9", None),
        ('"write" not in GRANTED[who.role]', None),
        ('"write" not in GRANTED.get(who.role, set())', None),
        ('not {"read", "write"} <= set(who.permissions)', ("read", "write")),
        ('not set(who.permissions) >= {"write"}', ("write",)),
        ('RANKS.index(who.role) < RANKS.index("writer")', None),
        ("not who", "signed-in"),
        ("who.name is None", "signed-in"),
        ("not GRANTED.get(who.id)", "signed-in"),
    ],
)
def test_what_is_asked_of_a_role_is_not_signing_in_alone(
    refused: str, binding: tuple[str, ...] | str | None, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(refused=refused))
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert ("guarded", binding) == (route.verdict, route.binding)
