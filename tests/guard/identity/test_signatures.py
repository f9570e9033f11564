"""What is checked by joserfc's algorithms alone is what joserfc itself would check, for every algorithm and key."""

from __future__ import annotations

import base64
import json
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from nomoat.guard.identity.keys import FixedKeys, VerifyingKey
from nomoat.guard.identity.model import TokenError
from nomoat.guard.identity.signatures import algorithm_of, is_signed
from nomoat.guard.identity.tokens import Verifier
from nomoat.guard.issuers import IssuerSettings

NOW = 1_800_000_000
ALGORITHMS = ("HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "PS384", "ES256", "ES384", "ES512", "EdDSA")
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def _keys() -> list[Any]:
    return [
        OctKey.generate_key(512),
        RSAKey.generate_key(2048),
        ECKey.generate_key("P-256"),
        ECKey.generate_key("P-384"),
        ECKey.generate_key("P-521"),
        OKPKey.generate_key("Ed25519"),
    ]


KEYS = _keys()
OTHERS = _keys()


def _of(name: str, keys: list[Any]) -> Any:
    kinds = {"HS": 0, "RS": 1, "PS": 1, "ES256": 2, "ES384": 3, "ES512": 4, "EdDSA": 5}
    return keys[kinds.get(name, kinds.get(name[:2], 0))]


def _made(name: str, **header: Any) -> str:
    return jws.serialize_compact({"alg": name, **header}, b'{"a":1}', _of(name, KEYS), [name])


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TOKENS = {name: _made(name) for name in ALGORITHMS}


def _by_joserfc(token: str, name: str, key: Any) -> bool:
    try:
        jws.deserialize_compact(token, key, algorithms=[name])
    except (JoseError, ValueError, TypeError):
        return False
    return True


def _here(token: str, name: str, key: Any) -> bool:
    header, payload, signature = token.split(".")
    members = json.loads(base64.urlsafe_b64decode(header + "=="))
    if members.get("alg") != name:
        return False
    algorithm = algorithm_of(members, name)
    raw = base64.urlsafe_b64decode(signature + "==")
    return algorithm is not None and is_signed(f"{header}.{payload}".encode(), raw, algorithm, key)


@given(st.sampled_from(ALGORITHMS), st.sampled_from(ALGORITHMS), st.sampled_from(KEYS + OTHERS), st.data())
def test_a_token_is_signed_exactly_where_joserfc_says_so(made: str, wanted: str, key: Any, data: st.DataObject) -> None:
    header, payload, signature = TOKENS[made].split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    if data.draw(st.booleans()):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(0, 255))
        raw = raw[: data.draw(st.integers(1, len(raw)))] if data.draw(st.booleans()) else raw
    token = f"{header}.{payload}.{base64.urlsafe_b64encode(bytes(raw)).rstrip(b'=').decode()}"

    assert _by_joserfc(token, wanted, key) is _here(token, wanted, key)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_right_key_signs_and_another_does_not(name: str) -> None:
    assert _here(TOKENS[name], name, _of(name, KEYS))
    assert not _here(TOKENS[name], name, _of(name, OTHERS))


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("also", [{"use": "enc"}, {"alg": "A256KW"}, {"key_ops": ["sign"]}])
def test_a_key_that_is_for_something_else_verifies_nothing(name: str, also: dict[str, Any]) -> None:
    key = _of(name, KEYS)
    key = type(key).import_key({**key.as_dict(private=key.key_type == "oct"), **also})

    assert not _here(TOKENS[name], name, key)
    assert not _by_joserfc(TOKENS[name], name, key)


MEMBERS = st.dictionaries(
    st.sampled_from(["typ", "cty", "x5t", "kid", "foo", "alg ", "", "nonce"]),
    st.one_of(st.text(max_size=5), st.integers(), st.none(), st.lists(st.text(max_size=2), max_size=2)),
)


@given(MEMBERS)
def test_a_header_is_known_exactly_where_joserfc_knows_it(members: dict[str, Any]) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", **members}).encode()).rstrip(b"=")
    signed = header + b"." + base64.urlsafe_b64encode(b"{}").rstrip(b"=")
    signature = jws.JWSRegistry.algorithms["HS256"].sign(signed, KEYS[0])
    token = (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()

    assert _by_joserfc(token, "HS256", KEYS[0]) is _here(token, "HS256", KEYS[0])


def _verifier(*issuers: tuple[str, str, int]) -> Verifier:
    return Verifier(
        (IssuerSettings(issuer, issuer, (name,), "env:K"), FixedKeys([VerifyingKey("", KEYS[key])]))
        for issuer, name, key in issuers
    )


def _token(issuer: str, name: str, **header: Any) -> str:
    claims = json.dumps({"iss": issuer, "sub": "ana", "exp": NOW + 60}).encode()
    return jws.serialize_compact({"alg": name, **header}, claims, _of(name, KEYS), [name])


def test_a_header_that_one_issuer_makes_is_not_good_for_another() -> None:
    verifier = _verifier(("a", "RS256", 1), ("b", "PS256", 1))
    assert "user:a/ana" == verifier.verify(_token("a", "RS256"), now=NOW).subject

    with pytest.raises(TokenError, match="algorithm is not the issuer's"):
        verifier.verify(_token("b", "RS256"), now=NOW)
    assert "user:b/ana" == verifier.verify(_token("b", "PS256"), now=NOW).subject


def test_headers_that_differ_each_time_are_forgotten_and_held_to_the_same() -> None:
    verifier = _verifier(("a", "HS256", 0))
    for number in range(300):
        assert "user:a/ana" == verifier.verify(_token("a", "HS256", kid=str(number)), now=NOW).subject
        with pytest.raises(TokenError, match="its typ"):
            verifier.verify(_token("a", "HS256", kid=str(number), typ="dpop+jwt"), now=NOW)
    assert len(verifier._headers) <= 64


def test_a_header_or_a_signature_that_is_too_long_is_refused() -> None:
    verifier = _verifier(("a", "HS256", 0))
    with pytest.raises(TokenError, match="too long"):
        verifier.verify(_token("a", "HS256", kid="k" * 600), now=NOW)
    with pytest.raises(TokenError, match="too long"):
        verifier.verify(_token("a", "HS256") + "A" * 1_400, now=NOW)
