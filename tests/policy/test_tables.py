from __future__ import annotations

import json
from pathlib import Path

import pytest

from nomoat.cli.main import main
from nomoat.errors import PolicyError
from nomoat.policy import tables

POLICY = """\
services: {shop: {}}
roles:
  customer:
    - {permission: orders:read, when: resource.owner == subject.sub}
  support: {includes: [customer], may: [orders:refund]}
assign: {support: ["user:kim"]}
deny:
  - {permission: orders:refund, when: context.hour < 6, because: "not at night"}
"""
ROWS = """\
decisions:
  "orders:read":
    - {as: "user:ana", roles: [customer], with: {resource.owner: ana}, expect: allow}
    - {as: "user:ana", roles: [customer], with: {resource.owner: ben}, expect: deny, reason: condition-false}
    - {as: "role:customer", expect: depends}
    - {as: anonymous, expect: deny}
  "orders:refund":
    - {as: "user:kim", with: {context.hour: 12}, expect: allow}
    - {as: "user:kim", with: {context.hour: 3}, expect: deny, reason: denied-by-rule}
    - {as: "user:ana", roles: [customer], with: {context.hour: 12}, expect: deny, reason: no-grant}
"""


def _run(tmp_path: Path, rows: str, *more: str, policy: str = POLICY) -> int:
    (tmp_path / "nomoat.yaml").write_text(policy)
    (tmp_path / tables.FILE_NAME).write_text(rows)
    return main(["policy", "test", "--config", str(tmp_path / "nomoat.yaml"), *more])


def test_rows_are_answered_by_the_policy_and_all_of_it_is_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(tmp_path, ROWS, "--covered") == 0
    assert capsys.readouterr().out == (
        "7 of 7 decisions are as expected\n5 of 5 sides of the policy's clauses are tried\n"
    )


def test_a_row_that_is_answered_otherwise_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wider = POLICY.replace("resource.owner == subject.sub", 'resource.owner != "nobody"')

    assert _run(tmp_path, ROWS, policy=wider) == 1
    said = capsys.readouterr().out
    assert "6 of 7 decisions are as expected" in said
    assert f"{tables.FILE_NAME}:4:7: user:local/ana (customer) and orders:read: expected deny, condition-false" in said
    assert "allowed: role customer may orders:read" in said


def test_a_reason_that_is_another_is_wrong_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ROWS.replace("reason: denied-by-rule", "reason: no-grant")

    assert _run(tmp_path, rows, "--format", "json") == 1
    (wrong,) = json.loads(capsys.readouterr().out)["wrong"]
    assert wrong["said"].endswith("(denied-by-rule)")


def test_what_no_row_has_tried_is_named_by_its_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = (
        'decisions: {"orders:read": [{as: "user:ana", roles: [customer], with: {resource.owner: ana}, expect: allow}]}'
    )

    assert _run(tmp_path, rows) == 0
    said = capsys.readouterr().out
    assert "1 of 5 sides of the policy's clauses are tried" in said
    for side in (
        "it refuses: role:customer orders:read when resource.owner == subject.sub",
        "it allows: role:support orders:refund",
        "it denies: deny orders:refund when context.hour < 6",
        "it lets pass: deny orders:refund when context.hour < 6",
    ):
        assert f"no row in which {side}" in said
    assert _run(tmp_path, rows, "--covered") == 1


def test_two_grants_of_one_role_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = """\
roles:
  user:
    - {permission: read, when: resource.owner == subject.sub}
    - {permission: read, when: resource.shared == true}
"""
    rows = """\
decisions:
  read:
    - {as: "user:ana", roles: [user], with: {resource.owner: ana, resource.shared: false}, expect: allow}
    - {as: "user:ana", roles: [user], with: {resource.owner: ben, resource.shared: false}, expect: deny}
"""
    assert _run(tmp_path, rows, policy=policy) == 0
    said = capsys.readouterr().out
    assert "3 of 4 sides" in said
    assert "it allows: role:user read when resource.shared == true" in said


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / tables.FILE_NAME
    path.write_text(
        "decisions:\n"
        "  read:\n"
        '    - {as: "user:x/ana", expect: allow}\n'
        '    - {as: "role:user", expect: yes}\n'
        '    - {as: "role:user", with: {owner: ana, subject.sub: ben, resource.size: 1.5}, expect: deny}\n'
        "    - {expect: deny}\n"
        '    - {as: "role:user", wants: allow}\n'
    )
    with pytest.raises(PolicyError) as caught:
        tables.read(path, aliases=("main",))
    said = [f"{problem.where.rpartition('/')[2]} {problem.what}" for problem in caught.value.problems]
    assert len(said) == 8
    for line in range(3, 8):
        assert any(one.startswith(f"{tables.FILE_NAME}:{line}:") for one in said), said


@pytest.mark.parametrize("text", ["", "decisions: {}\n", "format: 2\ndecisions: {}\n", "decisions: [a]\n"])
def test_a_file_that_tries_nothing_is_no_success(tmp_path: Path, text: str) -> None:
    assert _run(tmp_path, text) == 2


def test_no_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "nomoat.yaml").write_text(POLICY)

    assert main(["policy", "test", "--config", str(tmp_path / "nomoat.yaml")]) == 2
    assert tables.FILE_NAME in capsys.readouterr().err
