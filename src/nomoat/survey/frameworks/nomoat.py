"""What the model of nomoat's own guard says: what a handler asks is on the route, the verdict is what source shows."""

from fastapi import Depends, FastAPI
from sqlalchemy import Column, Integer, MetaData, String, Table, select

from nomoat import guard
from nomoat.guard import protect

app = FastAPI(openapi_url=None)
orders_table = Table("orders", MetaData(), Column("id", Integer, primary_key=True), Column("user_id", String))


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


# map: GET /newest open asks orders:list
@app.get("/newest")
def newest():
    return select(orders_table).where(guard.filter("orders:list", orders_table, owner=orders_table.c.user_id))


# map: GET /hints open
@app.get("/hints")
def hints():
    return {"may": guard.may("orders:read")}


# map: GET /reports needs reports:read
@app.get("/reports")
@guard.requires("reports:read")
def reports():
    return {}


# map: GET /reports/all needs reports:all, reports:read
@app.get("/reports/all")
@guard.requires("reports:read", "reports:all")
async def all_reports():
    return {}


# map: GET /audit needs audit:read
@app.get("/audit", dependencies=[Depends(guard.requires("audit:read"))])
def audit():
    return {}


# map: GET /mine needs mine:read
@app.get("/mine")
def mine_read(_: None = Depends(guard.requires("mine:read"))):
    return {}


# map: GET /late open
@guard.requires("late:read")
@app.get("/late")
def late():
    return {}


protect(app, mode="enforce")
