"""Places and lifts blocks, and says when every worker knows of one: the same by hand and as a step of a playbook.

A block names a user, token, service or address, always ends, and is refused for what must never be blocked.
"""

from __future__ import annotations

import ipaddress
import re
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from nomoat.errors import NomoatError
from nomoat.journal.facts import Block, timestamp
from nomoat.journal.ports import Store

Target: TypeAlias = tuple[Literal["subject", "credential", "client"], str]
Verdict: TypeAlias = Literal["verified", "not-verified", "unsure"]

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_S = 3600.0
MAX_S = 30 * 86_400.0
#: The role under which guarded workers report to the store.
GUARD_ROLE = "guard"
#: Wider networks than these hold too many people who did nothing.
_WIDEST = {4: 16, 6: 32}
#: Bits of an IPv6 address before the IPv4 address inside it.
_MAPPED_BITS = 96
_USER = re.compile(r"user:[^/\s]+/\S.{0,255}\Z")
_SERVICE = re.compile(r"service:[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_TOKEN = re.compile(r"(token:)?(sha256:[0-9a-f]{64})\Z")


class BlockRefusedError(NomoatError):
    """This must not be blocked, or is no target of a block."""


class Placed(NamedTuple):
    """A block that is in the journal, and where."""

    position: str
    block: Block


class Workers(NamedTuple):
    """The live guarded workers, and how many of them have not read up to a position yet."""

    live: int
    behind: int


def target(text: str) -> Target:
    """What a block names: `user:main/ana`, `service:billing`, `anonymous`, an address, a network, `token:sha256:...`.

    Raises BlockRefusedError where it is none of these, or a network too wide.
    """
    if text == "anonymous" or _USER.match(text) or _SERVICE.match(text):
        return "subject", text
    if token := _TOKEN.match(text):
        return "credential", token.group(2)
    network = _network(text)
    if network is None:
        raise BlockRefusedError(
            f"'{text}' names nobody", where="block",
            fix="name user:ALIAS/NAME, service:NAME, anonymous, an address, a network, or token:sha256:...",
        )  # fmt: skip
    if network.prefixlen < (widest := _WIDEST[network.version]):
        raise BlockRefusedError(
            f"{network} is too wide to block: it holds many who did nothing", where="block",
            fix=f"name /{widest} or smaller, an address, or the user or token itself",
        )  # fmt: skip
    return "client", str(network.network_address if network.num_addresses == 1 else network)


def _network(text: str) -> _Network | None:
    """A network as callers are written: IPv4 inside IPv6 (RFC 4291, 2.5.5.2) is IPv4. None where it is none."""
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    if mapped is None or found.prefixlen < _MAPPED_BITS:
        return found
    return ipaddress.ip_network((mapped, found.prefixlen - _MAPPED_BITS), strict=False)


def _plain(name: str) -> str:
    """What somebody listed, in the form in which blocks name it."""
    token = _TOKEN.match(name)
    return token.group(2) if token else name


def _is_without_issuer(never: str, value: str) -> bool:
    """True where `user:ana` was listed, and this is an `ana` of whatever issuer."""
    return never.startswith("user:") and "/" not in never and value.startswith("user:") and (
        value.partition("/")[2] == never.removeprefix("user:")
    )  # fmt: skip


def check_allowed(found: Target, never_block: Iterable[str]) -> None:
    """Raises BlockRefusedError where a block would hit what must never be blocked: itself, or within its network."""
    kind, value = found
    for never in never_block:
        if _plain(never) == value or _is_without_issuer(never, value) or (kind == "client" and _overlap(value, never)):
            raise BlockRefusedError(
                f"{value} is never blocked ({never})", where="never_block",
                fix="block the user or the token instead; or change never_block in nomoat.yaml",
            )  # fmt: skip


def place(
    store: Store,
    name: str,
    *,
    for_s: float = DEFAULT_S,
    because: str,
    by: str,
    incident: int = 0,
    never_block: Iterable[str] = (),
) -> Placed:
    """Places a block, on disk before it returns. Raises BlockRefusedError, StorageError."""
    if for_s <= 0:
        raise BlockRefusedError("a block lasts longer than no time", where="block", fix="--for 1h")
    if for_s > MAX_S:
        raise BlockRefusedError("a block ends after 30 days at most", where="block", fix="--for 1h")
    found = target(name)
    check_allowed(found, never_block)
    until = timestamp(datetime.now(UTC) + timedelta(seconds=for_s))
    kind, value = found
    block = Block(
        block=uuid.uuid4().hex[:12], what=kind, value=value, until=until, because=because, by=by, incident=incident
    )
    (position,) = store.append([(block, f"block:{block.block}")], durable=True)
    assert position is not None, "a random id cannot be there already"
    return Placed(position, block)


def lift(store: Store, name: str, *, because: str, by: str, incident: int = 0) -> list[Placed]:
    """Lifts every block in force on a target; gives what was lifted, empty when nothing was."""
    kind, value = target(name)
    standing = [one for one in store.state(now=timestamp()).blocks if (one.what, one.value) == (kind, value)]
    lifted = [
        Block(
            block=one.block,
            what=one.what,
            value=one.value,
            until=one.until,
            lifted=True,
            because=because,
            by=by,
            incident=incident,
        )
        for one in standing
    ]
    positions = store.append([(block, f"unblock:{block.block}") for block in lifted], durable=True) if lifted else []
    return [Placed(position, block) for position, block in zip(positions, lifted, strict=True) if position is not None]


def workers(store: Store, position: str, *, role: str = GUARD_ROLE) -> Workers:
    """How many guarded workers live, and how many have not read past a position."""
    live = [one for one in store.processes() if one.role == role and one.live and not one.ended]
    return Workers(len(live), sum(not _reached(one.position, position) for one in live))


def verify(store: Store, position: str, *, deadline_s: float = 5.0, poll_s: float = 0.05) -> tuple[Verdict, Workers]:
    """Waits until every live worker has read past a position. `unsure`: no worker lives that could say so."""
    ends = time.monotonic() + deadline_s
    while True:
        found = workers(store, position)
        if found.live and not found.behind:
            return "verified", found
        if time.monotonic() >= ends:
            return ("not-verified" if found.live else "unsure"), found
        time.sleep(poll_s)


def _reached(position: str, wanted: str) -> bool:
    # Positions of one store are numbers that grow; a reader at START has read nothing.
    return position.isdigit() and wanted.isdigit() and int(position) >= int(wanted)


def _overlap(value: str, never: str) -> bool:
    one, other = _network(value), _network(never)
    if one is None or other is None or one.version != other.version:
        return False
    return one.overlaps(other)
