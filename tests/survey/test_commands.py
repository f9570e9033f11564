from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from nomoat.cli.main import main

OPEN = """
from fastapi import Depends, FastAPI, HTTPException, Request

app = FastAPI(openapi_url=None)


def signed_in(request: Request):
    if request.headers.get("authorization") is None:
        raise HTTPException(status_code=401)


@app.get("/orders"%s)
def orders():
    return []
"""
GUARDED = OPEN % ", dependencies=[Depends(signed_in)]"
UNGUARDED = OPEN % ""


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=ana", "-c", "user.email=ana@example.test", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.py").write_text(GUARDED)
    return folder


def test_a_written_map_is_up_to_date_until_source_changes(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", str(shop), "--write"]) == 0
    assert main(["map", str(shop), "--check"]) == 0
    (shop / "main.py").write_text("# a comment moves every line\n" + GUARDED)
    assert main(["map", str(shop), "--check"]) == 0
    (shop / "main.py").write_text(UNGUARDED)
    capsys.readouterr()

    assert main(["map", str(shop), "--check"]) == 1
    assert "GET /orders became reachable without a sign-in" in capsys.readouterr().out


def test_diff_without_a_revision_needs_no_git(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["map", str(shop), "--write"])
    (shop / "main.py").write_text(UNGUARDED)
    capsys.readouterr()

    assert main(["map", "diff", "--path", str(shop)]) == 1
    assert capsys.readouterr().out == "!  GET /orders became reachable without a sign-in\n"


def test_diff_with_a_revision_redraws_it(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(shop, "init", "-q", "-b", "main")
    git(shop, "add", "main.py")
    git(shop, "commit", "-q", "-m", "first")
    (shop / "main.py").write_text(UNGUARDED)

    assert main(["map", "diff", "HEAD", "--path", str(shop)]) == 1
    assert capsys.readouterr().out == "!  GET /orders became reachable without a sign-in\n"


def test_a_revision_runs_nothing_of_the_repository(shop: Path) -> None:
    mark = shop.parent / "ran"
    git(shop, "init", "-q", "-b", "main")
    (shop / ".gitattributes").write_text("*.py filter=evil\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "first")
    git(shop, "config", "filter.evil.smudge", f"touch {mark}")
    git(shop, "config", "core.fsmonitor", f"touch {mark}; false")
    for hook in ("post-checkout", "post-index-change"):
        script = shop / ".git" / "hooks" / hook
        script.write_text(f"#!/bin/sh\ntouch {mark}\n")
        script.chmod(0o755)

    assert main(["map", "diff", "HEAD", "--path", str(shop)]) == 0
    assert not mark.exists()


def test_a_shallow_clone_says_how_to_mend_it(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(shop, "init", "-q", "-b", "main")
    git(shop, "add", "main.py")
    git(shop, "commit", "-q", "-m", "first")
    git(shop, "commit", "-q", "--allow-empty", "-m", "second")
    clone = shop.parent / "clone"
    git(shop.parent, "clone", "-q", "--depth", "1", f"file://{shop}", str(clone))
    capsys.readouterr()

    assert main(["map", "diff", "HEAD~1", "--path", str(clone)]) == 3
    assert "git fetch --unshallow" in capsys.readouterr().err


def test_a_revision_that_looks_like_an_option_is_refused(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(shop, "init", "-q")

    assert main(["map", "--path", str(shop), "--", "diff", "--output=x"]) == 2
    assert "is no revision" in capsys.readouterr().err


def test_json_goes_to_a_file(shop: Path, tmp_path: Path) -> None:
    target = tmp_path / "map.json"

    assert main(["map", str(shop), "--format", "json", "-o", str(target)]) == 0
    assert ["route:shop/GET /orders"] == [route["id"] for route in json.loads(target.read_text())["routes"]]


def test_what_could_not_be_read_is_exit_3(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "broken.py").write_bytes(b"def f(:\n    g(\n")

    assert main(["map", str(shop)]) == 3
    assert "broken.py" in capsys.readouterr().out
    assert main(["map", str(shop), "--allow-incomplete"]) == 0


def test_who_can_reach_names_the_stores_it_has(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "who-can-reach", "orders", "--path", str(shop)]) == 2
    assert "no store is called 'orders'" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert main(["map", str(tmp_path / "absent")]) == 2
