"""What nomoat.yaml says of identity providers: what it means, and every mistake that would ask the wrong one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.errors import SettingsError
from nomoat.guard.providers import Introspection, KeysAddress
from nomoat.guard.settings import GuardSettings, read

SSO = "issuer: https://id.example.test/shop, audience: shop, algorithms: [RS256]"
ASKED = "issuer: https://id.example.test, audience: shop"
ASKS = "url: https://id.example.test/introspect, client: env:A, secret: env:B"


_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "sign-in-with-an-identity-provider.md"
_BLOCKS = re.findall(r"```yaml\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)


def _read(text: str) -> GuardSettings:
    return read(settings.parse(text, root=Path()))


@pytest.mark.parametrize("block", _BLOCKS)
def test_what_the_page_shows_is_read(block: str) -> None:
    assert _read(block).issuers


def test_where_keys_are_fetched_is_read() -> None:
    found = _read(f"""\
identity:
  sso: {{{SSO}, keys: discover}}
  own:
    issuer: own
    algorithms: [ES256]
    keys: https://id.example.test:8443/keys?tenant=5
    ca: file:own.pem
    refresh: 5m
    outage: 24h
    no_audience: {{because: it signs for nobody else}}
  here: {{issuer: here, algorithms: [ES256], audience: shop, keys: "http://[::1]:8080/jwks"}}
""")

    sso, own, here = found.issuers
    assert KeysAddress("", "", 600.0, 3600.0) == sso.remote
    assert ("", ("own.pem",)) == (own.key, own.files)
    assert KeysAddress("https://id.example.test:8443/keys?tenant=5", "file:own.pem", 300.0, 86400.0) == own.remote
    assert here.remote is not None and "http://[::1]:8080/jwks" == here.remote.url


def test_who_is_asked_about_tokens_is_read() -> None:
    (one,) = _read(
        "identity: {sso: {" + ASKED + ", introspect: {url: https://id.example.test/introspect, client: file:c, "
        "secret: file:s, ca: file:ca.pem, cache: 1m}}}"
    ).issuers

    assert (
        Introspection("https://id.example.test/introspect", "file:c", "file:s", "file:ca.pem", 60.0) == one.introspect
    )
    assert ((), ("c", "s", "ca.pem"), False) == (one.algorithms, one.files, one.is_symmetric)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SSO}, keys: 'http://id.example.test/jwks'", "must begin with https://"),
        (f"{SSO}, keys: 'http://localhost.example.test/jwks'", "must begin with https://"),
        (f"{SSO}, keys: 'https:///jwks'", "names no host"),
        (f"{SSO}, keys: 'https://ana:hunter2@id.example.test/jwks'", "holds a user or a password"),
        (f"{SSO}, keys: 'https://id.example.test/jwks#k1'", "holds a fragment"),
        (f"{SSO}, keys: 'https://id.example.test/jw ks'", "holds a space"),
        (f"{SSO}, keys: 'https://id.example.test:hunter2/jwks'", "it is none"),
        (f"{SSO}, keys: 'https://[id.example.test/jwks'", "it is none"),
        (f"{SSO}, keys: 'https://id.example.test:0/jwks'", "names no host"),
        (f"{SSO}, keys: 'ftp://id.example.test/jwks'", "must be a reference"),
        (f"{SSO}, keys: Discover", "must be a reference"),
        ("issuer: shop, audience: shop, algorithms: [RS256], keys: discover", "has no issuer that is an https address"),
        ("issuer: 'https://a.test?b=c', audience: shop, algorithms: [RS256], keys: discover", "has no issuer that"),
        (
            "no_issuer: {because: x}, audience: shop, algorithms: [RS256], keys: discover",
            "has no issuer that is an https address",
        ),
        ("issuer: a, audience: shop, algorithms: [HS256], key: 'https://id.example.test/jwks'", "must be a reference"),
        (f"{SSO}, keys: discover, ca: certificate", "ca must be a reference"),
        (f"{SSO}, keys: discover, ca: 'env:CA'", "ca must be a reference"),
        (f"{SSO}, keys: discover, refresh: 30s", "refresh of sso is not between 1m and 24h"),
        (f"{SSO}, keys: discover, refresh: 2d", "refresh of sso is not between 1m and 24h"),
        (f"{SSO}, keys: discover, outage: 25h", "outage of sso is over 24h"),
        (f"{SSO}, keys: discover, outage: 15m", "shorter than two times refresh"),
        (f"{SSO}, keys: 'file:jwks', outage: 2h", "says outage, and fetches no keys"),
        (f"{SSO}, keys: discover, no_audience: {{because: x}}", "has an audience and says that it has none"),
        ("issuer: 'https://a.test', algorithms: [RS256], keys: discover", "whoever they are for"),
        ("issuer: 'https://a.test', algorithms: [RS256], keys: discover, no_audience: {}", "does not say why"),
        (f"issuer: a, introspect: {{{ASKS}}}", "whoever they are for"),
        (f"{ASKED}, introspect: {{url: 'https://id.example.test'}}", "introspect of sso has no secret"),
        (f"{ASKED}, introspect: {{{ASKS}, cache: 2m}}", "cache of sso is over 1 minute"),
        (f"{ASKED}, introspect: {{{ASKS.replace('env:B', 'hunter2')}}}", "secret must be a reference"),
        (f"{ASKED}, introspect: {{{ASKS.replace('https', 'http')}}}", "must begin with https://"),
        (f"{ASKED}, introspect: {{{ASKS}}}, algorithms: [RS256]", "is asked about each token and has algorithms"),
        (f"{ASKED}, introspect: {{{ASKS}}}, keys: discover", "is asked about each token and has keys"),
        (f"{ASKED}, introspect: {{{ASKS}}}, ca: 'file:ca'", "says ca, and fetches no keys"),
        (f"{ASKED}, introspect: ", "introspect"),
        (f"{ASKED}, introspect: yes", "introspect"),
        (
            f"{ASKED}, introspect: {{{ASKS}}}}}, other: {{issuer: b, audience: b, introspect: {{{ASKS}}}",
            "nobody could tell whose a token is",
        ),
    ],
)
def test_a_mistake_is_named_and_nobody_is_asked(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _read(f"identity: {{sso: {{{text}}}}}")

    assert any(said in problem.what and problem.where for problem in caught.value.problems), str(caught.value)
    assert "hunter2" not in str(caught.value)
