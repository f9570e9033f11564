"""The section `device:` of nomoat.yaml: what is known of the machine that a caller sits at, and who says it.

Whoever looks at devices (an access proxy, a mesh) says in headers what it found; conditions read it as `device.NAME`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nomoat import settings as settings_file
from nomoat.datafile import Node, Place, Reader
from nomoat.errors import SettingsError
from nomoat.policy import conditions
from nomoat.policy.model import Policy
from nomoat.policy.observation import Observation
from nomoat.settings import Settings

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}\Z")
#: Headers that every caller says itself, or that say something else.
_TAKEN = frozenset(
    ("authorization", "cookie", "host", "x-api-key", "x-forwarded-for", "x-real-ip", "forwarded", "user-agent",
     "content-type", "content-length", "traceparent", "client-cert", "x-forwarded-client-cert")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Which header (in small letters) gives which attribute: `(("compliant", "x-device-compliant"),)`."""

    headers: tuple[tuple[str, str], ...]
    are_underscores_dropped: bool = False
    at: str = ""


def read(node: Node | None, reader: Reader, *, has_proxies: bool) -> DeviceSettings | None:
    """The section; None without one. `has_proxies`: there are `trusted_proxies`. Mistakes go to the reader."""
    fields = reader.mapping(node, "device", known=("headers", "underscores_dropped"))
    if fields is None:
        return None
    found: dict[str, str] = {}

    def one(name: str, value: Node, place: Place) -> None:
        header = reader.text(value, f"the header of device.{name}") or ""
        if not _NAME.match(name):
            reader.mistake(f"'{name}' is no name of an attribute", place, "write letters, digits and _: compliant")
        elif header and not _HEADER.match(header):
            reader.mistake(f"'{header}' is no name of a header", value, "X-Device-Compliant")
        elif header.lower() in _TAKEN:
            reader.mistake(f"{header} says something else than what is known of a device", value, "X-Device-Compliant")
        elif header:
            found[name] = header.lower()

    reader.each(fields.get("headers"), "headers", one)
    if not found and not reader.problems:
        reader.mistake("device: says nothing of any device", fields, "headers: {compliant: X-Device-Compliant}")
    if found and not has_proxies:
        fix = "trusted_proxies: [the address of whoever looks at devices]"
        reader.mistake("what is known of devices comes in headers, and no proxy is trusted", fields, fix)
    dropped = reader.mapping(fields.get("underscores_dropped"), "underscores_dropped", known=("because",))
    if dropped is not None:
        settings_file.loosening(dropped, "underscores_dropped", reader, ends=False)
    return DeviceSettings(tuple(sorted(found.items())), dropped is not None, str(fields.place))


def names(settings: Settings) -> frozenset[str]:
    """The attributes that the section gives (`device.compliant`); none where it cannot be read: guard says why."""
    found = read(settings.section("device"), Reader(SettingsError), has_proxies=True)
    return frozenset() if found is None else frozenset(f"device.{name}" for name, _ in found.headers)


def unknown(policy: Policy, given: frozenset[str]) -> Iterator[Observation]:
    """Conditions that read of devices what nothing says: they fail, always."""
    for target, what, when, at in _conditions(policy):
        missing = [name for name in conditions.compile(when).reads if name.startswith("device.") and name not in given]
        if missing:
            yield Observation(
                "unknown-input", "error", target,
                f"{what} reads {', '.join(missing)}, which nothing says: it fails, always", at,
                f"device: {{headers: {{{missing[0].partition('.')[2]}: X-...}}}} says who does",
            )  # fmt: skip


def _conditions(policy: Policy) -> Iterator[tuple[str, str, str, str]]:
    """Every condition: the target of a finding about it, whose it is, its text, where it stands."""
    from nomoat.policy.clauses import held

    for one in held(policy):
        if one.grant.when:
            yield one.target, f"{one.holder} may {one.grant.permission}", one.grant.when, one.grant.at
    for rule in policy.denies:
        if rule.when:
            yield f"permission:{rule.permission}", f"deny {rule.permission}", rule.when, rule.at
