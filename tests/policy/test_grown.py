"""Roles to which only ever something was added, by the policies that a journal has seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat import settings
from nomoat.cli.main import main
from nomoat.journal.facts import Text
from nomoat.journal.journal import open_store
from nomoat.policy import document
from nomoat.policy.grown import Grown, grown
from nomoat.policy.model import Policy


def policy(roles: str) -> Policy:
    return document.read(settings.parse(f"services: {{shop: {{}}}}\nroles: {roles}\n", root=Path()))


def versions(*roles: str) -> list[tuple[str, Policy]]:
    return [(f"2026-0{month}-01T00:00:00Z", policy(text)) for month, text in enumerate(roles, 1)]


@pytest.mark.parametrize(
    ("roles", "found"),
    [
        (("{a: [x]}", "{a: [x, y]}", "{a: [x, y, z]}"), [("a", 1, 3, ("y", "z"))]),
        (("{a: [x]}", "{a: [x, y]}", "{a: [x]}"), []),
        (("{a: [x, y]}", "{a: [y, z]}"), []),
        (("{a: [x]}", "{a: [x]}"), []),
        (("{a: [x]}",), []),
        # Taken away in between, and put back with more.
        (("{a: [x, y]}", "{a: [x]}", "{a: [x, y, z]}"), []),
        # By what it includes.
        (
            ("{a: [x], b: {includes: [a]}}", "{a: [x, y], b: {includes: [a]}}"),
            [("a", 1, 2, ("y",)), ("b", 1, 2, ("y",))],
        ),
        # A role that is gone is nobody's any more.
        (("{a: [x], b: [x]}", "{a: [x, y], b: [x, y]}", "{b: [x, y]}"), [("b", 1, 2, ("y",))]),
        # The most grown first.
        (("{a: [x], b: [x]}", "{a: [x, y], b: [x, y, z]}"), [("b", 1, 3, ("y", "z")), ("a", 1, 2, ("y",))]),
    ],
)
def test_what_only_ever_grew(roles: tuple[str, ...], found: list[tuple[str, int, int, tuple[str, ...]]]) -> None:
    assert [Grown(role, "2026-01-01T00:00:00Z", before, now, added) for role, before, now, added in found] == list(
        grown(versions(*roles))
    )


def test_learn_tells_it(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store(f"sqlite:{tmp_path}/journal.db")
    for number, one in enumerate((policy("{a: [x]}"), policy("{a: [x, y]}"))):
        text = Text(of="policy", hash=one.hash, text=one.text, happened_at=f"2026-0{number + 1}-01T00:00:00.000000Z")
        store.append([(text, None)])
    # Of a version of nomoat that is newer than this one.
    store.append([(Text(of="policy", hash="sha256:0", text='{"format": 99}'), None)])
    store.close()
    journal = 'journal: {store: "sqlite:journal.db"}'
    (tmp_path / "nomoat.yaml").write_text(f"services: {{shop: {{}}}}\nroles: {{a: [x, y, z, v, w]}}\n{journal}\n")

    assert main(["policy", "learn"]) == 0

    said = "only ever grew: a, from 1 to 5 permissions since 2026-01-01 (added: v, w, y and 1 more)"
    assert said in capsys.readouterr().out
