"""Entries that are no routes: named as what starts them names them, and with what they reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap import codec, show
from nomoat.appmap.model import Entry, Map
from nomoat.survey.draw import draw


def mapped(folder: Path, **files: str) -> Map:
    """The map of a package `shop` with these modules, and of files whose names say what they are."""
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text("")
    for name, text in files.items():
        (folder / "shop" / f"{name}.py").write_text(text)
    return draw(folder).map


def named(drawn: Map) -> list[tuple[str, str, str]]:
    """Kind, name and trigger of each."""
    return [(one.kind, one.name, one.trigger) for one in drawn.entries]


def test_a_task_says_what_it_reaches(tmp_path: Path) -> None:
    drawn = mapped(
        tmp_path,
        worker="from celery import Celery\napp = Celery('shop')\n",
        tasks="""
import requests
from shop.worker import app

@app.task(name="orders.ship")
def ship(order_id):
    tell(order_id)

def tell(order_id):
    requests.post("https://parcels.example/ship", json={"id": order_id})
""",
    )

    (entry,) = drawn.entries
    service = drawn.services[0].name
    assert (f"task:{service}/orders.ship", "shop.tasks:ship", "queue") == (entry.id, entry.handler, entry.trigger)
    assert "shop/tasks.py:6" == entry.at
    assert ["parcels.example"] == [call.host for call in entry.calls]


def test_commands_of_installations_and_of_manage_py(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n[project.scripts]\nshop = "shop.main:run"\n')
    (tmp_path / "setup.cfg").write_text(
        "[options.entry_points]\nconsole_scripts =\n    shop-admin = shop.main:admin [extra]\n    gone = not a target\n"
    )
    (tmp_path / "shop" / "management").mkdir(parents=True)

    (tmp_path / "shop" / "management" / "__init__.py").write_text("")
    (tmp_path / "shop" / "management" / "clean_up.py").write_text(
        "from django.core.management.base import BaseCommand\n"
        "class Command(BaseCommand):\n"
        "    def add_arguments(self, parser):\n        pass\n"
        "    def handle(self, *args, **options):\n        pass\n"
    )
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "main.py").write_text("def run():\n    pass\n")

    drawn = draw(tmp_path).map

    assert [
        ("command", "clean_up", "terminal"), ("command", "shop", "terminal"), ("command", "shop-admin", "terminal"),
    ] == named(drawn)  # fmt: skip
    assert ["shop/management/clean_up.py:5", "shop/main.py:1", "setup.cfg:1"] == [one.at for one in drawn.entries]


@pytest.mark.parametrize(
    "text", ["[project\n", "[project]\nscripts = 3\n", "[[project]]\n", "\x00", "[tool.poetry]\nscripts = []\n"]
)
def test_broken_projects_have_no_commands(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "setup.cfg").symlink_to("/etc/passwd")

    assert () == mapped(tmp_path, main="x = 1\n").entries


def test_groups_in_groups_have_commands(tmp_path: Path) -> None:
    drawn = mapped(
        tmp_path,
        main="""
import click

@click.group()
def cli():
    pass

@cli.group()
def orders():
    pass

@orders.command("ship")
@click.argument("number")
def ship_order(number):
    pass

@click.command()
def alone():
    pass

def command():
    pass
""",
    )

    assert [("command", "alone", "terminal"), ("command", "ship", "terminal")] == named(drawn)


def test_tests_and_other_decorators_make_no_entry(tmp_path: Path) -> None:
    tests = "from celery import shared_task\n@shared_task\ndef made_up():\n    pass\n"
    main = (
        "from celery import chain\nfrom shop import own\n@own.task\ndef mine():\n    pass\n@chain\ndef other(): ...\n"
    )
    own = "def task(function):\n    return function\n"

    assert () == mapped(tmp_path, test_tasks=tests, main=main, own=own).entries


def test_entries_are_written_read_and_shown() -> None:
    entry = Entry("task:shop/mail", "shop", "task", "mail", "shop.tasks:mail", "shop/tasks.py:3", "queue")
    drawn = Map(services=draw(Path(__file__)).map.services[:0], entries=(entry,))

    written = codec.file_text(drawn)

    assert '"at": "shop/tasks.py"' in written
    assert ["mail"] == [one.name for one in codec.loads(written).entries]
    assert "entries" not in codec.file_text(Map())
    assert "tasks" not in show.text(Map())


def test_a_task_says_what_it_demands_and_asks_guard_for(tmp_path: Path) -> None:
    drawn = mapped(
        tmp_path,
        tasks="""
from celery import shared_task
from nomoat import guard
from nomoat.guard import requires

SEND = "mail:send"

@shared_task
@guard.requires("orders:read", SEND)
def both(order):
    ask(order)

def ask(order):
    guard.require("orders:write", owner=order.owner)

@shared_task
@requires("mail:send")
def above():
    pass

@shared_task
def nothing():
    pass

@shared_task
def unknown(name):
    guard.require(name)
""",
    )

    asked = {one.name.rpartition(".")[2]: one.requires for one in drawn.entries}
    assert {
        "both": ("mail:send", "orders:read", "orders:write"), "above": ("mail:send",), "nothing": (), "unknown": None,
    } == asked  # fmt: skip
    assert ["mail:send", "orders:read", "orders:write"] == [one.name for one in drawn.permissions]


def test_a_route_says_what_the_work_demands_that_it_hands_on(tmp_path: Path) -> None:
    drawn = mapped(
        tmp_path,
        main="""
from fastapi import BackgroundTasks, FastAPI
from nomoat import guard

app = FastAPI(openapi_url=None)

@guard.requires("mail:send")
def send(order_id):
    guard.require("orders:read", owner="ana")

@app.post("/receipt")
def receipt(tasks: BackgroundTasks):
    tasks.add_task(guard.carry(send), 1)
""",
    )

    (route,) = drawn.routes
    assert ("mail:send", "orders:read") == route.requires
    assert ["mail:send", "orders:read"] == [one.name for one in drawn.permissions]
