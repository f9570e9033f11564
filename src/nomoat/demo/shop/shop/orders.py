"""Orders of customers."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from shop.auth import Caller, require
from shop.store import connect

router = APIRouter(prefix="/orders")


class NewOrder(BaseModel):
    product: int
    address: str


@router.get("")
def list_orders(user: Annotated[Caller, Depends(require("orders:list"))]) -> list[dict[str, object]]:
    with connect() as connection:
        if "service" in user.roles:
            rows = connection.execute("SELECT id, owner, status FROM orders").fetchall()
        else:
            rows = connection.execute("SELECT id, owner, status FROM orders WHERE owner = ?", (user.name,)).fetchall()
    return [dict(row) for row in rows]


@router.post("", status_code=201)
def create_order(order: NewOrder, user: Annotated[Caller, Depends(require("orders:create"))]) -> dict[str, object]:
    with connect() as connection:
        cursor = connection.execute(
            "INSERT INTO orders (owner, product, status, address) VALUES (?, ?, 'paid', ?)",
            (user.name, order.product, order.address),
        )
    return {"id": cursor.lastrowid}


@router.get("/{order_id}", dependencies=[Depends(require("orders:read"))])
def read_order(order_id: int) -> dict[str, object]:
    with connect() as connection:
        row = connection.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        raise HTTPException(status_code=404, detail="no such order")
    return dict(row)


@router.post("/{order_id}/cancel")
def cancel_order(order_id: int, user: Annotated[Caller, Depends(require("orders:cancel"))]) -> dict[str, object]:
    with connect() as connection:
        row = connection.execute("SELECT owner FROM orders WHERE id = ?", (order_id,)).fetchone()
        if row is None or row["owner"] != user.name:
            raise HTTPException(status_code=404, detail="no such order")
        connection.execute("UPDATE orders SET status = 'cancelled' WHERE id = ?", (order_id,))
    return {"id": order_id, "status": "cancelled"}


@router.get("/{order_id}/receipt")
def read_receipt(order_id: int, user: Annotated[Caller, Depends(require("orders:list"))]) -> dict[str, object]:
    with connect() as connection:
        row = connection.execute(
            "SELECT id, product FROM orders WHERE id = ? AND owner = ?", (order_id, user.name)
        ).fetchone()
    if row is None:
        raise HTTPException(status_code=404, detail="no such order")
    return dict(row)
