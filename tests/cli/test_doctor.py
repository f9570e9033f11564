from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nomoat.cli.doctor import Row, examine
from nomoat.cli.main import main
from nomoat.journal.facts import Decision, Gap, timestamp
from nomoat.journal.journal import open_store
from tests.guard.authority import Authority
from tests.storage import server

_APP = """\
from fastapi import FastAPI

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/health")
def health() -> str:
    return "ok"
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "main.py").write_text(_APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOMOAT_CONFIG", raising=False)
    assert 0 == main(["init", "--yes"])
    capsys.readouterr()
    return tmp_path


def _rows() -> dict[str, Row]:
    return {row.subject: row for row in examine()}


def _url(project: Path) -> str:
    return f"sqlite:{project / '.nomoat/state/journal.db'}"


def test_a_folder_after_init_has_nothing_to_mend_and_says_what_is_not_armed() -> None:
    rows = _rows()

    assert [] == [row for row in rows.values() if row.state == "mend"]
    assert "no store yet" in rows["journal"].found
    assert "NOT ARMED" in rows["watch"].found
    assert "nomoat respond --auto" == rows["respond"].mend
    assert 'protect(app, mode="audit") in its module' in [row.mend for row in examine()]


def test_a_store_is_told_with_its_size_its_growth_and_who_lives(project: Path) -> None:
    store = open_store(_url(project))
    store.append([(Gap(process=str(number)), None) for number in range(3)])
    store.beat("p", role="watch", service="", position="3")

    rows = _rows()

    assert "3 facts" in rows["journal"].found
    assert "3 of them in the last day" in rows["journal"].found
    assert ("ok", "1 live") == (rows["watch"].state, rows["watch"].found)


def test_a_store_on_a_server_is_told_and_one_that_cannot_be_reached_is_a_row(project: Path) -> None:
    settings = project / "nomoat.yaml"
    before = settings.read_text()
    with server.schema() as url, closing(open_store(url)) as store:
        settings.write_text(f'{before}\njournal: {{store: "{url}"}}\n')
        store.append([(Gap(process="1"), None)])
        store.beat("p", role="watch", service="", position="1")
        rows = _rows()
    settings.write_text(f'{before}\njournal: {{store: "postgresql://127.0.0.1:1/none"}}\n')

    assert "1 facts" in rows["journal"].found
    assert "1 live" == rows["watch"].found
    assert "disk" not in rows
    assert rows["extra postgres"].found.startswith("psycopg 3")
    assert ("mend", True) == (_rows()["store"].state, "cannot open the store" in _rows()["store"].found)


@pytest.mark.parametrize(("used", "state"), [(92, "mend"), (50, "ok")])
def test_the_disk_is_the_journals_wherever_the_project_is(
    used: int, state: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def usage(path: Path) -> shutil._ntuple_diskusage:
        asked.append(path)
        return shutil._ntuple_diskusage(100, used, 100 - used)

    (elsewhere := project / "disk").mkdir()
    file = project / "nomoat.yaml"
    file.write_text(file.read_text() + f'\njournal: {{store: "sqlite:{elsewhere}/journal.db"}}\n')
    open_store(f"sqlite:{elsewhere}/journal.db").close()
    monkeypatch.setattr(shutil, "disk_usage", usage)

    row = _rows()["disk"]
    assert (state, True) == (row.state, f"{used}% full" in row.found)
    assert [elsewhere / "journal.db"] == asked


def test_source_that_changed_makes_the_map_stale(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "main.py").write_text(_APP + '\n\n@app.get("/new")\ndef new() -> str:\n    return "x"\n')

    assert 1 == main(["doctor"])
    assert "stale" in capsys.readouterr().out


def test_mistakes_of_every_section_are_told_at_once_with_their_places(project: Path) -> None:
    (project / "nomoat.yaml").write_text(
        "roles: 7\nalerts: [{type: no_such}]\nnever_block: [nobody]\ntrusted_proxies: [x]\n"
    )

    found = [row.found for row in examine() if row.state == "mend" and row.subject == "settings"]

    assert [True] * 4 == [any(f"nomoat.yaml:{line}:" in one for one in found) for line in (1, 2, 3, 4)]


@pytest.mark.parametrize("text", ["roles: [", "\x00", "a: 1\na: 2\n"])
def test_a_file_that_is_no_yaml_is_a_row_and_no_fault(project: Path, text: str) -> None:
    (project / "nomoat.yaml").write_text(text)

    assert "mend" == _rows()["settings"].state


@pytest.mark.parametrize("content", [b"", b"no store at all" * 100])
def test_a_store_that_is_none_is_a_row_and_no_fault(project: Path, content: bytes) -> None:
    path = Path(_url(project).partition(":")[2])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)

    assert "mend" == next(row.state for row in examine() if row.subject in ("journal", "store"))


def test_a_store_of_a_newer_version_is_a_row_that_says_so(project: Path) -> None:
    open_store(_url(project)).close()
    with sqlite3.connect(_url(project).partition(":")[2]) as connection:
        connection.execute("PRAGMA user_version = 99")

    assert any("newer" in row.found for row in examine() if row.state == "mend")


def test_json_has_the_same_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["doctor", "--format", "json"])
    assert [row.subject for row in examine()] == [row["subject"] for row in json.loads(capsys.readouterr().out)["rows"]]


def _decision(number: int, client: str) -> Decision:
    return Decision(
        happened_at=timestamp(), request=f"r{number}", service="app", target="route:app/GET /health",
        subject=f"user:main/u{number}", outcome="allow", enforced=True, reason="granted", policy="sha256:1",
        map="sha256:1", client=client, method="GET",
    )  # fmt: skip


def test_many_callers_at_one_address_may_be_a_proxy_that_nobody_named(project: Path) -> None:
    with closing(open_store(_url(project))) as store:
        store.append([(_decision(number, "10.0.0.1"), None) for number in range(5)])

        found = _rows()["proxy"]

    assert "5 callers come from 10.0.0.1 alone" in found.found
    assert found.mend.startswith("trusted_proxies: [10.0.0.1]")


@pytest.mark.parametrize("clients", [["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], ["10.0.0.1"] * 3])
def test_callers_at_addresses_of_their_own_are_no_proxy(clients: list[str], project: Path) -> None:
    with closing(open_store(_url(project))) as store:
        store.append([(_decision(number, client), None) for number, client in enumerate(clients)])

        assert "proxy" not in _rows()


@pytest.mark.parametrize(
    ("days", "state", "found"),
    [(-1, "mend", "has ended"), (0, "note", "in 0 days"), (14, "note", "in 14"), (15, "ok", "1,")],
)
def test_an_api_key_that_ends_is_told_before_and_after(project: Path, days: int, state: str, found: str) -> None:
    until = datetime.now(UTC).date() + timedelta(days=days)
    file = project / "nomoat.yaml"
    line = f'api_keys: {{night: {{hash: "sha256:{"0" * 64}", subject: service:night, until: {until}}}}}\n'
    file.write_text(file.read_text() + line)

    row = _rows()["api keys"]
    assert state == row.state and found in row.found and str(until) in row.found


@pytest.mark.parametrize(
    ("ago", "state", "found"),
    [(0, "ok", "ends on"), (20, "note", "ends on"), (40, "mend", "has ended"), (None, "mend", "cannot")],
)
def test_authorities_of_certificates_are_looked_at(project: Path, ago: int | None, state: str, found: str) -> None:
    at = datetime.now(UTC) - timedelta(days=ago or 0)
    (project / "ca.pem").write_text("nonsense" if ago is None else Authority(at=at).pem)
    section = 'certificates: {from: tls, ca: "file:ca.pem", names: {"dns:billing.internal": service:billing}}\n'
    file = project / "nomoat.yaml"
    file.write_text(file.read_text() + section)

    row = _rows()["certificates"]
    assert state == row.state and found in row.found
    file.write_text(file.read_text().replace(', ca: "file:ca.pem"', ""))
    assert "not by guard" in _rows()["certificates"].found


@pytest.mark.parametrize(
    ("key", "state", "found"),
    [
        ("k" * 32, "ok", "file:task.key signs, good for"),
        ("short", "mend", "shorter than 32 bytes"),
        (None, "mend", "cannot read the secret file"),
    ],
)
def test_the_key_that_signs_tasks_is_looked_at(project: Path, key: str | None, state: str, found: str) -> None:
    if key is not None:
        (project / "task.key").write_text(key)
    file = project / "nomoat.yaml"
    file.write_text(file.read_text() + 'tasks: {key: "file:task.key"}\n')

    row = _rows()["tasks"]
    assert state == row.state and found in row.found and "k" * 32 not in row.found


def test_a_key_of_tasks_that_the_service_alone_knows_is_no_mistake(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "nomoat.yaml"
    file.write_text(file.read_text() + 'tasks: {key: ["env:SHOP_TASK_KEY", "env:SHOP_OLD_KEY"]}\n')
    monkeypatch.delenv("SHOP_TASK_KEY", raising=False)

    assert "note" == _rows()["tasks"].state
    monkeypatch.setenv("SHOP_TASK_KEY", "a" * 32)
    monkeypatch.setenv("SHOP_OLD_KEY", "b" * 32)
    assert "env:SHOP_TASK_KEY signs, 1 more verify, good for" in _rows()["tasks"].found
