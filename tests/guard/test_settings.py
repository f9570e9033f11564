"""The sections that guard reads of nomoat.yaml: what they mean, and every mistake of them at once."""

from __future__ import annotations

import ipaddress
import json
from datetime import date
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.errors import SettingsError
from nomoat.guard.identity.tokens import Verifier
from nomoat.guard.settings import GuardSettings, read

WHOLE = """\
identity:
  main:
    issuer: https://login.example.test
    algorithms: [RS256, ES256]
    keys: file:keys.jwks
    audience: shop
    roles: claims.realm.roles
    subject: claims.email
    leeway: 2m
  mesh: {no_issuer: {because: an old gateway}, algorithms: [HS256], key: "env:MESH", kind: service}
  plain:
    issuer: plain
    algorithms: [EdDSA]
    keys: env:PLAIN
    no_expiry: {because: a device that cannot renew, until: 2026-12-31}
trusted_proxies: [10.0.0.0/8, "2001:db8::1"]
on_journal_failure: {allow: true, because: a shop sells, until: 2026-12-24}
"""


def _read(text: str) -> GuardSettings:
    return read(settings.parse(text, root=Path()))


def test_everything_that_can_be_said_is_read() -> None:
    found = _read(WHOLE)

    main, mesh, plain = found.issuers
    assert ("main", "https://login.example.test", ("RS256", "ES256"), "file:keys.jwks", "shop") == (
        main.alias, main.issuer, main.algorithms, main.key, main.audience
    )  # fmt: skip
    assert (("realm", "roles"), ("email",), "user", 120.0) == (main.roles, main.subject, main.kind, main.leeway_s)
    assert (None, ("sub",), "service", 30.0, True) == (
        mesh.issuer, mesh.subject, mesh.kind, mesh.leeway_s, mesh.is_symmetric
    )  # fmt: skip
    assert plain.no_expiry is not None and date(2026, 12, 31) == plain.no_expiry.until
    assert (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::1")) == found.trusted_proxies
    assert found.on_journal_failure is not None and found.on_journal_failure.is_over(date(2026, 12, 25))


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("claims.roles", ("roles",)),
        ("claims.realm.roles", ("realm", "roles")),
        ('claims["https://example.test/roles"]', ("https://example.test/roles",)),
        ('claims.a["b.c"].d', ("a", "b.c", "d")),
    ],
)
def test_a_claim_is_found_by_its_path(said: str, path: tuple[str, ...]) -> None:
    assert path == _read(f"identity: {{main: {{{ISSUER}, roles: '{said}'}}}}").issuers[0].roles


@pytest.mark.parametrize(
    "said", ["claims", "claims.", "roles", 'claims[""]', 'claims["a"', "claims['a']", "claims.a b"]
)
def test_what_is_no_path_of_a_claim_is_a_mistake(said: str) -> None:
    with pytest.raises(SettingsError, match="is no path of a claim"):
        _read(f"identity: {{main: {{{ISSUER}, roles: {json.dumps(said)}}}}}")


def test_nothing_is_loosened_by_itself() -> None:
    found = _read("roles: {user: [read]}")

    assert GuardSettings((), (), None) == found
    assert None is _read("on_journal_failure: {allow: false}").on_journal_failure


ISSUER = 'issuer: a, algorithms: [HS256], key: "env:A"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("identity: {main: {issuer: a, key: 'env:A'}}", "main pins no algorithm"),
        ("identity: {main: {issuer: a, algorithms: [none], key: 'env:A'}}", "unknown algorithm 'none'"),
        ("identity: {main: {issuer: a, algorithms: [HS256, RS256], key: 'env:A'}}", "mixes secrets and public keys"),
        ("identity: {main: {issuer: a, algorithms: [HS256], keys: 'env:A'}}", "a secret is `key:`"),
        ("identity: {main: {issuer: a, algorithms: [RS256], key: 'env:A'}}", "public keys are `keys:`"),
        ("identity: {main: {issuer: a, algorithms: [HS256]}}", "main has no key"),
        ("identity: {main: {issuer: a, algorithms: [HS256], key: hunter2}}", "must be a reference, never the value"),
        ("identity: {main: {algorithms: [HS256], key: 'env:A'}}", "main has no issuer"),
        (f"identity: {{main: {{{ISSUER}, no_issuer: {{because: x}}}}}}", "has an issuer and says that it has none"),
        ("identity: {main: {no_issuer: {}, algorithms: [HS256], key: 'env:A'}}", "does not say why"),
        (f"identity: {{main: {{{ISSUER}}}, other: {{{ISSUER}}}}}", "the issuer 'a' stands twice"),
        (f"identity: {{main: {{{ISSUER}, leeway: 10m}}}}", "is over 2 minutes"),
        (f"identity: {{main: {{{ISSUER}, roles: roles}}}}", "is no path of a claim"),
        (f"identity: {{main: {{{ISSUER}, kind: robot}}}}", "kind"),
        (f"identity: {{main: {{{ISSUER}, audiance: x}}}}", "audiance"),
        (f"identity: {{main: {{{ISSUER}, no_expiry: {{because: x}}}}}}", "without an end"),
        (f"identity: {{main: {{{ISSUER}, no_expiry: {{until: 2027-01-01}}}}}}", "does not say why"),
        (f"identity: {{'a/b': {{{ISSUER}}}}}", "'a/b' is no alias"),
        ("trusted_proxies: [everybody]", "'everybody' is no address"),
        ("trusted_proxies: [0.0.0.0/0]", "everybody cannot be a trusted proxy"),
        ("trusted_proxies: ['::/0']", "everybody cannot be a trusted proxy"),
        ("on_journal_failure: {allow: true, because: x}", "without an end"),
        ("on_journal_failure: {allow: true, until: 2027-01-01}", "does not say why"),
        ("on_journal_failure: {allow: 1, because: x, until: 2027-01-01}", "allow"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_never_with_a_secret(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _read(text)

    assert any(said in problem.what and problem.where for problem in caught.value.problems), str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        _read("identity: {main: {}}\ntrusted_proxies: [x]\non_journal_failure: {allow: true}\n")

    assert 5 <= len(caught.value.problems)


@pytest.mark.parametrize(
    ("algorithm", "text", "said"),
    [
        ("HS256", "hunter2-hunter2", "shorter than 32 bytes"),
        ("RS256", "no key at all", "cannot be read"),
        ("RS256", '{"keys": []}', "there are no keys"),
        ("RS256", '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "a secret stands among public keys"),
        ("RS256", '{"kty": "EC"}', "cannot be read"),
        ("RS256", "[1", "cannot be read"),
    ],
)
def test_a_key_that_cannot_verify_is_named_and_not_shown(algorithm: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(text)
    name = "key" if algorithm == "HS256" else "keys"
    found = _read(f"identity: {{main: {{issuer: a, algorithms: [{algorithm}], {name}: 'file:key'}}}}")

    with pytest.raises(SettingsError, match=said) as caught:
        Verifier.load(found.issuers, root=tmp_path)

    assert text not in str(caught.value)
