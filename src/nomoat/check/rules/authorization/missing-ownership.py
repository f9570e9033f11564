import sqlite3

from fastapi import Depends, FastAPI, Header, HTTPException
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, select

from nomoat import guard

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

engine = create_engine("sqlite:///shop.db")
orders = Table("orders", MetaData(), Column("id", Integer, primary_key=True), Column("owner", String))


def current_user(authorization: str = Header()) -> str:
    if not authorization.startswith("Bearer "):
        raise HTTPException(status_code=401)
    return authorization


@app.get("/orders/{order_id}", dependencies=[Depends(current_user)])  # expect: missing-ownership
def read_order(order_id: int):
    return sqlite3.connect("shop.db").execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()


@app.get("/orders/{order_id}/receipt")
def read_receipt(order_id: int, user: str = Depends(current_user)):
    connection = sqlite3.connect("shop.db")
    return connection.execute("SELECT * FROM orders WHERE id = ? AND owner = ?", (order_id, user)).fetchone()


@app.get("/orders/{order_id}/lines")
def read_lines(order_id: int, user: str = Depends(current_user)):
    with engine.connect() as connection:
        mine = guard.filter("orders:read", owner=orders.c.owner)
        return connection.execute(select(orders).where(orders.c.id == order_id, mine)).mappings().one()


@app.get("/orders/{order_id}/notes", dependencies=[Depends(current_user)])  # expect: missing-ownership
def read_notes(order_id: int):
    with engine.connect() as connection:
        return connection.execute(select(orders).where(orders.c.id == order_id)).mappings().one()


@app.delete("/orders/{order_id}")
def delete_order(order_id: int, user: str = Depends(current_user)):
    connection = sqlite3.connect("shop.db")
    row = connection.execute("SELECT owner FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row["owner"] != user:
        raise HTTPException(status_code=404)
    connection.execute("DELETE FROM orders WHERE id = ?", (order_id,))


@app.get("/orders")
def list_orders(user: str = Depends(current_user)):
    return sqlite3.connect("shop.db").execute("SELECT id FROM orders WHERE owner = ?", (user,)).fetchall()


@app.get("/countries/{country_id}", dependencies=[Depends(current_user)])
def read_country(country_id: int):
    return sqlite3.connect("shop.db").execute("SELECT * FROM countries WHERE id = ?", (country_id,)).fetchone()


@app.delete("/orders", dependencies=[Depends(current_user)])
def delete_orders():
    sqlite3.connect("shop.db").execute("DELETE FROM orders")  # expect: missing-ownership


@app.delete("/orders/mine")
def delete_own_orders(user: str = Depends(current_user)):
    sqlite3.connect("shop.db").execute("DELETE FROM orders WHERE owner = ?", (user,))


@app.delete("/countries", dependencies=[Depends(current_user)])
def delete_countries():
    sqlite3.connect("shop.db").execute("DELETE FROM countries")
