"""The map drawn from source names the routes as guard names those of the running application: whatever made them."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import randoms

from nomoat.appmap import ids
from nomoat.guard.routers.flask import Routes
from nomoat.survey.draw import draw
from tests.survey.made_flask import application
from tests.survey.running import loaded


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
