from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path

from nomoat.journal.facts import KINDS
from nomoat.journal.reference import page

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def test_the_page_of_the_facts_is_what_the_classes_say() -> None:
    """To mend it: python -m nomoat.journal.reference > docs/reference/facts.md"""
    assert page() == (DOCS / "facts.md").read_text(encoding="utf-8")


def test_the_page_names_every_kind_and_every_field() -> None:
    sections = page().split("\n## ")
    for kind in KINDS.values():
        (section,) = (text for text in sections if text.startswith(f"`{kind.kind}`"))
        assert kind.__doc__
        for field in fields(kind):
            assert field.name == "happened_at" or f"| `{field.name}` |" in section


def test_a_default_that_is_left_out_of_bodies_is_a_plain_value() -> None:
    """Bodies leave defaults out, so one that is computed anew each time could never be read again."""
    for kind in KINDS.values():
        for field in fields(kind):
            if field.name != "happened_at" and field.default_factory is not MISSING:
                assert field.default_factory() == {}
