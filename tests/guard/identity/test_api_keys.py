"""API keys by themselves: their form, whom they name, and what is refused."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.guard.api_keys import ApiKey
from nomoat.guard.identity.api_keys import PREFIX, ApiKeys, digest, new, shown
from nomoat.guard.identity.model import Identity, TokenError

KEY = new("billing")
LAST_DAY = datetime(2027, 3, 31, tzinfo=UTC).timestamp()
MADE = datetime(2026, 11, 30, 14, 20, tzinfo=UTC).timestamp()
BILLING = ApiKey("billing", digest(KEY), "service:billing", date(2027, 3, 31), ("reader",), frozenset(("a",)), MADE)
DAY = 86_400


def _refused(key: str, *settings: ApiKey, now: float = LAST_DAY) -> str:
    with pytest.raises(TokenError) as raised:
        ApiKeys(settings or (BILLING,)).identify(key, now=now)
    return raised.value.what


def test_a_key_names_whom_the_file_says_and_is_known_by_the_hash_in_the_file() -> None:
    expected = Identity(
        "service:billing", ("reader",), f"sha256:{hashlib.sha256(KEY.encode()).hexdigest()}", issued_at=MADE,
        only=frozenset(("a",)),
    )  # fmt: skip

    assert expected == ApiKeys([BILLING]).identify(KEY, now=LAST_DAY)
    assert BILLING.fingerprint == expected.credential


def test_keys_differ_are_of_one_length_and_carry_a_checksum_that_scanners_know() -> None:
    keys = {new("a") for _ in range(200)}

    assert 200 == len(keys) and {len(PREFIX) + 2 + 49} == {len(key) for key in keys}
    assert all(_number(key[-6:]) == zlib.crc32(key[-49:-6].encode()) for key in keys)


def _number(text: str) -> int:
    found = 0
    for digit in text:
        value = ord(digit) - 48 if digit.isdigit() else ord(digit) - (55 if digit.isupper() else 61)
        found = found * 62 + value
    return found


HOSTILE = {
    "nothing": "", "the prefix": PREFIX, "no id": KEY.replace("billing", ""), "half": KEY[:40],
    "longer": KEY + "0", "a line more": KEY + "\n", "another case": KEY.swapcase(),
    "upper id": KEY.replace("b", "B", 1),
    "an underscore in the id": KEY.replace("billing", "bil_ling"), "a dot": KEY.replace("billing", "bil.ling"),
    "another alphabet": KEY[:-1] + "-", "digits of another script": KEY[:-1] + "٣", "a path": f"nmk_../../{KEY[12:]}",
}  # fmt: skip


@pytest.mark.parametrize("key", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_whole_key_is_refused_without_a_look_up(key: str) -> None:
    assert "an API key is refused: it is not whole" == _refused(key)


@pytest.mark.parametrize(
    "key", [new("billing"), new("other"), KEY.replace("billing", "billing-2")], ids=["new", "other", "renamed"]
)
def test_another_key_is_nobodys_whatever_id_it_claims(key: str) -> None:
    assert "an API key is refused: nobody has it" == _refused(key)


@given(at=st.integers(min_value=12, max_value=len(KEY) - 1), to=st.sampled_from("0aZ9"))
def test_a_typo_is_refused(at: int, to: str) -> None:
    mistyped = KEY[:at] + to + KEY[at + 1 :]

    if mistyped != KEY:
        assert "an API key is refused: it is not whole" == _refused(mistyped)


@given(text=st.text())
def test_any_text_is_a_key_or_refused(text: str) -> None:
    assert "refused" in _refused(text) and "refused" in _refused(PREFIX + text)


def test_a_key_is_good_on_its_last_day_and_has_ended_after_it() -> None:
    keys = ApiKeys([BILLING])

    assert "service:billing" == keys.identify(KEY, now=LAST_DAY + DAY - 0.001).subject
    assert "an API key is refused: it has ended" == _refused(KEY, now=LAST_DAY + DAY)


def test_a_clock_that_is_set_back_revives_nothing() -> None:
    keys = ApiKeys([BILLING])

    for now in (LAST_DAY + DAY, LAST_DAY, 0.0):
        with pytest.raises(TokenError):
            keys.identify(KEY, now=now)
    assert "an API key is refused: the clock stands before it was made" == _refused(KEY, now=MADE - DAY - 1)
    assert "service:billing" == ApiKeys([replace(BILLING, made_at=0)]).identify(KEY, now=0).subject


def _headers(*pairs: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in pairs]


def test_the_one_header_is_what_is_shown() -> None:
    assert KEY == shown(_headers(("host", "a"), ("x-api-key", f" {KEY} ")))
    assert shown(_headers(("authorization", f"Bearer {KEY}"), ("x_api_key", KEY))) is None


@pytest.mark.parametrize(
    "pairs",
    [
        [("x-api-key", KEY), ("x-api-key", KEY)],
        [("x-api-key", KEY), ("authorization", f"Bearer {KEY}")],
        [("authorization", "Basic eDp5"), ("x-api-key", KEY)],
        [("x-api-key", KEY), ("authorization", "a"), ("authorization", "b")],
        [("x-api-key", "")], [("x-api-key", "   ")], [("x-api-key", "k" * 257)], [("x-api-key", "\xe9" * 60)],
    ],
)  # fmt: skip
def test_two_credentials_are_refused_and_so_is_what_no_key_can_be(pairs: Any) -> None:
    with pytest.raises(TokenError):
        shown(_headers(*pairs))
