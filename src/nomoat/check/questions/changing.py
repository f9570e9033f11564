"""What changes by GET: a link, an image of another site, or a crawler does it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.words import is_public_by_name, name_of, segments_of, touches, words_of
from nomoat.survey.python import form
from nomoat.survey.python.symbols import Scope

_CHANGING = frozenset((
    "delete", "remove", "destroy", "drop", "purge", "clear", "wipe", "create", "add", "new", "insert", "update", "edit",
    "modify", "change", "set", "save", "transfer", "send", "pay", "buy", "approve", "reject", "accept", "promote",
    "demote", "grant", "revoke", "toggle", "enable", "disable", "activate", "deactivate", "cancel", "reset", "withdraw",
    "ban", "unban", "publish", "unpublish", "follow", "unfollow", "like", "vote", "join", "leave", "mark", "archive",
    "close", "open", "renew", "extend", "lock", "unlock", "block", "unblock", "restore", "finish", "start", "stop",
    "restart", "pin", "unpin", "hide", "unhide", "feature",
))  # fmt: skip
#: Words that say in what state something is as often as that it is put there.
_STATES = frozenset(("open", "new", "like", "feature"))
_PARAMETER = re.compile(r"\{([^}]*)\}")
#: A link that was mailed changes something by being opened, and bears its own proof.
_LINKED = re.compile(
    r"confirm|verif|activat|unsubscribe|callback|log_?out|log_?in|sign_?out|sign_?in|oauth|(?<![a-z])sso(?![a-z])|saml"
    r"|token|invite|reset|accept|(?<![a-z])track|pixel|click|redirect|short|download|export|(?<![a-z])cron|health"
    r"|metrics|sync|refresh", re.I
)  # fmt: skip
#: What is written beside the matter itself: who was seen when, what was counted.
_ASIDE = re.compile(
    r"log|audit|histor|visit|view|hit|stat|session|seen|activit|event|metric|cache|token|counter|track", re.I
)


def changing_get(asked: Asked) -> Iterator[Answer]:
    """Routes that change something by GET: a link, an image of another site, or a crawler calls them."""
    for route in asked.routes:
        if not changes_by_get(asked, route):
            continue
        is_browser = route.verdict == "guarded" and not any("authorization" in p.name.lower() for p in route.parameters)
        yield Answer(
            route,
            f"{name_of(route)} changes data",
            f"it {touches(route)}",
            "GET is called by links, images, crawlers and prefetching, with the cookies of whoever is signed in",
            "answer it to POST (or DELETE) only, with a token against forged requests where a cookie signs in",
            "sure" if is_browser else "likely",
        )


def changes_by_get(asked: Asked, route: Route) -> bool:
    """Whether a GET is there to change something: it writes what is no count or log, and is called after that."""
    if route.method != "GET" or not route.writes or route.login or is_public_by_name(route):
        return False
    handler = asked.handler(route)
    if handler is None or _LINKED.search(route.path) or _LINKED.search(handler.name) or _asks_method(handler):
        return False
    written = [store for store in route.writes if not _ASIDE.search(store.partition("/")[2])]
    return bool(written) and not _answers_other_methods(asked, route) and _is_named_after_change(route)


def _is_named_after_change(route: Route) -> bool:
    """Whether path or handler are called after something that changes.

    `/edits/{edit_id}` is about edits, and `/projects/open` about projects that are open: there it is no verb.
    """
    words = _CHANGING & set(words_of(route))
    things = {
        word for parameter in _PARAMETER.findall(route.path.lower()) for word in re.split(r"[^a-z0-9]+", parameter)
    }
    plural = {word for segment in segments_of(route) for word in re.split(r"[^a-z0-9]+", segment)}
    verbs = {word for word in words if word not in things and f"{word}s" not in plural}
    if "{" not in route.path and not route.handler.rpartition(":")[2].rpartition(".")[2].startswith(tuple(_STATES)):
        verbs -= _STATES
    return bool(verbs)


def _asks_method(handler: Scope) -> bool:
    return any(
        (node[0] == form.ATTRIBUTE and node[4] in ("method", "validate_on_submit", "is_submitted"))
        for node in form.walk_scope(handler.body)
    )


def _answers_other_methods(asked: Asked, route: Route) -> bool:
    """One handler for GET and POST tells them apart somewhere; where, is not looked for."""
    return any(
        other.at == route.at and other.path == route.path and other.method not in SAFE_METHODS for other in asked.routes
    )
