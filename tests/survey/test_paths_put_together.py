"""Paths of routes that `os.path.join` puts together of texts, and applications of very many routes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import os
import posixpath

from pyramid.config import Configurator

ORDERS = "/orders"
ORDER = os.path.join(ORDERS, "{id}")
LINES = posixpath.join(ORDER, "lines", "{line}")
OTHER = os.path.join(ORDERS, "/elsewhere")
PAGE = os.path.join(os.environ["WHERE"], "page")


def view(request):
    return {}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    for one in (ORDERS, ORDER, LINES, OTHER):
        config.add_route(one, one)
        config.add_view(view, route_name=one)
    return config.make_wsgi_app()
"""


def test_texts_are_joined_as_paths(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE)

    found = {route.path for route in draw(tmp_path).map.routes}

    assert {"/orders", "/orders/{id}", "/orders/{id}/lines/{line}", "/elsewhere"} == found


@pytest.mark.parametrize("count", [1_500])
def test_however_many_routes_are_registered_all_are_on_the_map(count: int, tmp_path: Path) -> None:
    lines = "\n".join(
        f'    config.add_route("n{one}", "/n{one}")\n    config.add_view(view, route_name="n{one}")'
        for one in range(count)
    )
    source = (
        "from pyramid.config import Configurator\n\n\ndef view(request):\n    return {}\n\n\n"
        "def main(global_config, **settings):\n    config = Configurator()\n"
        f"{lines}\n    return config.make_wsgi_app()\n"
    )
    (tmp_path / "main.py").write_text(source)

    found = draw(tmp_path)

    assert count == len({route.path for route in found.map.routes})
    assert not found.map.not_read
