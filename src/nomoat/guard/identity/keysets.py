"""Which keys of a set that an identity provider serves count: it may hold keys for other things, or be none at all.

Sources: RFC 7517, sections 4 and 5; RFC 7518, section 6.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nomoat.guard.identity.keys import MIN_RSA_BITS, VerifyingKey, accept_the_name_eddsa, bits, fits

#: A longer key takes so long to verify with that strangers could keep the service busy.
MAX_RSA_BITS = 8192
#: A provider's set has no more.
MAX_KEYS = 100
_KINDS = ("RSA", "EC", "OKP")
#: What public keys are made of, and nothing else of a member is looked at.
_PUBLIC = ("kty", "n", "e", "crv", "x", "y")
#: RFC 7518, section 6: members of a private key, by which alone anybody could sign.
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


class KeySetError(ValueError):
    """A provider's set of which nothing may be used."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of a set that count, and how many others it holds; `exposed` are ids of those that show a private part.

    `members` is what the keys were made of: two sets that are alike are the same keys.
    """

    keys: tuple[VerifyingKey, ...]
    others: int
    exposed: tuple[str, ...]
    members: str


def of_set(document: Mapping[str, Any], algorithms: Sequence[str]) -> KeySet:
    """The keys of a JWK set with which a signature of these algorithms may be verified. Raises KeySetError."""
    accept_the_name_eddsa(algorithms)
    members = document.get("keys")
    if not isinstance(members, list) or not all(isinstance(one, dict) for one in members):
        raise KeySetError("what it serves is no key set", "look whether the address is that of its keys")
    if len(members) > MAX_KEYS:
        raise KeySetError(f"its set holds over {MAX_KEYS} keys", "look whether the address is that of its keys")
    if any(one.get("kty") == "oct" for one in members):
        # Whoever can read the set could sign with it, and the rest of it was made with as little care.
        raise KeySetError("a secret stands among its public keys", "nobody may trust this provider: tell who runs it")
    exposed = [one for one in members if any(name in one for name in _PRIVATE)]
    counted = [(one, key) for one in members if one not in exposed and (key := _counts(one, algorithms)) is not None]
    if not counted:
        known = ", ".join(algorithms)
        raise KeySetError(f"none of its {len(members)} keys fits {known}", "check algorithms: and the provider's keys")
    return KeySet(
        tuple(key for _, key in counted),
        len(members) - len(counted),
        tuple(str(one.get("kid", "without kid"))[:80] for one in exposed),
        json.dumps([one for one, _ in counted], sort_keys=True),
    )


def _counts(member: Mapping[str, Any], algorithms: Sequence[str]) -> VerifyingKey | None:
    """The key, where it is one to verify signatures of these algorithms with; None where it is for something else."""
    from joserfc import jwk
    from joserfc.errors import JoseError

    key_id, algorithm, uses = member.get("kid", ""), member.get("alg", ""), member.get("key_ops", ["verify"])
    if not isinstance(key_id, str) or not isinstance(algorithm, str) or not isinstance(uses, list):
        return None
    if member.get("kty") not in _KINDS or member.get("use", "sig") != "sig" or "verify" not in uses:
        return None
    if algorithm and algorithm not in algorithms:
        return None
    if member["kty"] == "RSA" and not MIN_RSA_BITS <= _bits(member.get("n")) <= MAX_RSA_BITS:
        return None
    try:
        key = jwk.import_key({name: member[name] for name in _PUBLIC if name in member})
        # Only here it is made of its numbers, and found to be none.
        bits(key)
        is_fit = any(fits(one, key) for one in ((algorithm,) if algorithm else algorithms))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        # Not on its curve, of a curve nobody knows, cut off: another key of the set may be good.
        return None
    return VerifyingKey(key_id, key, algorithm) if is_fit else None


def _bits(modulus: Any) -> int:
    """How long a modulus is (RFC 7518, section 6.3.1.1); 0 where it is none."""
    try:
        return int.from_bytes(urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4)), "big").bit_length()
    except (TypeError, ValueError):
        return 0
