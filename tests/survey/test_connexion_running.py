"""Applications of connexion, made up and run: the map has their operations, and what an anonymous caller gets."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from nomoat.survey.draw import draw
from tests.survey.asking import REFUSED, status_by_asgi
from tests.survey.running import loaded

pytest.importorskip("connexion")
# What connexion imports of its own is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

_CHECKS = """
def key(token, required_scopes=None):
    return {"sub": token} if token == "right" else None

def basic(username, password):
    return {"sub": username} if password == "right" else None

def bearer(token):
    return {"sub": token, "scope": ["read", "write"]}
"""
_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key", "x-apikeyInfoFunc": "checks.key"},
    "asked": {"type": "apiKey", "in": "query", "name": "key", "x-apikeyInfoFunc": "checks.key"},
    "basic": {"type": "http", "scheme": "basic", "x-basicInfoFunc": "checks.basic"},
    "bearer": {"type": "http", "scheme": "bearer", "x-bearerInfoFunc": "checks.bearer"},
    "oauth": {
        "type": "oauth2",
        "x-tokenInfoFunc": "checks.bearer",
        "flows": {"implicit": {"authorizationUrl": "http://x", "scopes": {"read": "", "write": ""}}},
    },
    # Nobody says who verifies it.
    "lost": {"type": "apiKey", "in": "header", "name": "X-Lost"},
}
_SECURITY: list[list[dict[str, list[str]]]] = [
    [], [{"key": []}], [{"basic": []}, {"bearer": []}], [{"key": [], "basic": []}], [{"oauth": ["read"]}],
    [{}], [{"key": []}, {}], [{"lost": []}], [{"asked": []}, {"oauth": ["read", "write"]}],
]  # fmt: skip
_BODIES = {
    "plain": "    return 'ok'\n",
    "asks": "    if 'X-User' not in request.headers:\n        return 'sign in', 401\n    return 'ok'\n",
    "raises": "    if request.headers.get('Authorization') is None:\n        raise Unauthorized()\n    return 'ok'\n",
    "decorated": "    return 'ok'\n",
}
_HEAD = """
from functools import wraps
from connexion import request
from connexion.exceptions import Unauthorized

def signed_in(function):
    @wraps(function)
    def inner(*args, **kwargs):
        if not request.headers.get("Authorization"):
            return "sign in", 401
        return function(*args, **kwargs)
    return inner
"""


def made_up(seed: int, folder: Path) -> set[tuple[str, str]]:
    """Writes an application: functions by several kinds of ids, security of all sorts; gives what it serves."""
    dice = random.Random(seed)
    resolver = dice.choice(("plain", "controller", "relative", "resty"))
    paths: dict[str, dict[str, Any]] = {}
    functions: dict[str, str] = {}
    for number in range(dice.randint(2, 5)):
        converter = dice.choice((None, "string", "integer"))
        template = f"/thing{number}" + ("/{id}" if converter else "")
        for method in dice.sample(("get", "post", "put", "delete"), dice.randint(1, 3)):
            name = f"{method}_{number}"
            if resolver == "resty":
                name = "search" if method == "get" and not converter else method
            operation: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
            if converter:
                schema = {"type": converter}
                operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": schema}]
            if resolver != "resty":
                operation["operationId"] = f"handlers.{name}" if resolver == "plain" else name
            if resolver == "controller":
                operation["x-openapi-router-controller"] = "handlers"
            if dice.random() < 0.6:
                operation["security"] = dice.choice(_SECURITY)
            paths.setdefault(template, {})[method] = operation
            module = f"api/thing{number}.py" if resolver == "resty" else "handlers.py"
            body = dice.choice(tuple(_BODIES))
            mark = "@signed_in\n" if body == "decorated" else ""
            functions[module] = functions.get(module, _HEAD) + (
                f"{mark}def {name}({'id' if converter else ''}):\n{_BODIES[body]}"
            )
    document: dict[str, Any] = {
        "openapi": "3.0.0", "info": {"title": "made up", "version": "1"},
        "components": {"securitySchemes": _SCHEMES}, "paths": paths,
    }  # fmt: skip
    if dice.random() < 0.5:
        document["security"] = dice.choice(_SECURITY)
    if dice.random() < 0.6:
        document["servers"] = [{"url": dice.choice(("/v1", "http://shop.example/api/v2", "/"))}]
    for module, text in functions.items():
        (folder / module).parent.mkdir(exist_ok=True)
        (folder / module).write_text(text)
        if "/" in module:
            (folder / "api" / "__init__.py").write_text("")
    (folder / "checks.py").write_text(_CHECKS)
    (folder / "spec").mkdir()
    (folder / "spec" / "openapi.yaml").write_text(yaml.safe_dump(document))
    told = {"relative": ", resolver=RelativeResolver('handlers')", "resty": ", resolver=RestyResolver('api')"}
    base = dice.choice(("", ", base_path='/base'"))
    kind = dice.choice(("FlaskApp", "AsyncApp")) if importlib.util.find_spec("a2wsgi") else "AsyncApp"
    (folder / "main.py").write_text(
        "import connexion\nfrom connexion.resolver import RelativeResolver, RestyResolver\n"
        f"app = connexion.{kind}(__name__, specification_dir='spec')\n"
        f"app.add_api('openapi.yaml'{base}{told.get(resolver, '')})\n"
    )
    server = str(document.get("servers", [{}])[0].get("url", "")).removeprefix("http://shop.example").rstrip("/")
    under = "/base" if base else server
    return {(method.upper(), under + path) for path, operations in paths.items() for method in operations}


@pytest.mark.parametrize("seed", range(30))
def test_map_of_a_made_up_application_is_what_it_does(seed: int, tmp_path: Path) -> None:
    served = made_up(seed, tmp_path)

    drawn = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes if one.origin == "source"}

    assert {key for key in drawn if key[0] != "HEAD"} == served
    with loaded(tmp_path) as app:
        told = {key: status_by_asgi(app, *key) for key in drawn}
    assert not {404, 405} & set(told.values())
    assert {key: "guarded" if status in REFUSED else "unguarded" for key, status in told.items()} == drawn
