"""The examples in Flask and Django, each as a process that serves requests: what they say of themselves holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

_FLASK = """
import desk
def signed_in(name):
    client = desk.app.test_client()
    assert client.post("/login", json={"name": name, "password": "pw"}).status_code == 200, name
    return client
ana, kim = signed_in("ana"), signed_in("kim")
print([one["id"] for one in ana.get("/tickets").json], [one["id"] for one in kim.get("/tickets").json])
print(ana.get("/tickets/1").status_code, ana.get("/tickets/2").status_code, kim.get("/tickets/2").status_code)
print(ana.post("/tickets/1/close").status_code, kim.post("/tickets/1/close").status_code)
print(desk.app.test_client().get("/tickets").status_code)
print([desk.app.test_client().post("/login", json={"name": "ana", "password": "x"}).status_code for _ in range(5)])
"""

_DJANGO = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "shelf.settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth.models import Group, User
from django.test import Client
from books.models import Book
for name, owner in (("one", "ana"), ("two", "ben"), ("three", "library")):
    Book.objects.create(title=name, owner=owner)
def signed_in(name, group):
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    client = Client()
    client.force_login(user)
    return client
ana, lib = signed_in("ana", "reader"), signed_in("lib", "librarian")
def listed(client): return [one["id"] for one in client.get("/books/").json()["books"]]
print(listed(ana), listed(lib))
print([ana.get(f"/books/{number}/").status_code for number in (1, 2, 3, 9)])
print([ana.post(f"/books/{number}/lend/", {"to": "eve"}).status_code for number in (1, 2, 3)])
print(lib.post("/books/2/lend/", {"to": "eve"}).status_code, Client().get("/books/").status_code)
"""

_SAID = {
    "flask": ["[1] [1, 2]", "200 403 200", "403 200", "401", "[401, 401, 401, 429, 429]"],
    "django": ["[1, 3] [1, 2, 3]", "[200, 403, 200, 404]", "[200, 403, 403]", "200 401"],
}
_SCRIPTS = {"flask": _FLASK, "django": _DJANGO}


def _run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "NOMOAT_CONFIG": str(root / "nomoat.yaml"),
        "DESK_PASSWORD": "pw",
        "SHELF_DB": str(root / "shelf.db"),
        "SHELF_HTTPS": "0",
        "PYTHONWARNINGS": "ignore",
    }
    return subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(params=["flask", "django"])
def example(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    root = tmp_path / request.param
    shutil.copytree(EXAMPLES / request.param, root, ignore=shutil.ignore_patterns("state", "__pycache__", "*.db"))
    return request.param, root


def test_everybody_gets_what_the_policy_says(example: tuple[str, Path]) -> None:
    name, root = example

    done = _run(root, sys.executable, "-c", _SCRIPTS[name])

    assert (0, _SAID[name]) == (done.returncode, done.stdout.splitlines()), done.stderr


def test_map_policy_and_source_are_of_one_mind(example: tuple[str, Path]) -> None:
    _, root = example
    nomoat = (sys.executable, "-m", "nomoat")

    for words in (("map", "--check"), ("policy", "check"), ("check", ".")):
        done = _run(root, *nomoat, *words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
    assert "0 errors, 0 warnings" in _run(root, *nomoat, "policy", "check").stdout
