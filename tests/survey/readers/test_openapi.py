from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.readers.openapi import Parameter, read

_HEAD = "openapi: 3.0.0\ninfo: {title: shop, version: '1'}\n"


def written(folder: Path, text: str, name: str = "api.yaml") -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("head", "base"),
    [
        ("swagger: '2.0'\nbasePath: /v1/\n", "/v1"),
        ("openapi: 3.0.0\nservers: [{url: 'https://shop.example/api'}, {url: /other}]\n", "/api"),
        ("openapi: 3.0.0\nservers: [{url: '/{stage}/x', variables: {stage: {default: live}}}]\n", "/live/x"),
        ("openapi: 3.1.0\n", ""),
    ],
)
def test_what_every_path_begins_with(tmp_path: Path, head: str, base: str) -> None:
    assert base == read(written(tmp_path, head + "paths: {}\n"), "api.yaml").base_path


def test_security_of_an_operation_stands_instead_of_that_of_the_document(tmp_path: Path) -> None:
    text = f"""{_HEAD}security: [{{key: []}}]
paths:
  /a:
    get: {{operationId: a}}
    put: {{operationId: b, security: []}}
    post: {{operationId: c, security: [{{}}, {{oauth: [read, write], key: []}}]}}
"""

    found = {one.id: one.security for one in read(written(tmp_path, text), "api.yaml").operations}

    assert {
        "a": ((("key", ()),),),
        "b": (),
        "c": ((), (("oauth", ("read", "write")), ("key", ()))),
    } == found


def test_references_are_followed_into_other_files_of_the_tree(tmp_path: Path) -> None:
    written(tmp_path, f"{_HEAD}paths:\n  /orders/{{id}}: {{$ref: 'paths/order.yaml#/order'}}\n", "spec/api.yaml")
    order = "order:\n  parameters: [{$ref: '../shared.json#/id'}]\n  get: {operationId: read}\n"
    written(tmp_path, order, "spec/paths/order.yaml")
    written(tmp_path, '{"id": {"name": "id", "in": "path", "schema": {"type": "integer"}}}', "spec/shared.json")

    found = read(tmp_path, "spec/api.yaml")

    (operation,) = found.operations
    assert ("/orders/{id}", "GET", "read") == (operation.path, operation.method, operation.id)
    assert (Parameter("id", "path", "integer"),) == operation.parameters
    assert "spec/paths/order.yaml:3" == operation.at
    assert [] == found.unread


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("https://shop.example/order.yaml", "what this refers to is not in the tree, and is not fetched"),
        ("../outside.yaml", "what this refers to is not in the tree, and is not fetched"),
        ("/etc/passwd", "what this refers to is not in the tree, and is not fetched"),
        ("link.yaml", "this description of an API is not in the tree"),
        ("#/components/nowhere", "what this refers to is not there"),
        ("#/paths/~1a", "references here lead to one another without an end"),
    ],
)
def test_what_cannot_be_followed_is_said(tmp_path: Path, reference: str, why: str) -> None:
    tree = tmp_path / "tree"
    written(tmp_path, "get: {operationId: secret}\n", "outside.yaml")
    written(tree, f"{_HEAD}paths:\n  /a: {{$ref: '{reference}'}}\n  /b: {{get: {{operationId: b}}}}\n")
    (tree / "link.yaml").symlink_to(tmp_path / "outside.yaml")

    found = read(tree, "api.yaml")

    assert ["b"] == [one.id for one in found.operations]
    assert why in [reason for _, reason in found.unread]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{n}: &{n} [{', '.join([f'*{p}'] * 9)}]\n" for p, n in zip("abcdefg", "bcdefgh", strict=True)),
        "- a\n- list\n",
        "paths: {%s}\n" % ("[" * 200),
        "!!python/object/apply:os.system [id]\n",
        "{% for name in names %}\n  /{{ name }}: {}\n{% endfor %}\n",
        "\x00\x01\x02",
        "x" * (5 * 1024 * 1024),
    ],
    ids=["laughs", "list", "deep", "tag", "template", "bytes", "huge"],
)
def test_hostile_and_broken_documents_give_a_reason_and_no_operation(tmp_path: Path, text: str) -> None:
    found = read(written(tmp_path, text), "api.yaml")

    assert [] == found.operations
    assert found.unread
    assert str(tmp_path) not in str(found.unread)
