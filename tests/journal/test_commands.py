from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from nomoat.cli.main import main
from nomoat.errors import UsageError
from nomoat.journal.facts import KINDS, Alert, Checked, Gap, Incident, Response, Step, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.journal.view import time_of
from tests.journal.made import block, decision
from tests.storage import server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql":
        with server.schema() as served:
            yield served
    else:
        yield f"sqlite:{tmp_path / 'journal.db'}"


def edit(url: str, change: str) -> None:
    """Changes facts behind the journal's back."""
    if url.startswith("sqlite:"):
        with contextlib.closing(sqlite3.connect(url.partition(":")[2], isolation_level=None)) as other:
            other.execute(f"UPDATE facts SET {change}")
    else:
        server.ask(f"UPDATE {server.schema_of(url)}.facts SET {change}")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(url)
    denied = decision(
        2, subject="anonymous", outcome="deny", enforced=False, reason="unauthenticated", count=7, client="192.0.2.7"
    )
    store.append([(decision(1, status=200, grants=("customer",)), None), (denied, None), (block(), "block:b1")])
    yield store
    store.close()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["journal", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_show_prints_a_line_a_fact(url: str, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "show", "--store", url)

    lines = [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z", "TIME", line) for line in out.splitlines()]
    assert 0 == code
    route = "route:shop/GET /orders/{order_id}"
    assert [
        f"      1  TIME  decision   user:main/ana allowed {route} order_id=1 -> 200 (granted: customer)",
        f"      2  TIME  decision   anonymous denied (audit: it passed) x7 {route} order_id=2 (unauthenticated)",
        "      3  TIME  block      subject user:main/mallory until 2100-01-01T00:00:00.000000Z by ana: tests",
    ] == lines


@pytest.mark.parametrize(
    ("filters", "positions"),
    [
        ([], [1, 2, 3]),
        (["--kind", "decision"], [1, 2]),
        (["--kind", "decisions", "--kind", "block"], [1, 2, 3]),
        (["--subject", "user:main/ana"], [1]),
        (["--subject", "user:ana"], [1]),
        (["--subject", "user:mallory"], [3]),
        (["--subject", "user:x/ana"], []),
        (["--subject", "192.0.2.7"], [2]),
        (["--target", "GET /orders/{order_id}"], [1, 2]),
        (["--target", "route:shop/GET /orders/{order_id}", "--subject", "anonymous"], [2]),
        (["--limit", "1"], [3]),
        (["--limit", "1", "--kind", "decision"], [2]),
        (["--limit", "0"], [1, 2, 3]),
        (["--since", "1h"], [1, 2, 3]),
        (["--since", "2999-01-01T00:00:00Z"], []),
        (["--until", "2000-01-01T00:00:00Z"], []),
        (["--since", "2000-01-01", "--until", "2999-01-01"], [1, 2, 3]),
    ],
)
def test_show_chooses(
    url: str, store: Store, capsys: pytest.CaptureFixture[str], filters: list[str], positions: list[int]
) -> None:
    code, out, _ = run(capsys, "show", "--store", url, "--format", "json", *filters)

    assert (0, positions) == (code, [int(one["position"]) for one in objects(out)])


def test_show_finds_the_newest_of_a_long_journal(url: str, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.append([(decision(number), None) for number in range(3000)])

    _, out, _ = run(capsys, "show", "--store", url, "--format", "json", "--kind", "block", "--limit", "5")
    assert ["3"] == [one["position"] for one in objects(out)]
    _, out, _ = run(capsys, "show", "--store", url, "--format", "json", "--limit", "2")
    assert ["3002", "3003"] == [one["position"] for one in objects(out)]


@pytest.mark.parametrize(
    "fact",
    [
        decision(1, subject="user:main/\x1b[2J\u202e", params={"x": "\x9b31m\n\r"}),
        block(value="\x1b]0;title\x07", because="a\nb"),
        Step(incident=1, step="\x1b[1m", state="done", output="\x1b[2J"),
        Checked(root="\x1b[2J", map_hash=""),
    ],
    ids=lambda fact: str(fact.kind),
)
def test_terminal_escapes_are_never_printed(
    url: str, store: Store, capsys: pytest.CaptureFixture[str], fact: Any
) -> None:
    store.append([(fact, None)])

    _, out, _ = run(capsys, "show", "--store", url)
    assert 4 == len(out.splitlines())
    assert [] == [character for character in out if not character.isprintable() and character != "\n"]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_words_of_its_own(kind: str) -> None:
    from nomoat.journal.codec import plain
    from nomoat.journal.lines import line

    required: dict[str, Any] = {
        "int": 3, "str": "text", "bool": True, "tuple[str, ...]": ("a",), "Mapping[str, str]": {"k": "v"},
    }  # fmt: skip
    given = {
        field.name: required.get(str(field.type), "text")
        for field in fields(KINDS[kind])
        if field.name != "happened_at" and field.default is field.default_factory
    }

    said = line("7", timestamp(), kind, plain(KINDS[kind](**given)))
    assert "not known" not in said
    assert len(said) > 50
    assert "not known" not in line("7", timestamp(), kind, {})


def test_no_field_of_a_fact_has_the_name_of_its_place_in_an_export() -> None:
    place = {"position", "recorded_at", "kind", "format", "idempotency_key", "blanked"}

    assert {} == {kind: place & {field.name for field in fields(KINDS[kind])} for kind in KINDS if
                  place & {field.name for field in fields(KINDS[kind])}}  # fmt: skip


def test_export_writes_every_field_as_json_lines(
    url: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.jsonl"

    code, out, err = run(capsys, "export", "--store", url, "--plain", "-o", str(target))
    assert (0, "") == (code, out)
    assert f"exported 3 facts to {target}" in err
    one, _, three = objects(target.read_text())
    assert ("decision", 1, None, "user:main/ana", {"order_id": "1"}, "granted") == (
        one["kind"], one["format"], one["idempotency_key"], one["subject"], one["params"], one["reason"]
    )  # fmt: skip
    assert ("block", "block:b1", "3") == (three["kind"], three["idempotency_key"], three["position"])
    assert 0o600 == target.stat().st_mode & 0o777

    run(capsys, "export", "--store", url)
    assert [target] == [path for path in tmp_path.iterdir() if "out" in path.name]


def test_export_to_a_place_that_is_not_there_is_an_error(
    url: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "export", "--store", url, "-o", str(tmp_path / "no" / "out.jsonl"))

    assert 3 == code
    assert "-->" in err and "fix:" in err


def test_a_token_in_free_text_never_leaves(url: str, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl"
    store.append([(Step(incident=1, step="s", state="done", output=token, reason=token), f"key {token}")])

    for arguments in (["show"], ["show", "--format", "json"], ["export"]):
        _, out, _ = run(capsys, *arguments, "--store", url)
        assert token not in out
        assert "[credential sha256:" in out


@pytest.mark.parametrize("asked", [["export"], ["export", "--redact"]], ids=["unasked", "asked"])
def test_people_and_parameters_are_hidden(
    url: str, store: Store, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    _, out, _ = run(capsys, *asked, "--store", url)

    one, two, three = objects(out)
    assert "anonymous" == two["subject"]
    assert all(re.fullmatch("hidden:[0-9a-f]{16}", text) for text in (one["subject"], one["params"]["order_id"]))
    assert "mallory" not in out and three["value"].startswith("hidden:")


def test_blanked_and_unknown_facts_are_shown_as_such(
    url: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    store.blank(["1"])
    edit(url, "kind = 'later' WHERE position = 2")

    _, out, _ = run(capsys, "show", "--store", url)
    assert "(taken away by retention)" in out
    assert "(not known to this version)" in out
    _, out, _ = run(capsys, "export", "--store", url)
    one, two, _three = objects(out)
    assert one["blanked"] is True
    assert ("later", "anonymous") == (two["kind"], two["subject"])


def test_verify_says_what_it_cannot_tell(
    url: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"

    code, out, _ = run(capsys, "verify", "--store", url, "--checkpoint-out", str(kept))
    assert 0 == code
    assert "3 facts verify" in out
    assert "compared with nothing outside this store" in out

    store.append([(decision(), None)])
    code, out, _ = run(capsys, "verify", "--store", url, "--against", str(kept))
    assert 0 == code
    assert "the checkpoint at position 3 is part of this history" in out
    assert "compared with nothing" not in out


def test_verify_of_an_edited_store_is_a_finding(
    url: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(url, "body = replace(body, 'ana', 'ben') WHERE position = 1")
    kept = tmp_path / "kept.json"

    code, out, err = run(capsys, "verify", "--store", url, "--checkpoint-out", str(kept))
    assert 1 == code
    assert "problem: position 1: the body of this decision was edited" in out
    assert "do NOT verify" in out
    assert "no checkpoint was written" in err
    assert not kept.exists()

    code, out, _ = run(capsys, "verify", "--store", url, "--format", "json")
    assert (1, 1) == (code, len(json.loads(out)["problems"]))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"format": 1}',
        b'{"format": 2, "store": "a", "position": "1", "head": "b"}',
        b'{"format": 1, "store": "a", "position": "x", "head": "b"}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_checkpoint_is_wrong_use(
    url: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(content)

    code, _, err = run(capsys, "verify", "--store", url, "--against", str(path))
    assert 2 == code
    assert str(path) in err and "fix:" in err
    assert 2 == run(capsys, "verify", "--store", url, "--against", str(tmp_path / "absent"))[0]


@pytest.mark.parametrize("command", ["show", "follow", "verify", "export", "prune"])
def test_a_store_that_is_not_there_is_said_to_be_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (tmp_path / "nomoat.yaml").write_text("journal: {retention: {decisions: {keep: 1h}}}\n")

    for place in (["--store", f"sqlite:{tmp_path / 'x.db'}"], ["--config", str(tmp_path / "nomoat.yaml")]):
        code, out, err = run(capsys, command, *place)
        assert (3, "") == (code, out)
        assert "there is no journal here yet" in err and "-->" in err and "fix:" in err
        assert "nomoat check" not in err, "check makes no journal: it adds to one that is there"
    assert ["nomoat.yaml"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--kind", "decison"],
        ["--since", "yesterday"],
        ["--since", "25:00"],
        ["--until", "2026-13-01"],
        ["--limit", "-1"],
    ],
)
def test_wrong_use_says_what_would_be_right(
    url: str, store: Store, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    code, _, err = run(capsys, "show", "--store", url, *arguments)

    assert 2 == code
    assert "fix:" in err


def test_prune_does_what_the_settings_say(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "nomoat.yaml"
    config.write_text(f"journal: {{store: '{url}', retention: {{decisions: {{keep: 0s}}}}}}\n")
    store = open_store(url)
    store.append([(decision(number), None) for number in range(200)])

    code, out, _ = run(capsys, "prune", "--dry-run", "--config", str(config))
    assert (0, True) == (code, "decision: would take away 200 bodies" in out)
    assert 200 == store.head().count

    code, out, _ = run(capsys, "prune", "--config", str(config))
    assert (0, True) == (code, "decision: took away 200 bodies" in out and "1 segments" in out)
    assert ["pruned", "sealed"] == [entry.kind for entry in store.read()]
    config.write_text(f"journal: {{store: '{url}'}}\n")
    assert "everything is kept" in run(capsys, "prune", "--config", str(config))[1]
    store.close()


def test_follow_prints_facts_as_they_come(url: str, store: Store) -> None:
    command = [sys.executable, "-m", "nomoat", "journal", "follow", "--store", url, "--kind", "decision", "--plain"]
    following = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})
    assert following.stdout is not None and following.stderr is not None
    try:
        assert "behind position 3" in following.stderr.readline()
        store.append([(Response(request="r", service="s", target="t", status=200), None), (decision(9), None)])

        assert "order_id=9" in following.stdout.readline()
        following.send_signal(signal.SIGINT)
        assert 130 == following.wait(20)
    finally:
        following.kill()
        following.communicate()


def test_make_makes_an_empty_journal_and_leaves_one_that_is_there(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (3, "") == run(capsys, "show", "--store", url)[:2]

    assert (0, f"the journal is at {url}: 0 facts\n", "") == run(capsys, "make", "--store", url)
    with contextlib.closing(open_store(url, create=False)) as made:
        made.append([(decision(), None)])
    assert (0, f"the journal is at {url}: 1 facts\n", "") == run(capsys, "make", "--store", url)


def test_journal_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)

    assert 2 == code
    assert "verify" in out


def test_times_are_read_as_people_write_them() -> None:
    now = timestamp()

    assert time_of("1h", "--since") < now
    assert time_of("23:59:59", "--since") <= now
    assert "2026-11-24T22:30:00.000000Z" == time_of("2026-11-24T23:30:00+01:00", "--since")
    assert "2026-11-24T00:00:00.000000Z" == time_of("2026-11-24", "--since")
    for text in ("", "soon", "1y", "2026-02-30", "0001-01-01T00:00:00+14:00", "99999999999d"):
        with pytest.raises(UsageError):
            time_of(text, "--since")


def test_words_for_what_an_incident_does() -> None:
    from nomoat.journal.codec import plain
    from nomoat.journal.lines import line

    said = [
        line("1", timestamp(), fact.kind, plain(fact))
        for fact in (
            Incident(number=7, change="closed", by="ana", false_alarm=True),
            Alert(detection="d", severity="high", summary="40 orders", client="203.0.113.9", first_event_at="",
                  last_event_at="", observed=40),
            Gap(process="p", lost=3, because="full"),
            block(lifted=True),
        )
    ]  # fmt: skip

    assert ["INC-7 closed (false alarm) by ana", "high d 203.0.113.9", "(3 lost)", "lifted by ana"] == [
        words for words, text in zip(
            ["INC-7 closed (false alarm) by ana", "high d 203.0.113.9", "(3 lost)", "lifted by ana"], said, strict=True
        ) if words in text
    ]  # fmt: skip


def test_the_name_of_an_export_is_no_escape_for_the_terminal(
    url: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", "export", "--store", url, "-o", str(tmp_path / "a\x1b[31m")]) == 0

    assert "a\\x1b[31m" in capsys.readouterr().err


@pytest.mark.parametrize("named", ["journal.db", "oracle:x", "sqlite:"])
def test_what_names_no_store_is_wrong_use(capsys: pytest.CaptureFixture[str], named: str) -> None:
    code, out, err = run(capsys, "show", "--store", named)

    assert (2, "") == (code, out)
    assert "fix:" in err


def test_where_nothing_is_like_what_was_asked_for_it_is_said(
    url: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "show", "--store", url, "--subject", "user:main/never-was-here")

    assert (0, "", "no fact of the journal is like that\n") == (code, out, err)
