"""Parts of an application that hold one another, each of them all the rest: looked into once, not once for each way."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_PARTS = 24


def test_parts_that_hold_one_another_come_to_an_end(tmp_path: Path) -> None:
    """Two dozen parts of one root that each is given: the ways through them are more than anybody can go."""
    parts = [
        f"class Part{number}:\n    def __init__(self, root):\n        self.root, self.own = root, Own{number}(root)\n"
        f"class Own{number}:\n    def __init__(self, root):\n        self.root = root\n"
        for number in range(_PARTS)
    ]
    made = "".join(f"        self.part{number} = Part{number}(self)\n" for number in range(_PARTS))
    (tmp_path / "parts.py").write_text("\n".join(parts))
    (tmp_path / "app.py").write_text(
        f"""
from flask import Flask
from parts import *

class Root:
    def __init__(self):
{made}
def create_app():
    root = Root()
    app = Flask(__name__)
    app.root = Last(root)

    @app.get("/rows")
    def rows():
        return "all"

    return app

class Last:
    def __init__(self, root):
        self.root = root
"""
    )
    own = [(one.method, one.path) for one in draw(tmp_path).map.routes if one.origin == "source"]
    assert own == [("GET", "/rows"), ("HEAD", "/rows")]
