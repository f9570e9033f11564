"""The sections `people:`, `respond:` and `never_block:` of nomoat.yaml."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from nomoat.datafile import Node, Place, Reader
from nomoat.errors import SettingsError
from nomoat.settings import Settings

Seniority: TypeAlias = Literal["junior", "senior"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be on call: the operating system's name, and whether they may approve."""

    name: str
    os_user: str
    seniority: Seniority = "junior"


@dataclass(frozen=True, slots=True)
class Escalation:
    """Nobody acknowledged after `after_s`: tell channel `to`."""

    after_s: float
    to: str


@dataclass(frozen=True, slots=True)
class RespondSettings:
    """The sections. `never_block` holds subjects, addresses and networks, trusted proxies among them."""

    people: Mapping[str, Person] = field(default_factory=dict)
    max_auto_blocks: int = 5
    escalate: tuple[Escalation, ...] = ()
    never_block: tuple[str, ...] = ()

    def person(self, os_user: str) -> Person:
        """Who is at the keyboard; somebody who is not listed is a junior of that name."""
        found = next((person for person in self.people.values() if person.os_user == os_user), None)
        return found or Person(os_user, os_user)


def read(settings: Settings) -> RespondSettings:
    """The sections. Raises SettingsError with every mistake."""
    reader = Reader(SettingsError)
    people: dict[str, Person] = {}

    def one(name: str, node: Node, _place: Place) -> None:
        fields = reader.mapping(node, f"person {name}", known=("os_user", "seniority"))
        if fields is not None:
            seniority = reader.choice(fields.get("seniority"), "seniority", ("junior", "senior")) or "junior"
            people[name] = Person(
                name, reader.text(fields.get("os_user"), "os_user") or name, cast(Seniority, seniority)
            )

    reader.each(settings.section("people"), "people", one)
    fields = reader.mapping(settings.section("respond"), "respond", known=("max_auto_blocks", "escalate"))
    most = reader.integer(fields.get("max_auto_blocks"), "max_auto_blocks", least=0) if fields is not None else None
    escalate = tuple(
        found
        for node in (reader.sequence(fields.get("escalate"), "escalate") if fields is not None else ())
        if (found := _escalation(node, reader)) is not None
    )
    never = (*_never(settings.section("never_block"), reader), *_proxies(settings.section("trusted_proxies")))
    reader.finish()
    return RespondSettings(people, 5 if most is None else most, escalate, never)


def _escalation(node: Node, reader: Reader) -> Escalation | None:
    fields = reader.mapping(node, "an escalation", known=("after", "to"))
    if fields is None:
        return None
    after, to = reader.duration_s(fields.get("after"), "after"), reader.text(fields.get("to"), "to")
    if "after" not in fields or "to" not in fields:
        reader.mistake("an escalation needs after and to", node, "{after: 15m, to: security}")
    return Escalation(after, to) if after is not None and to is not None else None


def _never(node: Node | None, reader: Reader) -> tuple[str, ...]:
    found = reader.texts(node, "never_block")
    for text in found:
        if text.partition(":")[0] in ("user", "service") or text == "anonymous":
            continue
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            reader.mistake(
                f"never_block: '{text}' names nobody", node or "", "user:ALIAS/NAME, service:NAME or an address"
            )
    return found


def _proxies(node: Node | None) -> tuple[str, ...]:
    """Trusted proxies, whose mistakes guard reports: to block one is to block everybody behind it."""
    return Reader(SettingsError).texts(node, "trusted_proxies")
