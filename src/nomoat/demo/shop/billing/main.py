"""Billing: `uvicorn billing.main:app`. It signs its own calls to the shop."""

import json
import os
import sqlite3
import time
import urllib.request
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey

from nomoat.guard import protect

app = FastAPI(title="billing", docs_url=None, redoc_url=None, openapi_url=None)
bearer = HTTPBearer()
KEY = OctKey.import_key(os.environ["SHOP_JWT_KEY"])
SHOP_URL = os.environ["SHOP_URL"]
DATABASE = os.environ.get("BILLING_DB", "billing.db")


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(DATABASE, timeout=10)
    connection.execute("CREATE TABLE IF NOT EXISTS invoices (id INTEGER PRIMARY KEY, owner TEXT, amount INTEGER)")
    return connection


def current_user(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> dict[str, object]:
    try:
        token = jwt.decode(credentials.credentials, KEY, algorithms=["HS256"])
        jwt.JWTClaimsRegistry(iss={"essential": True, "value": "shop"}).validate(token.claims)
    except (JoseError, ValueError) as error:
        raise HTTPException(status_code=401, detail="not signed in") from error
    return token.claims


def ask_shop(path: str) -> object:
    """GET from the shop, as the service that this is."""
    with open(os.environ["BILLING_KEY"], encoding="utf-8") as stream:
        key = ECKey.import_key(json.load(stream))
    now = int(time.time())
    claims = {"iss": "mesh", "aud": "shop", "sub": "billing", "iat": now, "exp": now + 60}
    token = jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)
    request = urllib.request.Request(f"{SHOP_URL}{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/invoices/run")
def run(user: Annotated[dict[str, object], Depends(current_user)]) -> dict[str, int]:
    if "admin" not in user["roles"]:
        raise HTTPException(status_code=403, detail="needs the role admin")
    orders = ask_shop("/orders")
    connection = connect()
    with connection:
        for order in orders:
            connection.execute("INSERT OR IGNORE INTO invoices VALUES (?, ?, 900)", (order["id"], order["owner"]))
    connection.close()
    return {"invoiced": len(orders)}


@app.get("/invoices/{invoice_id}")
def read_invoice(invoice_id: int, user: Annotated[dict[str, object], Depends(current_user)]) -> dict[str, object]:
    connection = connect()
    row = connection.execute("SELECT id, owner, amount FROM invoices WHERE id = ?", (invoice_id,)).fetchone()
    connection.close()
    if row is None or row[1] != user["sub"]:
        raise HTTPException(status_code=404, detail="no such invoice")
    return {"id": row[0], "amount": row[2]}


@app.get("/customers/{name}/address")
def read_address(name: str, user: Annotated[dict[str, object], Depends(current_user)]) -> object:
    if "admin" not in user["roles"]:
        raise HTTPException(status_code=403, detail="needs the role admin")
    return ask_shop(f"/customers/{name}")


protect(app, service="billing", mode="enforce")
