"""Which row a request picks, whatever the part that picks it is called; and who may be shown what."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of

_HEAD = """
    import sqlite3

    from flask import Flask, abort, jsonify, request, session
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__, static_folder=None)
    db = SQLAlchemy(app)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String)
        password = db.Column(db.String)
        role = db.Column(db.String)

        def short(self):
            return {"name": self.name}

        def full(self):
            return {"name": self.name, "password": self.password}

    class Note(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String)
        user_id = db.Column(db.ForeignKey("user.id"))

    class Page(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        note_id = db.Column(db.ForeignKey("note.id"))

    class Provider(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String)
        user_id = db.Column(db.ForeignKey("user.id"))

    class Country(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        code = db.Column(db.String)

    def signed_in():
        if "user" not in session:
            abort(401)

    def connection():
        return sqlite3.connect("shop.db")

    @app.get("/notes/mine/<title>")
    def mine(title):
        signed_in()
        return jsonify(Note.query.filter_by(title=title, user_id=session["user"]).first().title)

    @app.get("/marks")
    def marks():
        signed_in()
        return jsonify(connection().execute("SELECT * FROM marks WHERE user_id = ?", (session["user"],)).fetchall())

    @app.get("/accounts")
    def accounts():
        signed_in()
        return jsonify(connection().execute("SELECT * FROM accounts WHERE owner_id = ?", (session["user"],)).fetchall())
"""


def _found(root: Path, route: str) -> set[tuple[str, str]]:
    lines = "".join(f"    {line}\n" for line in route.splitlines())
    findings = result_of(root, {"app.py": f"{_HEAD}\n{lines}"}).findings
    return {(one.rule, one.confidence) for one in findings if one.confidence != "low" and "/tried" in one.target}


def _route(path: str, method: str, body: str) -> str:
    names = ", ".join(part.strip("<>") for part in path.split("/") if part.startswith("<"))
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f'@app.{method}("{path}")\ndef tried({names}):\n{lines}'


@pytest.mark.parametrize(
    ("path", "method", "body", "confidence"),
    [
        ("/tried/<title>", "get", "return jsonify(Note.query.filter_by(title=title).first().title)", "sure"),
        ("/tried/<user>", "get", 'connection().execute("SELECT * FROM marks WHERE user_id = ?", (user,))\nreturn "1"',
         "sure"),
        ("/tried", "post", 'connection().execute("UPDATE accounts SET sum = 1 WHERE id = ?", (request.json["from"],))\n'
         'return "ok"', "sure"),
        ("/tried", "get", 'return jsonify(Page.query.filter(Page.id == request.args["page"]).first().id)', "sure"),
        # Where no other route asks whose it is, a name alone does not tell that this one should.
        ("/tried/<provider>", "get", "return jsonify(Provider.query.filter_by(name=provider).first().id)", ""),
        # What belongs to what the path names is picked by its key, whatever the part is called.
        ("/tried/<note>", "get", "return jsonify([one.id for one in Page.query.filter_by(note_id=note)])", "sure"),
        ("/tried/<country>", "get", "return jsonify([one.id for one in Country.query.filter_by(code=country)])", ""),
        # What is picked is nobody's.
        ("/tried/<code>", "get", "return jsonify(Country.query.filter_by(code=code).first().code)", ""),
        # A list of all that fit picks no row.
        ("/tried/<title>", "get", "return jsonify([one.id for one in Country.query.filter_by(code=title).all()])", ""),
        # Whom the path names is not whose row is changed.
        ("/tried/<username>", "put", 'own = User.query.filter_by(id=session["user"]).first()\nown.name = "new"\n'
         'db.session.commit()\nreturn "ok"', ""),
        ("/tried/<user>", "get", 'if user != session["user"]:\n    abort(403)\n'
         'return jsonify(connection().execute("SELECT * FROM marks WHERE user_id = ?", (user,)))', ""),
        ("/tried", "post", 'connection().execute("UPDATE accounts SET sum = ? WHERE id = ? AND owner_id = ?",'
         ' (1, request.json["from"], session["user"]))\nreturn "ok"', ""),
    ],
)  # fmt: skip
def test_what_picks_a_row_of_somebody(path: str, method: str, body: str, confidence: str, tmp_path: Path) -> None:
    found = _found(tmp_path, _route(path, method, f"signed_in()\n{body}"))

    assert {one for one in found if one[0] == "missing-ownership"} == (
        {("missing-ownership", confidence)} if confidence else set()
    )


def test_who_was_granted_more_than_a_sign_in_may_be_meant_to_reach_all(tmp_path: Path) -> None:
    asks = 'if session.get("role") != "editor":\n    abort(403)\n'
    body = f"signed_in()\n{asks}return jsonify(Note.query.filter_by(title=title).first().id)"

    found = _found(tmp_path, _route("/tried/<title>", "get", body))

    assert ("missing-ownership", "sure") not in found


@pytest.mark.parametrize(
    ("route", "confidence"),
    [
        (_route("/tried/<int:pid>/delete", "get", 'connection().execute("DELETE FROM marks WHERE id = ?", (pid,))\n'
                'return "ok"').replace("(int:pid)", "(pid)"), "sure"),
        (_route("/tried", "get", "return jsonify([one.full() for one in User.query.all()])"), "sure"),
    ],
)  # fmt: skip
def test_what_is_open_to_anyone(route: str, confidence: str, tmp_path: Path) -> None:
    assert ("missing-guard", confidence) in _found(tmp_path, route)


def test_an_answer_with_the_password_of_an_account_is_found(tmp_path: Path) -> None:
    full = "signed_in()\nreturn jsonify(User.query.filter_by(id=session['user']).first().full())"

    assert any(rule == "account-row-returned" for rule, _ in _found(tmp_path / "a", _route("/tried", "get", full)))
    short = full.replace("full()", "short()")
    assert not any(rule == "account-row-returned" for rule, _ in _found(tmp_path / "b", _route("/tried", "get", short)))


def test_one_row_is_shown_to_more_people_than_the_list_of_them(tmp_path: Path) -> None:
    listed = _route("/tried", "get", 'signed_in()\nif session.get("role") != "doctor":\n    abort(403)\n'
                    'return jsonify(connection().execute("SELECT * FROM patients").fetchall())')  # fmt: skip
    one = (
        '@app.get("/tried/<pid>")\ndef one(pid):\n    signed_in()\n'
        '    return jsonify(connection().execute("SELECT * FROM patients WHERE id = ?", (pid,)).fetchone())'
    )
    asks = one.replace(
        "    signed_in()\n", '    signed_in()\n    if session.get("role") != "doctor":\n        abort(403)\n'
    )

    assert ("weaker-guard", "likely") in _found(tmp_path / "a", f"{listed}\n\n{one}")
    assert not any(rule == "weaker-guard" for rule, _ in _found(tmp_path / "b", f"{listed}\n\n{asks}"))


_API = """
    import requests
    from fastapi import Depends, FastAPI, Header, HTTPException, WebSocket
    from pydantic import BaseModel

    app = FastAPI(openapi_url=None)

    class Form(BaseModel):
        challenge_token: str
        url: str

    def user(authorization: str = Header(None)):
        if authorization is None:
            raise HTTPException(401)
        return find(authorization)

    def admin(found=Depends(user)):
        if found.role != "admin":
            raise HTTPException(403)
        return found

    def anybody(found=Depends(user)):
        if found.role not in ("user", "admin"):
            raise HTTPException(403)
        return found

    @app.websocket("/one")
    async def one(socket: WebSocket, found=Depends(user)):
        await socket.accept()

    @app.websocket("/two")
    async def two(socket: WebSocket, found=Depends(user)):
        await socket.accept()

    @app.post("/first", dependencies=[Depends(user)])
    def first(form: Form):
        store(form)

    @app.post("/second", dependencies=[Depends(user)])
    def second(form: Form):
        store(form)
"""


def _of_api(root: Path, route: str) -> set[tuple[str, str]]:
    lines = "".join(f"    {line}\n" for line in route.splitlines())
    findings = result_of(root, {"app.py": f"{_API}\n{lines}"}).findings
    return {(one.rule, one.confidence) for one in findings if "/tried" in one.target}


def test_a_connection_may_ask_by_its_first_message(tmp_path: Path) -> None:
    calls = '    requests.get("https://rows.example.org/rows", timeout=3)\n'
    head = f'@app.websocket("/tried")\nasync def tried(socket: WebSocket):\n    await socket.accept()\n{calls}'
    asks = '    said = await socket.receive_json()\n    if not find(said["token"]):\n        await socket.close()\n'

    assert ("missing-guard", "low") in _of_api(tmp_path / "a", f"{head}{asks}    await socket.send_json(ROWS)")
    found = _of_api(tmp_path / "b", f"{head}    await socket.send_json(ROWS)")
    assert {"likely"} == {confidence for rule, confidence in found if rule == "missing-guard"}


@pytest.mark.parametrize(("given", "confidence"), [("form.challenge_token", "low"), ("form.url", "likely")])
def test_who_was_sent_a_token_may_use_it(given: str, confidence: str, tmp_path: Path) -> None:
    route = f'@app.post("/tried")\ndef tried(form: Form):\n    return enroll({given})'

    assert {("missing-guard", confidence)} == {one for one in _of_api(tmp_path, route) if one[0] == "missing-guard"}


@pytest.mark.parametrize(("guard", "confidence"), [("admin", "likely"), ("anybody", "sure"), ("user", "sure")])
def test_who_administrates_may_say_where_to_ask(guard: str, confidence: str, tmp_path: Path) -> None:
    body = "    requests.get(form.url, timeout=3)"
    route = f'@app.post("/tried", dependencies=[Depends({guard})])\ndef tried(form: Form):\n{body}'

    assert ("server-side-request", confidence) in _of_api(tmp_path, route)


_ROLES = """
    import sqlite3

    from flask import Flask, abort, jsonify, request, session

    app = Flask(__name__, static_folder=None)

    def may(user, data):
        if user["role"] != "admin" and "role" in data:
            abort(403)

    @app.post("/other")
    def other():
        if "user" not in session:
            abort(401)
        return "1"
"""


def _role(root: Path, body: str) -> list[str]:
    asks = '    if "user" not in session:\n        abort(401)\n'
    head = f'@app.post("/tried")\ndef tried():\n{asks}    data = request.get_json()\n'
    lines = "".join(f"    {line}\n" for line in f"{head}{body}".splitlines())
    findings = result_of(root, {"app.py": f"{_ROLES}\n{lines}"}).findings
    return [one.confidence for one in findings if one.rule == "self-chosen-role"]


def test_who_changes_an_own_account_chooses_no_role(tmp_path: Path) -> None:
    update = (
        'sqlite3.connect("s.db").execute("UPDATE users SET role = ? WHERE id = ?", (data["role"], session["user"]))'
    )

    assert ["sure"] == _role(tmp_path / "a", f"    {update}\n")
    # Whether it was sent is no test of what it is.
    assert ["sure"] == _role(tmp_path / "b", f'    if "role" in data:\n        {update}\n')
    assert ["low"] == _role(tmp_path / "c", f'    if data["role"] in ("reader", "writer"):\n        {update}\n')
    assert "sure" not in _role(tmp_path / "d", f'    may(session["user"], data)\n    {update}\n')
