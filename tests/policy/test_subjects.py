"""Subjects as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat import settings
from nomoat.errors import UsageError
from nomoat.policy import subjects


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("user:ana", "user:main/ana"),
        ("user:main/ana", "user:main/ana"),
        ("user:local/ana", "user:local/ana"),
        ("user:main/a/b", "user:main/a/b"),
        ("service:billing", "service:billing"),
        ("anonymous", "anonymous"),
    ],
)
def test_the_alias_may_be_left_out_with_one_issuer(text: str, whole: str) -> None:
    assert whole == subjects.whole(text, ("main",))


@pytest.mark.parametrize("text", ["ana", "user:", "user:other/ana", "user:main/", "service:", "group:x", ""])
def test_what_is_no_subject_is_refused_with_a_fix(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        subjects.whole(text, ("main",))

    assert caught.value.fix


def test_issuers_of_services_are_no_aliases_of_people() -> None:
    read = settings.parse("identity: {main: {}, mesh: {kind: service}}", root=Path())

    assert ("main",) == subjects.aliases(read)
    assert ("local",) == subjects.aliases(settings.parse("identity: {mesh: {kind: service}}", root=Path()))
    assert ("local",) == subjects.aliases(settings.parse("", root=Path()))
