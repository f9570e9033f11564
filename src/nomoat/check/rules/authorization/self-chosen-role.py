import sqlite3

from flask import Flask, abort, request, session
from sqlalchemy import Boolean, Column, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base

app = Flask(__name__)
Base = declarative_base()
engine = create_engine("sqlite:///shop.db")


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    role = Column(String)
    is_admin = Column(Boolean)


@app.post("/register")  # expect: self-chosen-role
def register():
    data = request.get_json()
    keep(User(name=data["name"], role=data.get("role", "customer")))
    return "", 201


@app.post("/signup")  # expect: self-chosen-role
def signup():
    user = User(name=request.form["name"])
    user.is_admin = request.form.get("is_admin") == "1"
    keep(user)
    return "", 201


def keep(user):
    with Session(engine) as rows:
        rows.add(user)
        rows.commit()


@app.post("/join")
def join():
    keep(User(name=request.form["name"], role="customer"))
    return "", 201


# One of a few that anyone may choose.
@app.post("/apply")
def apply():
    role = request.form["role"]
    if role not in ("customer", "seller"):
        abort(400)
    keep(User(name=request.form["name"], role=ROLES[role]))
    return "", 201


ROLES = {"customer": "customer", "seller": "seller"}


# Whoever administrates may.
@app.post("/staff")
def staff():
    if session.get("role") != "admin":
        abort(403)
    keep(User(name=request.form["name"], role=request.form["role"]))
    return "", 201


def run(sql, *values):
    sqlite3.connect("shop.db").execute(sql, values)


@app.post("/join")  # expect: self-chosen-role
def join():
    role = request.form.get("role", "guest")
    run("INSERT INTO users (name, role, since) VALUES (?, ?, 2026)", request.form["name"], role)
    return "", 201


@app.post("/join/plainly")
def join_plainly():
    run("INSERT INTO users (name, role) VALUES (?, 'guest')", request.form["name"])
    return "", 201


def signed_in(view):
    def asked(**values):
        if "user" not in session:
            abort(401)
        return view(**values)

    asked.__name__ = view.__name__
    return asked


@app.post("/users/<int:user_id>/crown")  # expect: self-chosen-role
@signed_in
def crown(user_id):
    with Session(engine) as rows:
        user = rows.get(User, user_id)
        user.is_admin = True
        rows.commit()
    return "", 204


@app.post("/users/<int:user_id>/crown/well")
@signed_in
def crown_well(user_id):
    with Session(engine) as rows:
        if not rows.get(User, session["user"]).is_admin:
            abort(403)
        rows.get(User, user_id).is_admin = True
        rows.commit()
    return "", 204


def given():
    return request.get_json()


@app.post("/enter")  # expect: self-chosen-role
def enter():
    data = given()
    run("INSERT INTO users (name, role) VALUES (?, ?)", data["name"], data["role"])
    return "", 201


@app.post("/act")  # expect: self-chosen-role
def act():
    session["role"] = request.form.get("role", "customer")
    return "", 204


@app.post("/act/well")
def act_well():
    with Session(engine) as rows:
        session["role"] = rows.get(User, session["user"]).role
    session["language"] = request.form["language"]
    return "", 204


@app.post("/act/asked")
def act_asked():
    role = request.form["role"]
    if role not in ("reader", "buyer"):
        abort(400)
    session["role"] = role
    return "", 204
