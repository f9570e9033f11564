import hashlib
import hmac
import os
import sqlite3

from fastapi import FastAPI, HTTPException, Request

app = FastAPI()


def database():
    return sqlite3.connect("shop.db")


@app.post("/webhooks/payments")  # expect: unsigned-webhook
async def paid(request: Request):
    event = await request.json()
    database().execute("UPDATE orders SET paid = 1 WHERE id = ?", (event["order"],))


@app.post("/ipn")  # expect: unsigned-webhook
async def ipn(request: Request):
    form = await request.form()
    note(form["item"])


def note(item: str) -> None:
    database().execute("INSERT INTO payments (item) VALUES (?)", (item,))


@app.post("/webhooks/shipments")
async def shipped(request: Request):
    body = await request.body()
    expected = hmac.new(os.environ["HOOK_KEY"].encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("X-Signature", "")):
        raise HTTPException(status_code=401)
    database().execute("UPDATE orders SET shipped = 1")


# A helper verifies.
@app.post("/webhooks/returns")
async def returned(request: Request):
    event = verified(await request.body(), request.headers)
    database().execute("UPDATE orders SET returned = 1 WHERE id = ?", (event["order"],))


def verified(body: bytes, headers) -> dict:
    return app.state.payments.construct_event(body, headers["Pay-Signature"])


# The address is the secret.
@app.post("/webhooks/{secret}")
async def by_address(secret: str, request: Request):
    database().execute("INSERT INTO events (body) VALUES (?)", (await request.body(),))


@app.post("/hooks/carrier")  # expect: unsigned-webhook
async def carried(request: Request):
    event = await request.json()
    database().execute("UPDATE orders SET carried = 1 WHERE id = ?", (event["order"],))


@app.post("/hooks/carrier/signed")
async def carried_surely(request: Request):
    event = verified(await request.body(), request.headers)
    database().execute("UPDATE orders SET carried = 1 WHERE id = ?", (event["order"],))


# It changes nothing.
@app.post("/hooks/ping")
async def pinged(request: Request):
    return {"size": len(await request.body())}
