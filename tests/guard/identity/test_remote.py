"""What one fetch of keys takes from a provider, and what it refuses: over real connections, with every bad manner."""

from __future__ import annotations

import ssl
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from nomoat.guard.identity.https import Line, ProviderError
from nomoat.guard.identity.remote import Remote
from nomoat.guard.issuers import IssuerSettings
from nomoat.guard.providers import KeysAddress
from tests.guard.identity import provider as providers
from tests.guard.identity.provider import DISCOVERY, JWKS, Page, Provider, member, says


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providers.running() as found:
        yield found


def _remote(
    provider: Provider, *, url: str | None = None, ca: str = "", algorithms: tuple[str, ...] = ("ES256",)
) -> Remote:
    address = KeysAddress(provider.url(JWKS) if url is None else url)
    return Remote(IssuerSettings("main", provider.issuer, algorithms, "", remote=address), ca)


def _fault(asks: Callable[[], Any]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        asks()
    assert caught.value.where and caught.value.fix, "it says where, and what to do"
    return caught.value


def test_keys_are_fetched_from_their_address(provider: Provider) -> None:
    provider.headers = {"Cache-Control": "public, max-age=300", "Age": "100"}

    fetched = _remote(provider).fetch()
    assert [("k1", 0)] == [(key.id, fetched.found.others) for key in fetched.found.keys]
    assert 200.0 == fetched.max_age_s
    assert fetched.date_s is not None and abs(fetched.date_s - 100 - time.time()) < 60


def test_their_address_is_discovered_from_the_issuer(provider: Provider) -> None:
    assert ["k1"] == [key.id for key in _remote(provider, url="").fetch().found.keys]
    assert {DISCOVERY: 1, JWKS: 1} == provider.asked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"issuer": "http://127.0.0.1:1"}, "names another issuer"),
        ({"issuer": None}, "names another issuer"),
        ({"jwks_uri": None}, "no jwks_uri"),
        ({"jwks_uri": "http://192.0.2.1/jwks"}, "no jwks_uri"),
        ({"jwks_uri": "file:///etc/passwd"}, "no jwks_uri"),
        ({"jwks_uri": "https://user:password@127.0.0.1/jwks"}, "no jwks_uri"),
        ({"jwks_uri": "https://127.0.0.1/jwks\r\nX: y"}, "no jwks_uri"),
        ({"jwks_uri": ["https://127.0.0.1/jwks"]}, "no jwks_uri"),
    ],
)
def test_a_document_that_may_not_be_followed_is_not(provider: Provider, change: dict[str, Any], said: str) -> None:
    provider.pages[DISCOVERY] = says({**provider.document(), **change})

    assert said in _fault(_remote(provider, url="").fetch).what
    assert 0 == provider.asked[JWKS]


def test_a_slash_behind_the_issuer_is_no_part_of_the_address_and_one_of_its_name(provider: Provider) -> None:
    named = IssuerSettings("main", provider.issuer + "/", ("ES256",), "", remote=KeysAddress())
    provider.pages[DISCOVERY] = says({**provider.document(), "issuer": provider.issuer + "/"})

    assert 1 == len(Remote(named).fetch().found.keys)
    assert "names another issuer" in _fault(_remote(provider, url="").fetch).what


LIES: dict[str, tuple[Page, str]] = {
    "a redirect": (says(b"", 302, Location="https://127.0.0.1/keys"), "refused"),
    "a fault": (says(b"", 500), "refused"),
    "another success": (says({"keys": []}, 206), "refused"),
    "a page for people": (says(b"<!doctype html><title>Sign in</title>"), "malformed"),
    "half of it": (providers.breaks_off, "malformed"),
    "far too much": (says(b" " * 300_000 + b"{}"), "malformed"),
    "far too much, in pieces": (lambda request: _chunks(request), "malformed"),
    "compressed": (says(b"{}", 200, **{"Content-Encoding": "gzip"}), "malformed"),
    "a list": (says([]), "malformed"),
    "a member twice": (says(b'{"keys": [], "keys": []}'), "malformed"),
    "no number": (says(b'{"keys": [NaN]}'), "malformed"),
    "too deep": (says(b'{"keys": ' + b"[" * 5000 + b"]" * 5000 + b"}"), "malformed"),
    "keys that are none": (says({"keys": "none"}), "malformed"),
    "keys of text": (says({"keys": ["k1"]}), "malformed"),
    "no HTTP": (lambda request: _raw(request, b"SSH-2.0-x\r\n" * 9), "malformed"),
    "endless beginnings": (lambda request: _raw(request, b"HTTP/1.1 100 Continue\r\n\r\n" * 200_000), "malformed"),
    "endless headers": (
        lambda request: _raw(request, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000),
        "malformed",
    ),
}


def _raw(request: Any, said: bytes) -> None:
    request.wfile.write(said)


def _chunks(request: Any) -> None:
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    for _ in range(40):
        request.wfile.write(b"2710\r\n" + b" " * 10_000 + b"\r\n")


@pytest.mark.parametrize(("page", "fault"), LIES.values(), ids=LIES)
def test_what_is_no_key_set_is_refused(provider: Provider, page: Page, fault: str) -> None:
    provider.pages[JWKS] = page

    assert fault == _fault(_remote(provider).fetch).fault


def test_what_breaks_off_is_not_taken_for_the_whole(provider: Provider) -> None:
    provider.pages[JWKS] = providers.breaks_off

    assert "broke off" in _fault(_remote(provider).fetch).what


@pytest.mark.parametrize("page", [providers.drips, providers.drips_headers])
def test_a_provider_that_drips_is_left_at_the_deadline(provider: Provider, page: Page) -> None:
    provider.pages[JWKS] = page
    settings = IssuerSettings("main", provider.issuer, ("ES256",), "", remote=KeysAddress(provider.url(JWKS)))

    assert "late" == _fault(Remote(settings, deadline_s=0.5).fetch).fault


def test_one_that_says_nothing_at_all_is_cut_off_from_another_thread(provider: Provider) -> None:
    begun = threading.Event()

    def waits(_: Any) -> None:
        begun.set()
        time.sleep(2)

    provider.pages[JWKS] = waits
    fetching = _remote(provider)
    failed: list[str] = []
    thread = threading.Thread(target=lambda: failed.append(_fault(fetching.fetch).fault))
    thread.start()
    assert begun.wait(10)
    fetching.cut()
    thread.join(10)

    assert failed and failed[0] in ("unreachable", "malformed")
    assert "unreachable" == _fault(fetching.fetch).fault


def test_nobody_there_is_said_plainly(provider: Provider) -> None:
    provider.close()

    assert "unreachable" == _fault(_remote(provider).fetch).fault


def test_plain_http_reaches_this_machine_alone_whatever_its_name_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = [(2, 1, 6, "", ("192.0.2.1", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: elsewhere)

    with pytest.raises(ProviderError, match="cannot be reached"):
        Line().ask("http://localhost/jwks", deadline_s=2)


# -- TLS ---------------------------------------------------------------------------------------------------------------


def test_a_certificate_that_nobody_here_trusts_is_refused_and_one_of_the_given_authority_is_not(tmp_path: Path) -> None:
    ca, certificate = providers.authority(tmp_path)
    with providers.running(certificate) as provider:
        strange = _fault(_remote(provider, url="").fetch)
        fetched = _remote(provider, url="", ca=ca.read_text()).fetch()

    assert "certificate" == strange.fault and "ca: file:" in strange.fix
    assert ["k1"] == [key.id for key in fetched.found.keys]


@pytest.mark.parametrize("change", [{"host": "192.0.2.1"}, {"days": -1}], ids=["another host", "expired"])
def test_a_certificate_of_another_host_or_time_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    ca, certificate = providers.authority(tmp_path, **change)
    with providers.running(certificate) as provider:
        assert "certificate" == _fault(_remote(provider, ca=ca.read_text()).fetch).fault


def test_an_encrypted_issuer_cannot_send_us_to_plain_http(tmp_path: Path) -> None:
    ca, certificate = providers.authority(tmp_path)
    with providers.running(certificate) as provider, providers.running() as plain:
        provider.pages[DISCOVERY] = says({**provider.document(), "jwks_uri": plain.url(JWKS)})
        fault = _fault(_remote(provider, url="", ca=ca.read_text()).fetch)

    assert "no jwks_uri" in fault.what
    assert not plain.asked


def test_certificates_that_are_none_are_no_ca() -> None:
    with pytest.raises((ssl.SSLError, ValueError)):
        Remote(IssuerSettings("main", "https://127.0.0.1", ("ES256",), "", remote=KeysAddress()), "no certificate")


# -- which keys count --------------------------------------------------------------------------------------------------

_EC = ECKey.generate_key("P-256")
_RSA = RSAKey.generate_key(2048)
OTHERS: dict[str, dict[str, Any]] = {
    "for encryption": member(_EC, "x", use="enc"),
    "for signing alone": member(_EC, "x", key_ops=["sign"]),
    "operations that are no list": member(_EC, "x", key_ops="verify"),
    "of another algorithm": member(_EC, "x", alg="ES384"),
    "of another curve": member(ECKey.generate_key("P-384"), "x"),
    "of another kind": member(_RSA, "x"),
    "with a private part": {**_EC.as_dict(private=True), "kid": "x"},
    "a kid that is no text": {**member(_EC), "kid": 5},
    "not on its curve": {**member(_EC, "x"), "y": member(ECKey.generate_key("P-256"))["y"]},
    "cut off": {**member(_EC, "x"), "y": "AA"},
    "without what it needs": {"kty": "EC", "kid": "x"},
    "of a kind nobody knows": {"kty": "AKP", "kid": "x"},
    "of a kind that is no text": {"kty": ["EC"], "kid": "x"},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_key_that_is_for_something_else_does_not_count_and_hides_no_other(
    provider: Provider, other: dict[str, Any]
) -> None:
    provider.pages[JWKS] = says({"keys": [other, member(_EC, "good", use="sig", key_ops=["verify"], alg="ES256")]})

    found = _remote(provider).fetch().found
    assert (["good"], 1) == ([key.id for key in found.keys], found.others)

    provider.pages[JWKS] = says({"keys": [other]})
    assert "none of its 1 keys fits ES256" in _fault(_remote(provider).fetch).what


@pytest.mark.parametrize("bits", [1024, 9216])
def test_an_rsa_key_is_long_enough_and_not_so_long_that_it_keeps_us_busy(provider: Provider, bits: int) -> None:
    modulus = ((1 << bits - 1) + 1).to_bytes(bits // 8, "big")
    odd = {"kty": "RSA", "kid": "odd", "n": urlsafe_b64encode(modulus).rstrip(b"=").decode(), "e": "AQAB"}
    provider.pages[JWKS] = says({"keys": [odd, member(_RSA, "good")]})

    found = _remote(provider, algorithms=("RS256",)).fetch().found

    assert ["good"] == [key.id for key in found.keys]


def test_a_key_for_an_algorithm_that_is_not_pinned_does_not_count_though_it_is_of_the_kind(provider: Provider) -> None:
    provider.pages[JWKS] = says({"keys": [member(_RSA, "a", alg="PS256"), member(_RSA, "b", alg="RS256")]})

    assert ["b"] == [key.id for key in _remote(provider, algorithms=("RS256",)).fetch().found.keys]


def test_a_secret_among_the_keys_condemns_all_of_them(provider: Provider) -> None:
    secret = OctKey.generate_key(256).as_dict(private=True)
    provider.pages[JWKS] = says({"keys": [member(_EC, "good"), secret]})

    assert "a secret stands among" in _fault(_remote(provider).fetch).what


def test_a_key_whose_private_part_is_shown_is_named(provider: Provider) -> None:
    provider.pages[JWKS] = says({"keys": [{**_EC.as_dict(private=True), "kid": "open"}, member(_EC, "good")]})

    assert ("open",) == _remote(provider).fetch().found.exposed


def test_a_set_without_end_is_refused(provider: Provider) -> None:
    provider.pages[JWKS] = says({"keys": [member(_EC, str(number)) for number in range(101)]})

    assert "over 100 keys" in _fault(_remote(provider).fetch).what
