"""Flask applications made up by chance: the map has the rules that are served, and what an anonymous caller gets."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import randoms

from nomoat.survey.draw import draw
from tests.survey.made_flask import application
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask, served_by_flask


#: Nothing is made smaller: that takes minutes, and the source that is shown is short enough.
@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(randoms(use_true_random=False))
def test_map_of_any_application_is_what_is_served(chance: random.Random) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = application(chance)
        (folder / "main.py").write_text(source)

        # Where two have the same path, the one that is registered first answers.
        drawn = {(route.method, route.path): route for route in reversed(draw(folder).map.routes)}

        with loaded(folder) as app:
            assert served_by_flask(app) == drawn.keys(), source
            refused = refused_by_flask(app)
        told = {key: refused[key] for key, route in drawn.items() if route.verdict != "unknown"}
        assert told == {key: drawn[key].verdict == "guarded" for key in told}, source
        # Where a handler of the application answers 200 to the exception that refuses, nothing sure is said.
        because = {route.because.partition(" (")[0] for route in drawn.values() if route.because}
        assert all(why.endswith("what the application answers to it is no refusal") for why in because)
