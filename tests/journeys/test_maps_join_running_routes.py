"""The map drawn from source names the routes as guard names those of the running application: whatever made them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import randoms

from nomoat.appmap import ids
from nomoat.guard.routers import pyramid
from nomoat.guard.routers.flask import Routes
from nomoat.survey.draw import draw
from tests.journeys import running_routes_django
from tests.survey.made_django import project
from tests.survey.made_flask import application
from tests.survey.running import loaded
from tests.survey.test_pyramid_running import made_up


@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(randoms(use_true_random=False))
def test_flask_of_any_shape(chance: random.Random) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = application(chance)
        (folder / "main.py").write_text(source)
        drawn = {route.key.partition("/")[2] for route in draw(folder).map.routes}

        with loaded(folder) as app:
            served = {f"{one.method} {ids.path_key(one.path)}" for one in Routes(app).served()}

    assert served == drawn, source


@pytest.mark.parametrize("seed", range(4))
def test_django_of_any_shape(seed: int, tmp_path: Path) -> None:
    for name, text in project(seed).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    run = subprocess.run(
        [sys.executable, "-W", "ignore", running_routes_django.__file__, str(tmp_path), "proj.settings"],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    served: dict[str, set[str]] = {}
    for method, path in json.loads(run.stdout):
        served.setdefault(ids.path_key(path), set()).add(method)

    drawn: dict[str, set[str]] = {}
    for route in draw(tmp_path).map.routes:
        method, _, path = route.key.partition("/")[2].partition(" ")
        drawn.setdefault(path, set()).add(method)

    assert served.keys() == drawn.keys()
    for path, methods in served.items():
        # A function that restricts nothing answers any method; the map has those that its code speaks of.
        assert methods == drawn[path] or methods == {"ANY"}, path


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(6))
def test_pyramid_of_any_shape(seed: int, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(made_up(seed))
    served: dict[str, set[str]] = {}
    with loaded(tmp_path, "main:make()") as app:
        for one in pyramid.Routes(app.registry).served():
            served.setdefault(ids.path_key(one.path), set()).add(one.method)

    drawn: dict[str, set[str]] = {}
    for route in draw(tmp_path).map.routes:
        method, _, path = route.key.partition("/")[2].partition(" ")
        drawn.setdefault(path, set()).add(method)

    assert served == drawn


def test_a_protected_configurator_is_on_the_map(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from nomoat.guard import protect\nfrom pyramid.config import Configurator\n"
        "from pyramid.response import Response\n"
        'def home(request): return Response("")\n'
        'def main():\n    config = Configurator()\n    protect(config, mode="enforce")\n'
        '    config.add_route("home", "/")\n    config.add_view(home, route_name="home")\n'
        "    return config.make_wsgi_app()\napp = main()\n"
    )

    assert ["enforce"] == [one.protected for one in draw(tmp_path).map.services]
