"""Roles for an emergency: only their own may open them, for their time, with a reason; no token brings one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.cli.main import main
from nomoat.errors import PolicyError
from nomoat.journal.facts import Decision, Elevation, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.policy import break_glass, document, explain, questions, tables
from nomoat.policy.backtest import backtest
from nomoat.policy.decide import compile_policy
from nomoat.policy.diff import Side, compare
from nomoat.policy.model import Policy, loads
from tests.policy.maps import map_of, route

FILE = """\
roles: {support: [orders:read], lead: {includes: [support]}, customer: [orders:list]}
break_glass:
  oncall: {may: [orders:refund, "admin:*"], roles: [support], for: 1h}
"""
KIM = "user:local/kim"


def policy(text: str = FILE) -> Policy:
    return document.read(settings.parse(text, root=Path()))


def elevation(lasts_s: float = 600, *, role: str = "oncall", subject: str = KIM) -> Elevation:
    now = datetime.now(UTC)
    return Elevation(
        happened_at=timestamp(now), elevation="e1", subject=subject, role=role, because="INC-7", by="kim",
        until=timestamp(now + timedelta(seconds=lasts_s)),
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:{tmp_path}/journal.db")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("roles", "standing", "expected"),
    [
        (("support",), (elevation(),), ("support", "break-glass:oncall")),
        (("lead",), (elevation(),), ("lead", "break-glass:oncall")),
        (("customer",), (elevation(),), ("customer",)),
        ((), (elevation(),), ()),
        (("support",), (elevation(7200),), ("support",)),
        (("support",), (elevation(role="gone"),), ("support",)),
        (("support",), (), ("support",)),
    ],
)
def test_only_who_may_open_it_is_raised_and_no_longer_than_it_may_last(
    roles: tuple[str, ...], standing: tuple[Elevation, ...], expected: tuple[str, ...]
) -> None:
    assert expected == break_glass.raised(compile_policy(policy()), roles, standing)


@pytest.mark.parametrize("permission", ["orders:refund", "admin:anything"])
def test_a_decision_names_the_role_that_was_opened(permission: str) -> None:
    decider = compile_policy(policy())

    without = decider.decide(subject=KIM, roles=("support",), permissions=(permission,))
    answer = decider.decide(subject=KIM, roles=("support", "break-glass:oncall"), permissions=(permission,))

    assert ("deny", "allow") == (without.outcome, answer.outcome)
    assert answer.grants[0].startswith("break-glass:oncall ")


def test_nobody_claims_such_a_role() -> None:
    decider = compile_policy(policy())

    assert ("support",) == decider.roles_of(KIM, ("support", "break-glass:oncall"))


def test_a_deny_rule_wins_in_an_emergency_too() -> None:
    decider = compile_policy(policy(FILE + "deny: [{permission: orders:refund}]"))

    answer = decider.decide(subject=KIM, roles=("break-glass:oncall",), permissions=("orders:refund",))

    assert "denied-by-rule" == answer.reason


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("break_glass: {x: {may: [a], for: 1h}}", "break_glass x names no role that may open it"),
        ("roles: {s: []}\nbreak_glass: {x: {roles: [s]}}", "break_glass x says nothing of what it may"),
        ("roles: {s: []}\nbreak_glass: {x: {may: [a], roles: [t]}}", "unknown role 't'"),
        ("roles: {s: []}\nbreak_glass: {x: {may: [a], roles: [s], for: 25h}}", "break_glass x lasts too long"),
        ("roles: {s: []}\nbreak_glass: {x: {may: [a], roles: [s], why: b}}", "unknown key 'why' in break_glass x"),
        ("roles: {'break-glass:x': [a]}", "'break-glass:x' is no name of a role"),
    ],
)
def test_mistakes_are_said(text: str, what: str) -> None:
    with pytest.raises(PolicyError) as error:
        policy(text)

    assert what in [one.what for one in error.value.problems]


def test_the_canonical_text_has_it_only_where_there_is_one() -> None:
    found = policy()

    assert found == loads(found.text)
    assert found.hash != policy(FILE.partition("break_glass")[0]).hash
    assert "break_glass" not in policy(FILE.partition("break_glass")[0]).text


def test_a_decision_in_an_emergency_is_judged_again_by_the_same_policy_and_by_one_without() -> None:
    old = policy()
    decision = Decision(
        happened_at=timestamp(), request="r", service="shop", target="route:shop/POST /refund", subject=KIM,
        roles=("support", "break-glass:oncall"), permissions=("orders:refund",), outcome="allow", enforced=True,
        reason="granted", grants=("break-glass:oncall orders:refund",), policy=old.hash,
    )  # fmt: skip
    without = policy("roles: {support: [orders:read]}")

    assert explain.explain_decision(compile_policy(old), decision).allowed
    assert 1 == backtest([decision], {old.hash: old.text}, old).same
    assert [1] == [change.count for change in backtest([decision], {old.hash: old.text}, without).newly_denied]


def test_what_it_grants_is_asked_about_as_any_grant() -> None:
    found = questions.ask(map_of(route("POST /refund", binding=("orders:refund",))), policy(), today=date(2027, 1, 1))

    assert {"wildcard-grant", "unneeded-grant"} == {one.id for one in found if one.target == "role:break-glass:oncall"}


def test_a_table_that_tries_no_emergency_says_so() -> None:
    tried = tables.run(compile_policy(policy()), ())

    assert "break-glass:oncall orders:refund" in {one.clause for one in tried.untried}


def test_diff_says_what_it_gives_and_who_may_open_it() -> None:
    wider = FILE.replace("roles: [support], for: 1h", "roles: [support, customer], for: 2h").replace(
        "[orders:refund,", "[orders:refund, pay,"
    )

    found = [(one.verdict, one.what) for one in compare(Side(policy(), None), Side(policy(wider), None))]

    assert [
        (
            "weaker",
            "break-glass oncall: customer and support may open it for 7,200 s; before: support may open it for 3,600 s "
            "(nomoat.yaml:3)",
        ),
        ("weaker", "break-glass oncall may now pay (break-glass:oncall, nomoat.yaml:3)"),
    ] == found


# -- opening ---------------------------------------------------------------------------------------------------------


def test_it_is_open_until_it_ends_and_is_never_prolonged(store: Store) -> None:
    rule = break_glass.rule_of(policy(), "oncall")
    made = break_glass.open_for(store, rule, KIM, for_s=60, because="INC-7: refunds", by="kim")

    assert (made.fact,) == break_glass.opened(store)
    assert (7, KIM, "oncall") == (made.fact.incident, made.fact.subject, made.fact.role)
    with pytest.raises(break_glass.GlassRefusedError, match="is open for user:local/kim until"):
        break_glass.open_for(store, rule, KIM, because="again", by="kim")
    assert () == break_glass.opened(store, now=timestamp(datetime.now(UTC) + timedelta(seconds=61)))


def test_two_people_have_their_own_and_one_end_leaves_the_other(store: Store) -> None:
    rule = break_glass.rule_of(policy(), "oncall")
    kim, lea = (break_glass.open_for(store, rule, who, because="x", by="y") for who in (KIM, "user:local/lea"))

    (ended,) = break_glass.end(store, "oncall", KIM, because="", by="kim")

    assert (True, kim.fact.elevation, "x") == (ended.fact.lifted, ended.fact.elevation, ended.fact.because)
    assert (lea.fact,) == break_glass.opened(store)
    assert [] == break_glass.end(store, "oncall", KIM, because="", by="kim")
    break_glass.open_for(store, rule, KIM, because="again, with a reason of its own", by="kim")


def test_two_at_once_for_one_person_each_end_by_themselves_and_are_ended_together(store: Store) -> None:
    short, long = elevation(60), replace(elevation(600), elevation="e2")
    store.append([(short, None), (long, None)])

    later = timestamp(datetime.now(UTC) + timedelta(seconds=120))
    assert ((short, long), (long,)) == (break_glass.opened(store), break_glass.opened(store, now=later))
    assert 2 == len(break_glass.end(store, "oncall", KIM, because="", by="kim"))
    assert () == break_glass.opened(store)


@pytest.mark.parametrize(("for_s", "because"), [(3601.0, "x"), (0.0, "x"), (-1.0, "x"), (60.0, " ")])
def test_too_long_or_without_a_reason_is_refused(store: Store, for_s: float, because: str) -> None:
    with pytest.raises(break_glass.GlassRefusedError):
        break_glass.open_for(store, break_glass.rule_of(policy(), "oncall"), KIM, for_s=for_s, because=because, by="k")

    assert () == break_glass.opened(store)


def test_what_was_opened_survives_whoever_opened_it(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(FILE)
    script = f"""
import os, signal
from nomoat import settings
from nomoat.journal.journal import open_store
from nomoat.policy import break_glass, document
store = open_store("sqlite:{tmp_path}/journal.db")
rule = break_glass.rule_of(document.read(settings.load("{tmp_path}/nomoat.yaml")), "oncall")
break_glass.open_for(store, rule, "{KIM}", because="INC-7", by="kim")
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)

    with closing(open_store(f"sqlite:{tmp_path}/journal.db")) as store:
        assert (-signal.SIGKILL, [KIM]) == (ended.returncode, [one.subject for one in break_glass.opened(store)])


# -- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOMOAT_CONFIG", raising=False)
    (tmp_path / "nomoat.yaml").write_text(FILE)
    return tmp_path


def test_a_person_opens_it_sees_it_and_ends_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    who = ["--as", "user:kim"]

    assert 0 == main(["policy", "break-glass", "oncall", "--because", "INC-7: refunds", "--for", "30m", *who])
    said = capsys.readouterr().out
    assert said.startswith("oncall is open for user:local/kim until 20")
    assert said.endswith("It counts while user:local/kim holds support.\n")

    assert 0 == main(["policy", "break-glass"])
    assert "break-glass oncall is open for user:local/kim until" in capsys.readouterr().out
    assert 0 == main(["policy", "loosened"])
    assert "break-glass oncall is open for user:local/kim until" in capsys.readouterr().out

    assert 2 == main(["policy", "break-glass", "oncall", "--because", "more", *who])
    assert "never prolonged" in capsys.readouterr().err
    assert 0 == main(["policy", "break-glass", "oncall", "--end", *who])
    assert "oncall is ended for user:local/kim" in capsys.readouterr().out
    assert 0 == main(["policy", "break-glass", "--format", "json"])
    assert [] == json.loads(capsys.readouterr().out)["open"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["oncall"], "break-glass needs a reason"),
        (["other", "--because", "x"], "break_glass: has no 'other'"),
        (["oncall", "--because", "x", "--for", "soon"], "'soon' is no duration"),
        (["oncall", "--because", "x", "--for", "2h"], "oncall is open for 3,600 s at most"),
        (["--because", "x"], "break-glass needs a name"),
        (["oncall", "--because", "x", "--as", "kim"], "'kim' is no subject"),
    ],
)
def test_wrong_use_opens_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert 2 == main(["policy", "break-glass", *arguments])
    assert said in capsys.readouterr().err


def test_loosened_says_that_there_is_no_journal_to_ask(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["policy", "loosened"])
    assert "note: what is open cannot be told" in capsys.readouterr().err


def test_a_change_of_the_clock_of_whoever_writes_makes_none_longer() -> None:
    long = replace(elevation(), until="2999-01-01T00:00:00.000000Z")

    assert ("support",) == break_glass.raised(compile_policy(policy()), ("support",), (long,))
