"""A block whose manager is a function that yields registers with what that function has set before it yields."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw
from tests.survey.running import loaded

_TREE = """
from contextlib import contextmanager

from flask import Blueprint, Flask


class Twice(Blueprint):
    def __init__(self, *args, **kwargs):
        self.below = None
        super().__init__(*args, **kwargs)

    def add_url_rule(self, rule, endpoint=None, view_func=None, **options):
        super().add_url_rule(rule, endpoint, view_func, **options)
        if self.below:
            super().add_url_rule(self.below + rule, endpoint, view_func, **options)

    @contextmanager
    def also_below(self, prefix):
        assert self.below is None
        self.below = prefix
        try:
            yield prefix
        finally:
            self.below = None


@contextmanager
def nothing():
    yield


def one(**given):
    return "one"


part = Twice("part", __name__, url_prefix="/user")
part.add_url_rule("/first", "first", one)
with nothing(), part.also_below("/<int:number>") as prefix:
    part.add_url_rule("/a", "a", one)
    part.add_url_rule(prefix.replace("number", "other") + "/b", "b", one)
part.add_url_rule("/last", "last", one)
app = Flask(__name__, static_folder=None)
app.register_blueprint(part)
"""


def test_a_block_finds_what_its_manager_has_set(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_TREE)
    with loaded(tmp_path) as app:
        served = {str(rule.rule).replace("<int:", "{").replace(">", "}") for rule in app.url_map.iter_rules()}

    found = {one.path for one in draw(tmp_path).map.routes}

    assert served == found
    assert {"/user/{number}/a", "/user/last"} < found
    assert "/user/{number}/last" not in found
