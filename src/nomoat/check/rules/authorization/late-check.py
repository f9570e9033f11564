import sqlite3

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from flask import Flask, abort, request, session
from pymongo import MongoClient

app = Flask(__name__)
db = sqlite3.connect("shop.db")
orders = MongoClient()["shop"]["orders"]


class Order(models.Model):
    owner = models.IntegerField()
    note = models.TextField()


class AuditEntry(models.Model):
    what = models.TextField()


@app.post("/orders/<int:number>/close")
def close(number):
    db.execute("UPDATE orders SET closed = 1 WHERE id = ?", (number,))
    db.commit()  # expect: late-check
    if session.get("role") != "admin":
        abort(403)
    return "closed"


@app.delete("/orders/<int:number>")
def remove(number):
    order = Order.objects.get(pk=number)
    order.delete()  # expect: late-check
    if order.owner != session["user"]:
        raise PermissionDenied
    return "removed"


@app.post("/notes")
def note():
    orders.update_one({"_id": request.form["id"]}, {"$set": {"note": request.form["note"]}})  # expect: late-check
    if "user" not in session:
        return "sign in first", 401
    return "noted"


@app.post("/orders")
def add():
    try:
        made = Order.objects.create(owner=1, note=request.form["note"])  # expect: late-check
    except ValueError:
        return "no", 400
    if not session.get("is_admin"):
        return {"error": "forbidden"}, 403
    return {"number": made.pk}


# Asked first.
@app.post("/asked/<int:number>/close")
def close_asked(number):
    if session.get("role") != "admin":
        abort(403)
    db.execute("UPDATE orders SET closed = 1 WHERE id = ?", (number,))
    db.commit()
    if session.get("role") == "guest":
        abort(403)
    return "closed"


# Whoever is refused is noted, too.
@app.delete("/noted/<int:number>")
def remove_noted(number):
    AuditEntry.objects.create(what=f"remove {number}")
    if "user" not in session:
        abort(401)
    Order.objects.get(pk=number).delete()
    return "removed"


# The refusal takes back what was done.
@app.delete("/together/<int:number>")
@transaction.atomic
def remove_together(number):
    order = Order.objects.get(pk=number)
    order.delete()
    if order.owner != session["user"]:
        raise PermissionDenied
    return "removed"


# Only who may comes so far.
@app.post("/some/<int:number>")
def close_some(number):
    order = Order.objects.get(pk=number)
    if order.owner == session.get("user"):
        order.save()
    if "user" not in session:
        abort(401)
    return "done"


# What is refused is not who calls.
@app.post("/paid")
def pay():
    order = Order.objects.create(owner=session["user"], note="")
    if order.note == request.form["note"]:
        return "nothing to pay", 403
    return "paid"


# It is not there before it is committed.
@app.post("/pending")
def pending():
    db.execute("INSERT INTO orders VALUES (?)", (request.form["note"],))
    if "user" not in session:
        abort(401)
    db.commit()
    return "kept"
