"""Who is calling, and what they may do."""

import hmac
import json
import os
import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from pydantic import BaseModel

from shop.store import connect, hashed

router = APIRouter()
bearer = HTTPBearer()

KEY = OctKey.import_key(os.environ["SHOP_JWT_KEY"])
CLAIMS = jwt.JWTClaimsRegistry(iss={"essential": True, "value": "shop"}, aud={"essential": True, "value": "shop"})

ROLES = {
    "customer": ["orders:list", "orders:create", "orders:read", "orders:cancel"],
    "support": ["orders:list", "orders:read", "customers:read"],
    "admin": ["orders:list", "orders:read", "customers:read", "admin:read", "orders:refund"],
    "service": ["orders:list", "customers:read"],
}


@dataclass(frozen=True)
class Caller:
    name: str
    roles: tuple[str, ...]

    @property
    def permissions(self) -> set[str]:
        return {permission for role in self.roles for permission in ROLES.get(role, [])}


class Credentials(BaseModel):
    name: str
    password: str


def mesh_keys() -> KeySet:
    """Public keys of the services that may call this one."""
    with open(os.environ["MESH_KEYS"], encoding="utf-8") as stream:
        return KeySet.import_key_set(json.load(stream))


def current_user(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> Caller:
    try:
        token = jwt.decode(credentials.credentials, KEY, algorithms=["HS256"])
        CLAIMS.validate(token.claims)
    except (JoseError, ValueError):
        return calling_service(credentials.credentials)
    return Caller(token.claims["sub"], tuple(token.claims["roles"]))


def calling_service(raw: str) -> Caller:
    try:
        token = jwt.decode(raw, mesh_keys(), algorithms=["ES256"])
        jwt.JWTClaimsRegistry(iss={"essential": True, "value": "mesh"}).validate(token.claims)
    except (JoseError, ValueError) as error:
        raise HTTPException(status_code=401, detail="not signed in") from error
    return Caller(token.claims["sub"], ("service",))


User = Annotated[Caller, Depends(current_user)]


def require(permission: str):
    """A dependency: the caller needs this permission."""

    def check(user: User) -> Caller:
        if permission not in user.permissions:
            raise HTTPException(status_code=403, detail=f"needs {permission}")
        return user

    return check


@router.post("/login")
def login(credentials: Credentials) -> dict[str, str]:
    with connect() as connection:
        row = connection.execute("SELECT role, password FROM users WHERE name = ?", (credentials.name,)).fetchone()
    stored = row["password"] if row else "nobody:"
    if not hmac.compare_digest(stored, hashed(credentials.password, stored.partition(":")[0])):
        raise HTTPException(status_code=401, detail="wrong name or password")
    now = int(time.time())
    claims = {"iss": "shop", "aud": "shop", "sub": credentials.name, "roles": [row["role"]]}
    claims |= {"iat": now, "exp": now + 900}
    return {"token": jwt.encode({"alg": "HS256"}, claims, KEY)}


@router.get("/me")
def me(user: User) -> dict[str, object]:
    return {"name": user.name, "roles": user.roles}
