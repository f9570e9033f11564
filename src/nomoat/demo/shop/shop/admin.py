"""For the people who run the shop."""

from typing import Annotated

from fastapi import APIRouter, Depends
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import BaseModel

from shop.auth import Caller, require
from shop.store import connect

router = APIRouter(prefix="/admin")

UNSUBSCRIBE_KEY = OctKey.import_key("7d0f5a1e93c84b62a1f04c6e8b2d9573")


class Refund(BaseModel):
    order_id: int
    amount: int


@router.get("/users", dependencies=[Depends(require("admin:read"))])
def list_users() -> list[dict[str, object]]:
    with connect() as connection:
        return [dict(row) for row in connection.execute("SELECT name, role, email FROM users").fetchall()]


@router.get("/orders", dependencies=[Depends(require("admin:read"))])
def list_all_orders() -> list[dict[str, object]]:
    with connect() as connection:
        return [dict(row) for row in connection.execute("SELECT * FROM orders").fetchall()]


@router.get("/stats", dependencies=[Depends(require("admin:read"))])
def read_stats() -> dict[str, object]:
    with connect() as connection:
        return {"orders": connection.execute("SELECT count(*) FROM orders").fetchone()[0]}


@router.get("/export")
def export_everything() -> dict[str, object]:
    with connect() as connection:
        users = connection.execute("SELECT name, role, email FROM users").fetchall()
        orders = connection.execute("SELECT * FROM orders").fetchall()
    return {"users": [dict(row) for row in users], "orders": [dict(row) for row in orders]}


@router.post("/refunds")
def refund(request: Refund, user: Annotated[Caller, Depends(require("orders:refund"))]) -> dict[str, object]:
    with connect() as connection:
        connection.execute("INSERT INTO refunds VALUES (?, ?, ?)", (request.order_id, request.amount, user.name))
    return {"order_id": request.order_id, "refunded": request.amount}


@router.post("/refunds/bulk", dependencies=[Depends(require("orders:refund-bulk"))])
def refund_many(requests: list[Refund]) -> dict[str, int]:
    with connect() as connection:
        for request in requests:
            connection.execute("INSERT INTO refunds VALUES (?, ?, ?)", (request.order_id, request.amount, "bulk"))
    return {"refunded": len(requests)}


@router.get("/unsubscribe-link/{name}", dependencies=[Depends(require("admin:read"))])
def unsubscribe_link(name: str) -> dict[str, str]:
    return {"link": "/unsubscribe?t=" + jwt.encode({"alg": "HS256"}, {"sub": name}, UNSUBSCRIBE_KEY)}
