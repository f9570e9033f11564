from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from nomoat.guard.clients import client_address
from tests.guard.calling import scope_of

PROXY = "10.0.0.1"
TRUSTED = (ipaddress.ip_network("10.0.0.0/24"),)
CALLER = "203.0.113.9"


def _address(*forwarded: str, peer: str = PROXY) -> str:
    headers = [("X-Forwarded-For", value) for value in forwarded]
    return client_address(scope_of("GET", "/", headers, client=peer), TRUSTED)


@given(claimed=st.lists(st.text(st.characters(max_codepoint=255), max_size=50), max_size=5), times=st.integers(1, 300))
def test_whatever_a_caller_claims_its_address_is_what_the_proxy_saw(claimed: list[str], times: int) -> None:
    assert CALLER == _address(",".join(claimed * times), CALLER)


def test_a_claim_longer_than_what_is_read_does_not_push_out_the_proxys_entry() -> None:
    victim = "198.51.100.7"

    assert CALLER == _address(", ".join([victim] * 2000) + f", {CALLER}")


def test_without_a_trusted_proxy_a_claim_counts_for_nothing() -> None:
    assert CALLER == _address("198.51.100.7", peer=CALLER)


def test_one_address_has_one_spelling() -> None:
    assert CALLER == _address(peer=f"::ffff:{CALLER}")
    assert CALLER == _address(CALLER, peer=f"::ffff:{PROXY}")
    assert "2001:db8::1" == _address("2001:0DB8:0::1")
    assert "fe80::1" == _address("fe80::1%any-text")


def test_what_is_no_address_is_not_followed() -> None:
    assert PROXY == _address("198.51.100.7, unknown")
    assert "testclient" == _address(peer="testclient")
