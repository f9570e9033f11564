"""Addresses and networks, with the names and the strictness of CEL's network extension in Kubernetes.

An IPv4 address inside IPv6, a zone, or a leading zero is no address here: each would have two spellings.
Source: kubernetes/apiserver, pkg/cel/library/ip.go and cidr.go. What is none is a ValueError.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

_LONGEST = 64
_BITS = {4: 32, 6: 128}
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class IP:
    """An address; `family` is 4 or 6."""

    family: int
    number: int


@dataclass(frozen=True, slots=True)
class CIDR:
    """A network: an address in it, and how many bits all its addresses share."""

    family: int
    number: int
    prefix: int


@lru_cache(maxsize=4096)
def ip_of(text: str) -> IP:
    """The address of `10.0.0.1` or `2001:db8::1`."""
    if len(text) <= _LONGEST and "%" not in text:
        try:
            found = ipaddress.ip_address(text)
        except ValueError:
            pass
        else:
            if getattr(found, "ipv4_mapped", None) is not None:
                raise ValueError("IPv4 written inside IPv6 (write the IPv4 address)")
            return IP(found.version, int(found))
    raise ValueError("no address (write 10.0.0.1 or 2001:db8::1)")


def cidr_of(text: str) -> CIDR:
    """The network of `10.0.0.0/8` or `2001:db8::/32`."""
    address, slash, prefix = text[: _LONGEST + 1].partition("/")
    try:
        ip = ip_of(address)
    except ValueError:
        ip = None
    if ip is None or not slash or _PREFIX.fullmatch(prefix) is None or int(prefix) > _BITS[ip.family]:
        raise ValueError("no network (write 10.0.0.0/8 or 2001:db8::/32)")
    return CIDR(ip.family, ip.number, int(prefix))


def is_ip(text: str) -> bool:
    """True for a text that `ip` takes."""
    try:
        ip_of(text)
    except ValueError:
        return False
    return True


def is_cidr(text: str) -> bool:
    """True for a text that `cidr` takes."""
    try:
        cidr_of(text)
    except ValueError:
        return False
    return True


def family(value: IP) -> int:
    """4 or 6."""
    return value.family


def prefix_length(value: CIDR) -> int:
    """How many bits all addresses of a network share."""
    return value.prefix


def contains_ip(network: CIDR, address: IP) -> bool:
    """True where the address is one of the network's."""
    return network.family == address.family and _head(network, network.number) == _head(network, address.number)


def contains_ip_text(network: CIDR, address: str) -> bool:
    """True where the address is one of the network's."""
    return contains_ip(network, ip_of(address))


def contains_cidr(network: CIDR, other: CIDR) -> bool:
    """True where every address of the other network is one of this one's."""
    if network.family != other.family or network.prefix > other.prefix:
        return False
    return _head(network, network.number) == _head(network, other.number)


def contains_cidr_text(network: CIDR, other: str) -> bool:
    """True where every address of the other network is one of this one's."""
    return contains_cidr(network, cidr_of(other))


def text_of_ip(value: IP) -> str:
    """The address as RFC 5952 writes it."""
    made = ipaddress.IPv4Address(value.number) if value.family == 4 else ipaddress.IPv6Address(value.number)
    return str(made)


def text_of_cidr(value: CIDR) -> str:
    """The network as it was given, its address as RFC 5952 writes it."""
    return f"{text_of_ip(IP(value.family, value.number))}/{value.prefix}"


def _head(network: CIDR, number: int) -> int:
    return number >> (_BITS[network.family] - network.prefix)
