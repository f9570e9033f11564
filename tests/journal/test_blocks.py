from __future__ import annotations

import pytest

from nomoat.journal import blocks
from nomoat.journal.blocks import BlockRefusedError
from nomoat.journal.journal import open_store

_TOKEN = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("203.0.113.9", ("client", "203.0.113.9")),
        ("::ffff:203.0.113.9", ("client", "203.0.113.9")),
        ("::ffff:203.0.113.0/120", ("client", "203.0.113.0/24")),
        ("2001:db8::1", ("client", "2001:db8::1")),
        (f"token:{_TOKEN}", ("credential", _TOKEN)),
        ("service:billing", ("subject", "service:billing")),
    ],
)
def test_a_target_has_one_form_as_guard_sees_callers(name: str, meant: tuple[str, str]) -> None:
    assert meant == blocks.target(name)


@pytest.mark.parametrize("name", ["0.0.0.0/0", "10.0.0.0/15", "::/0", "::ffff:0.0.0.0/96", "::ffff:10.0.0.0/104"])
def test_a_network_that_holds_too_many_is_no_target(name: str) -> None:
    with pytest.raises(BlockRefusedError, match="too wide"):
        blocks.target(name)


@pytest.mark.parametrize(
    ("name", "never"),
    [
        (f"token:{_TOKEN}", f"token:{_TOKEN}"),
        (_TOKEN, f"token:{_TOKEN}"),
        ("::ffff:10.0.0.7", "10.0.0.0/8"),
        ("10.0.0.7", "::ffff:10.0.0.7"),
        ("10.0.0.0/24", "10.0.0.7"),
        ("user:main/ana", "user:main/ana"),
    ],
)
def test_what_must_never_be_blocked_is_known_in_any_spelling(name: str, never: str) -> None:
    store = open_store("memory:")

    with pytest.raises(BlockRefusedError, match="never blocked"):
        blocks.place(store, name, because="x", by="ana", never_block=[never])

    assert () == store.state(now="2026-01-01T00:00:00.000000Z").blocks


@pytest.mark.parametrize("for_s", [0, -1, 31 * 86_400])
def test_a_block_ends_and_not_before_it_begins(for_s: float) -> None:
    with pytest.raises(BlockRefusedError):
        blocks.place(open_store("memory:"), "user:main/ana", for_s=for_s, because="x", by="ana")
