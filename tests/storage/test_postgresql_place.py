"""Which URLs name a store in PostgreSQL, how its password is kept, and that the line to it is private."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.errors import NomoatError, SettingsError
from nomoat.storage.postgresql_place import read

TODAY = date(2026, 11, 30)


def parameters(url: str) -> Mapping[str, str]:
    return read(url, today=TODAY).parameters


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PGSSLROOTCERT", raising=False)
    return tmp_path


def test_a_url_names_user_host_port_database_and_schema() -> None:
    place = read("postgresql://shop@127.0.0.1:5433/journal?schema=shop_2")

    assert "shop_2" == place.schema
    assert {
        "user": "shop", "host": "127.0.0.1", "port": "5433", "dbname": "journal", "sslmode": "prefer"
    } == place.parameters  # fmt: skip


def test_what_is_left_out_has_a_default() -> None:
    place = read("postgresql://localhost/journal")

    assert ("nomoat", {}, "5432") == (place.schema, place.secret(), place.parameters["port"])
    assert "user" not in place.parameters


def test_a_socket_and_several_hosts_can_be_named() -> None:
    assert "/run/postgresql" == parameters("postgresql:///journal?host=/run/postgresql")["host"]

    several = parameters("postgresql://[::1]:5433,127.0.0.1/journal?target_session_attrs=read-write")
    assert ("::1,127.0.0.1", "5433,5432") == (several["host"], several["port"])
    assert "read-write" == several["target_session_attrs"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:",
        "postgresql://shop@/journal",
        "postgresql://127.0.0.1/",
        "postgresql://127.0.0.1:port/journal",
        "postgresql://[::1/journal",
        "postgresql://127.0.0.1/journal?schema=No-Schema",
        "postgresql://127.0.0.1/journal?schema=",
        "postgresql://127.0.0.1/journal?sslmode=on",
        "postgresql://127.0.0.1/journal?host=/run",
        "postgresql:///journal?host=127.0.0.1",
        "postgresql://127.0.0.1/journal?hostaddr=127.0.0.2",
        "postgresql://127.0.0.1/journal?options",
        "postgresql://127.0.0.1/journal#part",
    ],
)
def test_what_names_no_store_is_wrong_use(url: str) -> None:
    with pytest.raises(SettingsError) as found:
        read(url)

    assert (True, "journal.store") == (bool(found.value.fix), found.value.where)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:hunter2@127.0.0.1/journal",
        "postgresql://shop:hunter2@/journal",
        "postgresql://127.0.0.1/journal?password=hunter2",
        "postgresql://127.0.0.1/journal?password=file:hunter2",
        "postgresql://127.0.0.1:hunter2/journal",
        "postgresql://[hunter2/journal",
    ],
)
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError) as found:
        read(url)

    assert "hunter2" not in str(found.value)


def test_a_password_is_read_anew_for_each_connection(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = tmp_path / "password"
    by_file = read(f"postgresql://127.0.0.1/journal?password=file:{kept}")
    by_name = read("postgresql://127.0.0.1/journal?password=env:SHOP_DATABASE")

    for password in ("one", "two"):
        kept.write_text(f"{password}\n")
        monkeypatch.setenv("SHOP_DATABASE", password)
        assert {"password": password} == by_file.secret() == by_name.secret()
    assert "two" not in repr(by_file) + repr(by_name)
    kept.unlink()
    with pytest.raises(SettingsError):
        by_file.secret()


def test_a_server_elsewhere_is_verified() -> None:
    remote = parameters("postgresql://db.example.test/journal")

    assert ("verify-full", "system") == (remote["sslmode"], remote["sslrootcert"])
    assert "/ca.pem" == parameters("postgresql://192.0.2.1/journal?sslrootcert=/ca.pem")["sslrootcert"]


def test_who_told_libpq_whom_to_trust_is_asked_no_more(no_home: Path) -> None:
    (no_home / ".postgresql").mkdir(mode=stat.S_IRWXU)
    (no_home / ".postgresql" / "root.crt").touch()

    assert "sslrootcert" not in parameters("postgresql://db.example.test/journal")


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
@pytest.mark.parametrize("host", ["db", "192.0.2.1", "127.0.0.1,192.0.2.1"])
def test_a_line_that_others_could_read_needs_a_reason_and_an_end(host: str, mode: str) -> None:
    url = f"postgresql://{host}/journal?sslmode={mode}"
    for loosened in ("", "&because=own+wire", "&until=2027-01-01", "&because=own+wire&until=2026-11-29"):
        with pytest.raises(SettingsError):
            parameters(url + loosened)

    assert mode == parameters(f"{url}&because=own+wire&until=2026-11-30")["sslmode"]


@given(rest=st.text(max_size=40))
def test_any_text_is_a_place_or_an_error_of_ours(rest: str) -> None:
    for url in (f"postgresql:{rest}", f"postgresql://{rest}", f"postgresql://127.0.0.1/journal?{rest}"):
        try:
            place = read(url)
        except NomoatError:
            continue
        assert place.parameters["host"]
