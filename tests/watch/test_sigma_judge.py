"""pySigma as the judge of our loader: what we accept in Sigma's shape it reads, and it matches the same events."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import pytest
import sigma.types as sigma_types
from hypothesis import given
from hypothesis import strategies as st
from sigma.collection import SigmaCollection
from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.policy.profiles import TrustedPolicy

from nomoat import datafile
from nomoat.watch import sigma
from nomoat.watch.events import Event, from_line
from nomoat.watch.model import Matcher

DETECTIONS = sorted((Path(sigma.__file__).parent / "detections").glob("*.yaml"))
_OURS = ("correlation", "first_seen", "nomoat", "format")


def judged(document: dict[str, Any]) -> Any:
    """What pySigma makes of the detection part."""
    given = {key: value for key, value in document.items() if key not in _OURS}
    # Python's own patterns: RE2's library ends the process where that of Rego has run in it before.
    (rule,) = SigmaCollection.from_dicts([{**given, "name": "base"}], policy=TrustedPolicy).rules
    return rule.detection.parsed_condition[0].parsed


def fits(condition: Any, event: Event) -> bool:
    """Whether an event meets a condition as pySigma has parsed it."""
    if isinstance(condition, ConditionAND):
        return all(fits(part, event) for part in condition.args)
    if isinstance(condition, ConditionOR):
        return any(fits(part, event) for part in condition.args)
    if isinstance(condition, ConditionNOT):
        return not fits(condition.args[0], event)
    assert isinstance(condition, ConditionFieldEqualsValueExpression), condition
    if isinstance(condition.value, sigma_types.SigmaExists):
        return bool(event.values(condition.field)) is bool(condition.value)
    return any(equals(condition.value, found) for found in event.values(condition.field))


def equals(wanted: Any, found: object) -> bool:
    """Whether a value of pySigma's is that of a field."""
    if isinstance(wanted, sigma_types.SigmaString):
        return isinstance(found, str) and re.fullmatch(pattern(wanted), found, re.IGNORECASE | re.DOTALL) is not None
    if isinstance(wanted, sigma_types.SigmaCIDRExpression):
        return bool(ipaddress.ip_address(str(found)) in wanted.network)
    if isinstance(wanted, sigma_types.SigmaNumber):
        return bool(found == wanted.number)
    raise AssertionError(f"the judge knows no {wanted!r}")


def pattern(text: sigma_types.SigmaString) -> str:
    any_, one = sigma_types.SpecialChars.WILDCARD_MULTI, sigma_types.SpecialChars.WILDCARD_SINGLE
    return "".join(re.escape(part) if isinstance(part, str) else {any_: ".*", one: "."}[part] for part in text.s)


def ours(document: dict[str, Any]) -> Matcher:
    return sigma.read(datafile.parse(json.dumps(document), name="x.yaml"), id="x").matches


def event(**fields: Any) -> Event:
    return Event(at_s=0.0, happened_at="", kind="decision", added=fields)


@pytest.mark.parametrize("path", DETECTIONS, ids=lambda path: path.stem)
def test_every_detection_that_is_shipped_is_sigma_and_selects_the_same_events(path: Path) -> None:
    document = plain(path)
    condition = judged(document)
    lines = path.with_suffix(".jsonl").read_text().splitlines()
    found = [from_line(line, source="x", number=number) for number, line in enumerate(lines, 1) if line.strip()]
    matches = sigma.load(path).matches

    assert found
    assert [fits(condition, one) for one in found] == [matches(one) for one in found]


@pytest.mark.parametrize(
    "path", [one for one in DETECTIONS if "correlation:" in one.read_text()], ids=lambda path: path.stem
)
def test_every_correlation_that_is_shipped_is_one_of_sigma(path: Path) -> None:
    document = plain(path)
    base = {key: value for key, value in document.items() if key not in _OURS}
    correlation = {"title": "c", "name": "c", "correlation": {**document["correlation"], "rules": ["base"]}}

    collection = SigmaCollection.from_dicts([{**base, "name": "base"}, correlation], policy=TrustedPolicy)

    assert len(collection.rules) == 2
    assert not [error for rule in collection.rules for error in rule.errors]


_NAMES = ("first", "second", "other_one", "other_two")


def conditions() -> st.SearchStrategy[str]:
    leaves = st.sampled_from((*_NAMES, "1 of other_*", "all of other_*", "1 of them", "all of them", "any of other_*"))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(("and", "or")), inner).map(" ".join),
            inner.map(lambda text: f"not {text}"),
            inner.map(lambda text: f"({text})"),
        ),
        max_leaves=6,
    )


@given(text=conditions(), true=st.frozensets(st.sampled_from(_NAMES)))
def test_any_condition_means_what_sigma_says(text: str, true: frozenset[str]) -> None:
    document = {
        "title": "t",
        "logsource": {"product": "nomoat"},
        "detection": {**{name: {name: "yes"} for name in _NAMES}, "condition": text},
    }
    one = event(**{name: "yes" if name in true else "no" for name in _NAMES})

    assert ours(document)(one) == fits(judged(document), one)


_TEXTS = st.text(st.sampled_from("ab*?\\."), max_size=6)


@given(
    wanted=_TEXTS.filter(bool), found=_TEXTS, modifier=st.sampled_from(("", "|contains", "|startswith", "|endswith"))
)
def test_any_text_with_wildcards_and_escapes_fits_what_sigma_says(wanted: str, found: str, modifier: str) -> None:
    document = {
        "title": "t",
        "logsource": {"product": "nomoat"},
        "detection": {"one": {f"path{modifier}": wanted}, "condition": "one"},
    }

    assert ours(document)(event(path=found)) == fits(judged(document), event(path=found))


def plain(path: Path) -> dict[str, Any]:
    import yaml  # type: ignore[import-untyped,unused-ignore]

    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document
