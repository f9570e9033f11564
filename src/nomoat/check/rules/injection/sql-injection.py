import re
import sqlite3
from enum import Enum
from uuid import UUID

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.orm import Session

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
COLUMNS = {"name": "name", "price": "price"}


class Sort(str, Enum):
    NAME = "name"


class Search(BaseModel):
    words: str
    limit: int


def connect():
    return sqlite3.connect("shop.db")


def find(connection, where):
    return connection.execute("SELECT * FROM products WHERE " + where)  # expect: sql-injection


@app.get("/a")
def by_fstring(q: str):
    return connect().execute(f"SELECT * FROM products WHERE name = '{q}'").fetchall()  # expect: sql-injection


@app.get("/b")
def by_percent(q: str):
    statement = "SELECT * FROM products WHERE name = '%s'" % q
    with connect() as connection:
        return connection.execute(statement).fetchall()  # expect: sql-injection


@app.get("/c")
def by_format(request: Request):
    name = request.query_params["name"].strip()
    statement = "SELECT * FROM products WHERE name = '{}'".format(name)
    return connect().execute(statement).fetchall()  # expect: sql-injection


@app.post("/d")
def by_model(search: Search, session: Session):
    return session.execute(text("SELECT * FROM products WHERE name = '" + search.words + "'"))  # expect: sql-injection


@app.get("/e")
def by_helper(q: str):
    return find(connect(), "name = '" + q + "'").fetchall()


@app.get("/f")
def by_join(q: str):
    parts = []
    for word in q.split():
        parts.append(f"name LIKE '%{word}%'")
    return connect().execute("SELECT * FROM products WHERE " + " AND ".join(parts)).fetchall()  # expect: sql-injection


@app.get("/g")
def bound(q: str):
    return connect().execute("SELECT * FROM products WHERE name = ?", (q,)).fetchall()


@app.get("/h/{number}")
def converted_by_the_framework(number: int, key: UUID, sort: Sort):
    return connect().execute(f"SELECT * FROM products WHERE id = {number} ORDER BY {sort.value} -- {key}").fetchall()


@app.get("/i")
def converted_by_hand(q: str):
    return connect().execute(f"SELECT * FROM products LIMIT {int(q)}").fetchall()


@app.get("/j")
def from_a_table(sort: str = "name"):
    return connect().execute(f"SELECT * FROM products ORDER BY {COLUMNS.get(sort, 'name')}").fetchall()


@app.get("/k")
def allowed(sort: str):
    if sort not in ("name", "price"):
        raise HTTPException(status_code=422)
    return connect().execute(f"SELECT * FROM products ORDER BY {sort}").fetchall()


@app.get("/l")
def matched(sort: str):
    if not re.fullmatch(r"[a-z]+", sort):
        return []
    return connect().execute(f"SELECT * FROM products ORDER BY {sort}").fetchall()


@app.get("/m")
def placeholders(q: str):
    words = q.split()
    marks = ", ".join("?" for _ in words)
    return connect().execute(f"SELECT * FROM products WHERE name IN ({marks})", words).fetchall()


@app.post("/n")
def a_number_of_a_model(search: Search, session: Session):
    return session.execute(text(f"SELECT * FROM products LIMIT {search.limit}"), {"words": search.words})


@app.get("/o")
def chosen(desc: bool = False, q: str = ""):
    direction = "DESC" if desc else "ASC"
    if q == "new":
        direction = "ASC"
    return connect().execute(f"SELECT * FROM products ORDER BY name {direction}").fetchall()


@app.get("/p")
def overwritten(q: str):
    q = "lamp"
    return connect().execute(f"SELECT * FROM products WHERE name = '{q}'").fetchall()


@app.patch("/q/{number}")
def fields_of_a_model(number: int, search: Search):
    given = search.model_dump(exclude_unset=True)
    names = ", ".join(f"{name} = ?" for name in given)
    return connect().execute(f"UPDATE products SET {names} WHERE id = ?", (*given.values(), number))


@app.patch("/r/{number}")
async def fields_of_anybody(number: int, request: Request):
    given = await request.json()
    names = ", ".join(f"{name} = ?" for name in given)
    connect().execute(f"UPDATE products SET {names} WHERE id = ?", (*given.values(), number))  # expect: sql-injection


@app.get("/s/{number:int}")
def converted_by_the_path(number):
    return connect().execute(f"SELECT * FROM products WHERE id = {number}").fetchall()
