"""A result as JSON: the same findings for programs, suppressed ones too."""

from __future__ import annotations

import json
from dataclasses import asdict

from nomoat.check.model import Confidence, Result


def render(result: Result, *, confidence: Confidence) -> str:
    """The whole report. Every finding is in it with its confidence: a program filters as it likes."""
    document = {
        "format": 1,
        "findings": [asdict(finding) for finding in result.findings],
        "not_analysed": [{"at": at, "why": why} for at, why in result.not_analysed],
        "notes": [{"at": at, "why": why} for at, why in result.notes],
        "summary": {
            "files": result.files,
            "lines": result.lines,
            "routes": result.routes,
            "unknown_routes": result.unknown_routes,
            "left_out": dict(result.left_out),
            "seconds": round(result.seconds, 3),
            "complete": not result.not_analysed,
            "confidence": confidence,
        },
    }
    return json.dumps(document, indent=2) + "\n"
