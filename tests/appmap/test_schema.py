from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from nomoat.appmap import codec, schema
from nomoat.survey.draw import draw
from tests.appmap.maps import drawn, route

ROOT = Path(__file__).parents[2]


def test_published_schema_is_the_one_of_the_records() -> None:
    published = (ROOT / "docs" / "reference" / "map.schema.json").read_text(encoding="utf-8")

    assert published == schema.text()


def test_maps_are_valid_by_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.document())
    validator = jsonschema.Draft202012Validator(schema.document())
    shop = draw(ROOT / "src" / "nomoat" / "demo" / "shop").map

    for one in (drawn(route("GET", "/orders/{n:int}", reads=("store:shop/orders",))), shop):
        assert [] == list(validator.iter_errors(json.loads(json.dumps(codec.full(one)))))


def test_the_schema_refuses_what_is_no_verdict() -> None:
    document = codec.full(drawn(route()))
    document["routes"][0]["verdict"] = "safe"

    errors = list(jsonschema.Draft202012Validator(schema.document()).iter_errors(document))

    assert [["routes", 0, "verdict"]] == [list(error.path) for error in errors]
