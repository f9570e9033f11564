"""A result as SARIF 2.1.0 (OASIS standard), for code hosts and editors."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from nomoat import __version__
from nomoat.check.model import Confidence, Finding, Result, Rule, Span

_LEVEL = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
#: What code hosts sort by (0 to 10); the middle of the ranges they publish.
_SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(result: Result, *, confidence: Confidence) -> str:
    """The whole report: one run. What was not analysed is a notification, and the run then is not successful."""
    used = {finding.rule for finding in result.findings}
    rules = [_rule(rule) for name, rule in sorted(result.rules.items()) if name in used]
    known = {rule["id"] for rule in rules}
    rules += [{"id": name, "shortDescription": {"text": name}} for name in sorted(used - known)]
    run = {
        "tool": {"driver": {"name": "nomoat", "version": __version__, "semanticVersion": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "the folder that was checked"}}},
        "invocations": [
            {
                "executionSuccessful": not result.not_analysed,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": f"not analysed: {at}: {why}"}}
                    for at, why in result.not_analysed
                ],
            }
        ],
        "results": [_result(finding) for finding in result.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    tags = ["security", f"external/cwe/cwe-{rule.cwe}", *rule.owasp]
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {"tags": tags, "security-severity": _SECURITY_SEVERITY[rule.severity]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{finding.message}\nwhy: {finding.why}\nfix: {finding.fix}"},
        "locations": [_location(finding.span)],
        "partialFingerprints": {"nomoat/v1": finding.fingerprint},
        "properties": {"confidence": finding.confidence, "target": finding.target},
    }
    if finding.steps:
        places = [{"location": {**_location(span), "message": {"text": words}}} for span, words in finding.steps]
        result["codeFlows"] = [{"threadFlows": [{"locations": places}]}]
    if finding.suppressed is not None:
        said = f"{finding.suppressed.reason} (until {finding.suppressed.until})"
        result["suppressions"] = [{"kind": "inSource", "status": "accepted", "justification": said}]
    return result


def _location(span: Span) -> dict[str, Any]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": max(span.end_line, span.line),
        "endColumn": span.end_column,
    }
    artifact = {"uri": quote(span.path), "uriBaseId": "ROOT"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
