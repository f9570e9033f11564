"""What the model of nomoat's own guard says: what a handler asks is on the route, the verdict is what source shows."""

from fastapi import FastAPI

from nomoat import guard
from nomoat.guard import protect

app = FastAPI(openapi_url=None)


def mine(rows):
    return guard.only("orders:list", rows, owner=lambda row: row.owner)


# map: GET /orders open asks orders:list
@app.get("/orders")
def orders():
    return mine([])


# map: GET /orders/{number} open asks orders:read
@app.get("/orders/{number}")
def order(number: int):
    guard.require("orders:read", owner=str(number))
    return {}


# map: GET /hints open
@app.get("/hints")
def hints():
    return {"may": guard.may("orders:read")}


protect(app, mode="enforce")
