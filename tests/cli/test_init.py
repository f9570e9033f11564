from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nomoat.cli.main import main

_APP = """\
import os
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

from nomoat.guard import protect

SECRET_KEY = os.environ["SECRET_KEY"]
scheme = OAuth2PasswordBearer(tokenUrl="token")
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


async def get_current_user(token: Annotated[str, Depends(scheme)]) -> str:
    try:
        payload = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(status_code=401)
    return payload["sub"]


@app.get("/items")
def items(user: Annotated[str, Depends(get_current_user)]) -> list[str]:
    return [user]


@app.get("/open")
def open_to_all() -> str:
    return "secret"


protect(app, mode="enforce")
"""
# What the application asks of its JWT library, by the one that is here.
_JWT = """\
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

InvalidTokenError = (JoseError, ValueError)


def decode(token, key, algorithms):
    return jwt.decode(token, OctKey.import_key(key), algorithms=algorithms).claims
"""
_CALLS = """\
import asyncio, os, time
from joserfc import jwt
from joserfc.jwk import OctKey
from shop.main import app
from tests.guard.calling import scope_of, serve

def token(key):
    return jwt.encode({"alg": "HS256"}, {"sub": "ana", "exp": int(time.time()) + 60}, OctKey.import_key(key))

async def status(path, *headers):
    return (await serve(app, scope_of("GET", path, headers))).status

async def all():
    good, bad = (("authorization", f"Bearer {token(key)}") for key in (os.environ["SECRET_KEY"], "x" * 40))
    print(await status("/items", good), await status("/items"), await status("/items", bad), await status("/open"),
          await status("/open", good), await status("/nowhere", good))

asyncio.run(all())
"""
_ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "app"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").write_text("")
    (root / "shop" / "main.py").write_text(_APP)
    (root / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    monkeypatch.chdir(root)
    monkeypatch.delenv("NOMOAT_CONFIG", raising=False)
    return root


def test_an_application_that_only_depends_on_get_current_user_works_under_enforcement(
    project: Path, tmp_path: Path
) -> None:
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    (libraries / "jwt.py").write_text(_JWT)
    assert 0 == main(["init", "--yes"])

    environment = {
        **os.environ,
        "SECRET_KEY": "k" * 40,
        "PYTHONPATH": os.pathsep.join(map(str, (libraries, _ROOT, ""))),
    }
    called = subprocess.run(
        [sys.executable, "-c", _CALLS], cwd=project, env=environment, capture_output=True, text=True, timeout=60
    )

    # Signed in; anonymous; a token of another key; what source leaves open stays denied; a path that is nowhere.
    assert ["200", "401", "401", "403", "403", "404"] == called.stdout.split(), called.stderr


def test_a_second_run_changes_nothing_and_keeps_every_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["init", "--yes"])
    config = project / "nomoat.yaml"
    config.write_text(config.read_text() + "# mine\n")
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    capsys.readouterr()

    assert 0 == main(["init", "--yes"])

    assert "nothing to write" in capsys.readouterr().out
    assert before == {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}


def test_without_an_answer_nothing_is_written(project: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "nomoat", "init"], cwd=project, input="", capture_output=True, text=True
    )

    assert 2 == ended.returncode
    assert not (project / "nomoat.yaml").exists()
    assert not (project / ".nomoat").exists()


def test_answers_are_shown_first_and_then_written(project: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "nomoat", "init"], cwd=project, input="p\ny\n", capture_output=True, text=True
    )

    assert 0 == ended.returncode, ended.stderr
    assert ended.stdout.index("would write") < ended.stdout.index("wrote ")
    assert '"GET /open": {public: true, because: "decided by' in (project / "nomoat.yaml").read_text()
