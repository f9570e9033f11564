from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from nomoat.guard.identity.keys import FixedKeys, VerifyingKey
from nomoat.guard.identity.model import TokenError
from nomoat.guard.identity.tokens import Verifier
from nomoat.guard.issuers import IssuerSettings

NOW = 1_800_000_000
KEY = "k" * 40
HS = IssuerSettings("main", "shop", ("HS256",), "env:K", audience="shop", roles=("roles",))
GOOD: dict[str, Any] = {"iss": "shop", "aud": "shop", "sub": "ana", "roles": ["a"], "exp": NOW + 60}


def _verifier(settings: IssuerSettings, text: str, tmp_path: Path) -> Verifier:
    (tmp_path / "key").write_text(text)
    settings = IssuerSettings(settings.alias, settings.issuer, settings.algorithms, "file:key", settings.audience)
    return Verifier.load([settings], root=tmp_path)


def _part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signed(claims: Any, header: Any = None, key: str = KEY) -> str:
    text = f"{_part(header or {'alg': 'HS256'})}.{_part(claims)}"
    return f"{text}.{_part(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())}"


@pytest.fixture
def verifier(tmp_path: Path) -> Verifier:
    return _verifier(HS, KEY, tmp_path)


def test_a_good_token_names_its_caller_and_is_known_by_what_was_signed(verifier: Verifier) -> None:
    token = _signed(GOOD)

    found = verifier.verify(token, now=NOW)
    signed = token.rpartition(".")[0].encode()
    assert ("user:main/ana", f"sha256:{hashlib.sha256(signed).hexdigest()}") == (found.subject, found.credential)


HOSTILE = {
    "alg none": f"{_part({'alg': 'none'})}.{_part(GOOD)}.",
    "alg none, signed": _signed(GOOD, {"alg": "none"}),
    "another algorithm": _signed(GOOD, {"alg": "HS512"}),
    "its own key": _signed(GOOD, {"alg": "HS256", "jwk": {"kty": "oct", "k": _part(KEY.encode())}}),
    "critical": _signed(GOOD, {"alg": "HS256", "crit": ["b64"], "b64": False}),
    "expired": _signed({**GOOD, "exp": NOW - 31}),
    "never expires": _signed({name: value for name, value in GOOD.items() if name != "exp"}),
    "infinite": _signed({**GOOD, "exp": 1e400}),
    "not yet": _signed({**GOOD, "nbf": NOW + 31}),
    "from the future": _signed({**GOOD, "iat": NOW + 31}),
    "wrong issuer": _signed({**GOOD, "iss": "other"}),
    "no issuer": _signed({**GOOD, "iss": None}),
    "wrong audience": _signed({**GOOD, "aud": "other"}),
    "wrong key": _signed(GOOD, key="x" * 40),
    "huge": _signed({**GOOD, "x": "x" * 20_000}),
    "deep": _signed({**GOOD, "x": json.loads("[" * 50 + "]" * 50)}),
    "a member twice": _signed(b'{"iss":"shop","aud":"shop","sub":"ana","sub":"eve","exp":1800000060}'),
    "no subject": _signed({**GOOD, "sub": ""}),
    "a control character": _signed({**GOOD, "sub": "a\nb"}),
    "half a character": _signed({**GOOD, "sub": "\ud800"}),
    "a jti nobody could name": _signed({**GOOD, "jti": 5}),
    "a kid that is no text": _signed(GOOD, {"alg": "HS256", "kid": ["a"]}),
    "a negative end": _signed({**GOOD, "exp": -1}),
    "an end of five thousand digits": _signed(b'{"iss":"shop","aud":"shop","sub":"ana","exp":' + b"9" * 5000 + b"}"),
    "an end that is text": _signed({**GOOD, "exp": str(NOW + 60)}),
    "an end that is true": _signed({**GOOD, "exp": True}),
    "a member twice inside": _signed(b'{"iss":"shop","aud":"shop","sub":"ana","x":{"a":1,"a":2},"exp":1800000060}'),
    "a header member twice": _signed(GOOD, b'{"alg":"none","alg":"HS256"}'),
    "an issuer list": _signed({**GOOD, "iss": ["shop"]}),
    "three thousand deep": _signed(b'{"iss":"shop","x":' + b"[" * 3000 + b"]" * 3000 + b"}"),
    "UTF-16": _signed(json.dumps(GOOD).encode("utf-16")),
    "bits behind the last byte": _signed(GOOD)[:-1] + chr(ord(_signed(GOOD)[-1]) + 1),
    "padded": _signed(GOOD) + "=",
    "four parts": _signed(GOOD) + ".x",
}


@pytest.mark.parametrize("token", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_token_is_refused(token: str, verifier: Verifier) -> None:
    with pytest.raises(TokenError):
        verifier.verify(token, now=NOW)


ASYMMETRIC: list[tuple[str, Any]] = [
    ("RS256", RSAKey.generate_key(2048)), ("ES256", ECKey.generate_key("P-256")), ("EdDSA", OKPKey.generate_key()),
]  # fmt: skip


@pytest.mark.parametrize(("algorithm", "key"), ASYMMETRIC, ids=[name for name, _ in ASYMMETRIC])
def test_a_public_key_verifies_its_own_algorithm_and_is_never_a_secret(
    algorithm: str, key: Any, tmp_path: Path
) -> None:
    public = key.as_pem(private=False).decode()
    verifier = _verifier(IssuerSettings("main", "shop", (algorithm,), ""), public, tmp_path)
    token = jwt.encode({"alg": algorithm}, GOOD, key, algorithms=[algorithm])

    assert "user:main/ana" == verifier.verify(token, now=NOW).subject
    with pytest.raises(TokenError):
        verifier.verify(_signed(GOOD, key=public), now=NOW)


@given(token=st.text(max_size=60) | st.builds(lambda a, b: f"{_part(a)}.{_part(b)}.AAAA", st.binary(), st.binary()))
def test_any_text_is_refused_with_guards_own_error(token: str) -> None:
    verifier = Verifier([(HS, FixedKeys([VerifyingKey("", OctKey.import_key(KEY))]))])

    with pytest.raises(TokenError):
        verifier.verify(token, now=NOW)
