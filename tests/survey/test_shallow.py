"""`nomoat map diff` in clones that lack something, as build servers make them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from nomoat.cli.main import main

_APP = """\
from fastapi import Depends, FastAPI, HTTPException, Request

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def signed_in(request: Request) -> str:
    if "authorization" not in request.headers:
        raise HTTPException(401)
    return "ana"


@app.get("/orders")
def orders(user: str = Depends(signed_in)) -> str:
    return user
"""
_OPENED = _APP.replace("user: str = Depends(signed_in)", "").replace("return user", 'return "all"')


def _git(where: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *arguments], cwd=where, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _commit(where: Path, text: str) -> str:
    (where / "app.py").write_text(text)
    _git(where, "add", ".")
    _git(where, "commit", "-q", "-m", "x")
    return _git(where, "rev-parse", "HEAD")


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """Guarded on main, with a tag; opened on a branch of two commits more."""
    root = tmp_path / "server" / "shop"
    root.mkdir(parents=True)
    _git(root, "init", "-q", "-b", "main")
    _commit(root, _APP)
    _git(root, "tag", "-a", "v1", "-m", "v1")
    _git(root, "checkout", "-q", "-b", "change")
    _commit(root, f"{_APP}# more\n")
    _commit(root, _OPENED)
    return root


def _clone(server: Path, *arguments: str) -> Path:
    clone = server.parent.parent / "clone" / "shop"
    _git(server, "clone", "-q", "--branch", "change", *arguments, server.as_uri(), str(clone))
    return clone


def _fix(said: str) -> str:
    (line,) = [line for line in said.splitlines() if line.strip().startswith("fix: ")]
    return line.strip().removeprefix("fix: ")


@pytest.mark.parametrize("name", ["origin", "up-stream"])
@pytest.mark.parametrize("revision", ["main", "{remote}/main", "v1", "HEAD~2", "{sha}", "{short}", "main~0"])
def test_in_a_shallow_clone_the_command_that_is_named_mends_it(
    server: Path, revision: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sha = _git(server, "rev-parse", "main")
    clone = _clone(server, "--depth", "1", "--origin", name)
    monkeypatch.chdir(clone)
    wanted = revision.format(remote=name, sha=sha, short=sha[:10])

    lacking = main(["map", "diff", wanted])

    said = capsys.readouterr().err
    assert 3 == lacking
    assert f"this clone is shallow and does not have {wanted}" in said
    assert _fix(said).startswith("git fetch ")
    subprocess.run(["sh", "-c", _fix(said)], cwd=clone, check=True, capture_output=True)
    assert 1 == main(["map", "diff", wanted]), capsys.readouterr().err
    assert "GET" in capsys.readouterr().out


def test_a_clone_without_its_files_names_the_command_that_brings_them(
    server: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _git(server, "config", "uploadpack.allowFilter", "true")
    clone = _clone(server, "--filter=blob:none")
    monkeypatch.chdir(clone)

    assert 3 == main(["map", "diff", "main"])
    fix = _fix(capsys.readouterr().err)
    subprocess.run(["sh", "-c", fix], cwd=clone, check=True, capture_output=True)
    assert 1 == main(["map", "diff", "main"]), capsys.readouterr().err


@pytest.mark.parametrize("revision", ["nothing", "0" * 40, "HEAD~99", "HEAD:app.py", "--output=x", "", "a b", "^main"])
def test_what_is_no_revision_is_wrong_use(
    server: Path, revision: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(server)

    assert 2 == main(["map", "diff", "--", revision])
    assert "error: " in capsys.readouterr().err
    assert not (server / "x").exists()


def test_what_is_no_revision_is_wrong_use_once_the_whole_history_is_there(
    server: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = _clone(server, "--depth", "1")
    monkeypatch.chdir(clone)

    assert 3 == main(["map", "diff", "nothing"])
    subprocess.run(["sh", "-c", _fix(capsys.readouterr().err)], cwd=clone, check=True, capture_output=True)
    assert 2 == main(["map", "diff", "nothing"])


def test_without_a_revision_neither_git_nor_a_repository_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(_APP)
    assert 0 == main(["map", "--write"])
    (tmp_path / "app.py").write_text(_OPENED)
    monkeypatch.setenv("PATH", str(tmp_path / "no-git-here"))

    assert 1 == main(["map", "diff"])
    assert "GET" in capsys.readouterr().out
    assert 2 == main(["map", "diff", "main"])
    assert "git is not installed" in capsys.readouterr().err


def test_a_folder_in_no_repository_is_told_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", os.fspath(tmp_path.parent))
    (tmp_path / "app.py").write_text(_APP)

    assert 2 == main(["map", "diff", "main"])
    assert "fix: nomoat map diff, without a revision" in capsys.readouterr().err
