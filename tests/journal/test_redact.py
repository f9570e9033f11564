from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.journal.codec import plain
from nomoat.journal.facts import Alert, Step
from nomoat.journal.redact import Redactor, without_credentials
from tests.journal.made import block, decision

HEADER, CLAIMS = "eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJhbmEifQ"
JWT = f"{HEADER}.{CLAIMS}.c2lnbmF0dXJl"


def test_a_token_becomes_the_fingerprint_that_decisions_carry() -> None:
    fingerprint = hashlib.sha256(f"{HEADER}.{CLAIMS}".encode()).hexdigest()

    assert f"sent [credential sha256:{fingerprint}]." == without_credentials(f"sent {JWT}.")
    assert f"Bearer [credential sha256:{fingerprint}]" == without_credentials(f"Bearer {JWT}")


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "xoxb-1234567890-abcdef",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_credentials_with_a_shape_of_their_own_are_hidden(secret: str) -> None:
    assert secret not in without_credentials(f"output: {secret} and more")


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2hunter2",
        "password=hunter2hunter2",
        '"api_key": "hunter2hunter2"',
        "postgresql://app:hunter2hunter2@db/shop",
        "Set-Cookie: hunter2hunter2",
        "client_secret = 'hunter2hunter2'",
        "authorization: basic hunter2hunter2==",
    ],
)
def test_what_is_called_a_credential_is_hidden(text: str) -> None:
    hidden = without_credentials(text)

    assert "hunter2" not in hidden
    assert "[credential sha256:" in hidden


@pytest.mark.parametrize(
    "text", ["", "user:main/ana", "route:shop/GET /orders/{order_id}", "password reset asked for", "a token"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert text == without_credentials(text)


@given(st.text(st.characters(exclude_categories=())))
def test_hiding_twice_changes_nothing_more(text: str) -> None:
    once = without_credentials(text)

    assert once == without_credentials(once)


def test_every_text_of_a_fact_is_looked_at() -> None:
    step = Step(incident=1, step="s", state="done", command=("curl", "-H", f"Bearer {JWT}"), output=f"got {JWT}")

    assert JWT not in json.dumps(Redactor()(plain(step)))


def test_people_and_parameters_are_hidden_alike_within_one_export() -> None:
    redact = Redactor(key=b"k" * 32)
    facts = [decision(4711, client="203.0.113.9", read={"resource.owner": "ben"}), block(value="user:main/ana")]
    alert = Alert(
        detection="d", severity="high", summary="user:main/ana read 40 orders", subject="user:main/ana",
        group={"subject": "user:main/ana"}, first_event_at="", last_event_at="", observed=40,
    )  # fmt: skip

    one, two, three = (redact(plain(fact)) for fact in (*facts, alert))

    text = json.dumps([one, two, three])
    assert [] == [name for name in ("ana", "4711", "203.0.113.9", "ben") if f'{name}"' in text or f"/{name} " in text]
    assert one["subject"] == two["value"] == three["subject"] == three["group"]["subject"]
    assert f"{one['subject']} read 40 orders" == three["summary"]
    assert one["target"] == plain(facts[0])["target"]
    assert one["subject"] != Redactor(key=b"x" * 32)(plain(facts[0]))["subject"]


def test_nobody_stays_nobody() -> None:
    assert "anonymous" == Redactor(key=b"k")(plain(decision(subject="anonymous")))["subject"]
