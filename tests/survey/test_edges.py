"""Who calls whom in a repository of ten services, by what source sends and what manifests set."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nomoat.appmap import codec
from nomoat.appmap.diff import compare
from nomoat.appmap.model import Map
from nomoat.survey.draw import draw

MONOREPO = Path(__file__).parent / "fixtures" / "monorepo"


@pytest.fixture(scope="module")
def market() -> Map:
    return draw(MONOREPO).map


def test_edges_join_source_and_manifests(market: Map) -> None:
    found = {(edge.caller, edge.callee): edge.setting for edge in market.edges}

    assert {
        ("gateway", "orders"): "ORDERS_URL",
        ("gateway", "users"): "",
        ("orders", "payments"): "PAYMENTS_URL",
        ("orders", "db"): "DATABASE_URL",
        ("payments", "billing"): "BILLING",
        ("users", "mail"): "MAIL_URL",
        ("stock", "warehouse"): "",
        ("search", "stock"): "STOCK_URL",
        ("reports", "orders"): "ORDERS",
    } == found


def test_a_template_is_said_and_hides_nothing(market: Map) -> None:
    assert ["deploy/chart/templates/extra.yaml"] == [one.at for one in market.not_read if "a template" in one.why]
    assert all(one.analysed for one in market.not_read)


def test_edges_survive_the_committed_file_and_older_files_have_none(market: Map) -> None:
    text = codec.file_text(market)

    kept = codec.loads(text).edges
    assert [(one.caller, one.callee) for one in market.edges] == [(one.caller, one.callee) for one in kept]
    start, end = text.index('"edges"'), text.index('"services"')
    assert () == codec.loads(text[:start] + text[end:]).edges


def test_a_new_call_between_services_is_weaker(market: Map, tmp_path: Path) -> None:
    shutil.copytree(MONOREPO, tmp_path / "market")
    source = tmp_path / "market" / "billing" / "main.py"
    source.write_text(
        source.read_text() + '\n\ndef ask():\n    import requests\n    requests.get("http://users:5000")\n'
    )

    changes = compare(market, draw(tmp_path / "market").map)

    assert [("billing now calls users", True)] == [(one.what, one.is_weaker) for one in changes]
