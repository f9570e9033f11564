"""Tokens that routes ask for and that nobody looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import findings_of

_HEAD = """
    from typing import Annotated
    import elsewhere
    from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Security
    from fastapi.middleware.cors import CORSMiddleware
    from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer

    app = FastAPI(openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
    oauth2 = OAuth2PasswordBearer(tokenUrl="token")
    key = APIKeyHeader(name="X-Api-Key")

    def account(token: str = Depends(oauth2)):
        return elsewhere.decode(token)

    def as_it_is(token: str = Depends(oauth2)):
        return {"signed_in": True}
"""
_UNLOOKED = {
    "a parameter that is never used": """
    @app.get("/orders")
    def orders(token: str = Depends(oauth2)): return [1]
""",
    "an annotation": """
    @app.get("/orders")
    def orders(token: Annotated[str, Depends(oauth2)]): return [1]
""",
    "a dependency of the route": """
    @app.get("/orders", dependencies=[Security(key)])
    def orders(): return [1]
""",
    "a function that does not look either": """
    @app.get("/orders")
    def orders(account=Depends(as_it_is)): return [1]
""",
}
_LOOKED = {
    "a function that verifies elsewhere": """
    @app.get("/orders")
    def orders(account=Depends(account)): return [1]
""",
    "the handler": """
    @app.get("/orders")
    def orders(token: str = Depends(oauth2)): return elsewhere.orders_of(token)
""",
    "a function beside it": """
    @app.get("/orders", dependencies=[Depends(account)])
    def orders(token: str = Depends(oauth2)): return [1]
""",
    "a function of the router": """
    router = APIRouter(dependencies=[Depends(account)])

    @router.get("/orders")
    def orders(token: str = Depends(oauth2)): return [1]

    app.include_router(router)
""",
    "by the request": """
    @app.get("/orders")
    def orders(request: Request, token: str = Depends(oauth2)): return elsewhere.orders_of(request)
""",
}
_MIDDLEWARE = """
    app.add_middleware(elsewhere.Verifies)
"""


def _told(tmp_path: Path, source: str, *confidence: str) -> list[str]:
    found = findings_of(tmp_path, "forgeable-identity", source)
    return [one.message for one in found if one.confidence in confidence]


@pytest.mark.parametrize("route", _UNLOOKED.values(), ids=_UNLOOKED)
def test_any_text_will_do(tmp_path: Path, route: str) -> None:
    assert _told(tmp_path, _HEAD + route, "sure") == ["GET /orders lets in whoever sends any text as a token"]


@pytest.mark.parametrize("route", _LOOKED.values(), ids=_LOOKED)
def test_somebody_looks(tmp_path: Path, route: str) -> None:
    assert _told(tmp_path, _HEAD + route, "sure", "likely", "low") == []


def test_middleware_may_look(tmp_path: Path) -> None:
    route = _UNLOOKED["a parameter that is never used"]
    assert not _told(tmp_path, _HEAD + _MIDDLEWARE + route, "sure")
