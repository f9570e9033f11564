import os
from typing import Annotated

import jwt
from fastapi import Body, Depends, FastAPI, Header, HTTPException
from flask import Flask, abort, g, request, session
from flask_sqlalchemy import SQLAlchemy
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
api = FastAPI()
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    password_hash = db.Column(db.String)

    def set_password(self, given):
        self.password_hash = generate_password_hash(given)


@app.before_request
def who_calls():
    g.user = db.session.get(User, session.get("user"))
    if g.user is None:
        abort(401)


@app.post("/password")
def change():
    g.user.password_hash = generate_password_hash(request.form["password"])  # expect: own-password-unasked
    db.session.commit()
    return "", 204


@app.post("/me/password")
def change_by_method():
    me = g.user
    me.set_password(request.json["password"])  # expect: own-password-unasked
    db.session.commit()
    return "", 204


@app.post("/password/change")
def change_well():
    if not check_password_hash(g.user.password_hash, request.form["old"]):
        abort(403)
    g.user.password_hash = generate_password_hash(request.form["password"])
    db.session.commit()
    return "", 204


@app.post("/name")
def rename():
    g.user.name = request.form["name"]
    db.session.commit()
    return "", 204


# The first one is set here.
@app.post("/invitation/password")
def first():
    g.user.set_password(request.form["password"])
    db.session.commit()
    return "", 204


def current_user(authorization: str = Header()) -> User:
    try:
        claims = jwt.decode(authorization, os.environ["KEY"], algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    return User.query.get(claims["sub"])


@api.post("/secret")
def change_there(password: Annotated[str, Body()], user: User = Depends(current_user)):
    user.password_hash = generate_password_hash(password)  # expect: own-password-unasked
    db.session.commit()


@api.post("/secret/well")
def change_there_well(
    old: Annotated[str, Body()], password: Annotated[str, Body()], user: User = Depends(current_user)
):
    if not check_password_hash(user.password_hash, old):
        raise HTTPException(403)
    user.password_hash = generate_password_hash(password)
    db.session.commit()
