"""Shapes in which hurried applications leave a guard, an owner or a role out, each with the twin that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of


def _sure(root: Path, rule: str, files: dict[str, str]) -> list[str]:
    found = result_of(root, files).findings
    return [one.target.partition("/")[2] for one in found if one.rule == rule and one.confidence == "sure"]


_BOTS = """
    import subprocess
    from functools import wraps
    from flask import Flask, abort, jsonify, request, session
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)

    class Bot(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        state = db.Column(db.String)

    def signed_in(view):
        @wraps(view)
        def inner(*args, **kwargs):
            if "user" not in session:
                abort(401)
            return view(*args, **kwargs)
        return inner

    def administrator(view):
        @wraps(view)
        def inner(*args, **kwargs):
            if session.get("role") != "admin":
                abort(403)
            return view(*args, **kwargs)
        return inner

    {routes}
"""
_SETS = """
    @app.post("{path}")
    {guard}
    def {name}({argument}):
        bot = Bot.query.get(1)
        bot.state = "{name}"
        db.session.commit()
        return ""
"""


def _set(path: str, name: str, guard: str = "") -> str:
    argument = path.partition("<")[2].partition(">")[0].partition(":")[2]
    return _SETS.format(path=path, name=name, guard=guard or "# nothing", argument=argument)


@pytest.mark.parametrize(
    ("path", "is_found"),
    [
        ("/bots/<int:bot_id>/reset", True),
        ("/bots/<int:bot_id>/activate", True),
        # These are how people come in.
        ("/users/<int:user_id>/reset", False),
        ("/password/reset", False),
        ("/forgot2", False),
        ("/login2", False),
    ],
)
def test_what_is_done_with_a_row_is_no_entrance(path: str, is_found: bool, tmp_path: Path) -> None:
    routes = _set(path, "tried") + _set("/bots/a", "a", "@signed_in") + _set("/bots/b", "b", "@signed_in")

    found = _sure(tmp_path, "missing-guard", {"app.py": _BOTS.format(routes=routes)})

    assert is_found == any(one.startswith("POST /bots/{bot_id}/") for one in found)
    assert is_found == bool(found)


@pytest.mark.parametrize(
    ("path", "guard", "is_found"),
    [
        ("/bots/<int:bot_id>/restart", "@administrator", True),
        # What is posted may be meant for everybody.
        ("/bots/<int:bot_id>/restart", "@signed_in", False),
        ("/bots/restart", "@administrator", False),
    ],
)
def test_what_only_some_may_do_with_a_row(path: str, guard: str, is_found: bool, tmp_path: Path) -> None:
    routes = _set(path, "tried") + _set("/bots/<int:bot_id>/stop", "stop", guard)

    assert is_found == bool(_sure(tmp_path, "missing-guard", {"app.py": _BOTS.format(routes=routes)}))


@pytest.mark.parametrize(
    ("does", "others", "is_found"),
    [
        ("subprocess.run(['systemctl', 'reboot'])", 6, True),
        ("jsonify(ok=True)", 6, False),
        ("subprocess.run(['systemctl', 'reboot'])", 2, False),
    ],
)
def test_a_program_is_run_for_anyone(does: str, others: int, is_found: bool, tmp_path: Path) -> None:
    open_one = f"""
    @app.post("/machine/start-again")
    def start_again():
        {does}
        return ""
"""
    routes = open_one + "".join(_set(f"/bots/{one}", f"bot_{one}", "@signed_in") for one in range(others))

    assert is_found == bool(_sure(tmp_path, "missing-guard", {"app.py": _BOTS.format(routes=routes)}))


@pytest.mark.parametrize(("guard", "found"), [("# nothing", ["GET /admin/bots"]), ("@administrator", [])])
def test_a_list_of_administrators_beside_one_other(guard: str, found: list[str], tmp_path: Path) -> None:
    routes = f"""
    @app.get("/admin/bots")
    {guard}
    def bots():
        return jsonify([one.id for one in Bot.query.all()])

    @app.get("/admin/states")
    @administrator
    def states():
        return jsonify([one.state for one in Bot.query.all()])
"""

    assert found == _sure(tmp_path, "admin-exposed", {"app.py": _BOTS.format(routes=routes)})


_ROLE = """
    from typing import Annotated
    from fastapi import Depends, FastAPI, Header, HTTPException

    app = FastAPI()

    def caller(authorization: str = Header()):
        if not known(authorization):
            raise HTTPException(401)
        return load(authorization)

    @app.post("/payouts")
    def payout({parameter}, user=Depends(caller)):
        if {test}:
            raise HTTPException(403)
        return pay()
"""


@pytest.mark.parametrize(
    ("parameter", "test", "is_found"),
    [
        ("x_role: str = Header('guest')", "x_role != 'admin'", True),
        ("x_role: Annotated[str, Header()] = 'guest'", "x_role != 'admin'", True),
        ("role: str = Header('guest', alias='X-Role')", "role != 'admin'", True),
        ("body: dict", "not body.get('is_admin')", True),
        ("body: dict", "body.get('role') != 'admin'", True),
        # Whoever asks for too much is refused.
        ("body: dict", "body.get('role') != 'member'", False),
        ("body: dict", "body.get('role') not in ('member', 'guest')", False),
        ("body: dict", "body.get('role') == 'admin'", False),
        ("body: dict", "body.get('is_admin')", False),
        ("body: dict", "user.role != 'admin'", False),
        ("x_request_id: str = Header('')", "x_request_id != 'admin'", False),
    ],
)
def test_who_says_of_themselves_what_they_may(parameter: str, test: str, is_found: bool, tmp_path: Path) -> None:
    source = _ROLE.format(parameter=parameter, test=test)

    assert is_found == bool(_sure(tmp_path, "forgeable-identity", {"app.py": source}))


_TASKS = """
    import os
    import jwt
    from bson import ObjectId
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.security import HTTPBearer
    from pymongo import MongoClient

    app = FastAPI()
    db = MongoClient()["shop"]

    def caller(cred=Depends(HTTPBearer())):
        claims = jwt.decode(cred.credentials, os.environ["KEY"], algorithms=["HS256"])
        user = db.users.find_one({{"_id": claims["sub"]}})
        if user is None:
            raise HTTPException(401)
        return user

    @app.get("/tasks/mine")
    def mine(user: dict = Depends(caller)):
        return list(db.tasks.find({{"{key}": {own}}}))

    @app.get("/tasks")
    def tasks(team: str, user: dict = Depends(caller)):
        return list(db.tasks.find({{"team_id": {given}}}))
"""


@pytest.mark.parametrize(
    ("key", "own", "given", "is_found"),
    [
        ("team_id", 'user["team_id"]', "team", True),
        ("team_id", 'user["team_id"]', "ObjectId(team)", True),
        ("team_id", 'user["team_id"]', 'user["team_id"]', False),
        # What others find by says nothing of this key.
        ("writer_id", 'user["_id"]', "team", False),
        # It is somebody's taste, and not where they belong.
        ("team_id", 'user["favourite"]', "team", False),
    ],
)
def test_a_key_that_others_take_from_who_is_calling(
    key: str, own: str, given: str, is_found: bool, tmp_path: Path
) -> None:
    source = _TASKS.format(key=key, own=own, given=given)

    assert is_found == ("GET /tasks" in _sure(tmp_path, "missing-ownership", {"app.py": source}))


_ROWS = """
    import os
    from typing import Annotated, Optional
    from fastapi import Cookie, Depends, FastAPI, HTTPException
    from itsdangerous import URLSafeTimedSerializer
    from sqlmodel import Field, Session, SQLModel, select

    app = FastAPI()
    signer = URLSafeTimedSerializer(os.environ["KEY"])

    class User(SQLModel, table=True):
        id: Optional[int] = Field(default=None, primary_key=True)
        name: str
        password: str
        is_moderator: bool = False

    class Letter(SQLModel, table=True):
        id: Optional[int] = Field(default=None, primary_key=True)
        sender_id: int = Field(foreign_key="user.id")
        reader_id: int = Field(foreign_key="user.id")
        text: str

    class Names(SQLModel):
        name: Optional[str] = None

    class Everything(SQLModel):
        name: Optional[str] = None
        is_moderator: Optional[bool] = None

    class Shown(SQLModel):
        id: int
        name: str

    def rows():
        yield Session(engine)

    def by_signature(db: Session = Depends(rows), sid: Annotated[Optional[str], Cookie()] = None) -> User:
        if sid is None:
            raise HTTPException(401)
        user = db.get(User, signer.loads(sid))
        if user is None:
            raise HTTPException(401)
        return user

    def by_number(user_id: Annotated[int, Cookie()], db: Session = Depends(rows)) -> User:
        return db.get(User, user_id)

    def by_default(user_id: int = Cookie(), db: Session = Depends(rows)) -> User:
        found = db.get(User, user_id)
        return found

    Me = Annotated[User, Depends(by_signature)]

    @app.get("/letters/mine")
    def mine(me: Me, db: Session = Depends(rows)):
        return [one.text for one in db.exec(select(Letter).where(Letter.reader_id == me.id))]

    {route}
"""


@pytest.mark.parametrize(
    ("rule", "route"),
    [
        ("writable-privilege", "@app.post('/a')\n    def a(user: User, db=Depends(rows)):\n        db.add(user)"),
        (
            "writable-privilege",
            "@app.patch('/a')\n    def a(body: Everything, me: Me):\n"
            "        me.sqlmodel_update(body.model_dump(exclude_unset=True))",
        ),
        (
            "missing-ownership",
            "@app.post('/a')\n    def a(one: Letter, me: Me, db=Depends(rows)):\n        db.add(one)",
        ),
        (
            "missing-ownership",
            "@app.get('/a')\n    def a(reader: int, me: Me, db=Depends(rows)):\n"
            "        return db.exec(select(Letter).where(Letter.reader_id == reader)).all()",
        ),
        (
            "account-row-returned",
            "@app.get('/a')\n    def a(me: Me, db=Depends(rows)) -> list[User]:\n"
            "        return db.exec(select(User)).all()",
        ),
        ("forgeable-identity", "@app.get('/a')\n    def a(user: User = Depends(by_number)):\n        return user.name"),
        (
            "forgeable-identity",
            "@app.get('/a')\n    def a(user: User = Depends(by_default)):\n        return user.name",
        ),
    ],
)
def test_rows_that_are_sent_and_shown_as_they_are(rule: str, route: str, tmp_path: Path) -> None:
    assert len(_sure(tmp_path, rule, {"app.py": _ROWS.format(route=route)})) == 1


@pytest.mark.parametrize(
    ("rule", "route"),
    [
        (
            "writable-privilege",
            "@app.post('/a')\n    def a(user: User, db=Depends(rows)):\n"
            "        user.is_moderator = False\n        db.add(user)",
        ),
        ("writable-privilege", "@app.put('/a')\n    def a(body: Names, me: Me, db=Depends(rows)):\n        db.add(me)"),
        (
            "writable-privilege",
            "@app.patch('/a')\n    def a(body: Names, me: Me):\n        me.sqlmodel_update(body.model_dump())",
        ),
        (
            "missing-ownership",
            "@app.post('/a')\n    def a(one: Letter, me: Me, db=Depends(rows)):\n"
            "        one.sender_id = me.id\n        db.add(one)",
        ),
        (
            "missing-ownership",
            "@app.get('/a')\n    def a(page: int, me: Me, db=Depends(rows)):\n"
            "        return db.exec(select(Letter).where(Letter.reader_id == me.id).offset(page)).all()",
        ),
        (
            "account-row-returned",
            "@app.get('/a')\n    def a(me: Me, db=Depends(rows)) -> list[Shown]:\n"
            "        return db.exec(select(User)).all()",
        ),
        (
            "forgeable-identity",
            "@app.get('/a')\n    def a(user: User = Depends(by_signature)):\n        return user.name",
        ),
    ],
)
def test_rows_that_are_sent_and_shown_in_part(rule: str, route: str, tmp_path: Path) -> None:
    assert [] == _sure(tmp_path, rule, {"app.py": _ROWS.format(route=route)})
