"""The sections `alerts:` (the short form) and `detections:` (changes to shipped ones) of nomoat.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nomoat import datafile
from nomoat.datafile import Node, Place, Reader
from nomoat.errors import SettingsError
from nomoat.settings import Settings
from nomoat.watch.model import Detection
from nomoat.watch.sigma import learn_s

ACTIONS = ("notify",)
#: A threshold of the short form is for so long and for each service, unless `window` and `by` say otherwise.
SHORT_WINDOW_S = 60.0
SHORT_BY = ("service",)


@dataclass(frozen=True, slots=True)
class Change:
    """What a user changes of one detection; None leaves it as it is."""

    id: str
    place: Place
    threshold: int | None = None
    window_s: float | None = None
    by: tuple[str, ...] | None = None
    learn_s: float | None = None
    actions: tuple[str, ...] = ()
    enabled: bool = True
    short: bool = False


def read(settings: Settings) -> tuple[Change, ...]:
    """Both sections. Raises SettingsError with every mistake, also when a detection of that name does not exist."""
    from nomoat.watch.registry import identifiers

    reader = Reader(SettingsError)
    known = identifiers(settings.root)
    changes = [
        change
        for node in reader.sequence(settings.section("alerts"), "alerts")
        if (change := _alert(node, known, reader)) is not None
    ]

    def one(name: str, node: Node, place: Place) -> None:
        change = _change(name, node, place, known, reader)
        if change is not None:
            changes.append(change)

    reader.each(settings.section("detections"), "detections", one)
    reader.finish()
    return tuple(changes)


def _known(name: str, place: Place | Node, known: Iterable[str], reader: Reader) -> str | None:
    kebab = name.replace("_", "-")
    if kebab in set(known):
        return kebab
    reader.mistake(f"no detection is called '{name}'", place, datafile.did_you_mean(kebab, known))
    return None


def _alert(node: Node, known: Iterable[str], reader: Reader) -> Change | None:
    fields = reader.mapping(node, "an alert", known=("type", "threshold", "action", "window", "by"))
    if fields is None:
        return None
    kind = reader.text(fields.get("type"), "type")
    if kind is None:
        if "type" not in fields:
            reader.mistake("an alert has no type", node, "type: traffic_spike")
        return None
    found = _known(kind, fields.get("type") or node, known, reader)
    threshold = reader.integer(fields.get("threshold"), "threshold", least=1)
    window_s = reader.duration_s(fields.get("window"), "window")
    by = reader.texts(fields.get("by"), "by") or None
    action = reader.choice(fields.get("action"), "action", ACTIONS)
    if found is None:
        return None
    return Change(found, node.place, threshold, window_s, by, actions=(action,) if action else (), short=True)


def _change(name: str, node: Node, place: Place, known: Iterable[str], reader: Reader) -> Change | None:
    fields = reader.mapping(
        node, f"detection {name}", known=("threshold", "window", "by", "learn", "action", "enabled")
    )
    found = _known(name, place, known, reader)
    if fields is None or found is None:
        return None
    action = reader.choice(fields.get("action"), "action", ACTIONS)
    enabled = reader.boolean(fields.get("enabled"), "enabled")
    return Change(
        found,
        place,
        reader.integer(fields.get("threshold"), "threshold", least=1),
        reader.duration_s(fields.get("window"), "window"),
        reader.texts(fields.get("by"), "by") or None,
        learn_s(fields.get("learn"), reader) if "learn" in fields else None,
        (action,) if action else (),
        enabled is not False,
    )


def apply(detections: Iterable[Detection], changes: Iterable[Change]) -> list[Detection]:
    """The detections as the user wants them. Raises SettingsError where a change does not fit its detection."""
    found = {detection.id: detection for detection in detections}
    reader = Reader(SettingsError)
    for change in changes:
        detection = found.get(change.id)
        if detection is None:
            continue
        if not change.enabled:
            del found[change.id]
            continue
        found[change.id] = _applied(detection, change, reader)
    reader.finish()
    return list(found.values())


def _applied(detection: Detection, change: Change, reader: Reader) -> Detection:
    actions = tuple(dict.fromkeys((*detection.actions, *change.actions)))
    window, first = detection.window, detection.first_seen
    if window is None and (change.threshold is not None or change.window_s is not None):
        reader.mistake(f"{detection.id} has no threshold", change.place)
    if first is None and change.learn_s is not None:
        reader.mistake(f"{detection.id} learns nothing", change.place)
    if window is not None:
        short_s, short_by = (SHORT_WINDOW_S, SHORT_BY) if change.short else (window.span_s, window.by)
        threshold = window.threshold if change.threshold is None else change.threshold
        span_s = short_s if change.window_s is None else change.window_s
        window = replace(window, threshold=threshold, span_s=span_s, by=short_by if change.by is None else change.by)
    if first is not None and change.learn_s is not None:
        first = replace(first, learn_s=change.learn_s)
    return replace(detection, window=window, first_seen=first, actions=actions)
