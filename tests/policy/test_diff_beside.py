"""What opens up beside a grant is told too: an emergency, a limit, who decides; and what hides behind other changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat import settings
from nomoat.appmap import codec
from nomoat.cli.main import main
from nomoat.errors import IncompleteError
from nomoat.policy import before, document
from nomoat.policy.diff import Change, Side, compare
from nomoat.policy.limits import LimitRule
from tests.policy.maps import map_of, route

SHOP = map_of(route("GET /o", binding=("o",)), route("POST /o", binding=("o",)))


def told(old: str, new: str) -> list[tuple[str, str]]:
    sides = [Side(document.read(settings.parse(text, root=Path())), SHOP) for text in (old, new)]
    return [(change.verdict, change.what) for change in compare(*sides)]


HARMLESS = '{permission: o, when: "context.hour == 99", because: y}'


@pytest.mark.parametrize(
    ("may", "denies"),
    [
        ("[o]", "{permission: o, when: \"'temp' in subject.roles\", because: x}"),
        ("[{permission: o, when: \"!('temp' in subject.roles)\"}]", "{permission: q, because: x}"),
    ],
    ids=["deny", "grant"],
)
def test_a_role_that_is_included_no_more_is_told_also_beside_a_new_deny_rule(may: str, denies: str) -> None:
    old = f"roles: {{staff: {{includes: [temp], may: {may}}}, temp: []}}\ndeny: [{denies}]"
    new = f"roles: {{staff: {{may: {may}}}, temp: []}}\ndeny: [{denies}, {HARMLESS}]"

    assert "weaker" in [verdict for verdict, what in told(old, new) if what.startswith("staff may o")]


def test_a_changed_deny_rule_is_tried_for_everybody_whom_it_concerns() -> None:
    roles = 'roles: {a: [{permission: o, when: "context.hour == 3"}], b: [o]}\n'
    rule = 'deny: [{{permission: o, when: "context.hour < {}", because: q}}]'

    ((verdict, what),) = told(roles + rule.format(5), roles + rule.format(4))
    assert ("weaker", True) == (verdict, "newly allowed for example where context.hour is 4" in what)


GLASS = "break_glass: {bg: {may: [o], roles: [oncall], for: 1h}}\n"


@pytest.mark.parametrize(
    ("old", "new", "who"),
    [
        ("roles: {senior: [], oncall: []}\n", "roles: {senior: {includes: [oncall]}, oncall: []}\n", "senior"),
        ("roles: {oncall: []}\n", 'roles: {oncall: []}\nassign: {oncall: ["user:local/ana"]}\n', "user:local/ana"),
    ],
    ids=["included", "assigned"],
)
def test_who_may_newly_open_a_break_glass_role_is_told(old: str, new: str, who: str) -> None:
    assert [("weaker", f"{who} may now open break-glass bg, for 3,600 s (nomoat.yaml:{new.count(chr(10)) + 1})")] == (
        told(old + GLASS, new + GLASS)
    )
    assert [("stricter", f"{who} may no longer open break-glass bg")] == told(new + GLASS, old + GLASS)


def test_a_rule_that_names_another_opener_is_told_once() -> None:
    roles = "roles: {senior: [], oncall: []}\n"
    named = GLASS.replace("[oncall]", "[oncall, senior]")

    assert [
        ("weaker", "break-glass bg: oncall and senior may open it for 3,600 s; before: oncall may open it for 3,600 s "
         "(nomoat.yaml:2)")
    ] == told(roles + GLASS, roles + named)  # fmt: skip


@pytest.mark.parametrize("before_it", ["", "routes: {'POST /o': {permission: [o]}}"], ids=["source", "policy"])
def test_a_demand_that_changes_does_not_hide_that_the_handler_decides_now(before_it: str) -> None:
    roles = "roles: {a: [o, p]}\n"
    new = roles + "routes: {'POST /o': {permission: p, decided_in: handler, because: z}}"

    found = told(roles + before_it, new)
    assert ("weaker", "POST /o is left to its handler to decide now, because 'z' (nomoat.yaml:2)") in found
    assert ("stricter", "POST /o is no longer left to its handler to decide") in told(new, roles + before_it)


def _limited(*rules: LimitRule) -> Side:
    return Side(document.read(settings.parse("{}", root=Path())), SHOP, limits=rules)


FIVE = LimitRule("client", 5, 60.0, route="POST /o", at="/shop/nomoat.yaml:2:3")
SIX = LimitRule("client", 6, 60.0, route="POST /o", at="/shop/nomoat.yaml:2:3")
HOUR = LimitRule("client", 20, 3600.0, route="POST /o", at="/shop/nomoat.yaml:3:3")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((FIVE,), (FIVE,), []),
        ((FIVE,), (), [("weaker", "there is no limit of POST /o: 5 within 60s by client any more")]),
        ((), (FIVE,), [("stricter", "there is a limit of POST /o: 5 within 60s by client now (nomoat.yaml:2)")]),
        (
            (FIVE,), (SIX,),
            [("weaker", "the limit is POST /o: 6 within 60s by client; before: POST /o: 5 within 60s by client "
              "(nomoat.yaml:2)")],
        ),
        (
            (SIX,), (FIVE,),
            [("stricter", "the limit is POST /o: 5 within 60s by client; before: POST /o: 6 within 60s by client "
              "(nomoat.yaml:2)")],
        ),
        ((FIVE, HOUR), (FIVE,), [("weaker", "there is no limit of POST /o: 20 within 3600s by client any more")]),
        (
            (FIVE,), (HOUR,),
            [("weaker", "the limit is POST /o: 20 within 3600s by client; before: POST /o: 5 within 60s by client "
              "(nomoat.yaml:3)")],
        ),
        (
            (FIVE, HOUR), (SIX,),
            [("weaker", "there is no limit of POST /o: 20 within 3600s by client any more"),
             ("weaker", "there is no limit of POST /o: 5 within 60s by client any more"),
             ("stricter", "there is a limit of POST /o: 6 within 60s by client now (nomoat.yaml:2)")],
        ),
    ],
)  # fmt: skip
def test_a_limit_that_lets_more_through_is_weaker(
    old: tuple[LimitRule, ...], new: tuple[LimitRule, ...], expected: list[tuple[str, str]]
) -> None:
    found: tuple[Change, ...] = compare(_limited(*old), _limited(*new))
    assert sorted(expected) == sorted((change.verdict, change.what) for change in found)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOMOAT_CONFIG", raising=False)
    (tmp_path / ".nomoat").mkdir()
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(SHOP))
    (tmp_path / "old.yaml").write_text("roles: {a: [o]}\nlimits: {rules: [{by: client, at_most: 5, within: 1m}]}\n")
    return tmp_path


def test_the_command_compares_limits(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "nomoat.yaml").write_text("roles: {a: [o]}\n")

    assert 1 == main(["policy", "diff", "--against", "old.yaml"])
    assert "there is no limit of every route: 5 within 60s by client any more" in capsys.readouterr().out


def test_who_decides_is_part_of_what_is_compared(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A policy that nobody asks any more has not stayed the same."""
    (shop / "old.yaml").write_text("roles: {a: [o]}\n")
    text = 'roles: {a: [o]}\nbackend: {opa: {url: "http://ops:hunter22@127.0.0.1:8181/v1/data/a"}}\n'
    (shop / "nomoat.yaml").write_text(text)

    assert 3 == main(["policy", "diff", "--against", "old.yaml"])
    said = capsys.readouterr().out
    assert "?  opa http://ops:[credential sha256:" in said
    assert "decides now; before: the policy of this file did: what that allows or denies is not compared" in said
    assert "note: guard asks opa http://ops:[credential" in said
    assert "hunter22" not in said
    (shop / "old.yaml").write_text(text)
    assert 0 == main(["policy", "diff", "--against", "old.yaml"])


def test_who_is_believed_is_said_to_be_left_out(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "old.yaml").write_text("trusted_proxies:\n  - 192.0.2.1\n  - '192.0.2.2'\nroles: {a: [o]}\n")
    (shop / "nomoat.yaml").write_text("roles: {a: [o]}\ntrusted_proxies: [192.0.2.1, 192.0.2.2]\n")
    assert 0 == main(["policy", "diff", "--against", "old.yaml"])
    assert "note" not in capsys.readouterr().out

    (shop / "nomoat.yaml").write_text("roles: {a: [o]}\ntrusted_proxies: [0.0.0.0/0]\n")
    assert 0 == main(["policy", "diff", "--against", "old.yaml"])
    assert "note: trusted_proxies: differs; who is believed to be whom is not compared" in capsys.readouterr().out


def test_an_old_file_with_a_mistake_in_its_limits_is_named(shop: Path) -> None:
    old = settings.parse("limits: {rules: [{by: nobody}]}", root=shop, name="old:nomoat.yaml")

    with pytest.raises(IncompleteError) as raised:
        before._of_old(old, None, "old:nomoat.yaml")
    assert "the old policy cannot be read" in str(raised.value)
