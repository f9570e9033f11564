from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.journal import redact
from nomoat.journal.codec import plain
from nomoat.journal.facts import KINDS, Alert, Fact, Gap, Step, Text
from nomoat.journal.redact import Redactor, without_credentials
from tests.journal.made import any_fact, block, decision

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
    facts = [
        decision(4711, request="r1", client="203.0.113.9", read={"resource.owner": "ben"}),
        block(value="user:main/ana"),
    ]
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


def test_what_a_caller_sends_never_changes_a_word_of_ours() -> None:
    """A path parameter that reads `deny` would take every denial out of a receiver's sight."""
    fact = decision(
        params={"a": "deny", "b": "no-grant", "c": "shop", "d": "decision", "e": "GET /orders"},
        outcome="deny", reason="no-grant", request="r-deny",
    )  # fmt: skip

    hidden = Redactor(key=b"k" * 32)(plain(fact), kind="decision")
    assert {**plain(fact), "subject": hidden["subject"], "params": hidden["params"]} == hidden
    assert [] == [value for value in hidden["params"].values() if not value.startswith("hidden:")]


@pytest.mark.parametrize(
    "named", ["user:main/ben", "service:billing", "ben@example.test", "192.0.2.7", "2001:db8::7", "::1"]
)
def test_whoever_a_sentence_of_ours_names_is_hidden(named: str) -> None:
    redact = Redactor(key=b"k" * 32)
    alert = Alert(detection="d", severity="high", summary=f"at 12:30:05 {named} read 40 orders, version 1.2.3",
                  first_event_at="", last_event_at="", observed=40)  # fmt: skip

    said = redact(plain(alert))["summary"]
    assert f"at 12:30:05 {redact.text(named)} read 40 orders, version 1.2.3" == said


def test_text_that_people_or_programs_wrote_stays_at_home() -> None:
    redact = Redactor(key=b"k" * 32)
    step = Step(incident=1, step="s", state="failed", command=("id", "ana"), output="ana!", reason="user:x/ana is gone")
    facts = [
        step,
        block(because="ana did it"),
        Text(of="policy", hash="h", text="assign ana"),
        Gap(process="p", because="it ended"),
    ]

    one, two, three, four = (redact(plain(fact), kind=fact.kind) for fact in facts)
    assert ["[withheld: 5 characters]", "[withheld: 4 characters]"] == [one["command"], one["output"]]
    assert f"{redact.text('user:x/ana')} is gone" == one["reason"]
    assert ("[withheld: 10 characters]", "[withheld: 10 characters]") == (two["because"], three["text"])
    assert ("h", "it ended") == (three["hash"], four["because"])


def test_what_an_alert_is_grouped_by_can_still_be_joined() -> None:
    alert = Alert(detection="d", severity="low", summary="", service="shop", target="route:shop/GET /x",
                  group={"service": "shop", "route": "route:shop/GET /x", "subject": "user:a/b"},
                  first_event_at="", last_event_at="", observed=1)  # fmt: skip

    hidden = Redactor(key=b"k" * 32)(plain(alert))
    assert ("shop", "route:shop/GET /x", "shop") == (hidden["group"]["service"], hidden["target"], hidden["service"])
    assert hidden["group"]["subject"].startswith("hidden:")


def test_what_an_opa_decided_can_be_joined_with_its_own_log() -> None:
    read = {"backend": "opa", "opa.decision_id": "d-1", "subject.team": "north"}

    hidden = Redactor(key=b"k" * 32)(plain(decision(read=read)))["read"]
    assert ("opa", "d-1", True) == (hidden["backend"], hidden["opa.decision_id"], hidden["subject.team"] != "north")


def test_of_a_kind_nobody_knows_every_text_is_hidden() -> None:
    body = {"happened_at": "t", "who": "ana", "n": {"deep": ["ben", 7, True, None]}}

    hidden = Redactor(key=b"k" * 32).everything(body)
    assert ("t", {"deep"}) == (hidden["happened_at"], set(hidden["n"]))
    assert [] == [text for text in ("ana", "ben", "7") if f'"{text}"' in json.dumps(hidden)]
    assert body == Redactor().everything(body)


@given(any_fact)
def test_no_person_of_any_fact_is_left(fact: Fact) -> None:
    redact = Redactor(key=b"k" * 32)

    hidden = redact(plain(fact), kind=fact.kind)
    for name in ("subject", "client", "value", "by", "root", "key"):
        given_ = getattr(fact, name, "")
        assert given_ in ("", "anonymous") or re.fullmatch("hidden:[0-9a-f]{16}", hidden[name])
    assert redact(plain(fact), kind=fact.kind) == hidden


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_of_every_kind_was_thought_about(kind: str) -> None:
    """A new field is hidden whole until somebody says in `redact` what stands in it."""
    thought_about = {*redact._PERSONAL, *redact._WITHHELD, *redact._SENTENCES, *redact._CLOSED}

    assert set() == {field.name for field in fields(KINDS[kind])} - thought_about


def test_a_field_that_nobody_thought_about_is_hidden() -> None:
    assert {"new_one": [redact.Redactor(key=b"k").text("ana")]} == redact.Redactor(key=b"k")({"new_one": ["ana"]})


def test_nobody_stays_nobody() -> None:
    assert "anonymous" == Redactor(key=b"k")(plain(decision(subject="anonymous")))["subject"]


@pytest.mark.parametrize(
    "text",
    [
        "Cookie: theme=dark; sessionid=hunter2hunter2",
        '{"cookie": "theme=dark; sid=hunter2hunter2", "status": 200}',
        "Authorization: ApiKey hunter2hunter2",
        "Authorization: hunter2hunter2",
        'stdout: {\\"password\\": \\"hunter2hunter2\\"}',
        "GET /reset?token=hunter2hunter2&next=/",
        "access_token=hunter2hunter2",
        "refresh_token: hunter2hunter2",
        "passphrase=hunter2hunter2",
        "PGPASSWORD=hunter2hunter2",
        "pwd=hunter2hunter2",
        "postgresql://app:p@hunter2hunter2@db/shop",
        "HTTPS://ana:hunter2hunter2@example.test/",
    ],
)
def test_a_credential_is_hidden_however_it_is_written(text: str) -> None:
    assert "hunter2" not in without_credentials(text)


@pytest.mark.parametrize(
    "fields",
    [
        {"params": {"token": "hunter2hunter2"}},
        {"params": {"reset_token": "hunter2hunter2", "order_id": "4711"}},
        {"parameters": {"db": {"password": "hunter2hunter2"}}},
        {"also": {"x-api-key": "hunter2hunter2"}},
        {"command": ["mysql", "--password", "hunter2hunter2", "shop"]},
        {"command": ["curl", "-H", "Cookie: a=b; sid=hunter2hunter2"]},
        {"body": {"requests": [{"headers": [{"authorization": "hunter2hunter2"}]}]}},
    ],
    ids=lambda fields: str(fields)[:50],
)
@pytest.mark.parametrize("key", [None, b"k" * 32], ids=["plain", "hidden"])
def test_what_is_named_a_credential_is_hidden_however_deep_it_lies(
    fields: dict[str, object], key: bytes | None
) -> None:
    redact = Redactor(key=key)

    for said in (redact(fields), redact.everything(fields)):
        assert "hunter2" not in json.dumps(said)
    assert "4711" not in str(fields) or key or "4711" in json.dumps(redact(fields))


def test_people_who_are_names_within_an_unknown_fact_are_hidden_too() -> None:
    fields = {"happened_at": "2026", "counts": {"user:main/ana": 3, "by_mail": {"ana@example.test": [{"Ana": 1}]}}}

    assert {"by_mail"} == {name for name in Redactor(key=b"k" * 32).everything(fields)["counts"] if ":" not in name}

    assert "ana" not in json.dumps(Redactor(key=b"k" * 32).everything(fields)).lower()
    assert fields == Redactor().everything(fields)


@pytest.mark.parametrize("text", ["a." * 30_000, "eyJ-" * 15_000, "a" * 60_000, "a@" + "a." * 30_000, "1." * 30_000])
def test_no_text_takes_long_to_look_through(text: str) -> None:
    """A text of 60 kB took from 5 to 25 seconds, and whoever ships the journal stood still meanwhile."""
    redact = Redactor(key=b"k" * 32)

    began = time.process_time()
    redact({"output": text, "summary": text})
    assert time.process_time() - began < 5
