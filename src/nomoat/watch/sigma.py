"""Loads detections in Sigma's shape, through `datafile`, and compiles them to matchers.

Takes a file; gives a Detection, or a DataFileError with every mistake: what this loader does not support is named with
its line and column and never ignored. `first_seen` and `nomoat` are our own beside Sigma's keys.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

from nomoat import datafile
from nomoat.datafile import Mapping, Node, Reader, Sequence, Value
from nomoat.errors import DataFileError
from nomoat.journal.facts import Severity
from nomoat.watch import patterns
from nomoat.watch.conditions import compile_condition
from nomoat.watch.model import Detection, FirstSeen, Matcher, Window

_KEYS = (
    "title", "id", "name", "status", "description", "references", "author", "date", "modified", "tags", "level",
    "falsepositives", "fields", "logsource", "detection", "correlation", "first_seen", "nomoat", "format",
)  # fmt: skip
_LEVELS: dict[str, Severity] = {"informational": "low", "low": "low", "medium": "medium", "high": "high"}
_LEVELS["critical"] = "critical"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_MAX_PATTERN = 500
_ESCAPED = frozenset(("\\*", "\\?", "\\\\"))
FORMAT = 1


def load(path: Path) -> Detection:
    """The detection of a file; its id is the file's stem. Raises DataFileError with every mistake."""
    return read(datafile.load(path), id=path.stem)


def read(node: Node, *, id: str) -> Detection:
    """The detection of a parsed document."""
    reader = Reader(DataFileError)
    if not _ID.match(id):
        reader.mistake(f"'{id}' is no id of a detection", node, "name the file in kebab-case: denied-burst.yaml")
    document = reader.mapping(node, "a detection", known=_KEYS)
    if document is None:
        reader.finish()
        raise AssertionError("a document that is no map is a mistake")
    version = reader.integer(document.get("format"), "format", least=1)
    if version is not None and version > FORMAT:
        reader.mistake(f"format {version} is newer than this nomoat", document.get("format") or node, "upgrade nomoat")
    if document.get("logsource") is None:
        reader.mistake("logsource is missing", node, "logsource: {product: nomoat}")
    reader.mapping(document.get("logsource"), "logsource", known=("product", "service", "category", "definition"))
    matches = _detection(document.get("detection"), node, reader)
    window = _correlation(document.get("correlation"), reader)
    first = _first_seen(document.get("first_seen"), reader)
    if window is not None and first is not None:
        reader.mistake("correlation and first_seen cannot stand together", node, "write two detections")
    level = reader.choice(document.get("level"), "level", _LEVELS) or "medium"
    own = reader.mapping(document.get("nomoat"), "nomoat", known=("playbook", "actions"))
    playbook = reader.text(own.get("playbook"), "playbook") if own else None
    actions = reader.texts(own.get("actions"), "actions") if own else ()
    title = reader.text(document.get("title"), "title")
    if title is None and "title" not in document:
        reader.mistake("title is missing", node)
    description = reader.text(document.get("description"), "description") or ""
    false_positives = reader.texts(document.get("falsepositives"), "falsepositives")
    reader.finish()
    assert matches is not None
    return Detection(
        id, title or id, _LEVELS[level], description, matches, window, first, playbook or "", actions, false_positives,
        str(node.place),
    )  # fmt: skip


def _detection(node: Node | None, document: Node, reader: Reader) -> Matcher | None:
    fields = reader.mapping(node, "detection")
    if fields is None:
        if node is None:
            reader.mistake("detection is missing", document)
        return None
    selections: dict[str, Matcher] = {}
    for name, value in fields.items():
        if name not in ("condition", "timeframe"):
            found = _selection(value, reader)
            if found is not None:
                selections[name] = found
    if "timeframe" in fields:
        reader.mistake("timeframe is not supported", fields.key_places["timeframe"], "use correlation: {timespan: ...}")
    condition = reader.text(fields.get("condition"), "condition")
    if condition is None:
        if "condition" not in fields:
            reader.mistake("detection has no condition", fields)
        return None
    return compile_condition(condition, selections, place=cast(Node, fields.get("condition")), reader=reader)


def _selection(node: Node, reader: Reader) -> Matcher | None:
    """A map: all of its fields; a list of maps: any of them."""
    if isinstance(node, Sequence):
        found = [_selection(item, reader) for item in node.items]
        options = [item for item in found if item is not None]
        return (lambda event: any(option(event) for option in options)) if options else None
    if isinstance(node, Value):
        reader.mistake("searching for words without a field is not supported", node, "name the field: reason: blocked")
        return None
    tests = [test for name, value in node.items() if (test := _field(name, value, node, reader)) is not None]
    return lambda event: all(test(event) for test in tests)


def _field(key: str, node: Node, owner: Mapping, reader: Reader) -> Matcher | None:
    name, *modifiers = key.split("|")
    place = owner.key_places[key]
    every = "all" in modifiers
    rest = [modifier for modifier in modifiers if modifier != "all"]
    if len(rest) > 1 or (rest and rest[0] not in _MODIFIERS):
        reader.mistake(
            f"the modifier '{'|'.join(rest)}' is not supported", place, datafile.did_you_mean(rest[0], _MODIFIERS)
        )
        return None
    modifier = rest[0] if rest else ""
    values = node.items if isinstance(node, Sequence) else (node,)
    if modifier == "exists":
        wanted = reader.boolean(node, f"{name}|exists")
        return (lambda event: bool(event.values(name)) is wanted) if wanted is not None else None
    tests = [test for value in values if (test := _value_test(modifier, value, name, reader)) is not None]
    if len(tests) != len(values) or not tests:
        return None
    if every:
        return lambda event: all(any(test(found) for found in event.values(name)) for test in tests)
    return lambda event: any(test(found) for found in event.values(name) for test in tests)


def _value_test(modifier: str, node: Node, name: str, reader: Reader) -> Callable[[object], bool] | None:
    if not isinstance(node, Value) or node.data is None:
        reader.mistake(f"a value of {name} must be text, a number or a boolean", node)
        return None
    return _MODIFIERS[modifier](node, reader)


def _equal(node: Value, _reader: Reader) -> Callable[[object], bool]:
    """Equal, without regard to case, `*` and `?` as wildcards (Sigma specification, value matching)."""
    wanted = node.data
    if isinstance(wanted, bool) or not isinstance(wanted, str):
        return lambda found: found == wanted and isinstance(found, bool) == isinstance(wanted, bool)
    if any(character in wanted for character in "*?\\"):
        return _pattern(_wildcards(wanted), re.IGNORECASE)
    lowered = wanted.lower()
    return lambda found: isinstance(found, str) and found.lower() == lowered


def _wildcards(text: str, *, before: bool = False, after: bool = False) -> str:
    """A pattern in which each `*` takes as little as it can and never tries again: its time grows with the text.

    `before` and `after`: anything may stand there, as if a `*` did.
    """
    pieces, begun = ["", ""] if before else [""], before
    for part in re.split(r"(\\[*?\\]|[*?])", text):
        if part == "*":
            pieces.append("")
            begun = True
        elif part == "?":
            pieces[-1] += "."
        else:
            pieces[-1] += re.escape(part[1:] if part in _ESCAPED else part)
    if after:
        pieces.append("")
        begun = True
    if not begun:
        return pieces[0]
    first, *middle, last = pieces
    return first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + ".*" + last


def _pattern(pattern: str, flags: int) -> Callable[[object], bool]:
    compiled = re.compile(pattern, flags | re.DOTALL)
    return lambda found: isinstance(found, str) and compiled.fullmatch(found) is not None


def _part(where: Literal["contains", "startswith", "endswith"]) -> Callable[[Value, Reader], Callable[[object], bool]]:
    def build(node: Value, _reader: Reader) -> Callable[[object], bool]:
        wanted = str(node.data).lower()
        if any(character in wanted for character in "*?\\"):
            ends = {"before": where != "startswith", "after": where != "endswith"}
            return _pattern(_wildcards(wanted, **ends), re.IGNORECASE)
        tests: dict[str, Callable[[str], bool]] = {
            "contains": lambda found: wanted in found,
            "startswith": lambda found: found.startswith(wanted),
            "endswith": lambda found: found.endswith(wanted),
        }
        test = tests[where]
        return lambda found: isinstance(found, str) and test(found.lower())

    return build


def _regular(node: Value, reader: Reader) -> Callable[[object], bool]:
    text = str(node.data)
    try:
        compiled = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        reader.mistake(f"no regular expression: {error}", node)
        return lambda _found: False
    if len(text) > _MAX_PATTERN or patterns.can_take_for_ever(text):
        reader.mistake(
            "this pattern can take for ever on hostile text",
            node,
            f"no repetition in repetition, at most {patterns.MOST_REPEATS} of * + {{n,}}, no | inside them;"
            " contains, startswith and endswith need no pattern",
        )
        return lambda _found: False
    return lambda found: isinstance(found, str) and compiled.search(found[: patterns.SEARCHED]) is not None


def _network(node: Value, reader: Reader) -> Callable[[object], bool]:
    try:
        network = ipaddress.ip_network(str(node.data), strict=False)
    except ValueError:
        reader.mistake(f"'{node.data}' is no network", node, "write it as 192.0.2.0/24")
        return lambda _found: False

    def test(found: object) -> bool:
        try:
            return ipaddress.ip_address(str(found)) in network
        except ValueError:
            return False

    return test


def _order(operator: Literal["gt", "gte", "lt", "lte"]) -> Callable[[Value, Reader], Callable[[object], bool]]:
    compare: dict[str, Callable[[float, float], bool]] = {
        "gt": lambda a, b: a > b,
        "gte": lambda a, b: a >= b,
        "lt": lambda a, b: a < b,
        "lte": lambda a, b: a <= b,
    }

    def build(node: Value, reader: Reader) -> Callable[[object], bool]:
        wanted = node.data
        if isinstance(wanted, bool) or not isinstance(wanted, (int, float)):
            reader.mistake(f"{operator} needs a number", node)
            return lambda _found: False
        return lambda found: (
            isinstance(found, (int, float)) and not isinstance(found, bool) and compare[operator](found, wanted)
        )

    return build


def _exists(_node: Value, _reader: Reader) -> Callable[[object], bool]:
    raise AssertionError("exists is about the field, not about a value")


_MODIFIERS: dict[str, Callable[[Value, Reader], Callable[[object], bool]]] = {
    "": _equal, "contains": _part("contains"), "startswith": _part("startswith"), "endswith": _part("endswith"),
    "re": _regular, "cidr": _network, "gt": _order("gt"), "gte": _order("gte"), "lt": _order("lt"),
    "lte": _order("lte"), "exists": _exists,
}  # fmt: skip


def _correlation(node: Node | None, reader: Reader) -> Window | None:
    fields = reader.mapping(node, "correlation", known=("type", "group-by", "timespan", "condition"))
    if fields is None:
        return None
    kind = reader.choice(fields.get("type"), "type of correlation", ("event_count", "value_count"))
    by = reader.texts(fields.get("group-by"), "group-by")
    span = reader.duration_s(fields.get("timespan"), "timespan")
    condition = reader.mapping(fields.get("condition"), "condition", known=("gte", "gt", "field"))
    threshold, of = None, ""
    if condition is not None:
        threshold = reader.integer(condition.get("gte"), "gte", least=1)
        above = reader.integer(condition.get("gt"), "gt", least=0)
        threshold = threshold if above is None else above + 1
        of = reader.text(condition.get("field"), "field") or ""
    for name, found in (("type", kind), ("timespan", span), ("condition: {gte}", threshold)):
        if found is None and name.partition(":")[0] not in fields:
            reader.mistake(f"correlation has no {name}", fields)
    if kind == "value_count" and not of:
        reader.mistake(
            "value_count counts the different values of a field", fields, "condition: {gte: 40, field: params}"
        )
    if kind is None or span is None or threshold is None or span <= 0:
        if span is not None and span <= 0:
            reader.mistake("timespan must be above 0", fields)
        return None
    return Window(cast(Literal["event_count", "value_count"], kind), by, span, threshold, of)


def _first_seen(node: Node | None, reader: Reader) -> FirstSeen | None:
    fields = reader.mapping(node, "first_seen", known=("of", "by", "learn", "forget"))
    if fields is None:
        return None
    of = reader.texts(fields.get("of"), "of")
    by = reader.text(fields.get("by"), "by")
    learn = learn_s(fields.get("learn"), reader)
    forget = reader.duration_s(fields.get("forget"), "forget")
    for name in ("of", "by", "learn"):
        if name not in fields:
            reader.mistake(f"first_seen has no {name}", fields)
    if not of or by is None or learn is None:
        return None
    return FirstSeen(of, by, learn, forget)


def learn_s(node: Node | None, reader: Reader) -> float | None:
    """How long first uses are only learnt, in seconds: a duration, or `none`."""
    if isinstance(node, Value) and node.data in ("none", None):
        return 0.0
    return reader.duration_s(node, "learn")
