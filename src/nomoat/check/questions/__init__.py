"""Rules of the first kind: questions to the map. Each gives what it found, with the route and the fix there.

The questions between map and policy are asked in `nomoat.policy.questions`; those here need the map and the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from nomoat.check.questions.accounts import account_change, self_chosen_role, unlimited_login
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.browsers import forged_requests
from nomoat.check.questions.exposure import admin_exposed, changing_get, debug_exposed, unsigned_webhook
from nomoat.check.questions.identity import forgeable_identity
from nomoat.check.questions.ownership import missing_ownership
from nomoat.check.questions.siblings import guard_never_runs, missing_guard, weaker_guard

__all__ = ["QUESTIONS", "Answer", "Asked"]

QUESTIONS: Mapping[str, Callable[[Asked], Iterator[Answer]] | None] = {
    "missing-guard": missing_guard,
    "missing-ownership": missing_ownership,
    "weaker-guard": weaker_guard,
    "guard-never-runs": guard_never_runs,
    "admin-exposed": admin_exposed,
    "debug-exposed": debug_exposed,
    "changing-get": changing_get,
    "unsigned-webhook": unsigned_webhook,
    "forgeable-identity": forgeable_identity,
    "account-change": account_change,
    "self-chosen-role": self_chosen_role,
    "unlimited-login": unlimited_login,
    "forged-requests": forged_requests,
    #: Asked of map and policy together (`nomoat.policy.questions`).
    "policy": None,
}
