"""Who answers what somebody may do: the policy of nomoat.yaml (`policy/decide.py`), or a backend that is asked.

A backend sees the same of a question as the decision records of it; what guard knows by itself (blocks, revocations,
the limit of a credential, unknown routes) is decided before anybody is asked.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Given
from typing import TYPE_CHECKING, Protocol

from nomoat.datafile import Mapping, Value
from nomoat.settings import Settings

if TYPE_CHECKING:
    from nomoat.policy.decide import Answer

#: How a decision records, among what was read, who answered instead of the policy.
ANSWERED_BY = "backend"
NATIVE = "native"


def is_native(settings: Settings) -> bool:
    """True where the policy of nomoat.yaml itself decides."""
    node = settings.section("backend")
    return node is None or (isinstance(node, Value) and node.data in (None, NATIVE))


def named(settings: Settings) -> str:
    """Who decides, in words for people: `native`, or what `backend:` says of another; unlike where that one is."""
    from nomoat.journal.redact import without_credentials

    node = settings.section("backend")
    if is_native(settings) or not isinstance(node, Mapping):
        return NATIVE
    parts = [
        f"{kind} {without_credentials(str(value.data))}"
        for kind, fields in node.entries.items()
        for name in ("url", "module", "query")
        if isinstance(fields, Mapping) and isinstance(value := fields.get(name), Value)
    ]
    return ", ".join(parts) or "another backend"


class Backend(Protocol):
    """Answers questions; safe to share between threads. `policy.decide.Decider` is one."""

    def decide(
        self,
        *,
        subject: str,
        roles: tuple[str, ...],
        permissions: tuple[str, ...],
        attributes: Given[str, object],
        resource: Given[str, object] | None = None,
        only: Collection[str] | None = None,
    ) -> Answer:
        """May `subject` use all of these permissions? Never raises: what cannot be answered is denied.

        The arguments are those of `Decider.decide`. `resource` None is not known yet: then an answer may be deferred.
        """
