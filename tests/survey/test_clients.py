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
