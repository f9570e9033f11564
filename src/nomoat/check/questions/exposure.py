"""What stands open: pages of administrators, insides of the service, state that a link changes, unsigned webhooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import SIGNED_IN, Route
from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.siblings import missing_guard
from nomoat.check.questions.words import is_of_administrators, last_word, name_of, segments_of, touched, touches
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope

_ADMIN = frozenset(("admin", "administration", "administrator", "superuser", "backoffice", "sysadmin", "staff"))
#: By these everybody reaches those who administrate: `/contact_staff`.
_REACHING = frozenset(("contact", "about", "meet", "our", "become", "call", "message", "ask", "email", "notify", "to"))
_DEBUG = frozenset(
    (
        "debug",
        "_debug",
        "phpinfo",
        "dump",
        "heapdump",
        "env",
        "environ",
        "console",
        "shell",
        "eval",
        "exec",
        "trace",
        "profiler",
    )
)
#: How many routes of administrators nobody leaves open by mistake.
_MANY = 25
_HOOK = re.compile(r"(?:^|[/_\-.])(web_?hooks?|ipn|postback)(?=$|[/_\-.{])", re.I)
#: What may be a webhook, too, where it writes.
_HOOKS = re.compile(r"(?:^|[/_\-.])(hooks?)(?=$|[/_\-.{])", re.I)
_VERIFIES = re.compile(
    r"compare_digest|construct_event|verif|signature|hmac|check_sign|validate|authenticate|decode|webhook\.", re.I
)


# -- administrators ----------------------------------------------------------------------------------------------------


def admin_exposed(asked: Asked) -> Iterator[Answer]:
    """Routes of administrators that anyone, or whoever is signed in, can call."""
    # What is less than sure of its siblings is sure of what it is called.
    said = {one.route.id for one in missing_guard(asked) if one.route is not None and one.confidence == "sure"}
    doubted = _without_a_guard_that_was_read(asked)
    for route in asked.routes:
        if not _is_of_admin(route) or route.id in said or _is_entrance(asked, route):
            continue
        kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
        does = touches(route)
        if route.verdict == "unguarded":
            confidence: Confidence = "sure" if touched(route) else "likely"
            if route.service in doubted:
                confidence = "low"
            yield Answer(
                route,
                f"anyone can call {name_of(route)}, which is named after administrators",
                "nothing refuses an anonymous caller" + (f"; it {does}" if does else ""),
                "path or handler say that this is for administrators, and nothing asks who is calling",
                "demand the permission of those who administrate before the handler runs",
                confidence,
            )
        elif (
            route.verdict == "guarded"
            and route.binding == SIGNED_IN
            and not kinds & {"permission", "ownership", "signature"}
        ):
            if route.requires is None or route.requires or _asks_for_administrators(route):
                continue
            confidence = "low" if asked.registrations.uses_identity(route) else "sure" if touched(route) else "likely"
            yield Answer(
                route,
                f"whoever is signed in can call {name_of(route)}, which is named after administrators",
                "it asks that somebody is signed in, not who" + (f"; it {does}" if does else ""),
                "path or handler say that this is for administrators, and every account passes",
                "demand the permission of those who administrate, not only a sign-in",
                confidence,
            )


def _without_a_guard_that_was_read(asked: Asked) -> set[str]:
    """Services of which many routes are named after administrators and hardly one is guarded.

    Nobody forgets a guard forty times: it is put around them in a way that was not read.
    """
    found = set()
    for service in asked.map.services:
        of_admin = [one for one in asked.routes if one.service == service.name and _is_of_admin(one)]
        opened = sum(one.verdict == "unguarded" for one in of_admin)
        if opened >= _MANY and opened * 2 > len(of_admin):
            found.add(service.name)
    return found


def _is_of_admin(route: Route) -> bool:
    """`/admin/users`, `/site-admin`, `def admin_users`; `contact_admin` is for everybody."""
    function = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", route.handler.rpartition(":")[2].rpartition(".")[2]).lower()
    segments = [re.split(r"[_-]", segment)[:2] for segment in segments_of(route)]
    in_path = any(_ADMIN & set(words) and words[0] not in _REACHING for words in segments)
    return in_path or function.strip("_").partition("_")[0] in _ADMIN


def _asks_for_administrators(route: Route) -> bool:
    """Whether a guard says of itself whom it asks for: `is_authenticated_admin_api`."""
    names = (re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", guard.name).lower() for guard in route.guards)
    return any(_ADMIN & set(name.split("_")) for name in names)


#: How those come in who administrate; a password that is reset for somebody whom the path names is none of it.
_ENTRANCES = re.compile(
    r"log_?in|log_?out|sign_?in|sign_?out|jsi18n|\A[^{]*(password[_-]?reset|reset[_-]?password|forgot[_-]?password)",
    re.I,
)


def _is_entrance(asked: Asked, route: Route) -> bool:
    if any(other.login for other in asked.routes if other.at == route.at and other.path == route.path):
        return True
    return bool(_ENTRANCES.search(route.path + route.handler))


# -- insides -----------------------------------------------------------------------------------------------------------


def debug_exposed(asked: Asked) -> Iterator[Answer]:
    """Open routes that give away the environment or the settings, or are called like a tool for finding faults."""
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or route.login or not (route.verdict == "unguarded" or _is_for_everybody(route)):
            continue
        inside = next(_insides(asked, handler), None)
        if inside is not None:
            what, at = inside
            who = "anyone" if route.verdict == "unguarded" else "whoever is signed in"
            yield Answer(
                route,
                f"{who} can read {what} by {name_of(route)}",
                f"{what} is handed out ({at})",
                "settings and environment hold passwords and keys",
                "remove the route, or answer with the few values that are meant to be seen, behind a permission",
                "sure" if route.verdict == "unguarded" else "likely",
            )
        elif route.verdict == "unguarded" and _is_called_like_a_tool(route):
            yield Answer(
                route,
                f"anyone can call {name_of(route)}, which is called like a tool for finding faults",
                "nothing refuses an anonymous caller" + (f"; it {touches(route)}" if touched(route) else ""),
                "what helps to find faults shows the insides of the service",
                "remove the route, or register it only where the service is developed, or demand a permission",
                "sure" if touched(route) else "likely",
            )


def _is_called_like_a_tool(route: Route) -> bool:
    """Whether the path says so of the service: `/debug/{id}` does, `/workers/{id}/env` is of a worker."""
    called = segments_of(route)
    of_one = segments_of(replace(route, path=route.path.partition("{")[2])) if "{" in route.path else []
    return not _DEBUG.isdisjoint(called) and not (_DEBUG.intersection(called) <= {*of_one})


def _is_for_everybody(route: Route) -> bool:
    """Whether a guard asks for no more than that somebody has signed in."""
    kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
    is_plain = route.verdict == "guarded" and route.binding == SIGNED_IN and not kinds & {"permission", "signature"}
    return is_plain and not route.requires and route.requires is not None and not is_of_administrators(route)


def _insides(asked: Asked, handler: Scope) -> Iterator[tuple[str, str]]:
    """`os.environ`, `app.config` as a whole, in what is returned or made into text for it."""
    program = asked.registrations.program
    stack: list[tuple[Node, Node | None]] = [(node, None) for node in handler.body]
    while stack:
        node, parent = stack.pop()
        if node[0] in (form.FUNCTION, form.CLASS, form.LAMBDA):
            continue
        if node[0] == form.CALL and form.keyword(node, "env") is not None:
            continue  # The environment of a process that is started.
        if node[0] == form.ATTRIBUTE and node[4] in ("environ", "config") and _is_whole(node, parent):
            name = program.resolve(handler, node).name
            if name == "os.environ":
                yield "the environment of the process", handler.module.at(node)
            elif name in ("flask.Flask.config", "flask.current_app.config"):
                yield "the settings of the application", handler.module.at(node)
        stack.extend((inner, node) for inner in form.children(node))


#: Calls that make a text or an answer of all that they are given.
_SHOWS = re.compile(
    r"\A(dict|str|repr|list|sorted|pformat|dumps|jsonify|format|join|Response|HttpResponse|html|render\w*|\w*Response|write"
    r"|make_response|escape|deepcopy|copy|update|finish|vars|print|pprint|to_\w+|dump\w*|serialize|encode)\Z"
)  # fmt: skip


def _is_whole(node: Node, parent: Node | None) -> bool:
    """Whether all of it is handed on: `dict(os.environ)`, `os.environ.items()`, and not `os.environ["HOME"]`."""
    if parent is None or parent[0] in (form.COMPARE, form.SUBSCRIPT):
        return False
    if parent[0] == form.CALL and parent[3] is not node:
        # What else is called with it takes from it what it needs: `search(current_app.config, words)`.
        return bool(_SHOWS.search(last_word(parent)))
    if parent[0] == form.ATTRIBUTE:
        return str(parent[4]) in ("items", "values")
    return bool(parent[0] != form.ASSIGN)


# -- webhooks ----------------------------------------------------------------------------------------------------------


def unsigned_webhook(asked: Asked) -> Iterator[Answer]:
    """Webhooks that believe whoever calls them."""
    for route in asked.routes:
        is_hook = _HOOK.search(route.path) or (route.writes and _HOOKS.search(route.path))
        if route.method in SAFE_METHODS or route.verdict != "unguarded" or not is_hook:
            continue
        if any(guard.kind == "signature" for guard in route.guards) or "{" in route.path.rpartition("hook")[2]:
            continue
        scopes = asked.reached(route)
        if not scopes or any(_verifies(scope) for scope in scopes):
            continue
        yield Answer(
            route,
            f"{name_of(route)} believes whoever calls it",
            "no signature is compared before the event is used" + (f"; it {touches(route)}" if touched(route) else ""),
            "whoever knows the address can send events: a payment that was never made, a user who never was",
            "verify the signature of the sender over the raw body (hmac.compare_digest) before anything is read",
            "sure" if route.writes else "likely",
        )


def _verifies(scope: Scope) -> bool:
    for node in form.walk_scope(scope.body):
        if node[0] == form.CALL and _VERIFIES.search(last_word(node)):
            return True
        if node[0] == form.CONSTANT and isinstance(node[3], str) and "signature" in node[3].lower():
            return True
    return False
