"""What is known of a caller's device, and by which service's connection it comes, as conditions read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nomoat import settings
from nomoat.errors import SettingsError
from nomoat.guard.settings import read
from nomoat.policy import conditions
from nomoat.policy.document import read as read_policy
from nomoat.policy.recorded import attributes
from tests.guard.authority import Authority
from tests.guard.guarded import ANA, POLICY, Guarded, last
from tests.guard.test_client_certificates import SECTION as CERTIFICATES
from tests.guard.test_client_certificates import _token
from tests.guard.test_handlers import _app
from tests.guard.wsgi_calling import Served
from tests.policy.maps import route

DEVICE = """\
trusted_proxies: [192.0.2.1]
device: {headers: {compliant: X-Device-Compliant, id: X-Device-Id}}
"""
MAY = '  admin: [{permission: stock:write, when: device.compliant == "true" && has(device.id)}]\njournal:'
STOCK = route("GET /orders", binding=("stock:write",))
ADMIN = type(ANA)("user:local/ana", ("admin",))
GOOD = [("X-Device-Compliant", "true"), ("X-Device-Id", "lap-7")]


def _handler() -> str:
    return "ok"


def _guarded(root: Path, section: str = DEVICE, **given: Any) -> Guarded:
    return Guarded(
        root, _app(_handler), (STOCK,), policy=POLICY.replace("journal:", MAY) + section, **{"who": ADMIN, **given}
    )


SAID: dict[str, tuple[list[tuple[str, str]], tuple[int, str]]] = {
    "what it takes": (GOOD, (200, "granted")),
    "another value": ([("X-Device-Compliant", "True"), GOOD[1]], (403, "condition-false")),
    "nothing": ([], (403, "condition-error")),
    "a part": (GOOD[:1], (403, "condition-false")),
    "twice": ([*GOOD, GOOD[0]], (403, "condition-error")),
    "no text": ([("X-Device-Compliant", "tr\xfce"), GOOD[1]], (403, "condition-error")),
    "too much": ([GOOD[0], ("X-Device-Id", "x" * 257)], (403, "condition-false")),
    "another name": ([("X-Device_Compliant", "true"), GOOD[1]], (403, "condition-error")),
}


@pytest.mark.parametrize(("headers", "expected"), SAID.values(), ids=SAID)
def test_a_condition_reads_what_a_trusted_proxy_says(headers: Any, expected: tuple[int, str], tmp_path: Path) -> None:
    answer, facts = _guarded(tmp_path).ask("GET", "/orders", headers=headers)
    assert expected == (answer.status, last(facts)[1])


def test_what_the_caller_says_itself_is_not_believed_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer, facts = _guarded(tmp_path).ask("GET", "/orders", headers=GOOD, client="198.51.100.7")
    assert (403, "condition-error") == (answer.status, last(facts)[1])
    assert "what is said of a device is not believed: it comes from no trusted proxy" in capsys.readouterr().err


def test_whoever_takes_the_address_out_of_a_header_is_not_believed(tmp_path: Path) -> None:
    said = [*GOOD, ("X-Forwarded-For", "192.0.2.1")]
    assert 403 == _guarded(tmp_path).ask("GET", "/orders", headers=said)[0].status


def test_it_is_recorded_so_that_the_decision_can_be_judged_again(tmp_path: Path) -> None:
    _, facts = _guarded(tmp_path).ask("GET", "/orders", headers=GOOD)
    assert {"device.compliant": "true", "device.id": "lap-7"} == dict(facts[-1].read)
    assert "true" == attributes(facts[-1])["device.compliant"]


@pytest.mark.parametrize("dropped", [False, True])
def test_in_front_of_flask_a_name_with_underscores_is_nobodys(dropped: bool, tmp_path: Path) -> None:
    from tests.guard.test_flask import application

    more = ", underscores_dropped: {because: gunicorn drops them}" if dropped else ""
    section = DEVICE.replace("}}", "}" + more + "}")
    policy = POLICY.replace("journal:", MAY) + section
    served = Served(tmp_path, application(), (route("GET /export", binding=("stock:write",)),), policy, who=ADMIN)
    status = served.ask("GET", "/export", headers=GOOD).status
    served.close()
    assert (200 if dropped else 403) == status


def test_a_handler_may_ask_about_it_too(tmp_path: Path) -> None:
    from nomoat import guard

    def handler() -> str:
        guard.require("stock:write")
        return "ok"

    signed_in = route("GET /orders", binding="signed-in")
    for headers, expected in ((GOOD, 200), ([], 403)):
        root = tmp_path / str(expected)
        root.mkdir()
        guarded = Guarded(root, _app(handler), (signed_in,), policy=POLICY.replace("journal:", MAY) + DEVICE, who=ADMIN)
        assert expected == guarded.ask("GET", "/orders", headers=headers)[0].status


# -- the service that a caller comes by ------------------------------------------------------------------------------


def test_a_condition_reads_which_service_a_user_comes_by(tmp_path: Path) -> None:
    authority = Authority()
    by = {name: authority.issue(uris=(f"spiffe://example.org/ns/shop/sa/{name}",)) for name in ("gateway", "reports")}
    (tmp_path / "ca.pem").write_text(authority.pem)
    (tmp_path / "key").write_text("k" * 40)
    may = '  clerk: [{permission: stock:write, when: context.peer == "service:gateway"}]\njournal:'
    issuer = 'identity: {main: {issuer: shop, algorithms: [HS256], key: "file:key", roles: claims.roles}}\n'
    policy = POLICY.replace("journal:", may) + CERTIFICATES + issuer
    guarded = Guarded(tmp_path, _app(_handler), (STOCK,), policy=policy, who=None)
    found = []
    for shown in ([("X-SSL-Client-Cert", by["gateway"].escaped)], [("X-SSL-Client-Cert", by["reports"].escaped)], []):
        answer, facts = guarded.ask("GET", "/orders", headers=[*shown, _token(roles=["clerk"])])
        found.append((answer.status, facts[-1].reason, dict(facts[-1].read)))
    assert found == [
        (200, "granted", {"context.peer": "service:gateway"}),
        (403, "condition-false", {"context.peer": "service:reports"}),
        (403, "condition-error", {}),
    ]


# -- the section -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("device: {headers: {a: X-A}}", "no proxy is trusted"),
        ("trusted_proxies: [127.0.0.1]\ndevice: {}", "says nothing of any device"),
        ("trusted_proxies: [127.0.0.1]\ndevice: {headers: {a b: X-A}}", "'a b' is no name of an attribute"),
        ('trusted_proxies: [127.0.0.1]\ndevice: {headers: {a: "X A"}}', "'X A' is no name of a header"),
        ("trusted_proxies: [127.0.0.1]\ndevice: {headers: {a: Cookie}}", "Cookie says something else"),
        ("trusted_proxies: [127.0.0.1]\ndevice: {header: {a: X-A}}", "unknown key 'header'"),
        ("trusted_proxies: [127.0.0.1]\ndevice: {headers: {a: X-A}, underscores_dropped: {}}", "because"),
    ],
)
def test_mistakes_of_the_section_are_told(section: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(section)
    with pytest.raises(SettingsError, match=said):
        read(settings.load(tmp_path / "nomoat.yaml"))


def test_policy_check_names_a_condition_that_reads_what_nothing_says(tmp_path: Path) -> None:
    from nomoat.policy.devices import names, unknown

    (tmp_path / "nomoat.yaml").write_text(
        DEVICE + 'roles: {a: [{permission: x, when: device.compliant == "true" && device.patched == "true"}]}\n'
        'deny: [{permission: y, when: device.ok == "no", because: so}]\n'
    )
    loaded = settings.load(tmp_path / "nomoat.yaml")
    found = list(unknown(read_policy(loaded), names(loaded)))
    assert [(one.target, one.level) for one in found] == [("role:a", "error"), ("permission:y", "error")]
    assert "device.patched" in found[0].what
    assert "device.compliant" not in found[0].what


def test_a_device_is_text_and_has_no_parts() -> None:
    assert conditions.compile('device.id.startsWith("lap-")').reads == ("device.id",)
    for text in ("device.id == 1", "device.a.b == 'x'", "device == 'x'", "context.peer == 1"):
        with pytest.raises(Exception, match=r"device|context|text"):
            conditions.compile(text)
