"""Taking grants out of a file's text: only they go, and what is not understood stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat import datafile, settings
from nomoat.errors import DataFileError
from nomoat.policy import document, trim
from nomoat.policy.learn import reduced


def trimmed(text: str, *pairs: tuple[str, str]) -> str | None:
    parsed = datafile.parse(text, name="nomoat.yaml")
    assert isinstance(parsed, datafile.Mapping)
    return trim.without(text, parsed, pairs)


BLOCK = """\
# who may what
roles:
  customer:   # people who buy
    may:
      - orders:list   # the list
      # the owner alone
      - permission: orders:read
        when: resource.owner == subject.sub

      - orders:cancel

  # people who help
  support: {includes: [customer], may: [orders:read, "orders:refund", {permission: a, when: 'b == "]"'}]}  # flow
  plain: [read, write]
calls:
  - {from: billing, to: shop, may: [orders:list, orders:read]}
"""


@pytest.mark.parametrize(
    ("pairs", "gone", "instead"),
    [
        ([("role:customer", "orders:list")], "      - orders:list   # the list\n", ""),
        (
            [("role:customer", "orders:read")],
            "      - permission: orders:read\n        when: resource.owner == subject.sub\n",
            "",
        ),
        ([("role:customer", "orders:cancel")], "      - orders:cancel\n", ""),
        ([("role:support", "orders:read")], "[orders:read, ", "["),
        ([("role:support", "orders:refund")], '"orders:refund", ', ""),
        ([("role:support", "a")], """, {permission: a, when: 'b == "]"'}""", ""),
        ([("role:plain", "write")], ", write", ""),
        ([("role:plain", "write"), ("role:plain", "read")], "[read, write]", "[]"),
        ([("service:billing", "orders:list")], "may: [orders:list, orders:read]", "may: [orders:read]"),
        ([("service:shop", "orders:list"), ("role:nobody", "x")], "", ""),
    ],
)
def test_only_the_grant_goes(pairs: list[tuple[str, str]], gone: str, instead: str) -> None:
    assert BLOCK.replace(gone, instead, 1) == trimmed(BLOCK, *pairs)


def test_a_list_that_becomes_empty_says_so() -> None:
    pairs = [("role:customer", name) for name in ("orders:list", "orders:read", "orders:cancel")]

    found = trimmed(BLOCK, *pairs)

    assert found is not None
    assert "    may: []\n      # the owner alone\n" in found


def test_json_stays_json() -> None:
    text = '{"roles": {"admin": ["read", "write", "delete"], "user": ["read"]}}'

    assert '{"roles": {"admin": ["write", "delete"], "user": []}}' == trimmed(
        text, ("role:user", "read"), ("role:admin", "read")
    )


@pytest.mark.parametrize(
    "text",
    [
        "roles:\n  a:\n    -\n      read\n",
        "roles: {a: [read # why\n  , write]}\n",
        "roles: {a: {may: read}}\n",
        "roles: {a: [read]}\r# old line ends\n",
        "roles:\n  a:\n  ? may\n  : - read\n",
    ],
)
def test_a_form_that_is_not_understood_is_left_alone(text: str) -> None:
    try:
        found = trimmed(text, ("role:a", "read"))
    except DataFileError:
        return

    assert found in (None, text)


_permissions = st.sampled_from(("read", "write", "x:y", "p", "q", "a-b"))
_items = st.sampled_from(("read", '"write"', "'x:y'", "{permission: p, when: 'true'}", "{permission: q}", "a-b"))
_roles = st.lists(st.tuples(st.lists(_items, max_size=4, unique=True), st.booleans()), min_size=1, max_size=3)


@given(
    roles=_roles,
    pairs=st.sets(
        st.tuples(
            st.sampled_from(("role:r0", "role:r1", "role:r2")),
            _permissions,
        )
    ),
)
def test_the_edited_text_says_exactly_what_is_meant(
    roles: list[tuple[list[str], bool]], pairs: set[tuple[str, str]]
) -> None:
    lines = ["roles:"]
    for index, (items, is_block) in enumerate(roles):
        if is_block and items:
            lines += [f"  r{index}:  # role", *(f"    - {item}  # note" for item in items), ""]
        else:
            lines.append(f"  r{index}: {{may: [{', '.join(items)}]}}")
    text = "\n".join(lines) + "\n"

    edited = trimmed(text, *pairs)

    assert edited is not None
    before = document.read(settings.parse(text, root=Path()))
    assert reduced(before, pairs) == document.read(settings.parse(edited, root=Path()))
    assert text.count("# note") - edited.count("# note") <= len(pairs)
