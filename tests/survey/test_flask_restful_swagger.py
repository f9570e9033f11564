"""Flask-RESTful under packages that describe it: routes are there, and only what asks for a credential is guarded."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEADS = {
    "flask_restful_swagger_2": ("from flask_restful_swagger_2 import Api, Resource, swagger", "Api(app)", "doc({})"),
    "flask_restful_swagger_3": ("from flask_restful_swagger_3 import Api, Resource, swagger", "Api(app)", "tags('a')"),
    "flask_restful_swagger": (
        "from flask_restful import Api, Resource\nfrom flask_restful_swagger import swagger",
        "swagger.docs(Api(app), apiVersion='1')",
        "operation(notes='a')",
    ),
}


@pytest.mark.parametrize("package", _HEADS)
def test_resources_are_on_the_map_and_asked(tmp_path: Path, package: str) -> None:
    imports, made, mark = _HEADS[package]
    (tmp_path / "app.py").write_text(f"""
from flask import Flask, abort, request
{imports}

app = Flask(__name__, static_folder=None)
api = {made}

class Open(Resource):
    @swagger.{mark}
    def get(self): return []

class Asks(Resource):
    @swagger.{mark}
    def get(self):
        if not request.headers.get("Authorization"):
            abort(401)
        return []

api.add_resource(Open, "/open")
api.add_resource(Asks, "/asks", "/asks/<int:number>")
""")

    appmap = draw(tmp_path).map

    verdicts = {one.path: one.verdict for one in appmap.routes if one.method == "GET"}
    assert {"/open": "unguarded", "/asks": "guarded", "/asks/{number}": "guarded"} == verdicts
