from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.cli.main import main
from nomoat.policy.loosened import loosened

FILE = """\
format: 1
services: {shop: {app: "main:app"}}
identity:
  main:
    algorithms: [HS256]
    key: "env:KEY"
    no_issuer: {because: "tokens carry no iss"}
    no_expiry: {because: "machines in the cellar", until: 2026-12-31}
roles: {user: [orders:read]}
deny:
  - {permission: orders:read, when: context.hour < 6, because: "not at night"}
routes:
  "POST /login": {public: true, login: true, because: "people sign in here"}
  "POST /hook": {permission: hooks:stripe, decided_in: handler, because: "the library checks the signature"}
  "GET /orders": orders:read
on_journal_failure: {allow: true, because: "checkout must not stop", until: 2026-11-01}
journal: {store: "postgresql://shop@10.0.0.5/journal?sslmode=disable&because=wire+of+one+host&until=2027-03-31"}
"""


def _file(tmp_path: Path, text: str = FILE) -> Path:
    path = tmp_path / "nomoat.yaml"
    path.write_text(text)
    return path


def test_each_is_told_with_its_reason_and_end_the_oldest_first(tmp_path: Path) -> None:
    found = loosened(settings.load(_file(tmp_path)), today=date(2026, 11, 30))

    assert [(one.what, one.because, one.until, one.is_over) for one in found] == [
        ("on_journal_failure: allow: true", "checkout must not stop", "2026-11-01", True),
        ("identity: main: no_expiry", "machines in the cellar", "2026-12-31", False),
        ("journal: store: sslmode=disable", "wire of one host", "2027-03-31", False),
        ("routes: POST /login: public: true", "people sign in here", "", False),
        ("routes: POST /hook: permission: hooks:stripe, decided_in: handler", "the library checks the signature", "",
         False),
        ("identity: main: no_issuer", "tokens carry no iss", "", False),
    ]  # fmt: skip
    assert found[0].at.endswith("nomoat.yaml:16:21")


@pytest.mark.parametrize(("until", "is_over"), [("2026-11-30", False), ("2026-11-29", True), ("soon", True)])
def test_it_holds_until_the_end_of_its_day(tmp_path: Path, until: str, is_over: bool) -> None:
    text = f"on_journal_failure: {{allow: true, because: a, until: {until}}}\n"

    (one,) = loosened(settings.load(_file(tmp_path, text)), today=date(2026, 11, 30))

    assert one.is_over == is_over


def test_the_command_fails_while_one_is_past_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path)

    assert main(["policy", "loosened", "--config", str(path)]) == 1
    said = capsys.readouterr().out
    assert "6 secure defaults are loosened, 1 of them past its end" in said
    assert "over since 2026-11-01: checkout must not stop\n  on_journal_failure: allow: true  (" in said
    assert "not at night" not in said

    path.write_text(FILE.replace("2026-11-01", "2999-01-01"))
    assert main(["policy", "loosened", "--config", str(path), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["loosened"]) == 6

    path.write_text("roles: {user: [read]}\n")
    assert main(["policy", "loosened", "--config", str(path)]) == 0
    assert capsys.readouterr().out == "no secure default is loosened\n"
