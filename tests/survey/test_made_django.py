"""Django projects made up by chance: the map has what the resolver has, and says what an anonymous caller gets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.made_django import project
from tests.survey.running_django import asked

SEEDS = range(4)
#: How much of a project the map may leave open.
_UNKNOWN = 0.02
_CONVERTER = re.compile(r"\{(\w+):[^}]*\}")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_map_says_what_the_running_project_does(seed: int, tmp_path: Path) -> None:
    for name, text in project(seed).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    running = asked(tmp_path)

    drawn: dict[str, dict[str, str]] = {}
    for route in draw(tmp_path).map.routes:
        drawn.setdefault(_CONVERTER.sub(r"{\1}", route.path), {})[route.method] = route.verdict

    assert {path for path, (methods, _) in running.items() if methods} == drawn.keys()
    for path, (methods, is_restricted) in running.items():
        # What nothing restricts answers any method: the map has those that its code speaks of.
        assert set(drawn.get(path, {})) == set(methods) if is_restricted else set(drawn[path]) <= set(methods), path
    judged = {
        (method, path): (verdict, "guarded" if running[path][0][method] else "unguarded")
        for path, methods in drawn.items()
        for method, verdict in methods.items()
        if running[path][0][method] is not None
    }
    wrong = {place: said for place, said in judged.items() if said[0] not in (said[1], "unknown")}
    assert wrong == {}
    assert sum(said == "unknown" for said, _ in judged.values()) <= _UNKNOWN * len(judged)
