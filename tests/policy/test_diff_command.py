"""`nomoat policy diff` as people run it: a real repository of git, the whole output, the exit code."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from nomoat.appmap import codec
from nomoat.cli.main import main
from tests.policy.maps import map_of, route

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")

OLD = "roles:\n  support: [orders:list]\n"
NEW = "roles:\n  support: [orders:list, orders:refund]\n"
SHOP = map_of(route("GET /orders", binding=("orders:list",)), route("POST /refund", binding=("orders:refund",)))


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.test")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def commit(folder: Path, text: str | None, *, name: str = "nomoat.yaml") -> None:
    if text is not None:
        (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOMOAT_CONFIG", raising=False)
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".nomoat").mkdir()
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(SHOP))
    commit(tmp_path, OLD)
    return tmp_path


def test_what_a_change_opens_up_is_said_before_it_is_committed(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "nomoat.yaml").write_text(NEW)

    code = main(["policy", "diff"])

    said = "!  support may now orders:refund (role support, nomoat.yaml:2)  [POST /refund]\n1 weaker since HEAD.\n"
    assert (1, said) == (code, capsys.readouterr().out)


def test_without_a_change_nothing_is_weaker(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["policy", "diff"])
    assert "nothing becomes allowed or denied since HEAD.\n" == capsys.readouterr().out


def test_only_stricter_is_clean(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "nomoat.yaml").write_text("roles:\n  support: []\n")

    assert 0 == main(["policy", "diff"])
    assert "1 stricter since HEAD." in capsys.readouterr().out


def test_what_cannot_be_told_is_not_clean(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "roles:\n  support: [{{permission: x, when: '{}'}}]\n"
    commit(shop, text.format("!(context.hour < 6)"))
    (shop / "nomoat.yaml").write_text(text.format("context.hour >= 6"))

    assert 3 == main(["policy", "diff"])
    assert capsys.readouterr().out.startswith("?  support may x: changed from")


def test_a_branch_and_another_file_are_compared_too(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(shop, "branch", "before")
    commit(shop, NEW)
    (shop / "old.yaml").write_text(OLD)

    assert [1, 0, 1] == [main(["policy", "diff", *rest]) for rest in (["before"], ["HEAD"], ["--against", "old.yaml"])]
    assert "since old.yaml" in capsys.readouterr().out


def test_a_revision_without_the_file_counts_everything_as_new(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(shop, "mv", "nomoat.yaml", "other.yaml")
    git(shop, "commit", "-q", "-m", "moved")
    (shop / "nomoat.yaml").write_text(OLD)

    assert 1 == main(["policy", "diff"])
    said = capsys.readouterr().out
    assert "note: HEAD has no nomoat.yaml: everything that is allowed now counts as new" in said
    assert "support may now orders:list" in said


def test_each_side_has_its_own_map_and_what_is_missing_is_said(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_now = map_of(*SHOP.routes, route("GET /me", binding="signed-in"))
    (shop / ".nomoat" / "map.json").write_text(codec.file_text(open_now))

    assert 1 == main(["policy", "diff"])
    assert "everybody who is signed in may now GET /me; before: it was not on the map" in capsys.readouterr().out

    git(shop, "rm", "-q", "--cached", ".nomoat/map.json")
    git(shop, "commit", "-q", "-m", "no map")
    assert 0 == main(["policy", "diff"])
    assert "note: HEAD has no .nomoat/map.json: today's map stands for both" in capsys.readouterr().out

    (shop / ".nomoat" / "map.json").unlink()
    assert 3 == main(["policy", "diff"])
    assert "note: there is no map" in capsys.readouterr().out


def test_an_old_file_that_cannot_be_read_is_incomplete(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(shop, "roles: {a: [*]}\n")
    (shop / "nomoat.yaml").write_text(OLD)

    assert 3 == main(["policy", "diff"])
    assert "the old policy cannot be read" in capsys.readouterr().err


def test_a_link_in_the_tree_is_no_file_to_read(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "nomoat.yaml").unlink()
    (shop / "nomoat.yaml").symlink_to("/etc/passwd")
    commit(shop, None)
    (shop / "nomoat.yaml").unlink()
    (shop / "nomoat.yaml").write_text(OLD)

    assert 1 == main(["policy", "diff"])
    assert "HEAD has no nomoat.yaml" in capsys.readouterr().out


def test_the_repository_runs_nothing(shop: Path) -> None:
    mark = shop / "ran"
    script = shop / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    for name in ("core.fsmonitor", "filter.evil.smudge", "diff.external", "core.pager"):
        git(shop, "config", name, str(script))
    (shop / ".gitattributes").write_text("* filter=evil diff=evil\n")

    main(["policy", "diff"])

    assert not mark.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--", "--output=x"], "is no revision"),
        (["nothing"], "there is no revision nothing"),
        (["main", "--against", "nomoat.yaml"], "two different questions"),
    ],
)
def test_wrong_use_is_said(shop: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert 2 == main(["policy", "diff", *arguments])
    assert said in capsys.readouterr().err


def test_outside_of_a_repository_another_file_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nomoat.yaml").write_text(OLD)

    assert 2 == main(["policy", "diff"])
    assert "fix: nomoat policy diff --against FILE, which needs no git" in capsys.readouterr().err


def test_as_json_every_change_has_its_parts(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "nomoat.yaml").write_text(NEW)
    main(["policy", "diff", "--format", "json"])

    found = json.loads(capsys.readouterr().out)
    (change,) = found["changes"]
    assert ("HEAD", "weaker", ["support"], "orders:refund", "never", "always", ["POST /refund"]) == (
        found["since"],
        *(change[name] for name in ("verdict", "who", "target", "before", "after", "routes")),
    )
