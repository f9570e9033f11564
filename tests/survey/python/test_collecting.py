"""While much is made that stays, the collector rests; afterwards nothing is kept from it."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from nomoat.survey.python.collecting import uncollected

APP = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/orders')\ndef orders():\n    return []\n"


def test_a_map_that_nobody_holds_any_more_is_gone(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    frozen = gc.get_freeze_count()
    drawing = draw(tmp_path)
    program = weakref.ref(drawing.program)
    del drawing
    gc.collect()
    assert program() is None
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen


def test_inside_of_another_it_leaves_the_collector_as_it_is() -> None:
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_is_on_again_after_an_error() -> None:
    with pytest.raises(OSError, match="gone"), uncollected():
        raise OSError("gone")
    assert gc.isenabled()
