import sqlite3

from flask import Flask, abort, g, jsonify, request, session
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
Base = declarative_base()
engine = create_engine("sqlite:///shop.db")
serializer = URLSafeTimedSerializer(app.config["SECRET_KEY"])


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    password = Column(String)


@app.post("/password")  # expect: account-change
def password():
    with Session(engine) as rows:
        user = rows.query(User).filter_by(name=request.form["username"]).first()
        user.password = generate_password_hash(request.form["password"])
        rows.commit()
    return "", 204


@app.put("/users/<username>/password")  # expect: account-change
def by_path(username):
    replace(username, request.json["password"])
    return "", 204


def replace(username, password):
    database = sqlite3.connect("shop.db")
    database.execute("UPDATE users SET password = ? WHERE name = ?", (generate_password_hash(password), username))


@app.post("/users")
def register():
    with Session(engine) as rows:
        user = User(name=request.form["username"])
        user.password = generate_password_hash(request.form["password"])
        rows.add(user)
        rows.commit()
    return "", 201


@app.post("/password/forgotten")
def forgotten():
    name = serializer.loads(request.form["token"], max_age=3600)
    replace(name, request.form["password"])
    return "", 204


@app.post("/password/change")
def change():
    with Session(engine) as rows:
        user = rows.query(User).filter_by(name=request.form["username"]).first()
        if not check_password_hash(user.password, request.form["old_password"]):
            abort(403)
        user.password = generate_password_hash(request.form["password"])
        rows.commit()
    return "", 204


@app.post("/me/password")
def own():
    if "user" not in session:
        abort(401)
    with Session(engine) as rows:
        user = rows.get(User, session["user"])
        user.password = generate_password_hash(request.form["password"])
        rows.commit()
    return jsonify(changed=g.time)


def run(sql, *values):
    sqlite3.connect("shop.db").execute(sql, values)


@app.post("/password/lost")  # expect: account-change
def lost():
    given = request.form["password"]
    run("UPDATE users SET password = ?, code = NULL WHERE mail = ?", generate_password_hash(given), request.form["mail"])
    return "", 204


@app.post("/password/found")
def found():
    given = generate_password_hash(request.form["password"])
    run("UPDATE users SET password = ?, code = NULL WHERE code = ?", given, request.form["code"])
    return "", 204
