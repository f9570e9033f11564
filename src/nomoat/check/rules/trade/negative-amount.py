import sqlite3

from fastapi import FastAPI
from flask import Flask, abort, request
from flask_login import current_user, login_required
from pydantic import BaseModel, Field

app = Flask(__name__)
api = FastAPI()


class Sent(BaseModel):
    amount: int


class SentWell(BaseModel):
    amount: int = Field(gt=0)


def run(sql, *values):
    sqlite3.connect("bank.db").execute(sql, values)


@app.post("/send")
@login_required
def send():
    amount = int(request.form["amount"])
    current_user.balance -= amount  # expect: negative-amount
    return "", 204


@app.post("/pay")
@login_required
def pay():
    run("UPDATE accounts SET balance = balance - ? WHERE id = 7", request.form["amount"])  # expect: negative-amount
    return "", 204


@api.post("/give")
def give(body: Sent):
    current_user.points += body.amount  # expect: negative-amount


@app.post("/send/well")
@login_required
def send_well():
    amount = int(request.form["amount"])
    if amount <= 0:
        abort(400)
    current_user.balance -= amount
    return "", 204


@api.post("/give/well")
def give_well(body: SentWell):
    current_user.points += body.amount


@app.post("/count")
@login_required
def count():
    current_user.visits += int(request.form["amount"])
    return "", 204
