"""Words about routes: their names, what they touch, what their names say that they are for."""

from __future__ import annotations

import re

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Guard, Route
from nomoat.survey.python import form
from nomoat.survey.python.form import Node

# What is open on purpose in nearly every application, wherever it stands in a path.
_PUBLIC = re.compile(
    r"(?:^|[/_\-.{}:])((log_?in|log_?out|sign_?(in|up|out))\d?|oauth2?|oidc|sso|saml|captcha|csrf|(web)?hooks?"
    r"|(opensearch|manifest|sitemap|browserconfig|humans)\.(xml|json|txt|webmanifest)"
    r"|unsubscribe|jsi18n|\.well-known|jwks[a-z.]*)(?=$|[/_\-.{}:])",
    re.I,
)  # fmt: skip
# What is so where it is the whole of the last word of a path or of a function's name, with no other but fillers beside:
# `/auth/password/reset`, `verify_email`; `/auth/users` and `/reset-balances` are not.
_ENTRANCES = frozenset((
    "register", "registration", "token", "refresh", "password", "forgot", "reset", "verify", "verification", "about",
    "contact", "terms", "privacy", "imprint", "help", "faq", "confirm", "confirmation", "activate", "activation",
    "public", "callback", "auth", "authenticate", "authorize", "join", "invite", "invitation", "setup", "install",
    "onboarding", "recover", "recovery",
))  # fmt: skip
_BESIDE = frozenset((
    "2fa", "accept", "access", "account", "accounts", "and", "api", "app", "as", "by", "change", "check", "client",
    "code", "complete", "conditions", "create", "do", "done", "email", "endpoint", "finish", "form", "from", "get",
    "handle", "handler", "html", "info", "is", "jwt", "key", "link", "lost", "mail", "me", "mfa", "my", "new",
    "oauth", "obtain", "of", "one", "otp", "page", "policy", "post", "process", "request", "requested", "resend",
    "rest", "route", "run", "send", "sent", "service", "set", "start", "submit", "success", "the", "time", "to",
    "totp", "url", "us", "user", "users", "v1", "v2", "v3", "validate", "view", "web", "with", "your",
))  # fmt: skip
#: What is done with one thing just as well: `POST /devices/{device_id}/reset`; that of an account is an entrance.
_ACTIONS = frozenset(("reset", "activate", "activation", "refresh", "setup", "install", "recover"))
_OF_ACCOUNT = re.compile(r"user|account|member|uid|mail|token|code|key|password|hash|sign|secret|invit", re.I)
#: What follows an entrance and belongs to it: `/password/reset/done`.
_AFTERWARDS = frozenset(("done", "complete", "completed", "success", "sent", "failed", "requested", "finish"))
# Pages are open where they are pages: what reads or writes a store is none, whatever it is called (`/docs/{id}`).
_PAGES = re.compile(
    r"(?:^|[/_\-.{}:])(docs|openapi[a-z.]*|favicon[a-z.]*|robots[a-z.]*|static|assets)(?=$|[/_\-.{}:])", re.I
)
# What tells of the service itself is open where it is the whole of a route; `/orders/{id}/status` tells of an order.
_OF_THE_SERVICE = re.compile(r"health[a-z]*|ping|ready[a-z]*|live[a-z]*|alive|status|version|metrics?", re.I)
_FILLERS = frozenset((
    "get", "read", "show", "is", "check", "api", "app", "application", "endpoint", "handle", "handler", "page", "probe",
    "prometheus", "route", "server", "service", "system", "view",
))  # fmt: skip
#: Roles and scopes of everybody who has signed in.
_EVERYBODY = re.compile(r"(\A|:)(is_)?(user|member|authenticated|customer|buyer|active|verified|basic|reader)\Z", re.I)
_ADMINISTRATORS = ("admin", "staff", "superuser", "support", "owner", "root", "operator", "manage")


#: Columns and claims that say what somebody may do.
PRIVILEGE = re.compile(
    r"\A(is_?|user_?|account_?)?(admin|administrator|staff|superuser|super_?admin|role|roles|role_?ids?|moderator"
    r"|permissions?|privileges?|access_?level|user_?type|account_?type|groups?|scopes?)\Z", re.I
)  # fmt: skip


def is_public_by_name(route: Route) -> bool:
    """Whether path or handler are called like what is open on purpose nearly everywhere: a sign-in, a health check."""
    function = route.handler.rpartition(":")[2]
    if not touched(route) and route.method in SAFE_METHODS and (_PAGES.search(route.path) or _PAGES.search(function)):
        return True
    # What a parameter is called says nothing: `/users/{public_id}`.
    path = re.sub(r"\{[^}]*\}", "{}", route.path)
    is_of_the_service = route.method != "WS" and _is_of_the_service(route, function)
    if is_of_the_service or _PUBLIC.search(path) or _PUBLIC.search(function):
        return True
    if _is_action_on_a_row(route):
        return False
    fixed = [one for one in path.lower().split("/") if one.strip("{}")]
    last = fixed[-2:-1] if len(fixed) > 1 and fixed[-1] in _AFTERWARDS else fixed[-1:]
    return any(_is_entrance(name) for name in (*last, *function.split(".")))


def _is_action_on_a_row(route: Route) -> bool:
    above, _, last = route.path.lower().rstrip("/").rpartition("/")
    picked = above.rpartition("/")[2]
    is_picked = picked.startswith("{") and is_identifier(picked.strip("{}").partition(":")[0])
    return last in _ACTIONS and is_picked and not _OF_ACCOUNT.search(above)


def _is_entrance(name: str) -> bool:
    """Whether a word of a path, or a function's name, says nothing but that somebody comes in by it."""
    # `/forgot2` is another `/forgot`.
    lowered = re.sub(r"(?<=[a-z]{3})\d+\b", "", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    words = set(re.split(r"[_\W]+", lowered)) - {""}
    return bool(words & _ENTRANCES) and words <= _ENTRANCES | _BESIDE


def _is_of_the_service(route: Route, function: str) -> bool:
    last = route.path.rstrip("/").rpartition("/")[2].partition(".")[0]
    return "{" not in route.path and any(_tells_of_the_service(name) for name in (last, function.rpartition(".")[2]))


def _tells_of_the_service(name: str) -> bool:
    words = [word for word in re.split(r"[_\W]+", name.lower()) if word not in _FILLERS]
    return bool(words) and all(_OF_THE_SERVICE.fullmatch(word) for word in words)


def is_identifier(name: str) -> bool:
    """Whether a parameter of this name picks one object."""
    lowered = name.lower()
    return lowered in ("id", "pk", "uuid", "key", "slug", "name", "username") or lowered.endswith(
        ("id", "uuid", "_pk", "_key", "_slug")
    )


def is_of_administrators(route: Route) -> bool:
    """Whether path, permission or the name of a guard say that this is for those who administrate."""
    # What a parameter is called says nothing: `/users/{owner_id}`.
    path = re.sub(r"\{[^}]*\}", "{}", route.path.lower())
    words = [path, *(guard.name.lower() for guard in route.guards if guard.kind == "permission")]
    guards = [guard.name.lower() for guard in route.guards if guard.kind == "authentication"]
    is_asked = any(word in name for name in guards for word in _ADMINISTRATORS[:3])
    return is_asked or any(word in name for name in words for word in _ADMINISTRATORS)


def asks_for_more(guard: Guard) -> bool:
    """Whether a guard asks for more than that somebody has signed in: not for a role or scope that everybody has."""
    is_more = guard.kind == "permission" and not _EVERYBODY.search(guard.name)
    return guard.runs != "never" and (is_more or guard.kind == "signature")


def asks_for_rank(route: Route) -> bool:
    """Whether a route lets nobody in who has only signed in: it demands a permission that not everybody has."""
    asked = [guard for guard in route.guards if guard.kind == "permission" and guard.runs != "never"]
    # `if user.role not in ("user", "admin")` names both, and one of them is enough.
    return any(map(asks_for_more, route.guards)) and not any(_EVERYBODY.search(guard.name) for guard in asked)


def is_guarded_for_administrators(route: Route) -> bool:
    """Whether a permission or the name of a guard says that this is for those who administrate."""
    asked = [guard.name.lower() for guard in route.guards if guard.kind in ("permission", "authentication")]
    return any(word in name for name in asked for word in _ADMINISTRATORS[:3])


def words_of(route: Route) -> list[str]:
    """The words of path and handler, in lower case: `/admin/users` and `delete_user`; parameters are none."""
    path = re.sub(r"\{[^}]*\}", "", route.path)
    # `EventViewSet.read` sets nothing.
    named = re.sub(r"ViewSet\b", "View", route.handler.rpartition(":")[2])
    handler = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", named)
    return [word for word in re.split(r"[^a-z0-9]+", f"{path} {handler}".lower()) if word]


def segments_of(route: Route) -> list[str]:
    """What stands between the slashes of a path, in lower case; no parameters, extensions and edges of `_`."""
    segments = [segment.partition(".")[0].strip("_-") for segment in route.path.lower().split("/")]
    return [segment for segment in segments if segment and "{" not in segment]


def last_word(call: Node) -> str:
    """The last word of what is called: `verify` of `auth.verify(token)`."""
    callee = call[3]
    return str(callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else "")


def file_of(route: Route) -> str:
    """The file in which the route is registered."""
    return (route.registered_at or route.at).rpartition(":")[0]


def name_of(route: Route) -> str:
    """Method and path, as people name a route."""
    return f"{route.method} {route.path}"


def touched(route: Route) -> tuple[str, ...]:
    """The stores that a route reads or writes."""
    return tuple(dict.fromkeys((*route.reads, *route.writes)))


def touches(route: Route) -> str:
    """What a route reads and writes, in words; empty when nothing is known."""
    said = []
    if route.reads:
        said.append(f"reads {listed([bare(store) for store in route.reads])}")
    if route.writes:
        said.append(f"writes {listed([bare(store) for store in route.writes])}")
    return " and ".join(said)


def bare(store: str) -> str:
    """The name of a store without its service."""
    return store.partition("/")[2] or store


def listed(words: list[str]) -> str:
    """`a, b and c`; of more than four, the first three and how many more."""
    if len(words) > 4:
        words = [*words[:3], f"{len(words) - 3} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
