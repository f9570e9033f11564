"""Whom the token of a Kubernetes service account names, and what it says of the pod it was made for.

A token of today is bound to an account (and usually to a pod), has an end and an audience; the endless ones of old
secrets have none of these, and are refused.
Source: Kubernetes, Managing Service Accounts, bound service account tokens; RFC 1123 names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PREFIX = "system:serviceaccount:"
#: The claim that says what a token is bound to.
CLAIM = "kubernetes.io"
#: A namespace has no dots, an account may: the first dot of a service's name divides them.
_SUBJECT = re.compile(rf"{PREFIX}([a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?):([a-z0-9](?:[a-z0-9.-]{{0,251}}[a-z0-9])?)\Z")
_BOUND_TO = ("serviceaccount", "pod", "node")


def account_of(subject: str) -> tuple[str, str] | None:
    """Namespace and name of the account behind `system:serviceaccount:shop:billing`; None for another subject."""
    found = _SUBJECT.match(subject)
    return (found[1], found[2]) if found is not None else None


def is_bound(claims: Mapping[str, Any], account: tuple[str, str]) -> bool:
    """True where a token says itself what it is bound to, and that is the account that it names."""
    said = claims.get(CLAIM)
    if not isinstance(said, dict):
        return False
    return (said.get("namespace"), _name(said.get("serviceaccount"))) == account


def flat(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims, and beside them what the token is bound to as conditions can read it: `kubernetes.io/pod`, ..."""
    said: dict[str, Any] = claims[CLAIM]
    found = {f"{CLAIM}/{name}": _name(said.get(name)) for name in _BOUND_TO}
    found[f"{CLAIM}/namespace"] = said.get("namespace")
    # Whatever else a token has under such a name, these say what it is bound to, or nothing does.
    others = {name: value for name, value in claims.items() if name not in found}
    return others | {name: value for name, value in found.items() if isinstance(value, str)}


def _name(value: Any) -> Any:
    return value.get("name") if isinstance(value, dict) else None
