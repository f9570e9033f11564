"""The shop: whoever asks for an order is its owner, or a service that the policy lets ask."""

from fastapi import FastAPI, HTTPException

from nomoat import guard

app = FastAPI(title="shop", openapi_url=None)
guard.protect(app, mode="enforce", service="shop")

ORDERS = {
    1: {"owner": "ana", "total": 12, "notify": ""},
    2: {"owner": "ben", "total": 30, "notify": ""},
    # Somebody has written an address of their own into an order.
    3: {"owner": "ana", "total": 7, "notify": "http://169.254.169.254/latest/meta-data"},
}


@app.get("/orders/{order_id}")
@guard.requires("orders:read")
def read_order(order_id: int) -> dict[str, object]:
    """One order."""
    order = ORDERS.get(order_id)
    if order is None:
        raise HTTPException(404)
    guard.require("orders:read", owner=order["owner"])
    return {"id": order_id, **order}
