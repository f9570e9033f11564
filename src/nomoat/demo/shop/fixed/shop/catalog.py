"""What the shop sells."""

from fastapi import APIRouter

from shop.store import connect

router = APIRouter(prefix="/products")

ORDERS = {"name": "name", "price": "price"}


@router.get("")
def list_products(sort: str = "name") -> list[dict[str, object]]:
    column = ORDERS.get(sort, "name")
    with connect() as connection:
        rows = connection.execute(f"SELECT id, name, price FROM products ORDER BY {column}").fetchall()
    return [dict(row) for row in rows]


@router.get("/search")
def search_products(q: str) -> list[dict[str, object]]:
    with connect() as connection:
        rows = connection.execute(
            "SELECT id, name, price FROM products WHERE name LIKE ?", (f"%{q}%",)
        ).fetchall()
    return [dict(row) for row in rows]


@router.get("/{product_id}")
def read_product(product_id: int) -> dict[str, object]:
    with connect() as connection:
        row = connection.execute("SELECT id, name, price FROM products WHERE id = ?", (product_id,)).fetchone()
    return dict(row) if row else {}
