"""What `nomoat doctor` says of identity providers: one line a trouble, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from nomoat.cli.doctor import Row, examine
from tests.guard.identity import provider as providers
from tests.guard.identity.provider import INTROSPECTION, JWKS, Provider, member, says


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providers.running() as found:
        yield found


def _rows(root: Path, fields: str, provider: Provider) -> list[Row]:
    text = f'identity: {{sso: {{issuer: "{provider.issuer}", audience: shop, {fields}}}}}'
    (root / "nomoat.yaml").write_text(text)
    return [row for row in examine(str(root / "nomoat.yaml")) if row.subject == "identity"]


KEYS = "algorithms: [ES256], keys: discover"


def test_keys_that_fit_are_counted(tmp_path: Path, provider: Provider) -> None:
    provider.pages[JWKS] = says({"keys": [*provider.set_of_keys()["keys"], member(ECKey.generate_key("P-384"), "x")]})

    assert [Row("ok", "identity", "sso: 1 key of its provider fit ES256; 1 more are for something else")] == _rows(
        tmp_path, KEYS, provider
    )


def test_nobody_there_a_certificate_and_the_wrong_address_are_told_with_what_to_do(
    tmp_path: Path, provider: Provider
) -> None:
    provider.pages[JWKS] = says(b"", 404)
    (wrong,) = _rows(tmp_path, KEYS, provider)
    _, certificate = providers.authority(tmp_path)
    with providers.running(certificate) as strange:
        (untrusted,) = _rows(tmp_path, KEYS, strange)
    (gone,) = _rows(tmp_path, KEYS, strange)

    assert [("mend", "404"), ("mend", "certificate"), ("mend", "cannot be reached")] == [
        (row.state, word)
        for row, word in ((wrong, "404"), (untrusted, "certificate"), (gone, "cannot be reached"))
        if word in row.found and row.mend
    ]


def test_an_algorithm_without_a_key_an_open_key_and_a_clock_that_is_off_are_told(
    tmp_path: Path, provider: Provider
) -> None:
    opened = {**ECKey.generate_key("P-256").as_dict(private=True), "kid": "open"}

    def page(request: Any) -> None:
        request.date_time_string = lambda: formatdate(2_000_000_000, usegmt=True)
        providers.answer(request, {"keys": [*provider.set_of_keys()["keys"], opened]})

    provider.pages[JWKS] = page
    found = _rows(tmp_path, "algorithms: [ES256, ES384], keys: discover", provider)

    assert ["ok", "mend", "mend", "mend"] == [row.state for row in found]
    for row, word in zip(found[1:], ("fits ES384", "private part of key open", "s ahead of"), strict=True):
        assert word in row.found


def test_who_is_asked_about_tokens_is_asked_about_one_that_nobody_gave(
    tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKS_AS", "shop")
    asks = f'introspect: {{url: "{provider.url(INTROSPECTION)}", client: "env:ASKS_AS", secret: "env:ASKS_AS"}}'
    (good,) = _rows(tmp_path, asks, provider)
    provider.pages[INTROSPECTION] = says({"active": True})
    (lying,) = _rows(tmp_path, asks, provider)
    provider.pages[INTROSPECTION] = says(b"", 401)
    (refused,) = _rows(tmp_path, asks, provider)
    monkeypatch.delenv("ASKS_AS")
    (unset,) = _rows(tmp_path, asks, provider)

    assert ["ok", "mend", "mend", "mend"] == [row.state for row in (good, lying, refused, unset)]
    assert "made-up token active" in lying.found
    assert "check client and secret" in refused.mend
    assert "ASKS_AS is not set" in unset.found


def test_mistakes_of_the_section_are_told_once(tmp_path: Path, provider: Provider) -> None:
    assert [] == _rows(tmp_path, "algorithms: [ES256], keys: nowhere", provider)
