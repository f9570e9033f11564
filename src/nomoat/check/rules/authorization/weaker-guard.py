import os
import sqlite3

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from jose import jwt

app = FastAPI()
items = APIRouter(prefix="/items")
prices = APIRouter(prefix="/prices")


def database() -> sqlite3.Connection:
    return sqlite3.connect("shop.db")


def account(request: Request) -> dict:
    try:
        return jwt.decode(request.headers["Authorization"], os.environ["KEY"], algorithms=["HS256"])
    except Exception as error:
        raise HTTPException(status_code=401) from error


def stock_keeper(claims: dict = Depends(account)) -> dict:
    if "stock:write" not in claims["permissions"]:
        raise HTTPException(status_code=403)
    return claims


@items.post("", dependencies=[Depends(stock_keeper)])
def create(name: str):
    database().execute("INSERT INTO items (name) VALUES (?)", (name,))


@items.put("/{item_id}", dependencies=[Depends(stock_keeper)])
def update(item_id: int, name: str):
    database().execute("UPDATE items SET name = ? WHERE id = ?", (name, item_id))


@items.post("/{item_id}/archive", dependencies=[Depends(stock_keeper)])
def archive(item_id: int):
    database().execute("UPDATE items SET archived = 1 WHERE id = ?", (item_id,))


@items.delete("/{item_id}/all", dependencies=[Depends(account)])  # expect: weaker-guard
def delete(item_id: int):
    database().execute("DELETE FROM items WHERE id = ?", (item_id,))


# Reading may ask for less than writing.
@items.get("", dependencies=[Depends(account)])
def read():
    return database().execute("SELECT name FROM items").fetchall()


@prices.get("/{item_id}", dependencies=[Depends(stock_keeper)])
def price(item_id: int):
    return database().execute("SELECT price FROM prices WHERE item = ?", (item_id,)).fetchone()


@prices.put("/{item_id}", dependencies=[Depends(account)])  # expect: weaker-guard
def set_price(item_id: int, price: int):
    database().execute("UPDATE prices SET price = ? WHERE item = ?", (price, item_id))


# It is limited to the caller's own.
@items.post("/wishes")
def wish(name: str, claims: dict = Depends(account)):
    database().execute("INSERT INTO wishes (owner, name) VALUES (?, ?)", (claims["sub"], name))


app.include_router(items)
app.include_router(prices)
