"""What functions do to objects that may be anything, they do not do to one that nobody has but by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_FLAGS = """
import os


class Flag:
    def __init__(self, name, default):
        self.name = name
        self.default = default

    def get(self):
        return os.environ.get(self.name, self.default) if self.name else self.default

    def __repr__(self):
        return f"{type(self).__name__} {self.name}"


OPEN = Flag("", False)
"""
_APP = """
from flask import Flask, abort, session
from flags import OPEN

app = Flask(__name__, static_folder=None)


def renamed(project, name):
    project.name = name
    project.default = None


@app.route("/")
def index():
    if not OPEN.get() and "uid" not in session:
        abort(401)
    return f"open: {OPEN}"
"""
_APART = {
    "nothing else": "",
    "asked in another file": "import flags\n\n\ndef tell():\n    return flags.OPEN.get() == flags.OPEN.default\n",
    "others are handed on": "from flags import Flag\n\nMORE = [Flag('a', True)]\n",
    "a local of that name": "def file(OPEN):\n    return [OPEN]\n",
    "an attribute of that name": "class Door:\n    def __init__(self):\n        self.all = [self.OPEN]\n",
}
_HANDED = {
    "given": "from flags import OPEN\n\n\ndef change():\n    renamed(OPEN)\n",
    "in a list": "import flags\n\nALL = [flags.OPEN]\n",
    "in a list, of a module by another name": "import flags as kept\n\nALL = [kept.OPEN]\n",
    "looked for in a module by another name": "import flags as kept\n\nALL = [getattr(kept, one) for one in NAMES]\n",
    "given by a function": "from flags import OPEN\n\n\ndef flag():\n    return OPEN\n",
    "a default": "from flags import OPEN\n\n\ndef change(flag=OPEN):\n    flag.default = True\n",
    "by another name": "from flags import OPEN as flag\n\n\ndef change():\n    flag.default = True\n",
    "looked for": "import flags\n\n\ndef change(name):\n    one = getattr(flags, name)\n    one.default = 1\n",
    "all there are": "import flags\n\n\ndef go():\n    for one in vars(flags).values():\n        one.default = 1\n",
    "changed by its name": "import flags\n\n\ndef change():\n    flags.OPEN.default = True\n",
    "changed on its class": "from flags import Flag\n\n\ndef change():\n    Flag.default = True\n",
    "changed on its kind": "from flags import OPEN\n\n\ndef change():\n    type(OPEN).default = True\n",
}


def _verdict(tmp_path: Path, more: str, flags: str = _FLAGS) -> str:
    (tmp_path / "flags.py").write_text(flags)
    (tmp_path / "more.py").write_text(more)
    (tmp_path / "app.py").write_text(f"import more\n{_APP}\n\nprint(more.__name__)\n")
    return str(draw(tmp_path).map.routes[0].verdict)


@pytest.mark.parametrize("more", _APART.values(), ids=_APART)
def test_what_is_only_asked_is_changed_by_nobody_who_changes_something_else(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more) == "guarded"


@pytest.mark.parametrize("more", _HANDED.values(), ids=_HANDED)
def test_what_is_handed_on_may_be_changed(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more) == "unknown"


@pytest.mark.parametrize(
    "method",
    [
        "def __init_subclass__(cls): pass\n\n    def kept(self):\n        registry.append(self)",
        "def same(self):\n        return self",
        "def later(self):\n        return lambda: self",
    ],
)
def test_an_object_that_hands_itself_on_may_be_changed(tmp_path: Path, method: str) -> None:
    assert _verdict(tmp_path, "", _FLAGS.replace("def get(", f"{method}\n\n    def get(")) == "unknown"


def test_a_module_that_hands_out_all_its_names_hands_out_its_objects(tmp_path: Path) -> None:
    assert _verdict(tmp_path, "", f"{_FLAGS}\nEVERY = list(globals().values())\n") == "unknown"
