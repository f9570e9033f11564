"""What the description of an API says of a parameter holds: connexion lets nothing else through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of

_APP = """\
import subprocess

import connexion

app = connexion.FlaskApp(__name__)
app.add_api("api.yaml")


def trace(hops):
    return subprocess.run(f"traceroute -m {hops} gate", shell=True, capture_output=True).stdout.decode()

"""
_API = """\
openapi: "3.0.0"
info: {{title: shop, version: "1"}}
paths:
  /trace:
    get:
      operationId: main.trace
      parameters:
        - {{name: hops, in: query, schema: {schema}}}
      responses: {{"200": {{description: ok}}}}
"""


@pytest.mark.parametrize(
    ("schema", "is_found"),
    [
        ("{type: string}", True),
        ("{type: string, pattern: '[0-9]+'}", True),
        ("{type: string, pattern: '^.+$'}", True),
        ("{type: string, format: uuid}", True),
        ("{type: integer}", False),
        ("{type: string, enum: ['1', '2']}", False),
        ("{type: string, pattern: '^[0-9]+$'}", False),
        ("{$ref: '#/components/schemas/Hops'}", False),
    ],
)
def test_a_described_parameter_holds_what_is_described(schema: str, is_found: bool, tmp_path: Path) -> None:
    shared = "components: {schemas: {Hops: {type: number}}}\n"
    files = {"main.py": _APP, "api.yaml": _API.format(schema=schema) + shared}

    found = {one.rule for one in result_of(tmp_path, files).findings if one.confidence == "sure"}

    assert ("command-injection" in found) == is_found
