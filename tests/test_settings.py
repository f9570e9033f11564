from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nomoat import datafile, settings
from nomoat.datafile import Mapping, Reader
from nomoat.errors import SettingsError


def test_a_plain_json_policy_is_a_valid_file(tmp_path: Path) -> None:
    text = '{"roles": {"admin": ["read", "write", "delete"], "user": ["read"]}}'

    read = settings.parse(text, root=tmp_path)

    assert {"admin": ["read", "write", "delete"], "user": ["read"]} == datafile.plain(read.section("roles"))


def test_every_mistake_is_reported_at_once_with_its_place(tmp_path: Path) -> None:
    text = "servces: {}\nservices: {a b: {}, shop: {root: ../x, ap: y}}\njournal: {store: x}\nformat: 9"

    with pytest.raises(SettingsError) as caught:
        settings.parse(text, root=tmp_path)

    assert [1, 2, 2, 2, 3, 4] == [int(problem.where.split(":")[1]) for problem in caught.value.problems]
    assert "did you mean 'services'?" == caught.value.problems[0].fix


def test_the_file_is_the_argument_else_the_variable_else_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "nomoat.yaml"
    here.write_text("")
    below = tmp_path / "below"
    below.mkdir()

    assert here == settings.locate(cwd=tmp_path)
    assert settings.locate(cwd=below) is None, "parent folders are never looked at"
    monkeypatch.setenv("NOMOAT_CONFIG", "/elsewhere.yaml")
    assert Path("/elsewhere.yaml") == settings.locate(cwd=tmp_path)
    assert Path("mine.yaml") == settings.locate("mine.yaml", cwd=tmp_path)


def test_a_relative_store_starts_at_the_folder_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "nomoat.yaml"
    path.write_text("journal: {store: 'sqlite:j.db', retention: {decisions: {keep: 30d, at_most: 5GB}}}")

    read = settings.load(path)

    assert f"sqlite:{tmp_path / 'j.db'}" == read.store_url
    assert ({"decisions": 2592000.0}, {"decisions": 5_000_000_000}) == (read.journal.keep_s, read.journal.at_most_bytes)


def test_a_secret_is_a_reference_and_never_part_of_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("value\n")
    monkeypatch.setenv("KEY", "from the environment")

    assert "value" == settings.secret("file:key", root=tmp_path)
    assert "from the environment" == settings.secret("env:KEY", root=tmp_path)
    with pytest.raises(SettingsError) as caught:
        settings.secret("hunter2hunter2", root=tmp_path)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(SettingsError, match="ABSENT is not set"):
        settings.secret("env:ABSENT", root=tmp_path)
    with pytest.raises(SettingsError, match="cannot read the secret file"):
        settings.secret("file:absent", root=tmp_path)


@pytest.mark.parametrize(
    ("text", "ends", "mistakes"),
    [
        ("{because: x, until: 2027-03-31}", True, 0),
        ("{because: x}", False, 0),
        ("{because: x}", True, 1),
        ("{until: 2027-03-31}", True, 1),
        ("{because: x, until: soon}", True, 1),
    ],
)
def test_a_loosening_says_why_and_until_when(text: str, ends: bool, mistakes: int) -> None:
    node = datafile.parse(text, name="t")
    assert isinstance(node, Mapping)
    reader = Reader()

    found = settings.loosening(node, "it", reader, ends=ends)

    assert mistakes == len(reader.problems)
    assert (found is None) == bool(mistakes)


def test_a_loosening_holds_through_its_last_day() -> None:
    loosened = settings.Loosening("x", date(2027, 3, 31))

    assert (False, True) == (loosened.is_over(date(2027, 3, 31)), loosened.is_over(date(2027, 4, 1)))


@pytest.mark.parametrize("size", ["9" * 5000 + "GB", "9999999999KB", "GB", "-1GB"])
def test_a_size_that_nobody_has_is_a_mistake(size: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        settings.parse(f"journal: {{retention: {{decisions: {{at_most: {size}}}}}}}", root=tmp_path)

    assert raised.value.what.endswith("is no size")
