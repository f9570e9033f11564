"""API keys through a guarded service, in nomoat.yaml and on the command line."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nomoat import settings
from nomoat.errors import SettingsError
from nomoat.guard.api_keys import ApiKey
from nomoat.guard.identity.api_keys import digest, new
from nomoat.guard.settings import read
from nomoat.journal import blocks
from nomoat.journal.facts import Revocation, timestamp
from nomoat.journal.redact import without_credentials
from nomoat.policy import loosened
from tests.guard.guarded import ANA, POLICY, Guarded, last
from tests.guard.test_flask import application
from tests.guard.test_handlers import _app
from tests.guard.wsgi_calling import Served
from tests.policy.maps import route

KEY, OTHER = new("billing"), new("reports")
TODAY = datetime.now(UTC).date()
SECTION = f"""\
api_keys:
  billing:
    hash: "sha256:{digest(KEY)}"
    subject: service:billing
    roles: [customer]
    until: {TODAY + timedelta(days=30)}
    made: "2026-01-31T09:00:00Z"
    because: invoices are made at night
  reports: {{hash: "sha256:{digest(OTHER)}", subject: user:keys/reports, roles: [customer], only: [a], until: {TODAY}}}
"""
EXPORT = route("GET /orders", binding=("export:read",))


def _handler() -> str:
    return "ok"


def _guarded(root: Path, section: str = SECTION, **given: Any) -> Guarded:
    return Guarded(root, _app(_handler), (EXPORT,), policy=POLICY + section, **{"who": None, **given})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("Authorization", f"Bearer {KEY}")], (200, "service:billing", ("allow", "granted"))),
        ([("authorization", f"bearer  {KEY}")], (200, "service:billing", ("allow", "granted"))),
        ([("X-API-Key", KEY)], (200, "service:billing", ("allow", "granted"))),
        ([("X-API-Key", OTHER)], (403, "user:keys/reports", ("deny", "out-of-scope"))),
        ([("X-API-Key", new("billing"))], (401, "anonymous", ("deny", "bad-token"))),
        ([("X-API-Key", "something else")], (401, "anonymous", ("deny", "bad-token"))),
        ([("X-API-Key", KEY), ("Authorization", f"Bearer {KEY}")], (401, "anonymous", ("deny", "bad-token"))),
        ([("X-API-Key", KEY), ("X-API-Key", OTHER)], (401, "anonymous", ("deny", "bad-token"))),
        # No server of ASGI takes one name for the other.
        ([("X_API_Key", KEY)], (401, "anonymous", ("deny", "unauthenticated"))),
        ([("Authorization", f"Basic {KEY}")], (401, "anonymous", ("deny", "unauthenticated"))),
        ([("Authorization", "Bearer of.no.issuer")], (401, "anonymous", ("deny", "unauthenticated"))),
    ],
)
def test_a_key_is_shown_in_one_of_two_headers(headers: Any, expected: Any, tmp_path: Path) -> None:
    answer, facts = _guarded(tmp_path).ask("GET", "/orders", headers=headers)

    assert expected == (answer.status, facts[-1].subject, last(facts))
    assert ("" if expected[1] == "anonymous" else f"sha256:{digest(headers[0][1].split()[-1])}") == facts[-1].credential


def test_a_key_that_has_ended_or_left_the_file_is_refused(tmp_path: Path) -> None:
    ended = SECTION.replace(f"{TODAY + timedelta(days=30)}", f"{TODAY - timedelta(days=1)}")
    gone = "api_keys:\n" + SECTION[SECTION.index("  reports") :]

    for section in (ended, gone):
        answer, facts = _guarded(tmp_path, section).ask("GET", "/orders", headers=[("X-API-Key", KEY)])
        assert (401, ("deny", "bad-token")) == (answer.status, last(facts))


def test_without_the_section_such_a_header_is_the_services_own(tmp_path: Path) -> None:
    answer, facts = _guarded(tmp_path, "", who=ANA).ask("GET", "/orders", headers=[("X-API-Key", KEY)])

    assert (200, "user:local/ana") == (answer.status, facts[-1].subject)


def test_a_token_of_an_issuer_and_a_key_live_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40)
    issuer = 'identity: {main: {issuer: shop, algorithms: [HS256], key: "file:key"}}\n'
    guarded = _guarded(tmp_path, SECTION + issuer)

    found = [
        guarded.ask("GET", "/orders", headers=[("Authorization", f"Bearer {shown}")])[0].status
        for shown in (KEY, "a.b.c")
    ]
    assert [200, 401] == found


REVOKED: list[tuple[str, dict[str, str], int]] = [
    ("credential", {"value": f"sha256:{digest(KEY)}"}, 401),
    ("subject", {"value": "service:billing", "issued_before": timestamp()}, 401),
    ("subject", {"value": "service:billing", "issued_before": "2026-01-01T00:00:00.000000Z"}, 200),
    ("credential", {"value": f"sha256:{digest(OTHER)}"}, 200),
]


@pytest.mark.parametrize(("what", "given", "status"), REVOKED)
def test_a_key_is_revoked_by_its_hash_or_with_older_keys_of_its_subject(
    what: Any, given: Any, status: int, tmp_path: Path
) -> None:
    def prepare(store: Any) -> None:
        store.append([(Revocation(what=what, because="leaked", by="ana", **given), None)])

    assert status == _guarded(tmp_path, prepare=prepare).ask("GET", "/orders", headers=[("X-API-Key", KEY)])[0].status


def test_a_session_beside_a_revoked_key_does_not_hide_it(tmp_path: Path) -> None:
    """`identity=` makes somebody of its own of what was shown: it was shown all the same."""

    def prepare(store: Any) -> None:
        store.append([(Revocation(what="credential", value=f"sha256:{digest(KEY)}", because="", by="ana"), None)])

    answer, facts = _guarded(tmp_path, prepare=prepare, who=ANA).ask("GET", "/orders", headers=[("X-API-Key", KEY)])
    assert (401, ("deny", "revoked"), "user:local/ana") == (answer.status, last(facts), facts[-1].subject)


def test_a_blocked_key_is_refused_in_audit_mode_too(tmp_path: Path) -> None:
    def prepare(store: Any) -> None:
        blocks.place(store, f"token:sha256:{digest(KEY)}", for_s=60, because="INC-1", by="ana")

    guarded = _guarded(tmp_path, prepare=prepare, mode="audit")
    assert 403 == guarded.ask("GET", "/orders", headers=[("X-API-Key", KEY)])[0].status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("X-API-Key", KEY)], 200), ([("Authorization", f"Bearer {KEY}")], 200), ([("X-API-Key", KEY[:-1])], 401),
        # A server joins two of them, also where one is spelled with underscores.
        ([("X-API-Key", f"{KEY},{KEY}")], 401), ([("X-API-Key", KEY), ("Authorization", "Basic eDp5")], 401),
    ],
)  # fmt: skip
def test_the_same_holds_in_front_of_flask(headers: Any, status: int, tmp_path: Path) -> None:
    served = Served(
        tmp_path, application(), (route("GET /export", binding=("export:read",)),), POLICY + SECTION, who=None
    )

    answered = served.ask("GET", "/export", headers=headers)
    served.close()
    assert status == answered.status


# -- the section -------------------------------------------------------------------------------------------------------


def _keys(text: str) -> tuple[ApiKey, ...]:
    return read(settings.parse(text, root=Path())).api_keys


def test_everything_that_can_be_said_is_read() -> None:
    billing, reports = _keys(SECTION)

    assert ("service:billing", ("customer",), None) == (billing.subject, billing.roles, billing.only)
    assert (datetime(2026, 1, 31, 9, tzinfo=UTC).timestamp(), 0) == (billing.made_at, reports.made_at)
    assert ("user:keys/reports", frozenset(("a",)), TODAY) == (reports.subject, reports.only, reports.until)


_LINE = f'a: {{hash: "sha256:{"0" * 64}", subject: service:a, until: 2027-03-31}}'
MISTAKES = {
    _LINE.replace(", until: 2027-03-31", ""): "the key a never ends",
    _LINE.replace("2027-03-31", "never"): "until of a 'never' is no date",
    _LINE.replace("a:", "A:", 1): "'A' is no id of a key",
    _LINE.replace("a:", "a_b:", 1): "'a_b' is no id of a key",
    _LINE.replace("a:", "-a:", 1): "'-a' is no id of a key",
    _LINE.replace("a:", f"{'a' * 33}:", 1): f"'{'a' * 33}' is no id of a key",
    _LINE.replace("sha256:", "sha512:"): "the key a has no hash",
    _LINE.replace("0" * 64, "0" * 63): "the key a has no hash",
    _LINE.replace("0" * 64, "A" * 64): "the key a has no hash",
    _LINE.replace(f'hash: "sha256:{"0" * 64}", ', ""): "the key a has no hash",
    _LINE.replace(f"sha256:{'0' * 64}", KEY): "the key a itself stands in the file",
    _LINE.replace("service:a", "user:main/ana"): "a key cannot name 'user:main/ana'",
    _LINE.replace("service:a", "user:keys/"): "a key cannot name 'user:keys/'",
    _LINE.replace("service:a", "anonymous"): "a key cannot name 'anonymous'",
    _LINE.replace("subject: service:a, ", ""): "the key a names nobody",
    _LINE.replace("}", ", made: today}"): "made 'today' is no time",
    _LINE.replace("}", ', only: ["orders:*"]}'): "the key a is limited to a star",
    _LINE.replace("}", ", scopes: [x]}"): "unknown key 'scopes' in the key a",
    f"{_LINE}\n  b: {_LINE[3:]}": "the keys a and b have one hash",
}


@pytest.mark.parametrize(("line", "what"), MISTAKES.items(), ids=MISTAKES.values())
def test_a_mistake_is_told_and_never_a_key(line: str, what: str) -> None:
    with pytest.raises(SettingsError) as raised:
        _keys(f"api_keys:\n  {line}\n")

    assert what in [problem.what for problem in raised.value.problems]
    assert KEY[12:] not in str(raised.value)


def test_no_issuer_speaks_for_users_of_keys() -> None:
    issuer = "identity: {keys: {issuer: x, algorithms: [RS256], keys: env:X}}\n"

    with pytest.raises(SettingsError) as raised:
        _keys(SECTION + issuer)
    assert "an issuer is called keys, as the users of API keys are" == raised.value.what


def test_what_a_key_is_for_loosens_nothing() -> None:
    assert () == loosened.loosened(settings.parse(SECTION, root=Path()))


def test_a_key_in_free_text_becomes_its_fingerprint() -> None:
    for text in (f"sent {KEY}.", f"Bearer {KEY}", f"X-API-Key: {KEY}"):
        said = without_credentials(text)
        assert KEY[12:] not in said and f"[credential sha256:{digest(KEY)}]" in said


# -- the commands ------------------------------------------------------------------------------------------------------


def _nomoat(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nomoat", *words],
        cwd=root, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def test_a_new_key_is_shown_once_and_its_lines_let_it_in(tmp_path: Path) -> None:
    made = _nomoat(
        tmp_path, "guard", "new-key", "night", "--subject", "service:night", "--until", "90d", "--role", "customer",
        "--only", "export:read", "--only", "orders:read",
    )  # fmt: skip
    key, lines = made.stdout.strip(), made.stderr

    assert 0 == made.returncode and key.startswith("nmk_night_") and key not in lines
    assert f"sha256:{hashlib.sha256(key.encode()).hexdigest()}" in lines
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]
    section = lines[lines.index("api_keys:") :]
    assert 200 == _guarded(tmp_path, section).ask("GET", "/orders", headers=[("X-API-Key", key)])[0].status


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Night", "--subject", "service:a", "--until", "90d"), "'Night' is no id of a key"),
        (("night", "--subject", "user:main/ana", "--until", "90d"), "a key cannot name 'user:main/ana'"),
        (("night", "--subject", "service:a", "--until", "soon"), "'soon' is no date"),
        (("night", "--subject", "service:a", "--until", "9d", "--only", "a:*"), "a limit names exact permissions"),
        (("night", "--subject", "service:a", "--until", "9999999d"), "'9999999d' is no date"),
        (("night", "--subject", "service:a", "--until", "2020-01-01"), "2020-01-01 has passed"),
        (("billing", "--subject", "service:a", "--until", "90d"), "there is a key 'billing' already"),
    ],
)
def test_a_key_that_could_not_be_read_is_not_made(words: Any, said: str, tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(POLICY + SECTION)

    made = _nomoat(tmp_path, "guard", "new-key", *words)
    assert (2, "") == (made.returncode, made.stdout) and said in made.stderr


def test_a_key_is_revoked_by_its_id(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(POLICY + SECTION)
    revoked = _nomoat(tmp_path, "revoke", "key:billing", "--because", "it was in a log")
    unknown = _nomoat(tmp_path, "revoke", "key:nobody", "--because", "it was in a log")

    assert (0, f"revoked token:sha256:{digest(KEY)}") == (revoked.returncode, revoked.stdout.strip()), revoked.stderr
    assert 2 == unknown.returncode and "nomoat.yaml has no key 'nobody'" in unknown.stderr
    assert 401 == _guarded(tmp_path).ask("GET", "/orders", headers=[("X-API-Key", KEY)])[0].status


_LOADS = """\
import sys
from pathlib import Path
from nomoat import settings
from nomoat.guard import Guard
from nomoat.guard.identity.machines import Machines
from nomoat.guard.runtime import Runtime
from nomoat.guard.settings import read

machines = Machines(read(settings.parse(sys.argv[1], root=Path())), root=Path())
claim = f"Hash={'a' * 64};URI=spiffe://example.org/a".encode()
scope = {"headers": [(b"x-forwarded-client-cert", claim)], "client": ("192.0.2.1", 1)}
print(machines.keys.identify(sys.argv[2], now=1).subject)
print(machines.certificates.named(machines.certificates.shown(scope)).subject)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"cryptography", "joserfc"}))
"""


def test_nothing_heavy_is_loaded_for_them(tmp_path: Path) -> None:
    text = f"""\
trusted_proxies: [192.0.2.1]
certificates: {{from: xfcc, trust_domain: example.org, names: {{"spiffe://example.org/a": service:a}}}}
api_keys: {{night: {{hash: "sha256:{digest(KEY)}", subject: service:night, until: 2099-01-01}}}}
""".replace("night:", "billing:")
    run = subprocess.run(
        [sys.executable, "-c", _LOADS, text, KEY], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert ["service:night", "service:a", "[]"] == run.stdout.splitlines(), run.stderr
