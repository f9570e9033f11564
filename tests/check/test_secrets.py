"""Secrets: every shape of a provider is found and never shown; what stands in the place of one is not."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.check import registry
from nomoat.check.model import Finding, SecretShape
from nomoat.check.report import plain, sarif, text
from nomoat.check.scan import scan
from nomoat.check.secrets.made import make
from nomoat.check.secrets.placeholders import is_placeholder, looks_random
from nomoat.check.secrets.shapes import Shapes

_SHAPES = registry.load(None)["provider-secret"].secrets
#: A host stands behind it, which is not made up at random.
_MADE = [shape for shape in _SHAPES if shape.of != "a password in an address"]


def _shape(of: str) -> SecretShape:
    return next(shape for shape in _SHAPES if shape.of == of)


def _found(root: Path) -> list[Finding]:
    result = scan(root, settings.empty(root), today=date(2026, 1, 1))
    return [one for one in result.findings if one.rule in ("provider-secret", "secret-in-source")]


@pytest.mark.parametrize("shape", _MADE, ids=lambda shape: shape.of)
@pytest.mark.parametrize("seed", [1, 2])
def test_each_shape_is_found_as_what_it_is(shape: SecretShape, seed: int) -> None:
    secret = make(shape, seed)

    assert [one.shape.of for one in Shapes(_SHAPES).in_text(f'KEY = "{secret}"\n')] == [shape.of]


@pytest.mark.parametrize("shape", [one for one in _MADE if one.checked], ids=lambda shape: shape.of)
def test_a_checksum_that_does_not_fit_is_no_secret(shape: SecretShape) -> None:
    secret = make(shape, 3)
    middle = len(secret) - 9 if shape.checked == "crc32-base62" else 12
    changed = {"crc32-base62": secret[:middle] + ("a" if secret[middle] != "a" else "b") + secret[middle + 1 :]}
    cut = changed.get(shape.checked, secret[: len(secret) // 2])

    assert list(Shapes(_SHAPES).in_text(f'KEY = "{cut}"')) == []


def test_a_password_in_an_address_counts_where_the_host_can_be_real() -> None:
    of = "a password in an address"
    shapes = Shapes(_SHAPES)

    assert [one.shape.of for one in shapes.in_text("URL=postgres://shop:qB7xLp2v@db.shop-prod.net/shop")] == [of]
    for safe in (
        "postgres://shop:qB7xLp2v@localhost/shop",
        "postgres://shop:qB7xLp2v@db.example.com/shop",
        "postgres://shop:${PASSWORD}@db.shop-prod.net/shop",
        "postgres://shop:password@db.shop-prod.net/shop",
        "postgres://db.shop-prod.net/shop",
    ):
        assert list(shapes.in_text(f"URL={safe}")) == []


def test_no_report_shows_a_secret(tmp_path: Path) -> None:
    token, password = make(_shape("a token of GitHub"), 7), "kL93-mvp-Q2x8"
    (tmp_path / "app.py").write_text(f'TOKEN = "{token}"\nmail = {{"smtp_password": "{password}"}}\nprint(TOKEN)\n')
    result = scan(tmp_path, settings.empty(tmp_path), today=date(2026, 1, 1))

    written = [
        text.render(result, confidence="low"),
        plain.render(result, confidence="low"),
        sarif.render(result, confidence="low"),
        json.dumps([str(one) for one in result.findings]),
    ]

    assert {one.rule for one in result.findings} == {"provider-secret", "secret-in-source"}
    assert not any(secret in one for one in written for secret in (token, token[8:], password))


def test_every_kind_of_file_is_read(tmp_path: Path) -> None:
    made = {
        "deploy/.env.production": f"STRIPE={make(_shape('a live key of Stripe'), 1)}\n",
        "config/app.yaml": "mail:\n  smtp_password: 'kL93-mvp-Q2x8'\n",
        "k8s/secret.json": json.dumps({"api_token": "v9Qm2LxT7bRk4WnZ8cHs1DfJ"}),
        "note.ipynb": json.dumps(
            {"cells": [{"cell_type": "code", "source": ['API_TOKEN = "v9Qm2LxT7bRk4WnZ8cHs1DfJ"\n', "x = 1"]}]},
            indent=1,
        ),
        "key.pem": make(_shape("a private key"), 2).replace("KEY-----MII", "KEY-----\nMII"),
    }
    for name, written in made.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(written)

    found = {(one.span.path, one.confidence) for one in _found(tmp_path)}

    assert found == {
        ("deploy/.env.production", "sure"), ("config/app.yaml", "likely"), ("k8s/secret.json", "sure"),
        ("note.ipynb", "sure"), ("key.pem", "sure"),
    }  # fmt: skip
    assert [one.span.line for one in _found(tmp_path) if one.span.path == "note.ipynb"] == [6]


def test_what_git_ignores_and_what_only_shows_is_quiet(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text(".env\n")
    (tmp_path / ".env").write_text("API_TOKEN=v9Qm2LxT7bRk4WnZ8cHs1DfJ\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "tests.py").write_text('API_TOKEN = "v9Qm2LxT7bRk4WnZ8cHs1DfJ"\n')
    (tmp_path / "README.md").write_text('api_token = "v9Qm2LxT7bRk4WnZ8cHs1DfJ"\n')
    (tmp_path / "app.py").write_text('def pay():\n    """api_token = "v9Qm2LxT7bRk4WnZ8cHs1DfJ" is no more."""\n')
    (tmp_path / "sign_in.py").write_text('DUMMY_TOKEN = "v9Qm2LxT7bRk4WnZ8cHs1DfJ"\n')

    assert {(one.span.path, one.confidence) for one in _found(tmp_path)} == {
        ("README.md", "low"), ("shop/tests.py", "low"), ("sign_in.py", "low"),
    }  # fmt: skip


def test_it_says_whether_source_still_uses_it(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(
        'API_TOKEN = "v9Qm2LxT7bRk4WnZ8cHs1DfJ"\nOLD_TOKEN = "m4Xt8RkQ2vLp9WzB6nHs3DfG"\n'
    )
    (tmp_path / "app.py").write_text("import settings\n\nprint(settings.API_TOKEN)\n")

    assert [one.label for one in _found(tmp_path)] == [
        "used in app.py:3", "nothing in this source uses it under this name",
    ]  # fmt: skip


def test_files_that_cannot_be_text_end_at_once(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    (tmp_path / "big.json").write_text('{"api_token": "v9Qm2LxT7bRk4WnZ8cHs1DfJ"}' + " " * 1_100_000)
    (tmp_path / "blob.txt").write_bytes(b"\0" + b'api_token = "v9Qm2LxT7bRk4WnZ8cHs1DfJ"')
    (tmp_path / "line.yaml").write_text("token: " + "a" * 500_000 + "\n" + "ghp_" * 100_000)

    result = scan(tmp_path, settings.empty(tmp_path), today=date(2026, 1, 1))

    assert result.findings == ()
    assert result.notes == (("big.json", "larger than 1 MB: not searched for secrets"),)


@pytest.mark.parametrize(
    "text_",
    ["changeme", "${TOKEN}", "<token>", "xxxxxxxxxxxx", "abcdefghijklmnop", "your-key", "{{ token }}", "a" * 40],
)
def test_placeholders(text_: str) -> None:
    assert is_placeholder(text_)


@pytest.mark.parametrize(
    ("text_", "expected"),
    [
        ("v9Qm2LxT7bRk4WnZ8cHs1DfJ", True),
        ("5f2b9c0e7d1a4836b2c9e8f7a6d5c4b3", True),
        ("TheQuickBrownFoxJumps1", False),
        ("short1A", False),
        ("authorization_code_grant_2", False),
    ],
)
def test_what_a_machine_made_looks_random(text_: str, *, expected: bool) -> None:
    assert looks_random(text_) is expected
