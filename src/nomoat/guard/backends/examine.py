"""Asks a backend once, for `nomoat doctor`: is it there, is the right policy loaded, does it deny whom nobody knows.

Nothing of a caller is sent: subjects and one permission of nomoat's own, and the roles and permissions of nomoat.yaml.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from nomoat.guard.backends.asking import UNDEFINED, Asking, UnansweredError
from nomoat.guard.backends.settings import OpaSettings, RegoSettings
from nomoat.policy.decide import compile_policy
from nomoat.policy.model import Policy

#: Nobody is granted it, so nobody may be allowed it.
UNKNOWN = "nomoat:doctor"
#: Grants of `roles:` that are asked for, and for how long in all.
MOST_ASKED, LONGEST_S = 8, 5.0


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `mend` is empty where all is well. `is_grave`: requests are denied, or too many are allowed."""

    found: str
    mend: str = ""
    is_grave: bool = False


def examine(settings: OpaSettings | RegoSettings, policy: Policy, *, service: str, root: Path) -> Found:
    """Asks within `LONGEST_S` and the time that one answer may take. Raises SettingsError where it cannot be asked."""
    backend = opened(settings, service=service, root=root)
    where = settings.url if isinstance(settings, OpaSettings) else settings.module
    try:
        return _asked(backend, policy, service, where)
    except UnansweredError as error:
        mend = "until it answers every request is denied with 503: look whether it runs, its address, timeout and token"
        return Found(f"{backend.title} ({where}) gives no answer: {error}", mend, is_grave=True)
    finally:
        backend.close()


def opened(settings: OpaSettings | RegoSettings, *, service: str, root: Path) -> Asking:
    """The backend of a service. Raises SettingsError."""
    if isinstance(settings, OpaSettings):
        from nomoat.guard.backends.opa import Opa

        return Opa(settings, service=service, root=root)
    from nomoat.guard.backends.rego import Rego

    return Rego(settings, service=service, root=root)


def _asked(backend: Asking, policy: Policy, service: str, where: str) -> Found:
    began = time.monotonic()
    result = backend.probed(subject="user:nomoat/doctor", roles=(), permissions=(UNKNOWN,))
    took_ms = (time.monotonic() - began) * 1000
    name = f"{backend.title} ({where})"
    if result is True:
        return Found(
            f"{name} allows what nobody is granted to a caller without a role", "default allow := false", is_grave=True
        )
    if result is not False and result is not UNDEFINED:
        found = (
            f"{name} gives a result that is neither true nor false ({type(result).__name__}): each request is denied"
        )
        return Found(found, "name the document that is true or false, like .../allow", is_grave=True)
    grants = _granted(policy, service)
    answers = []
    for role, permission in grants:
        if time.monotonic() - began < LONGEST_S:
            answers.append(backend.probed(subject="user:nomoat/doctor", roles=(role,), permissions=(permission,)))
    if result is UNDEFINED and not any(one is not UNDEFINED for one in answers):
        mend = (
            "load the policy there, or check the path; default allow := false tells a denial from a policy that is away"
        )
        return Found(
            f"{name} has no such document, or one without a value: each request is denied", mend, is_grave=True
        )
    said = f"{name} answers after {took_ms:.0f} ms, and denies a caller without a role"
    other = [
        f"{role} {permission}" for (role, permission), one in zip(grants, answers, strict=False) if one is not True
    ]
    if other:
        mend = "what roles: grants is not looked at there: write it into its policy, or take it out here"
        return Found(f"{said}; it does not allow what roles: grants: {', '.join(other)}", mend)
    return Found(f"{said}; {len(answers)} grants of roles: as this file has them" if answers else said)


def _granted(policy: Policy, service: str) -> list[tuple[str, str]]:
    """Grants without a condition: the native policy allows each, whoever asks and whatever for."""
    own = compile_policy(policy, service=service)
    pairs = [(role.name, grant.permission) for role in policy.roles for grant in role.grants if not grant.when]
    allowed = (
        pair
        for pair in pairs
        if own.decide(subject="", roles=(pair[0],), permissions=(pair[1],), resource={}).outcome == "allow"
    )
    return [pair for pair, _ in zip(allowed, range(MOST_ASKED), strict=False)]
