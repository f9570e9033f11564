import sqlite3

from fastapi import FastAPI
from flask import Flask, abort, request
from flask_login import current_user, login_required
from pydantic import BaseModel, Field
from rest_framework import serializers

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


def move(sender, amount):
    if sender.credit < amount:
        abort(400)
    sender.credit -= amount  # expect: negative-amount


def move_well(sender, amount):
    if amount <= 0 or sender.credit < amount:
        abort(400)
    sender.credit -= amount


def move_what_was_looked_at(sender, amount):
    sender.credit -= amount


@app.post("/move")
@login_required
def moves():
    move(current_user, int(request.form["amount"]))
    return "", 204


@app.post("/move/well")
@login_required
def moves_well():
    move_well(current_user, int(request.form["amount"]))
    return "", 204


@app.post("/move/looked-at")
@login_required
def moves_what_it_looks_at():
    amount = int(request.form["amount"])
    if amount < 1:
        abort(400)
    move_what_was_looked_at(current_user, amount)
    return "", 204


class TopUp(serializers.Serializer):
    amount = serializers.IntegerField()


class TopUpWell(serializers.Serializer):
    amount = serializers.IntegerField(min_value=1)


class TopUpLookedAt(serializers.Serializer):
    amount = serializers.IntegerField()

    def validate_amount(self, value):
        return abs(value)


@app.post("/top-up")
@login_required
def top_up():
    sent = TopUp(data=request.form)
    sent.is_valid(raise_exception=True)
    current_user.credits -= sent.validated_data["amount"]  # expect: negative-amount
    return "", 204


@app.post("/top-up/well")
@login_required
def top_up_well():
    sent = TopUpWell(data=request.form)
    sent.is_valid(raise_exception=True)
    current_user.credits -= sent.validated_data["amount"]
    return "", 204


@app.post("/top-up/looked-at")
@login_required
def top_up_looked_at():
    sent = TopUpLookedAt(data=request.form)
    sent.is_valid(raise_exception=True)
    current_user.credits -= sent.validated_data["amount"]
    return "", 204
