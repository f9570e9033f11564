"""Zones: which services stand together, and which zones may call which; everything else stays within its zone.

`calls:` across zones that the zones do not name is a mistake of the file, so that no such call is ever granted; calls
that the map shows and nobody permits, or that zones forbid, are answers of `policy check`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.appmap import ids
from nomoat.appmap.model import Map
from nomoat.datafile import Node, Place, Reader, did_you_mean
from nomoat.policy.model import CallRule, Policy, Zone
from nomoat.policy.names import Names, place_of
from nomoat.policy.observation import Observation


def read(node: Node | None, reader: Reader, names: Names) -> tuple[Zone, ...]:
    """The section; a service that stands in no zone, or in two, is a mistake."""
    zones: list[Zone] = []
    section = reader.mapping(node, "zones")
    if section is None:
        return ()
    stands: dict[str, str] = {}

    def one(name: str, value: Node, place: Place) -> None:
        fields = reader.mapping(value, f"zone {name}", known=("services", "may_call"))
        if fields is None or not names.checked(name, place, "a zone"):
            return
        services: list[str] = []
        for item in names.items(fields.get("services"), f"services of {name}"):
            service = names.service(item, f"each service of {name}")
            if service is not None and service in stands:
                reader.mistake(f"{service} stands in two zones: {stands[service]} and {name}", item, "keep one")
            elif service is not None:
                stands[service] = name
                services.append(service)
        may_call: list[str] = []
        for item in names.items(fields.get("may_call"), f"what {name} may call"):
            other = reader.text(item, f"each zone that {name} may call")
            if other is not None and other not in section.entries:
                fix = did_you_mean(other, list(section.entries)) or "define it in zones:"
                reader.mistake(f"unknown zone '{other}'", item, fix)
            elif other is not None:
                may_call.append(other)
        zones.append(Zone(name, tuple(sorted(services)), tuple(sorted(set(may_call))), place_of(place)))

    reader.each(section, "zones", one)
    missing = [service for service in names.services if service not in stands]
    if section.entries and missing and not reader.problems:
        reader.mistake(f"{', '.join(missing)} stands in no zone", section, "name each service in one zone")
    return tuple(zones)


def check_calls(zones: tuple[Zone, ...], calls: list[tuple[CallRule, Node]], reader: Reader) -> None:
    """Every call that zones forbid is a mistake."""
    for call, node in calls:
        why = forbidden(zones, call.caller, call.to)
        if why:
            fix = "name the zone in may_call, or take the call out"
            reader.mistake(f"{call.caller} may not call {call.to}: {why}", node, fix)


def forbidden(zones: tuple[Zone, ...], caller: str, to: str) -> str:
    """Why a service may not call another one; empty where it may, or no zone is said."""
    stands = {service: zone for zone in zones for service in zone.services}
    here, there = stands.get(caller), stands.get(to)
    if not zones or here is None or there is None or here.name == there.name or there.name in here.may_call:
        return ""
    return f"zone {here.name} may not call zone {there.name} ({here.at})"


def calls(drawn: Map, policy: Policy) -> Iterator[Observation]:
    """Calls between services of the map that zones forbid or nothing permits, and rules that no call needs."""
    known = set(policy.services)
    permitted = {(call.caller, call.to) for call in policy.calls}
    seen = {(edge.caller, edge.callee) for edge in drawn.edges}
    for edge in drawn.edges:
        if edge.caller not in known or edge.callee not in known:
            continue
        target = ids.service_id(edge.caller)
        why = forbidden(policy.zones, edge.caller, edge.callee)
        if why:
            yield Observation(
                "crossing-call", "error", target, f"{edge.caller} calls {edge.callee}, and {why}",
                edge.at, "take the call out, or name the zone in may_call",
            )  # fmt: skip
        elif (policy.calls or policy.zones) and (edge.caller, edge.callee) not in permitted:
            yield Observation(
                "undeclared-call", "warning", target,
                f"{edge.caller} calls {edge.callee}, and calls: lets it do nothing there",
                edge.at, f"calls: [{{from: {edge.caller}, to: {edge.callee}, may: [...]}}], or take the call out",
            )  # fmt: skip
    for call in policy.calls:
        if drawn.edges and (call.caller, call.to) not in seen:
            yield Observation(
                "unneeded-call", "warning", ids.service_id(call.caller),
                f"{call.caller} may call {call.to}, and no call between them is on the map",
                call.at, "remove the rule, or draw the map with the manifests that name both",
            )  # fmt: skip
