from fastapi import FastAPI
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from pydantic import BaseModel

app = Flask(__name__)
api = FastAPI()
db = SQLAlchemy(app)


class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    price = db.Column(db.Integer)


class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    total = db.Column(db.Integer)
    count = db.Column(db.Integer)


class Advert(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    price = db.Column(db.Integer)


class Wanted(BaseModel):
    book: int
    price: int
    quantity: int


@app.post("/orders")
def order():
    data = request.get_json()
    db.session.add(Order(total=data["total"], count=data["count"]))  # expect: price-of-the-caller
    return "", 201


@api.post("/orders/quick")
def quick(body: Wanted):
    total = body.price * body.quantity  # expect: price-of-the-caller
    db.session.add(Order(total=total, count=body.quantity))


@app.post("/orders/right")
def right():
    data = request.get_json()
    book = db.get_or_404(Book, data["book"])
    db.session.add(Order(total=book.price * int(data["count"]), count=int(data["count"])))
    return "", 201


@app.post("/adverts")
def advert():
    db.session.add(Advert(price=request.get_json()["price"]))
    return "", 201


def given():
    return request.get_json()


@app.post("/orders/helped")
def helped():
    data = given()
    total = data["price"] * data["count"]  # expect: price-of-the-caller
    db.session.add(Order(total=total, count=data["count"]))
    return "", 201


def sum_of(lines):
    total = 0
    for line in lines:
        total += line["price"] * line["quantity"]  # expect: price-of-the-caller
    return total


def sum_of_books(lines):
    total = 0
    for line in lines:
        book = db.get_or_404(Book, line["book"])
        total += book.price * int(line["quantity"])
    return total


@app.post("/orders/lines")
def lines():
    db.session.add(Order(total=sum_of(request.get_json()["lines"])))
    return "", 201


@app.post("/orders/lines/right")
def lines_right():
    db.session.add(Order(total=sum_of_books(request.get_json()["lines"])))
    return "", 201


class Invoice(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    amount = db.Column(db.Integer)
    paid = db.Column(db.Boolean)


class Payment(BaseModel):
    invoice: int
    amount: int


def charge(amount):
    return amount


@api.post("/pay")
def pay(body: Payment):
    invoice = db.session.get(Invoice, body.invoice)
    charge(body.amount)  # expect: price-of-the-caller
    invoice.paid = True


@api.post("/pay/right")
def pay_right(body: Payment):
    invoice = db.session.get(Invoice, body.invoice)
    charge(invoice.amount)
    invoice.paid = True


@api.post("/pay/compared")
def pay_compared(body: Payment):
    invoice = db.session.get(Invoice, body.invoice)
    if body.amount != invoice.amount:
        raise ValueError
    charge(body.amount)
    invoice.paid = True


@api.post("/donations")
def donate(body: Payment):
    invoice = db.session.get(Invoice, body.invoice)
    charge(body.amount)
    invoice.paid = True
