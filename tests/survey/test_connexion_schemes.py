"""What the function of a security scheme asks of a credential counts as asked of whoever calls the operation."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_APP = """
import connexion
from connexion.exceptions import Forbidden

ACCOUNTS = {"t-1": {"sub": "ana", "role": "office"}}

app = connexion.FlaskApp(__name__)
app.add_api("api.yaml")


def anybody(token):
    return ACCOUNTS.get(token)


def office(token):
    found = ACCOUNTS.get(token)
    if found and found["role"] != "office":
        raise Forbidden()
    return found


def trips():
    return []


def budgets():
    return []
"""
_API = """
openapi: "3.0.0"
info: {title: shop, version: "1"}
components:
  securitySchemes:
    any: {type: http, scheme: bearer, x-bearerInfoFunc: main.anybody}
    office: {type: http, scheme: bearer, x-bearerInfoFunc: main.office}
paths:
  /trips:
    get: {operationId: main.trips, security: [{any: []}], responses: {"200": {description: ok}}}
  /budgets:
    get: {operationId: main.budgets, security: [{office: []}], responses: {"200": {description: ok}}}
"""


def test_what_the_function_of_a_scheme_demands_is_demanded(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_APP)
    (tmp_path / "api.yaml").write_text(_API)

    found = {one.path: one for one in draw(tmp_path).map.routes if one.method == "GET"}

    asked = {path: {guard.name for guard in one.guards if guard.kind == "permission"} for path, one in found.items()}
    assert {one.verdict for one in found.values()} == {"guarded"}
    assert asked == {"/trips": set(), "/budgets": {"role:office"}}
