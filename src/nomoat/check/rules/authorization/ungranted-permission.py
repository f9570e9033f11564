import os

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def verify(token: str) -> dict:
    return jwt.decode(token, os.environ["TOKEN_KEY"], algorithms=["HS256"])


def current_user(authorization: str = Header()) -> dict:
    if not authorization:
        raise HTTPException(status_code=401)
    return verify(authorization)


def require(permission: str):
    def check(user: dict = Depends(current_user)) -> dict:
        if permission not in user["permissions"]:
            raise HTTPException(status_code=403)
        return user

    return check


@app.get("/orders", dependencies=[Depends(require("orders:read"))])
def list_orders():
    return []


@app.post("/orders/refund", dependencies=[Depends(require("orders:refund-bulk"))])  # expect: ungranted-permission
def refund_orders():
    return []
