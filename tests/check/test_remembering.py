"""The last result is given again only while nothing changed that it was made of; losing it does no harm."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from nomoat import settings as settings_file
from nomoat.check import registry
from nomoat.check.model import Result
from nomoat.check.remembering import Remembering
from nomoat.check.running import result_of
from nomoat.check.scan import run as whole
from tests.check.projects import TODAY, write

APP = "import yaml\n\n\ndef load(text):\n    return yaml.load(text, Loader=yaml.UnsafeLoader)\n"
FIXED = APP.replace("yaml.load(text, Loader=yaml.UnsafeLoader)", "yaml.safe_load(text)")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of caches of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "nomoat" / "check"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose files are old enough to be remembered."""
    root = tmp_path / "project"
    write(root, {"app.py": APP, "shop/views.py": "x = 1\n", "config.yaml": "a: 1\n", "pyproject.toml": ""})
    return settled(root)


def settled(root: Path) -> Path:
    """Waits until what was written is older than what a file system may tell apart."""
    newest = max(path.lstat().st_ctime for path in (root, *root.rglob("*")))
    while time.time() < newest + 0.2:
        time.sleep(0.02)
    return root


def run(root: Path, today: date = TODAY) -> Result:
    here = root / "nomoat.yaml"
    settings = settings_file.load(here) if here.is_file() else settings_file.empty(root)
    return result_of(root, settings, today=today)


def same(one: Result, other: Result) -> bool:
    plain = [replace(each, seconds=0.0, is_remembered=False, rules={}) for each in (one, other)]
    return plain[0] == plain[1] and sorted(one.rules) == sorted(other.rules)


def test_a_result_is_given_again_as_it_was(project: Path, cache: Path) -> None:
    first, again = run(project), run(project)

    assert not first.is_remembered
    assert again.is_remembered
    assert same(first, again)
    assert [one.rule for one in again.findings if one.confidence == "sure"]
    assert len(list(cache.iterdir())) == 2  # The result, and its parts.


def rewrite(root: Path) -> None:
    """The same size, and the times put back: only the number and the time of the change itself tell."""
    path = root / "app.py"
    before = path.stat()
    path.write_text(FIXED.ljust(len(APP), "\n")[: len(APP)])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def add_rule(root: Path) -> None:
    write(root, {".nomoat/rules/own/own-rule.yaml": (
        "title: t\nseverity: low\ncwe: 1\nwhy: w\nfix: f\ncalls: [{of: [yaml.load], message: m}]\n"
    )})  # fmt: skip


CHANGES: list[Callable[[Path], object]] = [
    rewrite,
    add_rule,
    lambda root: (root / "app.py").unlink(),
    lambda root: (root / "app.py").rename(root / "main.py"),
    lambda root: (root / "other.py").write_text("x = 1\n"),
    lambda root: (root / "shop" / "deep").mkdir(),
    lambda root: (root / ".gitignore").write_text("app.py\n"),
    lambda root: (root / "settings.yaml").write_text("password: hunter2hunter2\n"),
    lambda root: (root / "nomoat.yaml").write_text("check: {exclude: [shop]}\n"),
    lambda root: shutil.rmtree(root / "shop"),
    lambda root: (root.parent / "__init__.py").write_text(""),
]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_noticed(project: Path, cache: Path, change: Callable[[Path], object]) -> None:
    run(project)
    assert run(project).is_remembered
    change(project)

    assert not run(project).is_remembered


def test_on_another_day_it_is_made_anew(project: Path, cache: Path) -> None:
    run(project)

    assert not run(project, TODAY + timedelta(days=1)).is_remembered


def test_a_file_that_changed_just_now_may_change_once_more(project: Path, cache: Path) -> None:
    os.utime(project / "app.py", (time.time() + 60, time.time() + 60))
    run(project)

    assert not run(project).is_remembered


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe\n{}", b"a b\n{}", b"no line"])
def test_garbage_in_the_cache_is_no_result(project: Path, cache: Path, damage: bytes) -> None:
    first = run(project)
    for path in cache.iterdir():
        path.write_bytes(damage)
    again = run(project)

    assert not again.is_remembered
    assert same(first, again)


def test_a_changed_byte_in_the_cache_is_no_result(project: Path, cache: Path) -> None:
    run(project)
    for path in cache.iterdir():
        path.write_bytes(path.read_bytes().replace(b'"sure"', b'"low!"'))

    again = run(project)

    assert not again.is_remembered
    assert {one.confidence for one in again.findings} <= {"sure", "likely", "low"}


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[]", b"{}", b'{"findings": 1, "stamps": {}}'])
def test_what_is_whole_and_yet_no_result_is_none(project: Path, cache: Path, body: bytes) -> None:
    first = run(project)
    for path in cache.iterdir():
        made_of = path.read_bytes().split(b" ", 1)[0].decode()
        path.write_bytes(f"{made_of} {hashlib.blake2b(body, digest_size=20).hexdigest()}\n".encode() + body)

    assert same(run(project), first)


def test_a_folder_that_others_may_write_is_not_used(project: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    run(project)

    assert not run(project).is_remembered
    assert not list(cache.iterdir())


def test_a_link_in_place_of_the_folder_is_not_used(project: Path, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    cache.parent.mkdir(parents=True)
    cache.symlink_to(tmp_path / "elsewhere")
    run(project)

    assert not list((tmp_path / "elsewhere").iterdir())


def test_it_is_never_kept_in_the_scanned_tree(project: Path, cache: Path) -> None:
    before = sorted(project.rglob("*"))
    run(project)

    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "HOME"])
def test_a_cache_within_the_scanned_tree_is_not_used(
    project: Path, cache: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv(variable, str(project))
    before = sorted(project.rglob("*"))
    run(project)

    assert sorted(project.rglob("*")) == before
    assert not run(project).is_remembered


def test_a_home_that_is_no_place_of_its_own_is_not_used(
    project: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "here")
    monkeypatch.chdir(tmp_path)
    run(project)

    assert not (tmp_path / "here").exists()


def test_only_so_many_folders_are_remembered(
    project: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nomoat.check.remembering._MAX_KEPT", 2)
    for name in ("one", "two", "three"):
        write(tmp_path / name, {"app.py": "x = 1\n"})
        run(settled(tmp_path / name))

    assert len(list(cache.iterdir())) == 2


def test_two_runs_at_once_do_not_hurt_each_other(project: Path, cache: Path) -> None:
    settings = settings_file.empty(project)
    first, second = (Remembering(project, settings, today=TODAY) for _ in range(2))
    outcome = whole(project, settings, today=TODAY, rules=registry.load(None))
    first.keep(outcome)
    second.keep(outcome)

    assert run(project).is_remembered
    assert len(list(cache.iterdir())) == 2  # The result, and its parts.


# -- a part of it ----------------------------------------------------------------------------------------------------


@pytest.fixture
def no_whole_run(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders over which everything was run."""
    runs: list[Path] = []

    def recorded(path: Path, *args: object, **named: object) -> object:
        runs.append(path)
        return whole(path, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("nomoat.check.scan.run", recorded)
    return runs


def test_only_what_changed_is_run_again(project: Path, cache: Path, no_whole_run: list[Path]) -> None:
    run(project)
    (project / "app.py").write_text(FIXED)
    changed = run(settled(project))

    assert len(no_whole_run) == 1
    assert not changed.is_remembered
    assert same(changed, result_of(project, settings_file.empty(project), today=TODAY, is_fresh=True))
    assert run(project).is_remembered


def test_the_next_day_nothing_is_run_over_everything(project: Path, cache: Path, no_whole_run: list[Path]) -> None:
    first = run(project)

    assert same(run(project, TODAY + timedelta(days=1)), first)
    assert len(no_whole_run) == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda root: (root / "more.py").write_text("x = 1\n"), id="a file more"),
        pytest.param(lambda root: (root / "app.py").unlink(), id="a file less"),
        pytest.param(
            lambda root: (root / "pyproject.toml").write_text("[project]\n"), id="a file that marks a project"
        ),
        pytest.param(lambda root: (root / ".gitignore").write_text("shop/\n"), id="what is left out"),
        pytest.param(lambda root: (root / "nomoat.yaml").write_text("format: 1\n"), id="settings"),
    ],
)
def test_other_changes_run_everything(
    project: Path, cache: Path, no_whole_run: list[Path], change: Callable[[Path], object]
) -> None:
    run(project)
    change(project)
    run(settled(project))

    assert len(no_whole_run) == 2


def test_a_file_that_changed_just_now_is_taken_for_changed(
    project: Path, cache: Path, no_whole_run: list[Path]
) -> None:
    """Within one tick of the file system's clock it may change twice, and its times tell of one change."""
    (project / "app.py").write_text(FIXED)
    run(project)
    (project / "app.py").write_text(APP)

    assert [one.rule for one in run(project).findings if one.confidence == "sure"]
