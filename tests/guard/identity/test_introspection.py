"""What an issuer says of a token when it is asked, over real connections: believed to the letter, for a moment."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from nomoat.guard.identity import introspection
from nomoat.guard.identity.https import Line
from nomoat.guard.identity.introspection import MAX_QUEUED, MAX_THREADS, Introspector
from nomoat.guard.identity.model import Identity, KeysUnavailableError, TokenError
from nomoat.guard.identity.pending import Pending
from nomoat.guard.issuers import IssuerSettings
from nomoat.guard.providers import Introspection
from tests.guard.identity import provider as providers
from tests.guard.identity.provider import INTROSPECTION, Provider, says

TOKEN = "mF_9.B5f-4.1JqM~+/=="
SAID: list[str] = []


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providers.running() as found:
        yield found


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def asks(provider: Provider, clock: Clock) -> Iterator[Introspector]:
    SAID.clear()
    made = _introspector(provider, clock)
    yield made
    made.stop()
    assert not [one for one in threading.enumerate() if one.name.startswith("nomoat-asks")]


def _introspector(provider: Provider, clock: Clock | None = None, **also: Any) -> Introspector:
    asked = Introspection(provider.url(INTROSPECTION), "env:C", "env:S", cache_s=30.0)
    settings = IssuerSettings(
        "main", provider.issuer, (), "", audience="shop", roles=("scope",), introspect=asked, **also
    )
    return Introspector(
        settings, "shop:1", "s&cret", line=Line, say=SAID.append, clock=clock or time.monotonic
    )  # fmt: skip


def _good(provider: Provider, **change: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "active": True, "iss": provider.issuer, "aud": ["shop"], "sub": "ana", "exp": now + 60, "iat": now,
        "scope": "orders:read orders:list", "token_type": "Bearer", **change,
    }  # fmt: skip


def _identify(asks: Introspector, token: str = TOKEN) -> Identity:
    found = asks.identify(token, now=time.time())
    return found.wait() if isinstance(found, Pending) else found


def test_an_active_token_names_its_caller_and_the_client_proves_itself(provider: Provider, asks: Introspector) -> None:
    provider.tokens[TOKEN] = _good(provider)

    found = _identify(asks)
    assert ("user:main/ana", ("orders:read", "orders:list")) == (found.subject, found.roles)
    assert f"sha256:{hashlib.sha256(TOKEN.encode()).hexdigest()}" == found.credential
    # RFC 6749, section 2.3.1: both parts are form-encoded before they are joined.
    assert ["Basic " + base64.b64encode(b"shop%3A1:s%26cret").decode()] == provider.credentials


REFUSED: dict[str, Callable[[Provider], dict[str, Any]]] = {
    "not active": lambda p: _good(p, active=False),
    "another issuer": lambda p: _good(p, iss="https://other.example.test"),
    "no issuer": lambda p: _good(p, iss=None),
    "another audience": lambda p: _good(p, aud="other"),
    "no audience": lambda p: _good(p, aud=None),
    "expired": lambda p: _good(p, exp=int(time.time()) - 31),
    "without an end": lambda p: {name: value for name, value in _good(p).items() if name != "exp"},
    "not yet": lambda p: _good(p, nbf=int(time.time()) + 3600),
    "nobody": lambda p: _good(p, sub=""),
    "a refresh token": lambda p: _good(p, token_type="refresh_token"),
    "bound to a key": lambda p: _good(p, token_type="DPoP"),
    "a kind that is no text": lambda p: _good(p, token_type=["Bearer"]),
}


@pytest.mark.parametrize("said", REFUSED.values(), ids=REFUSED)
def test_what_its_issuer_does_not_stand_for_is_refused(
    provider: Provider, asks: Introspector, said: Callable[[Provider], dict[str, Any]]
) -> None:
    provider.tokens[TOKEN] = said(provider)

    with pytest.raises(TokenError):
        _identify(asks)
    with pytest.raises(TokenError):
        _identify(asks)
    assert 1 == provider.asked[INTROSPECTION]


@pytest.mark.parametrize(
    "page",
    [
        says({"active": "true", "sub": "ana"}), says({"active": 1}), says({}), says([]), says(b"<html>"),
        says(b'{"active": true, "active": false}'), says({"active": True}, 401), says({"active": True}, 302),
        providers.breaks_off,
    ],
)  # fmt: skip
def test_an_answer_that_is_none_refuses_its_token_and_no_other(
    provider: Provider, asks: Introspector, page: providers.Page
) -> None:
    provider.pages[INTROSPECTION] = page
    with pytest.raises(KeysUnavailableError):
        _identify(asks)
    assert ["AND ARE REFUSED" in said and TOKEN not in said and "s&cret" not in said for said in SAID] == [True]

    provider.tokens["other"] = _good(provider)
    del provider.pages[INTROSPECTION]
    assert "user:main/ana" == _identify(asks, "other").subject


def test_an_answer_is_believed_for_a_moment_and_a_refusal_for_a_shorter_one(
    provider: Provider, asks: Introspector, clock: Clock
) -> None:
    provider.tokens[TOKEN] = _good(provider)
    _identify(asks)
    del provider.tokens[TOKEN]
    assert "user:main/ana" == _identify(asks).subject

    clock.ahead_s += 31
    with pytest.raises(TokenError):
        _identify(asks)
    provider.tokens[TOKEN] = _good(provider)
    with pytest.raises(TokenError):
        _identify(asks)
    clock.ahead_s += 6
    assert "user:main/ana" == _identify(asks).subject
    assert 3 == provider.asked[INTROSPECTION]


def test_made_up_tokens_drive_nothing_out_that_is_known_of_good_ones(provider: Provider, asks: Introspector) -> None:
    provider.tokens[TOKEN] = _good(provider)
    _identify(asks)
    for number in range(introspection.MAX_REMEMBERED + 10):
        asks._remember(number.to_bytes(32, "big"), introspection._Said(None, float("inf")))

    assert "user:main/ana" == _identify(asks).subject
    assert (1, introspection.MAX_REMEMBERED) == (provider.asked[INTROSPECTION], len(asks._others))


def test_a_token_that_ends_before_its_answer_is_forgotten_ends_then(provider: Provider, asks: Introspector) -> None:
    now = int(time.time())
    provider.tokens[TOKEN] = _good(provider, exp=now + 5)
    _identify(asks)

    with pytest.raises(TokenError):
        asks.identify(TOKEN, now=now + 36)


def test_a_hundred_requests_with_one_token_ask_once(provider: Provider, asks: Introspector) -> None:
    provider.tokens[TOKEN] = _good(provider)
    provider.delay_s = 0.3

    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(lambda _: _identify(asks).subject, range(100)))

    assert ["user:main/ana"] * 100 == found
    assert 1 == provider.asked[INTROSPECTION]


def test_what_too_many_ask_at_once_is_refused_and_the_rest_is_answered(provider: Provider, asks: Introspector) -> None:
    provider.answers.clear()
    known = [f"t{number}" for number in range(MAX_QUEUED + MAX_THREADS + 50)]
    provider.tokens = {token: _good(provider) for token in known}

    waiting: list[Pending] = []
    refused = 0
    for token in known:
        try:
            found = asks.identify(token, now=time.time())
            assert isinstance(found, Pending)
            waiting.append(found)
        except KeysUnavailableError:
            refused += 1
    provider.answers.set()
    with ThreadPoolExecutor(len(waiting)) as pool:
        answered = list(pool.map(lambda one: one.wait().subject, waiting))

    # Of those that are being asked already, some may not have left the queue.
    assert 1 <= refused <= 50 + MAX_THREADS
    assert ["user:main/ana"] * (len(known) - refused) == answered


@pytest.mark.parametrize("page", [providers.drips, lambda _: time.sleep(3)], ids=["drips", "silent"])
def test_a_provider_that_does_not_answer_in_time_is_left_and_not_asked_again_at_once(
    provider: Provider, asks: Introspector, clock: Clock, page: providers.Page
) -> None:
    provider.pages[INTROSPECTION] = page
    began = time.monotonic()
    with pytest.raises(KeysUnavailableError):
        _identify(asks)
    assert time.monotonic() - began < 10
    while asks._threads:
        time.sleep(0.01)

    with pytest.raises(KeysUnavailableError):
        asks.identify("another", now=time.time())
    assert 1 == provider.asked[INTROSPECTION]
    del provider.pages[INTROSPECTION]
    provider.tokens["another"] = _good(provider)
    clock.ahead_s += introspection.REST_S + 2
    assert "user:main/ana" == _identify(asks, "another").subject


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ü", 'a"b', "a=b", "a\x00"])
def test_what_is_no_token_is_never_sent(provider: Provider, asks: Introspector, token: str) -> None:
    with pytest.raises(TokenError):
        asks.identify(token, now=time.time())
    assert not provider.asked


def test_a_signed_token_is_known_by_what_is_signed_whatever_the_spelling_of_its_signature(
    provider: Provider, asks: Introspector
) -> None:
    token = provider.token("k1")
    other = token.rpartition(".")[0] + "." + "A" * 86
    provider.tokens = {token: _good(provider), other: _good(provider)}

    assert _identify(asks, token).credential == _identify(asks, other).credential


def test_it_ends_while_it_is_asked(provider: Provider, asks: Introspector) -> None:
    provider.pages[INTROSPECTION] = providers.drips
    found = asks.identify(TOKEN, now=time.time())
    assert isinstance(found, Pending)
    while not provider.asked[INTROSPECTION]:
        time.sleep(0.01)
    asks.stop()

    with pytest.raises(KeysUnavailableError):
        found.wait()
    with pytest.raises(KeysUnavailableError):
        asks.identify("another", now=time.time())
