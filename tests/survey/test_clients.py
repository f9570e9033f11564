"""A package that serves and is a client as well: who only calls others with it registers no routes."""

from __future__ import annotations

from nomoat.survey.models import models
from nomoat.survey.python.words import WordIndex
from nomoat.survey.wiring import registering


def _registering(**sources: str) -> list[str]:
    return registering(models(), WordIndex([(f"{name}.py", text.encode()) for name, text in sources.items()]))


def test_only_those_that_name_the_part_that_serves_are_run_for_routes() -> None:
    found = _registering(
        client="import aiohttp\n\n\nasync def ask():\n    return aiohttp.ClientSession()\n",
        server="import aiohttp\n\napp = aiohttp.web.Application()\n",
        part="from aiohttp.web_urldispatcher import AbstractResource\n",
        other="from tornado.httpclient import HTTPClient\n",
        website="from shop import website\n",
    )

    assert ["other.py", "part.py", "server.py"] == found


def test_where_no_framework_is_imported_nothing_is_registered() -> None:
    logs = "class Handler:\n    def add_handlers(self):\n        self.log.add_handlers([])\n"

    assert [] == _registering(logs=logs)
    assert ["app.py", "logs.py"] == _registering(logs=logs, app="from tornado.web import Application\n")


def test_a_package_that_stands_on_a_framework_registers_as_well() -> None:
    views = "def add(api):\n    api.add_router('/shop', shop)\n"

    assert ["views.py"] == _registering(views=views, app="from ninja import NinjaAPI\n")
