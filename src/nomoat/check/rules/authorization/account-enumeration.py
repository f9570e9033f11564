from django.contrib.auth import authenticate
from django.db import models
from fastapi import FastAPI, Form, HTTPException
from flask import Flask, abort, flash, jsonify, redirect, request
from flask_login import login_user
from flask_sqlalchemy import SQLAlchemy
from pymongo import MongoClient
from werkzeug.security import check_password_hash

app = Flask(__name__)
api = FastAPI()
db = SQLAlchemy(app)
people = MongoClient().shop.people


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)
    password = db.Column(db.String)


@app.post("/login")
def login():
    user = User.query.filter_by(email=request.form["email"]).first()
    if user is None:
        flash("There is no account of this address.")  # expect: account-enumeration
        return redirect("/login")
    if not check_password_hash(user.password, request.form["password"]):
        flash("This password is wrong.")
        return redirect("/login")
    login_user(user)
    return redirect("/")


@api.post("/token")
def token(email: str = Form(), password: str = Form()):
    user = User.query.filter_by(email=email).first()
    if not user:
        raise HTTPException(404, "unknown user")  # expect: account-enumeration
    if not check_password_hash(user.password, password):
        raise HTTPException(401, "wrong password")
    return {"token": user.id}


@app.post("/session")
def session():
    user = User.query.filter_by(email=request.form["email"]).first()
    if user is None:
        return jsonify(error="wrong address or password"), 401
    if not check_password_hash(user.password, request.form["password"]):
        return jsonify(error="wrong address or password"), 401
    login_user(user)
    return jsonify(ok=True)


@app.post("/signin")
def signin():
    user = User.query.filter_by(email=request.form["email"]).first()
    if user is None or not check_password_hash(user.password, request.form["password"]):
        abort(401)
    login_user(user)
    return jsonify(ok=True)


@app.post("/password/forgotten")
def forgotten():
    user = User.query.filter_by(email=request.form["email"]).first()
    if user is None:
        return jsonify(error="no such account"), 404  # expect: account-enumeration
    send(user)
    return "", 204


@app.post("/password/lost")
def lost():
    user = User.query.filter_by(email=request.form["email"]).first()
    if user is None:
        return "", 204
    send(user)
    return "", 204


@app.post("/orders/<int:order_id>/find")
def find(order_id):
    user = User.query.filter_by(id=order_id).first()
    if user is None:
        abort(404, "no such user")
    return jsonify(user.email)


def send(user):
    return user.email


class Person(models.Model):
    email = models.CharField()


@app.post("/users/login")
def login_of_person():
    try:
        person = Person.objects.get_user(email=request.form["email"])
    except Person.DoesNotExist:
        return jsonify(error="nobody is called so"), 404  # expect: account-enumeration
    if not check_password_hash(person.password, request.form["password"]):
        return jsonify(error="the password is wrong"), 401
    return jsonify(ok=True)


@app.post("/users/sign-in")
def sign_in_of_person():
    try:
        person = Person.objects.get_user(email=request.form["email"])
    except Person.DoesNotExist:
        return jsonify(error="name or password is wrong"), 401
    if not check_password_hash(person.password, request.form["password"]):
        return jsonify(error="name or password is wrong"), 401
    return jsonify(ok=True)


@app.post("/login2")
def login_of_person_again():
    if not Person.objects.filter(email=request.form["email"]).exists():
        return jsonify(error="nobody is called so"), 404
    return jsonify(ok=True)


@app.post("/accounts/login2")
def login_by_framework():
    if not User.objects.filter(email=request.form["email"]).exists():
        return jsonify(error="nobody is called so"), 404  # expect: account-enumeration
    user = authenticate(username=request.form["email"], password=request.form["password"])
    if user is None:
        return jsonify(error="the password is wrong"), 401
    return jsonify(ok=True)


@app.post("/accounts/login3")
def login_by_framework_alike():
    if not User.objects.filter(email=request.form["email"]).exists():
        return jsonify(error="name or password is wrong"), 401
    user = authenticate(username=request.form["email"], password=request.form["password"])
    if user is None:
        return jsonify(error="name or password is wrong"), 401
    return jsonify(ok=True)


@app.post("/accounts/login4")
def login_compared():
    user = people.find_one({"email": request.form["email"]})
    if user is None:
        abort(400, "unknown address")  # expect: account-enumeration
    if user["password"] != request.form["password"]:
        abort(400, "the password is wrong")
    return jsonify(ok=True)
