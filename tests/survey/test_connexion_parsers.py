"""Descriptions of APIs that another package reads, and hands to Connexion with its references resolved."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Map
from nomoat.survey.draw import draw

_SPECIFICATION = """
openapi: 3.0.0
info: {title: shop, version: "1"}
servers: [{url: /v1}]
security: [{bearer: []}]
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer, x-bearerInfoFunc: main.told}
paths:
  /orders:
    get: {operationId: main.orders, responses: {"200": {description: all}}}
  /health:
    get: {operationId: main.health, security: [], responses: {"200": {description: fine}}}
"""
_APP = """
import os
from pathlib import Path

import connexion
import prance

HERE = Path(__file__).parent


def told(token):
    return {{"sub": "x"}} if token else None


def orders():
    return []


def health():
    return "fine"


def parsed(path):
    parser = prance.ResolvingParser(path, lazy=True, backend="openapi-spec-validator")
    parser.parse()
    return parser.specification


app = connexion.FlaskApp(__name__, specification_dir=".")
app.add_api({given})
"""


def _mapped(folder: Path, given: str) -> Map:
    (folder / "main.py").write_text(_APP.format(given=given))
    (folder / "api.yaml").write_text(_SPECIFICATION)
    return draw(folder).map


def _told(drawn: Map) -> dict[str, str]:
    return {one.path: one.verdict for one in drawn.routes if one.method == "GET"}


@pytest.mark.parametrize(
    "given",
    [
        'parsed(str(HERE / "api.yaml"))',
        'parsed(os.path.join(os.path.dirname(__file__), "api.yaml"))',
        'prance.BaseParser(str(HERE / "api.yaml")).specification',
    ],
)
def test_what_a_parser_gives_is_the_description_that_it_reads(given: str, tmp_path: Path) -> None:
    drawn = _mapped(tmp_path, given)

    assert {"/v1/orders": "guarded", "/v1/health": "unguarded"} == _told(drawn)
    assert not drawn.not_read


def test_what_is_read_elsewhere_is_said(tmp_path: Path) -> None:
    drawn = _mapped(tmp_path, "parsed(os.environ['SPECIFICATION'])")

    assert {} == _told(drawn)
    assert drawn.not_read
