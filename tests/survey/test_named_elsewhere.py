"""Classes that are not here are called by the name that they are imported by, which paths are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_login import current_user
from shop_models import Order{alias}
from shop_models import make_class

Bill = make_class("bill")


class OfStaff(ModelView):
    def is_accessible(self):
        return current_user.is_authenticated


app = Flask(__name__, static_folder=None)
admin = Admin(app)
admin.add_view(OfStaff({model}, None))


@app.get("/")
def home():
    return "welcome"
"""


@pytest.mark.parametrize(("alias", "model"), [("", "Order"), (" as Sold", "Sold")])
def test_views_of_a_model_that_is_not_here_have_its_name(alias: str, model: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SOURCE.replace("{alias}", alias).replace("{model}", model))

    routes = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert routes["/"] == "unguarded"
    assert routes["/admin/order/"] == "guarded"
    assert not any("sold" in path for path in routes)


def test_what_a_call_gives_has_no_name(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SOURCE.replace("{alias}", "").replace("{model}", "Bill"))

    assert not any("bill" in one.path or "make_class" in one.path for one in draw(tmp_path).map.routes)
