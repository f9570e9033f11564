"""The commands as people run them: real files, a real store, the whole output and the exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.appmap import codec
from nomoat.cli.main import main
from nomoat.journal.facts import Decision, Text, timestamp
from nomoat.journal.journal import open_store
from nomoat.policy import document
from nomoat.policy.backtest import Backtest, Change
from nomoat.policy.report import backtest_text
from tests.policy.maps import map_of, route
from tests.policy.test_learn import traffic

FILE = """\
services: {shop: {}}
roles:
  customer: [orders:list, {permission: orders:read, when: resource.owner == subject.sub}]
  support: {includes: [customer], may: [orders:read]}
  admin: [orders:refund]
"""
PLAIN = '{"roles": {"admin": ["read", "write", "delete"], "user": ["read"]}}'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOMOAT_CONFIG", raising=False)
    (tmp_path / "nomoat.yaml").write_text(FILE)
    return tmp_path


def with_decisions(folder: Path, *decisions: Decision, policy: str = "") -> list[str]:
    """A journal with these decisions and the policy that made them; their positions."""
    of = settings.load(folder / "nomoat.yaml")
    read = document.read(of)
    of.state.mkdir(parents=True, mode=0o700, exist_ok=True)
    store = open_store(of.store_url)
    facts = [replace(decision, policy=policy or read.hash) for decision in decisions]
    store.append([(Text(of="policy", hash=read.hash, text=read.text), None)])
    positions = store.append([(fact, None) for fact in facts])
    store.close()
    return [position for position in positions if position is not None]


READ = Decision(
    happened_at=timestamp(),
    request="r1",
    sequence=1,
    service="shop",
    target="route:shop/GET /orders/{order_id}",
    subject="user:local/ben",
    roles=("customer",),
    permissions=("orders:read",),
    outcome="deny",
    enforced=True,
    reason="condition-false",
    read={"resource.owner": "ana", "subject.sub": "ben"},
)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("--as role:customer --may orders:list", 0, "allowed: role customer may orders:list (nomoat.yaml:3)."),
        (
            "--as role:customer --may orders:list --only orders:list --only x",
            0,
            "allowed: role customer may orders:list (nomoat.yaml:3).",
        ),
        (
            "--as role:customer --may orders:list --only orders:read",
            1,
            "denied: orders:list is not among what the credential is limited to, whatever the caller's roles grant.",
        ),
        (
            "--as role:support --may orders:refund",
            1,
            "denied: no role of support grants orders:refund.  admin does (nomoat.yaml:5).",
        ),
        (
            "--as user:ana --role customer --may orders:read --with resource.owner=ben",
            1,
            "denied: role customer may orders:read only when resource.owner == subject.sub (nomoat.yaml:3), which does "
            'not hold.  resource.owner is "ben", subject.sub is "ana".',
        ),
        (
            "--as user:ana --role customer --may orders:read --with resource.owner=ana",
            0,
            "allowed: role customer may orders:read when resource.owner == subject.sub (nomoat.yaml:3).  "
            'resource.owner is "ana", subject.sub is "ana".',
        ),
        (
            "--as user:ana --role customer --may orders:read",
            1,
            "depends on resource.owner: role customer may orders:read only when resource.owner == subject.sub "
            "(nomoat.yaml:3).",
        ),
        (
            "--as role:nobody --may orders:list",
            1,
            "denied: the policy has no role nobody: known: admin, customer or support",
        ),
        (
            "--as user:5 --role customer --may orders:read --with resource.owner='5'",
            0,
            "allowed: role customer may orders:read when resource.owner == subject.sub (nomoat.yaml:3).  "
            'resource.owner is "5", subject.sub is "5".',
        ),
    ],
)
def test_explain_answers_with_words_and_a_code(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: str, code: int, said: str
) -> None:
    found = main(["policy", "explain", *arguments.split(" ")])

    assert (code, said + "\n") == (found, capsys.readouterr().out)


def test_explain_works_on_the_plain_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "nomoat.yaml").write_text(PLAIN)
    codes = [main(["policy", "explain", "--as", f"role:{role}", "--may", "delete"]) for role in ("user", "admin")]

    assert [1, 0] == codes
    assert "denied: no role of user grants delete.  admin does (nomoat.yaml:1).\n" in capsys.readouterr().out


def test_explain_as_json_has_the_code_and_what_was_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "--as user:ana --role customer --may orders:read --with resource.owner=ana --format json"
    main(["policy", "explain", *arguments.split(" ")])

    found = json.loads(capsys.readouterr().out)
    assert ("allowed", "granted", ["role:customer orders:read"], {"resource.owner": "ana", "subject.sub": "ana"}) == (
        found["verdict"],
        found["reason"],
        found["grants"],
        found["read"],
    )


@pytest.mark.parametrize(
    "arguments",
    [
        "--as role:customer",
        "--may x",
        "--as customer --may x",
        "--as role:customer --may x --with owner=5",
        "--as role:customer --may x --with subject.sub=ana",
        "--as role:customer --may x --service billing",
        "--as role:customer --may x --config absent.yaml",
    ],
)
def test_explain_called_wrongly_says_how(folder: Path, capsys: pytest.CaptureFixture[str], arguments: str) -> None:
    assert 2 == main(["policy", "explain", *arguments.split()])
    assert "fix: " in capsys.readouterr().err


def test_a_decision_of_the_journal_is_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (position,) = with_decisions(folder, READ)

    code = main(["policy", "explain", "--decision", position])

    first, second = capsys.readouterr().out.splitlines()
    assert (1, True) == (code, first.endswith("user:local/ben  route:shop/GET /orders/{order_id}  (enforced)"))
    assert (
        "denied: role customer may orders:read only when resource.owner == subject.sub (nomoat.yaml:3), which does not "
        'hold.  resource.owner is "ana", subject.sub is "ben".'
    ) == second


def test_a_decision_is_explained_by_the_policy_of_its_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (position,) = with_decisions(folder, READ)
    (folder / "nomoat.yaml").write_text(FILE.replace("resource.owner", "resource.buyer"))

    main(["policy", "explain", "--decision", position])

    assert "only when resource.owner == subject.sub, which does not hold" in capsys.readouterr().out


def test_a_position_without_a_decision_is_wrong_use(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_decisions(folder, READ)

    assert 2 == main(["policy", "explain", "--decision", "999999"])
    assert 2 == main(["policy", "explain", "--decision", "the-newest"])
    assert "no fact stands at position 999999" in capsys.readouterr().err


def test_a_decision_whose_policy_is_gone_could_not_be_explained(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = replace(READ, request="r2", reason="blocked")
    position, other = with_decisions(folder, READ, blocked, policy="sha256:gone")

    assert 3 == main(["policy", "explain", "--decision", position])
    assert "the policy sha256:gone is not in the journal" in capsys.readouterr().err
    assert 1 == main(["policy", "explain", "--decision", other])
    assert "denied: the caller was blocked.\n" in capsys.readouterr().out


def test_a_fact_that_is_no_decision_is_not_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_decisions(folder, READ)

    assert 2 == main(["policy", "explain", "--decision", "1"])
    assert "no decision stands, or its body was pruned, at position 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "reads"),
    [
        ("resource.n=5", "resource.n == 5"),
        ("resource.n=-5", "resource.n < 0"),
        ("resource.client=5", "resource.client == 5"),
        ("resource.ok=true", "resource.ok"),
        ("resource.name=a=b", "resource.name == 'a=b'"),
        ('resource.name="5"', "resource.name == '5'"),
        ("subject.region=eu", "subject.region == 'eu'"),
        ("context.client=10", "context.client == '10'"),
        ("context.hour=3", "context.hour < 6"),
        ("params.id=5", "params.id == '5'"),
    ],
)
def test_a_given_attribute_has_the_type_that_it_looks_like(folder: Path, given: str, reads: str) -> None:
    (folder / "nomoat.yaml").write_text(f'roles: {{a: [{{permission: x, when: "{reads}"}}]}}')
    explain = ["policy", "explain", "--as", "role:a", "--may", "x"]

    assert 1 == main(explain)
    assert 0 == main([*explain, "--with", given])


def test_with_several_issuers_a_bare_name_is_the_first_ones_and_that_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "nomoat.yaml").write_text(
        "identity: {main: {}, other: {}}\nroles: {a: [x]}\nassign: {a: ['user:main/kim']}"
    )

    assert 0 == main(["policy", "explain", "--as", "user:kim", "--may", "x"])
    assert "note: user:kim is taken as user:main/kim\n" == capsys.readouterr().err


def test_learn_called_wrongly_says_how(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [2, 2, 2] == [
        main(["policy", "learn", *arguments.split()])
        for arguments in ("--at-least soon", "--decisions 0", "--since yesterday")
    ]
    assert 2 == main(["policy"])


def test_an_output_that_cannot_be_written_is_wrong_use(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "nomoat.yaml").write_text("roles: {customer: [orders:list, orders:cancel]}")
    with_decisions(folder, *traffic(1000, 8, ""))

    assert 2 == main(["policy", "learn", "-o", "absent/smaller.yaml"])
    assert "cannot write: No such file or directory" in capsys.readouterr().err


def test_check_compares_with_the_map(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refunds = route("POST /refunds", binding=("refunds:write",), at="shop/r.py:7")
    drawn = map_of(route("GET /orders", binding=("orders:list",)), refunds)
    of = settings.load(folder / "nomoat.yaml")
    of.map_file.parent.mkdir()
    of.map_file.write_text(codec.file_text(drawn))

    code = main(["policy", "check"])

    found = capsys.readouterr().out
    assert 1 == code
    assert found.startswith(
        "error[ungranted-permission]: POST /refunds needs refunds:write, and nobody has it: every caller is denied\n"
        "  --> shop/r.py\n"
        "  fix: grant refunds:write to a role, or correct its name\n"
    )
    assert found.endswith("1 error, 3 warnings.  2 routes compared with the policy.\n")


def test_check_without_a_map_could_not_complete(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 3 == main(["policy", "check"])
    assert "fix: nomoat map --write" in capsys.readouterr().err


def test_check_names_every_mistake_of_the_policy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "nomoat.yaml").write_text("roles: {a: ['*x'], b: {includes: [c]}}")

    assert 2 == main(["policy", "check"])
    error = capsys.readouterr().err
    assert "nomoat.yaml:1:13" in error
    assert "nomoat.yaml:1:35" in error


def test_backtest_counts_what_would_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = replace(READ, sequence=0, permissions=("orders:list",), outcome="allow", reason="granted", read={})
    with_decisions(folder, READ, replace(listed, request="r2"), replace(listed, request="r3", subject="user:local/ana"))
    (folder / "new.yaml").write_text(FILE.replace("orders:list", "orders:other"))
    (folder / "untold.yaml").write_text(FILE.replace("resource.owner ==", "resource.buyer =="))

    codes = [main(["policy", "backtest", "--policy", name]) for name in ("nomoat.yaml", "new.yaml", "untold.yaml")]

    lines = capsys.readouterr().out.splitlines()
    assert [0, 1, 3] == codes
    assert "3 decisions: 3 the same, 0 newly denied, 0 newly allowed, 0 cannot be told." == lines[0]
    assert (
        "3 decisions: 1 the same, 2 newly denied (user:local/ana, orders:list), 0 newly allowed, 0 cannot be told."
    ) == lines[1]
    assert (
        "3 decisions: 2 the same, 0 newly denied, 0 newly allowed, 1 cannot be told (resource.buyer was not recorded)."
    ) in lines


def test_backtest_looks_at_the_window_that_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_decisions(folder, READ, replace(READ, request="old", happened_at="2020-01-01T00:00:00.000000Z"))

    url = settings.load(folder / "nomoat.yaml").store_url
    (folder / "elsewhere.yaml").write_text(FILE + "journal: {store: 'sqlite:elsewhere.db'}")
    arguments = "--config elsewhere.yaml --policy nomoat.yaml --since 24h --format json --store"
    main(["policy", "backtest", *arguments.split(), url])

    assert 1 == json.loads(capsys.readouterr().out)["total"]


def test_nothing_recorded_cannot_be_tested(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_decisions(folder)

    assert 3 == main(["policy", "backtest", "--policy", "nomoat.yaml"])
    assert "no decision is recorded" in capsys.readouterr().err
    assert 2 == main(["policy", "backtest", "--policy", "nomoat.yaml", "--since", "yesterday"])


def test_learn_shows_a_diff_and_writes_the_smaller_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "roles:\n  customer: [orders:list, orders:read, orders:cancel]\n  support: {includes: customer, may: [x]}\n"
    (folder / "nomoat.yaml").write_text(text)
    with_decisions(folder, *traffic(1000, 8, ""))

    code = main(["policy", "learn", "-o", "smaller.yaml"])

    found = capsys.readouterr().out
    assert 0 == code
    assert "-  customer: [orders:list, orders:read, orders:cancel]\n" in found
    assert "+  customer: [orders:list, orders:read]\n" in found
    assert "Tried on the part it did not learn from: 200 decisions: 200 the same" in found
    assert text.replace(", orders:cancel", "").replace("[x]", "[]") == (folder / "smaller.yaml").read_text()
    assert text == (folder / "nomoat.yaml").read_text()


def test_learn_from_too_little_proposes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_decisions(folder, READ)

    assert 0 == main(["policy", "learn", "-o", "smaller.yaml"])
    assert "proposes nothing: 1 decision over 0 seconds is too little to say" in capsys.readouterr().out
    assert not (folder / "smaller.yaml").exists()


def test_without_a_file_the_way_on_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert 2 == main(["policy", "explain", "--as", "role:user", "--may", "read"])
    assert "fix: nomoat init, or --config FILE" in capsys.readouterr().err


def test_a_terminal_is_never_told_what_to_do_by_a_journal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (position,) = with_decisions(folder, replace(READ, subject="user:local/\x1b[2Jeve"))

    main(["policy", "explain", "--decision", position])
    main(["policy", "backtest", "--policy", "nomoat.yaml"])

    assert "\x1b" not in capsys.readouterr().out


def test_a_change_of_a_route_without_permissions_is_named_once() -> None:
    change = Change("anonymous", (), "unbound-route", "route:shop/GET /health", 3)

    lines = backtest_text(Backtest(total=3, same=0, newly_denied=(change,)), "").splitlines()

    assert "       3  newly denied   anonymous                route:shop/GET /health  unbound-route" == lines[1]
