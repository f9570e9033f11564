"""Billing: a clerk makes an invoice of an order, which billing asks the shop for in its own name."""

import os

import httpx
from fastapi import FastAPI, HTTPException

from nomoat import guard

app = FastAPI(title="billing", openapi_url=None)
guard.protect(app, mode="enforce", service="billing")

shop = guard.outbound(httpx.AsyncClient(base_url=os.environ["SHOP_URL"], trust_env=False))


@app.post("/invoices/{order_id}", status_code=201)
@guard.requires("invoices:create")
async def create_invoice(order_id: int) -> dict[str, object]:
    """An invoice of an order; whoever is to be notified is told, where source allows that to lead."""
    answer = await shop.get(f"/orders/{order_id}", headers={"Authorization": f"Bearer {os.environ['BILLING_TOKEN']}"})
    if answer.status_code != 200:
        raise HTTPException(502, "the shop gave no order")
    order = answer.json()
    if order["notify"]:
        try:
            await shop.post(order["notify"], json={"order": order_id})
        except guard.OutboundError as error:
            raise HTTPException(422, "nobody may be notified there") from error
    return {"invoice": order_id, "total": order["total"]}
