from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of

_SOURCE = """import jwt


def read(token):
    first = jwt.decode(token, options={"verify_signature": False})
    return jwt.decode(token, options={"verify_signature": False})
"""


def _fingerprints(root: Path, source: str, name: str = "app.py") -> list[str]:
    return [finding.fingerprint for finding in result_of(root, {name: source}).findings]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("# a comment\n\n\n" + _SOURCE, "app.py"),
        (_SOURCE.replace("(token, options", "(\n        token,\n        options"), "app.py"),
        (_SOURCE.replace("})", "},)  # why"), "app.py"),
        (_SOURCE, "moved/elsewhere.py"),
        ("def before():\n    return 1\n\n\n" + _SOURCE, "app.py"),
    ],
    ids=["lines moved", "laid out anew", "commented", "file renamed", "a function before it"],
)
def test_a_finding_keeps_its_fingerprint(source: str, name: str, tmp_path: Path) -> None:
    before = _fingerprints(tmp_path / "before", _SOURCE)

    assert before == _fingerprints(tmp_path / "after", source, name)


def test_alike_findings_of_one_function_have_fingerprints_of_their_own(tmp_path: Path) -> None:
    assert 2 == len(set(_fingerprints(tmp_path, _SOURCE)))


def test_other_code_has_another_fingerprint(tmp_path: Path) -> None:
    changed = _SOURCE.replace("jwt.decode(token,", "jwt.decode(other,")

    assert not {*_fingerprints(tmp_path / "a", _SOURCE)} & {*_fingerprints(tmp_path / "b", changed)}
