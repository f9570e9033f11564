"""SARIF is held to a schema of our own, written from the OASIS standard, and not to the published one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nomoat.check.report import sarif
from tests.check.projects import result_of

_SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0-used.schema.json").read_text(encoding="utf-8"))
_FLOW = """
    import sqlite3
    from fastapi import FastAPI
    app = FastAPI()
    @app.get("/é")
    def read(q: str):
        words = q.strip()
        return sqlite3.connect("é").execute("é SELECT " + words)
"""
_ALLOWED = "import jwt\nx = jwt.decode(1, verify=False)  # nomoat: allow unverified-jwt until 2027-01-31, a test\n"


@pytest.fixture
def run(tmp_path: Path) -> dict[str, Any]:
    files: dict[str, str | bytes] = {"we ird\x1b#é.py": _FLOW, "allowed.py": _ALLOWED, "torn.py": b"\x00"}
    document = json.loads(sarif.render(result_of(tmp_path, files), confidence="sure"))
    jsonschema.Draft202012Validator(_SCHEMA).validate(document)
    found: dict[str, Any] = document["runs"][0]
    return found


def _of(run: dict[str, Any], rule: str) -> dict[str, Any]:
    found: dict[str, Any] = next(result for result in run["results"] if result["ruleId"] == rule)
    return found


def test_an_empty_report_is_valid(tmp_path: Path) -> None:
    document = json.loads(sarif.render(result_of(tmp_path, {"a.py": ""}), confidence="sure"))

    jsonschema.Draft202012Validator(_SCHEMA).validate(document)
    assert document["runs"][0]["invocations"][0]["executionSuccessful"] is True


def test_a_suppressed_result_carries_its_suppression_and_others_none(run: dict[str, Any]) -> None:
    assert [{"kind": "inSource", "status": "accepted", "justification": "a test (until 2027-01-31)"}] == _of(
        run, "unverified-jwt"
    )["suppressions"]
    assert "suppressions" not in _of(run, "sql-injection")


def test_what_was_not_analysed_makes_the_run_unsuccessful_and_is_named(run: dict[str, Any]) -> None:
    (invocation,) = run["invocations"]

    assert invocation["executionSuccessful"] is False
    assert "torn.py" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_a_flow_shows_its_way_and_columns_count_characters(run: dict[str, Any]) -> None:
    result = _of(run, "sql-injection")

    (flow,) = result["codeFlows"]
    assert 2 <= len(flow["threadFlows"][0]["locations"])
    region = result["locations"][0]["physicalLocation"]["region"]
    line = '    return sqlite3.connect("é").execute("é SELECT " + words)'
    assert (12, len(line) + 1) == (region["startColumn"], region["endColumn"])


def test_every_result_has_its_rule_a_fingerprint_and_a_severity_apart_from_confidence(run: dict[str, Any]) -> None:
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}

    assert {result["ruleId"] for result in run["results"]} <= set(rules)
    assert all(result["partialFingerprints"]["nomoat/v1"] for result in run["results"])
    assert {"sure"} == {result["properties"]["confidence"] for result in run["results"]}
    assert "external/cwe/cwe-89" in rules["sql-injection"]["properties"]["tags"]
    assert "9.5" == rules["sql-injection"]["properties"]["security-severity"]
