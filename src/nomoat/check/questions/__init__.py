"""Rules of the first kind: questions to the map. Each gives what it found, with the route and the fix there.

The questions between map and policy are asked in `nomoat.policy.questions`; those here need the map and the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.check.model import CONFIDENCES
from nomoat.check.questions.accounts import account_change, self_chosen_role
from nomoat.check.questions.answered import account_row_returned, error_text_returned
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.browsers import any_origin_socket, forged_requests
from nomoat.check.questions.changing import changing_get
from nomoat.check.questions.cleared import cleared
from nomoat.check.questions.deployed import deployed_without_secure_cookie
from nomoat.check.questions.enumeration import account_enumeration
from nomoat.check.questions.exposure import admin_exposed, debug_exposed, unsigned_webhook
from nomoat.check.questions.fields import writable_privilege
from nomoat.check.questions.identity import forgeable_identity
from nomoat.check.questions.ignored import ignored_check
from nomoat.check.questions.late import late_check
from nomoat.check.questions.markup import stored_markup
from nomoat.check.questions.nested import untied
from nomoat.check.questions.of_object import asks_of_object
from nomoat.check.questions.own_password import own_password
from nomoat.check.questions.owners import named_as_callers, named_by_caller
from nomoat.check.questions.ownership import missing_ownership
from nomoat.check.questions.presence import only_sent
from nomoat.check.questions.resets import endless_reset_code, link_of_host, reset_code_answered
from nomoat.check.questions.resolvers import open_mutations, resolvers
from nomoat.check.questions.shown import shown_secrets
from nomoat.check.questions.siblings import guard_never_runs, missing_guard, weaker_guard
from nomoat.check.questions.sign_ins import unlimited_login
from nomoat.check.questions.trade import negative_amount, price_of_the_caller, used_up_twice
from nomoat.check.questions.unhashed import unhashed_password
from nomoat.check.questions.unlooked import never_looked_at
from nomoat.check.questions.words import listed, name_of

__all__ = ["QUESTIONS", "Answer", "Asked", "answers"]


def _missing_ownership(asked: Asked) -> Iterator[Answer]:
    told: set[str] = set()
    for answer in (*missing_ownership(asked), *untied(asked), *named_by_caller(asked), *named_as_callers(asked)):
        route = answer.route
        if route is not None and (asks_of_object(asked, route) or (answer.told_once and route.id in told)):
            continue
        told.update(() if route is None else (route.id,))
        yield answer
    yield from resolvers(asked)
    yield from cleared(asked)


def _missing_guard(asked: Asked) -> Iterator[Answer]:
    yield from missing_guard(asked)
    yield from open_mutations(asked)


def _account_row_returned(asked: Asked) -> Iterator[Answer]:
    yield from account_row_returned(asked)
    yield from shown_secrets(asked)


def _forgeable_identity(asked: Asked) -> Iterator[Answer]:
    yield from forgeable_identity(asked)
    yield from only_sent(asked)
    yield from never_looked_at(asked)


QUESTIONS: Mapping[str, Callable[[Asked], Iterator[Answer]] | None] = {
    "missing-guard": _missing_guard,
    "missing-ownership": _missing_ownership,
    "weaker-guard": weaker_guard,
    "guard-never-runs": guard_never_runs,
    "ignored-check": ignored_check,
    "late-check": late_check,
    "admin-exposed": admin_exposed,
    "debug-exposed": debug_exposed,
    "changing-get": changing_get,
    "unsigned-webhook": unsigned_webhook,
    "forgeable-identity": _forgeable_identity,
    "account-change": account_change,
    "own-password": own_password,
    "unhashed-password": unhashed_password,
    "self-chosen-role": self_chosen_role,
    "unlimited-login": unlimited_login,
    "forged-requests": forged_requests,
    "account-row-returned": _account_row_returned,
    "error-text-returned": error_text_returned,
    "account-enumeration": account_enumeration,
    "reset-code-answered": reset_code_answered,
    "endless-reset-code": endless_reset_code,
    "link-of-host-header": link_of_host,
    "any-origin-socket": any_origin_socket,
    "deployed-without-secure-cookie": deployed_without_secure_cookie,
    "writable-privilege": writable_privilege,
    "stored-markup": stored_markup,
    "price-of-the-caller": price_of_the_caller,
    "negative-amount": negative_amount,
    "used-up-twice": used_up_twice,
    #: Asked of map and policy together (`nomoat.policy.questions`).
    "policy": None,
}


def answers(name: str, asked: Asked) -> list[Answer]:
    """What a question gives, once for each handler and path: other methods are named beside the first.

    Nothing where the question is asked elsewhere.
    """
    ask = QUESTIONS.get(name)
    found: dict[tuple[str, str, str], list[Answer]] = {}
    for answer in ask(asked) if ask is not None else ():
        if answer.place is not None:
            # Many routes may lead to one place.
            found.setdefault((answer.place.module.path, str(answer.place.node[1]), ""), []).append(answer)
        elif answer.route is not None:
            route = answer.route
            found.setdefault((route.service, route.path, route.at), []).append(answer)
    return [_together(alike) if alike[0].place is None else _surest(alike) for alike in found.values()]


def _surest(alike: list[Answer]) -> Answer:
    return max(alike, key=lambda one: CONFIDENCES.index(one.confidence))


def _together(alike: list[Answer]) -> Answer:
    """The worst of several answers about one handler; those of methods that change something come first."""
    first = max(alike, key=lambda one: (CONFIDENCES.index(one.confidence), _method(one) not in SAFE_METHODS))
    others = [_method(one) for one in alike if one is not first]
    if not others or first.route is None:
        return first
    name = name_of(first.route)
    return first._replace(message=first.message.replace(name, f"{name} (and {listed(others)})"))


def _method(answer: Answer) -> str:
    return answer.route.method if answer.route is not None else ""
