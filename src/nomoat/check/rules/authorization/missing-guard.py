import sqlite3

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
admin = APIRouter(prefix="/admin")


def current_user(authorization: str = Header()) -> str:
    if not authorization.startswith("Bearer "):
        raise HTTPException(status_code=401)
    return authorization


def rows(statement: str) -> list:
    return sqlite3.connect("shop.db").execute(statement).fetchall()


@admin.get("/users", dependencies=[Depends(current_user)])
def users():
    return sqlite3.connect("shop.db").execute("SELECT name FROM users").fetchall()


@admin.get("/orders", dependencies=[Depends(current_user)])
def orders():
    return sqlite3.connect("shop.db").execute("SELECT id FROM orders").fetchall()


@admin.get("/export")  # expect: missing-guard
def export():
    return sqlite3.connect("shop.db").execute("SELECT * FROM orders").fetchall()


@admin.get("/stats", dependencies=[Depends(current_user)])
def stats():
    return sqlite3.connect("shop.db").execute("SELECT count(*) FROM orders").fetchall()


@admin.delete("/orders/{order_id}")  # expect: missing-guard
def delete_order(order_id: int):
    connection = sqlite3.connect("shop.db")
    connection.execute("DELETE FROM orders WHERE id = ?", (order_id,))


@admin.post("/orders")
def create_order(user: str = Depends(current_user)):
    connection = sqlite3.connect("shop.db")
    connection.execute("INSERT INTO orders (owner) VALUES (?)", (user,))


app.include_router(admin)
