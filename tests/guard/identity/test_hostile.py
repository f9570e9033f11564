"""Whatever a provider serves, and whatever stands for its address: a result, or the error that says it is none."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey

from nomoat.guard import providers
from nomoat.guard.identity import keysets, strict_json
from nomoat.guard.identity.keysets import KeySetError
from tests.guard.identity.provider import member

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
_GOOD = [member(ECKey.generate_key("P-256"), "a"), member(OKPKey.generate_key("Ed25519"), "b")]
_NAMES = ("kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops", "d", "k", "x5c")


@given(raw=st.binary(max_size=60) | st.builds(lambda value: json.dumps(value).encode(), _VALUES))
def test_any_bytes_are_an_object_or_an_error(raw: bytes) -> None:
    try:
        assert isinstance(strict_json.parsed(raw), dict)
    except ValueError:
        return


@given(changes=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(_NAMES), _VALUES), max_size=4))
def test_any_change_of_a_key_leaves_a_set_or_an_error(changes: list[tuple[int, str, Any]]) -> None:
    members = [dict(one) for one in _GOOD]
    for number, name, value in changes:
        members[number][name] = value
    try:
        found = keysets.of_set({"keys": members}, ("ES256", "EdDSA"))
    except KeySetError:
        return
    untouched = {("a", "b")[number] for number in (0, 1) if all(number != changed for changed, _, _ in changes)}
    assert untouched <= {key.id for key in found.keys}


@given(document=st.dictionaries(st.sampled_from(["keys", "x"]), _VALUES))
def test_any_object_is_a_set_or_an_error(document: dict[str, Any]) -> None:
    try:
        keysets.of_set(document, ("RS256",))
    except KeySetError:
        return


_ADDRESSES = st.text(max_size=30) | st.from_regex(r"https?://[a-z0-9.:@\[\]/?#-]{0,30}", fullmatch=True)


@given(text=_ADDRESSES)
def test_any_text_is_an_address_that_may_be_asked_or_an_error(text: str) -> None:
    try:
        parts = providers.address(text)
    except ValueError:
        return
    assert parts.hostname and parts.username is None and not parts.fragment
    assert parts.scheme == "https" or providers.is_this_machine(parts.hostname)
