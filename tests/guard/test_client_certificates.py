"""Client certificates through a guarded service, beside tokens and keys, and their section of nomoat.yaml."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from nomoat import settings
from nomoat.errors import SettingsError
from nomoat.guard.certificates import CertificateSettings
from nomoat.guard.identity.api_keys import digest, new
from nomoat.guard.settings import read
from nomoat.journal import blocks
from nomoat.journal.facts import Revocation
from tests.guard.authority import Authority, Issued
from tests.guard.guarded import ANA, POLICY, Guarded, last
from tests.guard.test_flask import application
from tests.guard.test_handlers import _app
from tests.guard.wsgi_calling import Served, call, environ_of
from tests.policy.maps import route

CA = Authority()
BILLING = CA.issue(uris=("spiffe://example.org/ns/shop/sa/billing",))
REPORTS = CA.issue(uris=("spiffe://example.org/ns/shop/sa/reports",))
STRANGER = CA.issue(uris=("spiffe://example.org/ns/other/sa/billing",))
PROXY = "192.0.2.1"
SECTION = """\
trusted_proxies: [192.0.2.1]
certificates:
  from: header:X-SSL-Client-Cert
  trust_domain: example.org
  names: {"spiffe://example.org/ns/shop/sa/{sa}": "service:{sa}"}
  ca: file:ca.pem
assign: {customer: ["service:billing"]}
"""
EXPORT = route("GET /orders", binding=("export:read",))
KEY = new("night")
_NIGHT = f'hash: "sha256:{digest(KEY)}", subject: user:keys/night, roles: [customer], until: 2099-01-01'
KEYS = f"api_keys: {{night: {{{_NIGHT}}}}}\n"
ISSUER = 'identity: {main: {issuer: shop, algorithms: [HS256], key: "file:key", roles: claims.roles}}\n'
SECRET = "k" * 40


def _handler() -> str:
    return "ok"


def _guarded(root: Path, section: str = SECTION + ISSUER + KEYS, **given: Any) -> Guarded:
    (root / "ca.pem").write_text(CA.pem)
    (root / "key").write_text(SECRET)
    return Guarded(root, _app(_handler), (EXPORT,), policy=POLICY + section, **{"who": None, **given})


def _by(issued: Issued) -> tuple[str, str]:
    return ("X-SSL-Client-Cert", issued.escaped)


def _token(**claims: Any) -> tuple[str, str]:
    usual = {"iss": "shop", "sub": "ana", "roles": ["customer"], "exp": int(time.time()) + 3600}
    return ("Authorization", f"Bearer {jwt.encode({'alg': 'HS256'}, {**usual, **claims}, OctKey.import_key(SECRET))}")


def _bound_to(issued: Issued) -> dict[str, Any]:
    return {"cnf": {"x5t#S256": base64.urlsafe_b64encode(bytes.fromhex(issued.sha256)).rstrip(b"=").decode()}}


ANA_MAY = (200, "user:main/ana", ("allow", "granted"))
BAD_CERTIFICATE, BAD_TOKEN = ((401, "anonymous", ("deny", reason)) for reason in ("bad-certificate", "bad-token"))
SHOWN: dict[str, tuple[list[tuple[str, str]], Any]] = {
    "a service": ([_by(BILLING)], (200, "service:billing", ("allow", "granted"))),
    "a service that may not": ([_by(REPORTS)], (403, "service:reports", ("deny", "no-grant"))),
    "nothing": ([], (401, "anonymous", ("deny", "unauthenticated"))),
    "one of nobody": ([_by(STRANGER)], BAD_CERTIFICATE),
    "garbage": ([("X-SSL-Client-Cert", "x")], BAD_CERTIFICATE),
    "a token beside it": ([_by(REPORTS), _token()], ANA_MAY),
    "a key beside it": ([_by(REPORTS), ("X-API-Key", KEY)], (200, "user:keys/night", ("allow", "granted"))),
    "a bad token beside it": ([_by(BILLING), ("Authorization", "Bearer a.b.c")], BAD_TOKEN),
    "a token beside one of nobody": ([_by(STRANGER), _token()], BAD_CERTIFICATE),
    "a token beside garbage": ([("X-SSL-Client-Cert", "x"), _token()], BAD_CERTIFICATE),
    "a token that is bound to it": ([_by(REPORTS), _token(**_bound_to(REPORTS))], ANA_MAY),
    "a token that is bound to one of nobody": ([_by(STRANGER), _token(**_bound_to(STRANGER))], ANA_MAY),
    "a token that is bound to another": ([_by(BILLING), _token(**_bound_to(REPORTS))], BAD_TOKEN),
    "a token that is bound, and no certificate": ([_token(**_bound_to(REPORTS))], BAD_TOKEN),
    "a token that is bound to a key": ([_by(BILLING), _token(cnf={"jkt": "x"})], BAD_TOKEN),
}


@pytest.mark.parametrize(("headers", "expected"), SHOWN.values(), ids=SHOWN)
def test_what_is_shown_says_who_calls(headers: Any, expected: Any, tmp_path: Path) -> None:
    answer, facts = _guarded(tmp_path).ask("GET", "/orders", headers=headers)

    assert expected == (answer.status, facts[-1].subject, last(facts))
    if expected[1].startswith("service:"):
        assert f"sha256:{(BILLING if expected[0] == 200 else REPORTS).sha256}" == facts[-1].credential


def test_a_forged_header_is_refused_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guarded = _guarded(tmp_path)

    for headers in ([_by(BILLING)], [_by(BILLING), _token()]):
        answer, facts = guarded.ask("GET", "/orders", headers=headers, client="198.51.100.7")
        assert (401, ("deny", "bad-certificate"), "198.51.100.7") == (answer.status, last(facts), facts[-1].client)
    assert "a client certificate is refused: it comes from no trusted proxy" in capsys.readouterr().err


def test_a_token_that_is_bound_is_refused_where_no_certificate_is_asked_for(tmp_path: Path) -> None:
    guarded = _guarded(tmp_path, ISSUER)

    found = [guarded.ask("GET", "/orders", headers=[token]) for token in (_token(), _token(**_bound_to(BILLING)))]
    assert [(200, "granted"), (401, "bad-token")] == [(answer.status, facts[-1].reason) for answer, facts in found]


def test_a_session_of_the_service_wins_and_the_certificate_stays_on_record(tmp_path: Path) -> None:
    answer, facts = _guarded(tmp_path, who=ANA).ask("GET", "/orders", headers=[_by(REPORTS)])

    assert (200, "user:local/ana") == (answer.status, facts[-1].subject)
    assert f"sha256:{REPORTS.sha256}" == facts[-1].credential


@pytest.mark.parametrize("headers", [[_by(BILLING)], [_by(BILLING), _token()]], ids=["alone", "beside a token"])
@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_a_certificate_is_revoked_or_blocked(headers: Any, mode: Any, tmp_path: Path) -> None:
    def revoke(store: Any) -> None:
        store.append([(Revocation(what="credential", value=f"sha256:{BILLING.sha256}", because="x", by="ana"), None)])

    answer, facts = _guarded(tmp_path, prepare=revoke, mode=mode).ask("GET", "/orders", headers=headers)
    assert (401, ("deny", "revoked")) == (answer.status, last(facts))
    (tmp_path / "journal.db").unlink()

    def block(store: Any) -> None:
        blocks.place(store, "service:billing", for_s=60, because="x", by="ana")

    answer, facts = _guarded(tmp_path, prepare=block, mode=mode).ask("GET", "/orders", headers=headers)
    assert (403, ("deny", "blocked")) == (answer.status, last(facts))


def test_audit_lets_a_forged_one_pass_and_records_it(tmp_path: Path) -> None:
    answer, facts = _guarded(tmp_path, mode="audit").ask("GET", "/orders", headers=[_by(STRANGER)])

    assert (200, ("deny", "bad-certificate"), False) == (answer.status, last(facts), facts[-1].enforced)


def test_a_public_route_asks_nobody(tmp_path: Path) -> None:
    guarded = _guarded(tmp_path, SECTION + 'routes: {"GET /orders": {public: true, because: a probe asks}}\n')

    assert 200 == guarded.ask("GET", "/orders", headers=[("X-SSL-Client-Cert", "x")])[0].status


@pytest.mark.parametrize("dropped", [False, True])
def test_in_front_of_flask_a_name_with_underscores_is_nobodys(dropped: bool, tmp_path: Path) -> None:
    section = SECTION.replace(
        "  ca:", f"  {'underscores_dropped: {because: gunicorn drops them}' if dropped else 'elements: 1'}\n  ca:"
    )
    section = section if dropped else section.replace("  elements: 1\n", "")
    (tmp_path / "ca.pem").write_text(CA.pem)
    served = Served(
        tmp_path, application(), (route("GET /export", binding=("export:read",)),), POLICY + section, who=None
    )
    asked = [served.ask("GET", "/export", headers=[_by(BILLING)])]
    elsewhere = environ_of("GET", "/export", [_by(BILLING)]) | {"REMOTE_ADDR": "198.51.100.7"}
    asked.append(call(served.start(), elsewhere))
    served.close()

    assert ([200, 401] if dropped else [401, 401]) == [answer.status for answer in asked]


# -- the section -------------------------------------------------------------------------------------------------------


def _read(text: str) -> CertificateSettings | None:
    return read(settings.parse(text, root=Path())).certificates


def test_everything_that_can_be_said_is_read() -> None:
    text = """\
trusted_proxies: [10.0.0.0/8]
certificates:
  from: xfcc
  elements: 2
  trust_domain: example.org
  names:
    "spiffe://example.org/ns/{ns}/sa/{sa}": "service:{ns}.{sa}"
    "dns:billing.internal": service:billing
    "subject:CN=billing,O=Shop": service:billing
  ca: file:ca.pem
  underscores_dropped: {because: gunicorn drops them}
"""
    found = _read(text)

    assert found is not None
    assert ("xfcc", "x-forwarded-client-cert", 2, "file:ca.pem") == (
        found.source,
        found.header,
        found.elements,
        found.ca,
    )
    assert (("dns:billing.internal", "billing"), ("subject:CN=billing,O=Shop", "billing")) == found.names
    assert [("example.org", "{ns}.{sa}")] == [(one.trust_domain, one.service) for one in found.templates]
    assert found.are_underscores_dropped and _read("services: {}") is None


_UNSAID = "underscores_dropped loosens a secure default and does not say why"
_PLAIN = 'names: {"dns:a": service:a}'
MISTAKES = {
    "from: tls": "certificates name nobody",
    "from: tls, names: {}": "certificates name nobody",
    _PLAIN: "certificates do not say where they come from",
    f"from: nginx, {_PLAIN}": "certificates do not say where they come from",
    f'from: "header:", {_PLAIN}': "certificates do not say where they come from",
    f'from: "header:X_Cert", {_PLAIN}': "certificates do not say where they come from",
    f'from: "header:Authorization", {_PLAIN}': "Authorization says something else than a certificate",
    f"from: xfcc, {_PLAIN}": "certificates are forwarded, and no proxy is trusted",
    f"from: tls, elements: 1, {_PLAIN}": "elements are of xfcc",
    f"from: tls, ca: ca.pem, {_PLAIN}": "ca must be a reference",
    f"from: tls, trust_domain: Example.org, {_PLAIN}": "'Example.org' is no trust domain",
    f"from: tls, underscores_dropped: {{}}, {_PLAIN}": _UNSAID,
    'from: tls, names: {"spiffe://example.org/a": service:a}': "'spiffe://example.org/a' is of another trust domain",
    'from: tls, trust_domain: b, names: {"spiffe://a/b": service:a}': "'spiffe://a/b' is of another trust domain",
    'from: tls, trust_domain: a, names: {"SPIFFE://a/b": service:a}':
        "'SPIFFE://a/b' names no service: it is no SPIFFE ID of a workload",
    'from: tls, trust_domain: a, names: {"spiffe://a/{b}": service:b}':
        "'spiffe://a/{b}' names no service: each placeholder stands once in the ID and once in the service's name",
    'from: tls, trust_domain: a, names: {"spiffe://a/{b}": "user:main/{b}"}':
        "'spiffe://a/{b}' names no service: it becomes no service:NAME",
    'from: tls, names: {"cn:billing": service:a}': "'cn:billing' is no name of a certificate and a service",
    'from: tls, names: {"dns:a": "user:main/ana"}': "'dns:a' is no name of a certificate and a service",
    'from: tls, names: {"dns:a": "service:{a}"}': "'dns:a' is no name of a certificate and a service",
}  # fmt: skip


@pytest.mark.parametrize(("line", "what"), MISTAKES.items(), ids=range(len(MISTAKES)))
def test_a_mistake_is_told(line: str, what: str) -> None:
    with pytest.raises(SettingsError) as raised:
        _read(f"certificates: {{{line}}}\n")

    assert what in [problem.what for problem in raised.value.problems]
