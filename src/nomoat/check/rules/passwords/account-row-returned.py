import sqlite3

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from flask import Flask, g, jsonify, session
from flask_restful import Api, Resource, fields, marshal_with
from flask_sqlalchemy import SQLAlchemy
from pydantic import BaseModel
from pymongo import MongoClient
from sqlalchemy import select

app = Flask(__name__)
api = FastAPI()
db = SQLAlchemy(app)
people = MongoClient().shop.people


class Account(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    password_hash = db.Column(db.String)

    def to_dict(self):
        return {column.name: getattr(self, column.name) for column in self.__table__.columns}

    def public(self):
        return {"id": self.id, "name": self.name}


class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)

    def to_dict(self):
        return {column.name: getattr(self, column.name) for column in self.__table__.columns}


class Stored(BaseModel):
    name: str
    hashed_password: str


class Shown(BaseModel):
    name: str


def rows(sql, *values):
    return sqlite3.connect("shop.db").execute(sql, values).fetchall()


@app.post("/users")
def create(name: str, password: str):
    rows("INSERT INTO users (name, password) VALUES (?, ?)", name, password)
    people.insert_one({"name": name, "password": password})
    return "", 201


@app.get("/users")
def users():
    return jsonify([dict(row) for row in rows("SELECT * FROM users")])  # expect: account-row-returned


@app.get("/users/names")
def names():
    return jsonify([dict(row) for row in rows("SELECT id, name FROM users")])


@app.get("/orders")
def orders():
    return jsonify([dict(row) for row in rows("SELECT * FROM orders")])


@app.get("/users/<int:user_id>")
def user(user_id):
    row = sqlite3.connect("shop.db").execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    return dict(row)  # expect: account-row-returned


@app.get("/users/<int:user_id>/name")
def name_of(user_id):
    row = sqlite3.connect("shop.db").execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    return {"name": row["name"]}


@app.get("/people/<name>")
def person(name):
    found = people.find_one({"name": name})
    return found  # expect: account-row-returned


@app.get("/people/<name>/shown")
def person_shown(name):
    found = people.find_one({"name": name})
    found.pop("password")
    return found


@app.get("/people/<name>/chosen")
def person_chosen(name):
    found = people.find_one({"name": name}, {"password": 0})
    return found


@app.get("/accounts/<int:account_id>")
def account(account_id):
    return jsonify(Account.query.get_or_404(account_id).to_dict())  # expect: account-row-returned


@app.get("/accounts/<int:account_id>/public")
def account_public(account_id):
    return jsonify(Account.query.get_or_404(account_id).public())


@app.get("/orders/<int:order_id>")
def order(order_id):
    return jsonify(Order.query.get_or_404(order_id).to_dict())


@app.get("/accounts")
def accounts():
    return jsonify([{"name": one.name, "password": one.password_hash} for one in Account.query])  # expect: account-row-returned


@api.get("/stored", response_model=list[Stored])  # expect: account-row-returned
def stored():
    return Account.query.all()


@api.get("/shown", response_model=list[Shown])
def shown():
    return Account.query.all()


@app.before_request
def who_calls():
    g.account = sqlite3.connect("shop.db").execute("SELECT * FROM users WHERE id = ?", (session["id"],)).fetchone()
    g.card = sqlite3.connect("shop.db").execute("SELECT id, name FROM users WHERE id = ?", (session["id"],)).fetchone()


@app.get("/me")
def me():
    return jsonify(dict(g.account))  # expect: account-row-returned


@app.get("/me/name")
def my_name():
    return jsonify({"name": g.account["name"]})


@app.get("/me/card")
def my_card():
    return jsonify(dict(g.card))


@app.get("/accounts/all")
def every_account():
    found = Account.query.all()
    return jsonify([one.to_dict() for one in found])  # expect: account-row-returned


def caller(request: Request) -> Account:
    found = Account.query.get(request.session.get("id"))
    if found is None:
        raise HTTPException(401)
    return found


Caller = Annotated[Account, Depends(caller)]


@api.get("/caller")
def shown_as_it_is(account: Caller):
    return account  # expect: account-row-returned


@api.get("/callers")
async def all_as_they_are(account: Caller):
    found = (await db.session.execute(select(Account))).scalars().all()
    return found  # expect: account-row-returned


@api.get("/caller/shown", response_model=Shown)
def shown_by_a_model(account: Caller):
    return account


@api.get("/caller/returned")
def shown_by_what_is_returned(account: Caller) -> Shown:
    return account


@api.get("/callers/names")
async def only_their_names(account: Caller):
    return (await db.session.execute(select(Account.name))).scalars().all()


@api.get("/order/{number}")
def order_as_it_is(number: int, account: Caller):
    found = db.session.get(Order, number)
    return found


def caller_of_documents(request: Request) -> dict:
    return people.find_one({"_id": request.session["user"]})


@api.post("/document")
def write_document(body: Stored):
    people.insert_one({"name": body.name, "hashed_password": body.hashed_password})


@api.get("/document")
def document_as_it_is(caller: dict = Depends(caller_of_documents)):
    return caller  # expect: account-row-returned


@api.get("/document/less")
def document_with_less(caller: dict = Depends(caller_of_documents)):
    caller.pop("hashed_password")
    return caller


@api.get("/document/name")
def name_in_document(caller: dict = Depends(caller_of_documents)):
    return {"name": caller["name"]}


EVERYTHING = {"id": fields.Integer, "password_hash": fields.String}
FEW = {"id": fields.Integer, "name": fields.String}


class Accounts(Resource):
    @marshal_with(EVERYTHING)  # expect: account-row-returned
    def get(self):
        return Account.query.all()


class FewOfAccounts(Resource):
    @marshal_with(FEW)
    def get(self):
        return Account.query.all()


rest = Api(app)
rest.add_resource(Accounts, "/rest/accounts")
rest.add_resource(FewOfAccounts, "/rest/few")
