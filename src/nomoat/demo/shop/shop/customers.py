"""Data about customers, for support and for billing."""

from fastapi import APIRouter, Depends, HTTPException

from shop.auth import require
from shop.store import connect

router = APIRouter(prefix="/customers", dependencies=[Depends(require("customers:read"))])


@router.get("/{name}")
def read_customer(name: str) -> dict[str, object]:
    with connect() as connection:
        row = connection.execute("SELECT name, email FROM users WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise HTTPException(status_code=404, detail="no such customer")
    return dict(row)
