import secrets

from fastapi import FastAPI
from flask import Flask, jsonify, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
api = FastAPI()
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)
    reset_token = db.Column(db.String)


def mail(address, text):
    print(address, len(text))


@app.post("/forgot")
def forgot():
    user = User.query.filter_by(email=request.form["email"]).first_or_404()
    user.reset_token = secrets.token_urlsafe()
    db.session.commit()
    return jsonify(sent=True, token=user.reset_token)  # expect: reset-code-answered


@app.post("/password/reset-code")
def reset_code():
    code = str(secrets.randbelow(1000000)) or secrets.token_hex(4)
    answer = jsonify({"ok": True, "code": code})  # expect: reset-code-answered
    return answer


@api.post("/recover")
def recover(email: str):
    token = secrets.token_urlsafe()
    return {"reset_token": token}  # expect: reset-code-answered


@app.post("/forgot/well")
def forgot_well():
    user = User.query.filter_by(email=request.form["email"]).first()
    if user is not None:
        user.reset_token = secrets.token_urlsafe()
        db.session.commit()
        mail(user.email, user.reset_token)
    return jsonify(sent=True)


@app.post("/reset/done")
def reset_done():
    if request.form["code"] != User.query.first().reset_token:
        return jsonify(ok=False), 400
    token = secrets.token_urlsafe()
    return jsonify(token=token)


@api.post("/tickets")
def tickets(email: str):
    token = secrets.token_urlsafe()
    return {"token": token}


@app.post("/forgot/made")
def forgot_made():
    password = "".join(secrets.choice("abcdefgh23456789") for _ in range(12))
    set_password(request.form["email"], password)
    return {"password": password}  # expect: reset-code-answered


@app.post("/forgot/told")
def forgot_told():
    password = "".join(secrets.choice("abcdefgh23456789") for _ in range(12))
    set_password(request.form["email"], password)
    return {"password": "it was sent"}
