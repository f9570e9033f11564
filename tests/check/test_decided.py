"""What a person has decided about an open route is no finding: public, and why; or bound, in front of a guard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of

SOURCE = """\
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

app = FastAPI(openapi_url=None)
ORDERS = {{}}
{protect}

@app.get("/orders", dependencies=[Depends(HTTPBearer())])
def orders():
    return list(ORDERS)

@app.get("/orders/all", dependencies=[Depends(HTTPBearer())])
def all_orders():
    return list(ORDERS)

@app.delete("/orders/{{order_id}}")
def delete(order_id: int):
    del ORDERS[order_id]
"""
PROTECT = "from nomoat.guard import protect\nprotect(app, mode='{mode}')"


@pytest.mark.parametrize(
    ("rule", "mode", "is_found"),
    [
        ("", "enforce", True),
        ('"DELETE /orders/{id}": {public: true, because: "a try"}', "", False),
        ('"DELETE /orders/{id}": orders:delete', "enforce", False),
        ('"DELETE /orders/{id}": signed-in', "enforce", False),
        # Nobody is refused: guard only watches, or is not there.
        ('"DELETE /orders/{id}": orders:delete', "audit", True),
        ('"DELETE /orders/{id}": orders:delete', "", True),
        # It is of another route.
        ('"GET /orders": {public: true, because: "a try"}', "enforce", True),
    ],
)
def test_a_decision_of_a_person_counts(tmp_path: Path, rule: str, mode: str, is_found: bool) -> None:
    protect = PROTECT.format(mode=mode) if mode else ""
    files = {
        "main.py": SOURCE.format(protect=protect),
        "nomoat.yaml": "format: 1\nservices: {shop: {}}\nroles: {admin: [orders:delete]}\nroutes: {" + rule + "}\n",
    }

    found = [one for one in result_of(tmp_path, files).findings if one.rule == "missing-guard"]

    assert is_found == bool(found)
