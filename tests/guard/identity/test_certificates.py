"""Client certificates as they reach a service: what is believed, whom it names, and what is refused."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.errors import SettingsError
from nomoat.guard.certificates import CertificateSettings, Source
from nomoat.guard.identity import spiffe
from nomoat.guard.identity.certificates import Certificates, check_binding
from nomoat.guard.identity.model import CertificateError, Identity, TokenError
from nomoat.guard.identity.origin import ENVIRON
from nomoat.guard.identity.spiffe import Template
from nomoat.guard.identity.x509 import Certificate
from tests.guard.authority import Authority, Issued

CA = Authority()
BILLING = "spiffe://example.org/ns/shop/sa/billing"
GOOD = CA.issue(uris=(BILLING,))
PROXY = "10.0.0.5"
TRUSTED = (ipaddress.ip_network("10.0.0.0/24"),)
HEADERS: Mapping[Source, str] = {"xfcc": "x-forwarded-client-cert", "rfc9440": "client-cert", "header": "x-ssl-cert"}


def _template(text: str, service: str) -> Template:
    made = spiffe.template(text, service)
    assert isinstance(made, Template)
    return made


TEMPLATES = (_template("spiffe://example.org/ns/shop/sa/{sa}", "{sa}"),)


def _certificates(source: Source, *, ca: str = "", **given: Any) -> Certificates:
    settings = CertificateSettings(
        source, HEADERS.get(source, ""), "example.org", templates=TEMPLATES, ca="file:ca" if ca else ""
    )
    return Certificates(replace(settings, **given), TRUSTED, ca)


def _scope(*headers: tuple[str, str], client: Any = (PROXY, 40000)) -> dict[str, Any]:
    encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]
    return {"type": "http", "scheme": "http", "headers": encoded, "client": client}


def _forwarded(issued: Issued, source: Source, *more: Issued) -> dict[str, Any]:
    """As a proxy forwards it."""
    chain = "".join(one.pem for one in (issued, *more))
    values = {
        "xfcc": f'By=spiffe://p;Hash={issued.sha256};Cert="{issued.escaped}";Chain="{quote(chain, safe="")}"',
        "rfc9440": f":{base64.b64encode(issued.der).decode()}:",
        "header": issued.escaped,
    }
    scope = _scope((HEADERS[source], values[source]))
    if source == "rfc9440" and more:
        text = ", ".join(f":{base64.b64encode(one.der).decode()}:" for one in more)
        scope["headers"].append((b"client-cert-chain", text.encode()))
    return scope


def _named(certificates: Certificates, scope: Mapping[str, Any], **given: Any) -> Identity | None:
    found = certificates.shown(scope, **given)
    return certificates.named(found) if found is not None else None


def _refused(certificates: Certificates, scope: Mapping[str, Any], **given: Any) -> str:
    with pytest.raises(CertificateError) as raised:
        _named(certificates, scope, **given)
    return raised.value.what


@pytest.mark.parametrize("source", HEADERS)
def test_a_certificate_is_of_the_service_that_its_spiffe_id_names(source: Source) -> None:
    expected = Identity(
        "service:billing",
        credential=f"sha256:{GOOD.sha256}",
        issued_at=GOOD.certificate.not_valid_before_utc.timestamp(),
    )

    certificates = _certificates(source)
    # The second time it is remembered.
    assert [expected] * 2 == [_named(certificates, _forwarded(GOOD, source)) for _ in range(2)]
    assert _named(certificates, _scope()) is None
    assert _named(certificates, _scope((HEADERS[source], ""))) is None


def test_a_hash_and_names_are_believed_of_a_proxy_that_forwards_no_more() -> None:
    header = (HEADERS["xfcc"], f'By=spiffe://p;Hash={"AB" * 32};Subject="";URI={BILLING};DNS=a;DNS=b')

    found = _certificates("xfcc").shown(_scope(header))
    assert Certificate("ab" * 32, (BILLING,), ("a", "b")) == found
    assert "nothing of it is there to be verified" in _refused(_certificates("xfcc", ca=CA.pem), _scope(header))


# -- who says it -------------------------------------------------------------------------------------------------------

FORGED: dict[str, Any] = {
    "another address": ("192.0.2.1", 40000), "a name": ("testclient", 50000), "a socket": None, "empty": ("", 0),
    "an address without a port, as X-Forwarded-For has it": (PROXY, 0), "a lookalike": ("10.0.0.5x", 1),
    "the next network": ("10.0.1.5", 40000),
}  # fmt: skip


@pytest.mark.parametrize("source", HEADERS)
@pytest.mark.parametrize("client", FORGED.values(), ids=FORGED)
def test_from_anywhere_but_a_trusted_proxy_it_is_forged(client: Any, source: Source) -> None:
    said = _refused(_certificates(source), {**_forwarded(GOOD, source), "client": client})

    assert "no trusted proxy" in said or "the server does not tell who forwards it" in said


@pytest.mark.parametrize("client", [("::ffff:10.0.0.5", 40000), ("10.0.0.5", 40000)])
def test_a_proxy_is_known_in_every_spelling_of_its_address(client: Any) -> None:
    assert _named(_certificates("header"), {**_forwarded(GOOD, "header"), "client": client}) is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-forwarded-for", PROXY), ("x-forwarded-for", f"{PROXY}:40000, 192.0.2.1"), ("x-real-ip", PROXY),
        ("x-forwarded-for", f"192.0.2.1, {PROXY}"), ("x-forwarded-for", f"[::ffff:{PROXY}]:40000"),
        ("x-forwarded-for", "::FFFF:A00:5"), ("forwarded", f'for=192.0.2.1;by=x, For="{PROXY}:1"'),
    ],
)  # fmt: skip
def test_an_address_that_a_header_may_have_put_there_is_nobodys(name: str, value: str) -> None:
    scope = _forwarded(GOOD, "xfcc")
    scope["headers"].append((name.encode(), value.encode()))

    assert "the server does not tell who forwards it" in _refused(_certificates("xfcc"), scope)


@pytest.mark.parametrize(
    "value",
    ["192.0.2.1", f"2{PROXY}", f"{PROXY}5", "unknown, _hidden", "", "::1, [2001:db8::1]:5", ":::", "fe80::1%eth0"],
)
def test_other_addresses_that_headers_say_change_nothing(value: str) -> None:
    scope = _forwarded(GOOD, "xfcc")
    scope["headers"].append((b"x-forwarded-for", value.encode()))
    scope["headers"].append((b"forwarded", f'for="{value}";by={PROXY}'.encode()))

    assert _named(_certificates("xfcc"), scope) is not None


@pytest.mark.parametrize("source", HEADERS)
def test_two_headers_are_refused(source: Source) -> None:
    scope = _forwarded(GOOD, source)
    scope["headers"] += _forwarded(CA.issue(uris=(BILLING,)), source)["headers"]

    assert "it is forwarded twice" in _refused(_certificates(source), scope)


@pytest.mark.parametrize("source", HEADERS)
def test_other_headers_say_nothing(source: Source) -> None:
    scope = _forwarded(GOOD, source)
    (name, value) = scope["headers"][0]

    for other in (name.replace(b"-", b"_"), name + b"-x", b"x-" + name):
        assert _named(_certificates(source), _scope((other.decode(), value.decode()))) is None


def _environ(issued: Issued, **given: str) -> dict[str, Any]:
    environ = {"REMOTE_ADDR": PROXY, **given}
    return {**_forwarded(issued, "header"), "client": (environ["REMOTE_ADDR"], 0), ENVIRON: environ}


def test_a_server_of_wsgi_is_believed_where_it_drops_names_with_underscores() -> None:
    dropping = _certificates("header", are_underscores_dropped=True)

    assert "underscores" in _refused(_certificates("header"), _environ(GOOD))
    assert _named(dropping, _environ(GOOD)) is not None
    assert "no trusted proxy" in _refused(dropping, _environ(GOOD, REMOTE_ADDR="192.0.2.1"))
    assert "no trusted proxy" in _refused(dropping, _environ(GOOD, REMOTE_ADDR=""))


def test_an_address_that_proxyfix_put_there_is_not_the_peers() -> None:
    dropping = _certificates("header", are_underscores_dropped=True)
    replaced: Any = _environ(GOOD)

    replaced[ENVIRON]["werkzeug.proxy_fix.orig"] = {"REMOTE_ADDR": "192.0.2.1"}
    assert "no trusted proxy" in _refused(dropping, replaced)
    replaced[ENVIRON] = {"REMOTE_ADDR": "192.0.2.9", "werkzeug.proxy_fix.orig": {"REMOTE_ADDR": PROXY}}
    assert _named(dropping, replaced) is not None


# -- what it says ------------------------------------------------------------------------------------------------------

PEM = GOOD.pem
MALFORMED: list[tuple[Source, str]] = [
    ("header", "nonsense"), ("header", GOOD.escaped[:-20]), ("header", GOOD.escaped + "%0"),
    ("header", GOOD.escaped + "%zz"), ("header", GOOD.escaped + "%C3%A9"), ("header", GOOD.escaped * 2),
    ("header", GOOD.escaped + "x"), ("header", GOOD.escaped.replace("%2B", "+x", 1) + "%25"),
    ("header", quote(PEM.replace("CERTIFICATE", "PUBLIC KEY"), safe="")), ("header", "%2D" * 100_000),
    ("header", quote("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", safe="")),
    ("rfc9440", base64.b64encode(GOOD.der).decode()), ("rfc9440", f":{base64.b64encode(GOOD.der).decode()}"),
    ("rfc9440", f":{base64.urlsafe_b64encode(GOOD.der + b'??>').decode()}:"), ("rfc9440", "::"), ("rfc9440", ":AAAA:"),
    ("rfc9440", f":{base64.b64encode(GOOD.der).decode()}:, :{base64.b64encode(GOOD.der).decode()}:"),
    ("rfc9440", f":{base64.b64encode(GOOD.der[:-1]).decode()}:"),
    ("rfc9440", f":{base64.b64encode(GOOD.der + b'x').decode()}:"),
    ("xfcc", f"URI={BILLING}"), ("xfcc", f"Hash=abc;URI={BILLING}"), ("xfcc", f"Hash={'g' * 64};URI={BILLING}"),
    ("xfcc", f'Hash={"a" * 64};Cert="{GOOD.escaped}"'), ("xfcc", f'Cert="{GOOD.escaped}";URI=spiffe://example.org/other'),
    ("xfcc", f'Cert="{GOOD.escaped}";DNS="a'), ("xfcc", f'Cert="{GOOD.escaped}";Chain="{GOOD.escaped[:-40]}"'),
    ("xfcc", f'Cert="{GOOD.escaped * 2}"'), ("xfcc", f"Hash={'a' * 64},"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "value"), MALFORMED, ids=[f"{s}-{n}" for n, (s, _) in enumerate(MALFORMED)])
def test_what_is_malformed_is_refused_and_never_repeated(source: Source, value: str) -> None:
    said = _refused(_certificates(source), _scope((HEADERS[source], value.replace("\n", " "))))

    assert "refused" in said and "example.org" not in said and len(said) < 200


@pytest.mark.parametrize("source", HEADERS)
@given(text=st.text(st.characters(max_codepoint=0xFF), min_size=1))
def test_any_header_is_a_certificate_or_refused(source: Source, text: str) -> None:
    certificates = _certificates(source)

    for value in (text, f":{text}:", f'Cert="{text}"', f"Hash={'a' * 64};URI={text}"):
        try:
            found = _named(certificates, _scope((HEADERS[source], value)))
        except CertificateError:
            continue
        assert found is None and not value.strip()


def test_the_element_of_the_nearest_proxy_counts() -> None:
    mine, others = (f"Hash={digit * 64};URI=spiffe://example.org/ns/shop/sa/{name}" for digit, name in ("am", "be"))
    two = _scope((HEADERS["xfcc"], f"{others},{mine}"))

    found = _named(_certificates("xfcc"), two)
    assert found is not None and "service:m" == found.subject
    assert "another number of proxies" in _refused(_certificates("xfcc", elements=1), two)
    assert _named(_certificates("xfcc", elements=2), two) is not None


def test_a_subject_with_quotes_commas_and_semicolons_changes_nothing() -> None:
    """Envoy writes a subject as RFC 2253 has it, and escapes its quotes."""
    subject = f'CN=a\\",URI={BILLING};Hash={"b" * 64}\\,\\\\'
    header = (HEADERS["xfcc"], f'Hash={"a" * 64};Subject="{subject}";URI=spiffe://example.org/ns/shop/sa/eve')

    found = _named(_certificates("xfcc"), _scope(header))
    assert found is not None and ("service:eve", f"sha256:{'a' * 64}") == (found.subject, found.credential)


# -- whom it names -----------------------------------------------------------------------------------------------------

OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "another trust domain": ({"uris": ("spiffe://other.org/ns/shop/sa/billing",)}, "another trust domain"),
    "a longer trust domain": ({"uris": ("spiffe://example.org.evil/ns/shop/sa/billing",)}, "another trust domain"),
    "another case of the scheme": ({"uris": (BILLING.replace("spiffe", "SPIFFE"),)}, "malformed"),
    "another case of the domain": ({"uris": (BILLING.replace("example", "Example"),)}, "malformed"),
    "two SPIFFE IDs": ({"uris": (BILLING, "spiffe://example.org/ns/shop/sa/eve")}, "another URI beside it"),
    "the same twice": ({"uris": (BILLING, BILLING)}, "another URI beside it"),
    "a URI beside it": ({"uris": (BILLING, "https://example.org/")}, "another URI beside it"),
    "an escape": ({"uris": (BILLING.replace("billing", "bill%69ng"),)}, "malformed"),
    "a way up": ({"uris": ("spiffe://example.org/ns/other/../shop/sa/billing",)}, "malformed"),
    "no path": ({"uris": ("spiffe://example.org",)}, "malformed"),
    "another path": ({"uris": ("spiffe://example.org/ns/other/sa/billing",)}, "of no service"),
    "a name that nobody said": ({"name": "billing"}, "of no service"),
    "a host that nobody said": ({"dns": ("billing",)}, "of no service"),
    "nothing": ({"name": "x"}, "of no service"),
    "an authority's": ({"uris": (BILLING,), "signs": True}, "an authority's"),
    "ended": ({"uris": (BILLING,), "ends": timedelta(seconds=-5)}, "it has ended"),
    "not begun": ({"uris": (BILLING,), "begins": timedelta(hours=1)}, "not valid yet"),
}  # fmt: skip


@pytest.mark.parametrize(("given_", "why"), OTHERS.values(), ids=OTHERS)
def test_a_certificate_that_names_nobody_is_refused(given_: dict[str, Any], why: str) -> None:
    assert why in _refused(_certificates("header"), _forwarded(CA.issue(**given_), "header"))


def test_other_names_are_matched_exactly_and_must_agree() -> None:
    issued = CA.issue(name="billing", dns=("billing.internal", "other.internal"))
    certificates = _certificates(
        "header",
        names=(("dns:billing.internal", "billing"), ("subject:CN=billing", "billing"), ("dns:two.internal", "two")),
    )

    found = _named(certificates, _forwarded(issued, "header"))
    assert found is not None and "service:billing" == found.subject
    for name, dns in (("Billing", ("Billing.internal",)), ("billing2", ("a.billing.internal",)), ("x", ("y",))):
        assert "of no service" in _refused(certificates, _forwarded(CA.issue(name=name, dns=dns), "header"))
    both = CA.issue(dns=("billing.internal", "two.internal"))
    assert "of several services" in _refused(certificates, _forwarded(both, "header"))
    pinned = _certificates("header", names=((f"sha256:{both.sha256}", "both"),))
    assert "service:both" == getattr(_named(pinned, _forwarded(both, "header")), "subject", None)


# -- who signed it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", HEADERS)
def test_guard_verifies_by_itself_where_it_is_given_authorities(source: Source) -> None:
    certificates = _certificates(source, ca=CA.pem)
    stranger = Authority().issue(uris=(BILLING,))

    assert _named(certificates, _forwarded(GOOD, source)) is not None
    assert "none of the authorities" in _refused(certificates, _forwarded(stranger, source))
    server = CA.issue(uris=(BILLING,), for_client=False)
    assert "none of the authorities" in _refused(certificates, _forwarded(server, source))


@pytest.mark.parametrize("source", ["xfcc", "rfc9440"])
def test_what_stands_between_is_followed(source: Source) -> None:
    between = CA.below("Between")
    issued = between.issue(uris=(BILLING,))
    link = Issued(between.root, between.key)

    assert _named(_certificates(source, ca=CA.pem), _forwarded(issued, source, link)) is not None
    assert "none of the authorities" in _refused(_certificates(source, ca=CA.pem), _forwarded(issued, source))


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_authorities_that_cannot_be_read_are_told(text: str) -> None:
    with pytest.raises(SettingsError):
        Certificates(CertificateSettings("header", "x", "example.org", ca="file:ca"), TRUSTED, text)


def test_what_is_remembered_ends_and_does_not_come_back() -> None:
    issued = CA.issue(uris=(BILLING,), ends=timedelta(seconds=30))
    certificates, scope = _certificates("header", ca=CA.pem), _forwarded(issued, "header")
    ends = issued.certificate.not_valid_after_utc.timestamp()

    assert _named(certificates, scope, now=ends - 1) is not None
    assert "it has ended" in _refused(certificates, scope, now=ends + 1)
    assert "not valid yet" in _refused(certificates, scope, now=ends - 3 * 86_400)
    for number in range(1100):
        with pytest.raises(CertificateError):
            _named(certificates, _scope((HEADERS["header"], f"{number}")))
    assert len(certificates._known) <= 1024


# -- the server's own --------------------------------------------------------------------------------------------------


def _tls(**given: Any) -> dict[str, Any]:
    return {**_scope(client=("192.0.2.1", 1)), "scheme": "https", "extensions": {"tls": given}}


def test_a_server_that_ends_tls_itself_says_what_it_was_shown() -> None:
    certificates = _certificates("tls")

    for chain in ([GOOD.pem], (GOOD.pem, CA.pem)):
        assert _named(certificates, _tls(client_cert_chain=chain)) is not None
    empty: list[dict[str, Any]] = [{}, {"client_cert_chain": []}, {"client_cert_chain": None}]
    for nothing in empty:
        assert _named(certificates, _tls(**nothing)) is None
    assert _named(certificates, _scope((HEADERS["xfcc"], GOOD.escaped))) is None
    hostile: list[dict[str, Any]] = [
        {"client_cert_chain": [GOOD.pem], "client_cert_error": "expired"}, {"client_cert_chain": [GOOD.der]},
        {"client_cert_chain": [""]}, {"client_cert_chain": ["x"]},
    ]  # fmt: skip
    for given_ in hostile:
        assert "refused" in _refused(certificates, _tls(**given_))


def test_a_server_of_wsgi_says_whether_it_verified() -> None:
    def scope(**environ: str) -> dict[str, Any]:
        return {**_scope(), ENVIRON: environ}

    trusting, verifying = _certificates("tls"), _certificates("tls", ca=CA.pem)
    assert _named(trusting, scope(SSL_CLIENT_CERT=GOOD.pem, SSL_CLIENT_VERIFY="SUCCESS")) is not None
    assert _named(trusting, scope(SSL_CLIENT_VERIFY="NONE")) is None
    for verify in ("FAILED:expired", "GENEROUS", "NONE", "", "success"):
        assert "could not verify" in _refused(trusting, scope(SSL_CLIENT_CERT=GOOD.pem, SSL_CLIENT_VERIFY=verify))
    assert "nobody says that it was verified" in _refused(trusting, scope(SSL_CLIENT_CERT=GOOD.pem))
    assert _named(verifying, scope(SSL_CLIENT_CERT=GOOD.pem)) is not None
    stranger = Authority().issue(uris=(BILLING,))
    assert "none of the authorities" in _refused(verifying, scope(SSL_CLIENT_CERT=stranger.pem))
    # A header can never become one of these.
    assert _named(trusting, scope(HTTP_SSL_CLIENT_CERT=GOOD.pem, HTTP_SSL_CLIENT_VERIFY="SUCCESS")) is None


# -- tokens that are bound to one --------------------------------------------------------------------------------------

THUMBPRINT = base64.urlsafe_b64encode(bytes.fromhex(GOOD.sha256)).rstrip(b"=").decode()
SHOWN = Certificate(GOOD.sha256)


@pytest.mark.parametrize(
    ("cnf", "shown"),
    [
        ({"x5t#S256": THUMBPRINT}, None), ({"x5t#S256": THUMBPRINT}, Certificate("0" * 64)),
        ({"x5t#S256": THUMBPRINT + "="}, SHOWN), ({"x5t#S256": GOOD.sha256}, SHOWN), ({"x5t#S256": None}, SHOWN),
        ({"x5t#S256": [THUMBPRINT]}, SHOWN), ({"jkt": THUMBPRINT}, SHOWN), ({}, SHOWN), (None, SHOWN), ("x", None),
        ({"x5t#S256": THUMBPRINT, "jkt": "x"}, SHOWN), ([THUMBPRINT], SHOWN), ({"jwk": {}}, None),
    ],
)  # fmt: skip
def test_a_token_that_is_bound_to_something_else_is_refused(cnf: Any, shown: Certificate | None) -> None:
    with pytest.raises(TokenError):
        check_binding(Identity("user:main/ana", claims={"cnf": cnf}), shown)


def test_a_token_that_is_bound_to_this_certificate_or_to_nothing_passes() -> None:
    bound = Identity("user:main/ana", claims={"cnf": {"x5t#S256": THUMBPRINT}})

    assert check_binding(bound, SHOWN)
    assert [False, False] == [check_binding(Identity("user:main/ana"), shown) for shown in (None, SHOWN)]
