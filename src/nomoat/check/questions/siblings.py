"""Routes that ask for less than the routes beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import SIGNED_IN, Guard, Route
from nomoat.check.model import Confidence, weaker
from nomoat.check.questions.answered import answers_with_password
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.changing import changes_by_get
from nomoat.check.questions.opened import joins, says_everybody, shows_what_is_public
from nomoat.check.questions.requested import Requested
from nomoat.check.questions.words import bare, is_public_by_name, listed, name_of, touched, touches
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope

_OF_PEOPLE = re.compile(
    r"passw|\bpwd|email|e_mail|phone|address|birth|\bssn\b|social_sec|salary|income|balance|iban|card|passport|tax_id"
    r"|national_id|secret|token|api_?key|diagnos|medical", re.I
)  # fmt: skip


#: What says that a service calls, and nobody who has signed in.
_OF_MACHINES = re.compile(
    r"REMOTE_ADDR|remote_addr|\b(settings|config|environ|state)\b.{0,40}_(KEY|TOKEN|SECRET)\b", re.S
)
#: A key that is compared with what was sent; and what finds out which person calls.
_COMPARED = re.compile(r"compare_digest\(.*(key|token|secret|signature|digest)", re.I | re.S)
_ONE_SECRET = re.compile(
    r"\b(environ|getenv|env\w*|settings|config)\b\W[^\n]{0,20}?(key|token|secret|passw(or)?d|passwd)\b", re.I
)
_PERSON = re.compile(
    r"user|account|member|person|customer|owner|staff|claims|decode\(|session\b|cookie|query|select|fetch|find_one"
    r"|objects\.|\.get_by|passw", re.I
)  # fmt: skip
#: Of more permissions than these the names are not told.
_FEW_NAMES = 3
#: Fewer routes than these say little of what is usual.
_FEW = 4
_RUNS = re.compile(
    r"\A(subprocess\.\w+|os\.(system|popen|exec\w+|spawn\w+|remove|unlink|rmdir|kill)|shutil\.(rmtree|move)"
    r"|asyncio\.create_subprocess_\w+)\Z"
)
#: What a decorator calls the function that it makes.
_INNER = frozenset((
    "wrapper", "wrapped", "inner", "decorated", "decorator", "decorate", "_wrapper", "_wrapped", "_inner",
    "wrapped_view", "_wrapped_view", "decorated_function", "wrap", "_decorator",
))  # fmt: skip
#: A message that is received, and what it says of who sends it.
_FIRST_MESSAGE = re.compile(r"receive(_text|_json|_bytes)?\(.*?\b(auth|token|credentials?)\b", re.S)
#: Names of parts of a path that only those know to whom they were sent.
_PROOF = re.compile(
    r"\A(?!page_|next_|continuation_|sync_|cursor_|csrf_)(\w+_)?(token|secret|signature|hmac|nonce|invite|invitation)\Z|\Auidb64\Z",
    re.I,
)

#: Methods that change rows, of themselves, of a session or of a manager.
_CHANGES = frozenset(
    ("save", "delete", "create", "update", "add", "get_or_create", "update_or_create", "bulk_create", "commit")
)
#: What a part of a path is called that was sent as a whole: `/reports/<public_link>`.
_SENT = re.compile(r"((public|share|shared|private|secret)_)?link")


def missing_guard(asked: Asked) -> Iterator[Answer]:
    """Open routes that stand out: their siblings are guarded, or they write, or they read what others guard."""
    guarded_services = {route.service for route in asked.routes if route.verdict == "guarded"}
    signing_in = {route.service for route in asked.routes if route.login}
    for route in asked.routes:
        # What a setting opens by default was thought of.
        if route.verdict != "unguarded" or route.because or route.login or is_public_by_name(route):
            continue
        if _makes_account(asked, route) or joins(asked, route):
            continue
        answer = _against_verb(asked, route) or _against_siblings(asked, route) or _against_stores(asked, route)
        if answer is None and route.service in guarded_services | signing_in and route.method not in SAFE_METHODS:
            said = "other routes of this service refuse an anonymous caller"
            if route.service not in guarded_services:
                said = "people sign in at this service, and nothing asks here whether they did"
            answer = _answer(asked, route, said, [], _of_one(route)) if route.writes else None
        if answer is None and route.service in guarded_services | signing_in:
            answer = _of_people(asked, route)
        if answer is not None and answer.confidence == "likely":
            if route.writes and route.service in guarded_services:
                answer = answer._replace(confidence=_of_one(route))
            elif answers_with_password(asked, route):
                answer = answer._replace(confidence="sure")
        if answer is not None:
            yield answer
    yield from _services_without_guard(asked, guarded_services | signing_in)


def _of_one(route: Route) -> Confidence:
    """Nobody lets anyone delete or replace one row by its number; what is posted may be meant for everybody."""
    return "sure" if _is_by_number(route) and route.method in ("DELETE", "PUT", "PATCH") else "likely"


def _is_by_number(route: Route) -> bool:
    return any(
        one.location == "path" and (one.name.lower() in ("id", "pk") or one.name.lower().endswith(("_id", "_pk")))
        for one in route.parameters
    )


def _runs_something(asked: Asked, route: Route) -> bool:
    """Whether a program is run, or a file removed."""
    program = asked.registrations.program
    return any(
        _RUNS.match(site.callee.name)
        for scope in asked.reached(route)
        if not scope.module.is_library
        for site in program.calls(scope)
    )


def _makes_account(asked: Asked, route: Route) -> bool:
    """Whether somebody joins by the route: it writes accounts, picks none, and is given a password."""
    handler = asked.handler(route)
    if handler is None or any(one.location == "path" for one in route.parameters):
        return False
    if not any(asked.is_account(store) for store in route.writes):
        return False
    return any(
        (node[0] == form.CONSTANT and node[3] == "password") or (node[0] == form.ATTRIBUTE and node[4] == "password")
        for node in form.walk_scope(handler.body)
    )


def _of_people(asked: Asked, route: Route) -> Answer | None:
    """A route that reads what is nobody else's business, by the columns of its tables."""
    for store in route.reads:
        secret = [column for column in asked.columns(store) if _OF_PEOPLE.search(column)]
        if secret:
            said = f"rows of {bare(store)} hold {listed(secret)}, and nothing asks who reads them"
            return _answer(asked, route, said, [], "likely")
    return None


def _against_verb(asked: Asked, route: Route) -> Answer | None:
    """Compared with the other methods of the same path: whoever guards the reading means the writing, too."""
    if route.method in SAFE_METHODS:
        return None
    others = [
        one for one in asked.routes if one.service == route.service and one.path == route.path and one is not route
    ]
    guarded = [one for one in others if one.verdict == "guarded"]
    if not guarded or any(one.verdict == "unguarded" and one.method not in SAFE_METHODS for one in others):
        return None
    said = f"{name_of(guarded[0])} at the same path {_demand(asked, guarded[:1])}"
    return _answer(asked, route, said, guarded, "sure" if touched(route) else "likely")


def weaker_guard(asked: Asked) -> Iterator[Answer]:
    """Routes that change something for whoever is signed in, where those beside them demand a permission."""
    for route in asked.routes:
        kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
        if route.verdict != "guarded" or route.binding != SIGNED_IN or route.login:
            continue
        if kinds & {"permission", "ownership", "signature"} or route.requires is None or route.requires:
            continue
        if asked.registrations.uses_identity(route) or is_public_by_name(route):
            continue
        if route.method in SAFE_METHODS:
            answer = _weaker_than_list(asked, route)
        else:
            answer = _weaker_by_verb(asked, route) or _weaker_by_siblings(asked, route)
        if answer is not None:
            is_of_machines = answer.confidence == "sure" and is_for_machines(asked, route)
            yield answer._replace(confidence="likely") if is_of_machines else answer


def is_for_machines(asked: Asked, route: Route) -> bool:
    """Whether a guard compares a key of the service or an address: whom it lets in has no roles that others have."""
    texts = (one.module.text(one.node) for one in asked.guarding(route) if one.node is not None)
    return any(_OF_MACHINES.search(text) for text in texts)


def is_of_nobody(asked: Asked, route: Route) -> bool:
    """Whether all that guards a route compares one key, and finds out nothing of who calls: nobody owns anything."""
    guards = [one for one in route.guards if one.runs != "never" and one.kind in ("authentication", "signature")]
    texts = [_with_what_it_calls(asked, one) for one in asked.guarding(route)]
    return bool(guards and any(texts)) and all(_is_of_one(text) for text in texts if text)


def _with_what_it_calls(asked: Asked, scope: Scope) -> str:
    """The text of a guard, and of the functions that it calls."""
    every = (scope, *asked.registrations.called(scope))
    return "\n".join(one.module.text(one.node) for one in every if one.node is not None)


def _is_of_one(text: str) -> bool:
    """Whether a guard compares what was sent with one key of the service, and asks nothing of who sent it."""
    is_compared = _COMPARED.search(text) or (_ONE_SECRET.search(text) and "==" in text.replace("!=", "=="))
    return bool(is_compared) and not _PERSON.search(_ONE_SECRET.sub("", text))


def _weaker_by_verb(asked: Asked, route: Route) -> Answer | None:
    others = [
        one for one in asked.routes if one.service == route.service and one.path == route.path and one is not route
    ]
    stronger = [one for one in others if _permissions(one)]
    if not stronger or len(stronger) != len(others):
        return None
    is_reading = any(one.method in SAFE_METHODS for one in stronger)
    # Anyone may be meant to make one, and only some to see all.
    is_sure = bool(touched(route)) and route.method != "POST"
    said = f"{name_of(stronger[0])} at the same path demands {listed(_permissions(stronger[0]))}"
    return _weaker(asked, route, said, stronger, "sure" if is_reading and is_sure else "likely")


def _weaker_than_list(asked: Asked, route: Route) -> Answer | None:
    """One row is shown to whoever is signed in, and the list of all such rows to those with a permission only."""
    above, _, last = route.path.rstrip("/").rpartition("/")
    if not last.startswith("{") or not route.reads:
        return None
    for one in asked.routes:
        is_list = one.service == route.service and one.method == route.method and one.path.rstrip("/") == above
        if is_list and _permissions(one) and set(one.reads) & set(route.reads):
            said = f"{name_of(one)}, which reads all of them, demands {listed(_permissions(one))}"
            weaker = _weaker(asked, route, said, [one], "likely")
            return weaker._replace(message=f"whoever is signed in can read any {last} by {name_of(route)}")
    return None


def _weaker_by_siblings(asked: Asked, route: Route) -> Answer | None:
    """All others that change something on this router (and at least three of them) demand a permission."""
    beside = [one for one in asked.siblings(route) if one.method not in SAFE_METHODS]
    stronger = [one for one in beside if _permissions(one)]
    if len(stronger) < 3 or len(stronger) * 4 < len(beside) * 3:
        return None
    shares = bool(set(route.writes) & {store for one in stronger for store in one.writes})
    # `%(app_label)s.add_%(model_name)s` of REST framework is another one for each model.
    names = sorted({name for one in stronger for name in _permissions(one) if "%(" not in name})
    demanded = listed(names) if 0 < len(names) <= _FEW_NAMES else "a permission"
    said = f"{len(stronger)} of the {len(beside)} other writing routes beside it demand {demanded}"
    return _weaker(asked, route, said, stronger, "sure" if shares and len(stronger) == len(beside) else "likely")


def _permissions(route: Route) -> list[str]:
    return sorted({guard.name for guard in route.guards if guard.kind == "permission" and guard.runs != "never"})


def _weaker(asked: Asked, route: Route, said: str, stronger: list[Route], confidence: Confidence) -> Answer:
    does = touches(route)
    if not touched(route) and not route.calls:
        # Nothing says what it would change.
        confidence = "low"
    return Answer(
        route,
        f"whoever is signed in can change data by {name_of(route)}",
        "it asks that somebody is signed in, not who" + (f"; it {does}" if does else ""),
        said,
        _fix(asked, stronger, otherwise="or limit it to the owner of what it changes"),
        confidence,
    )


def _against_siblings(asked: Asked, route: Route) -> Answer | None:
    siblings = asked.siblings(route)
    if route.method in SAFE_METHODS:
        # Reading may be open where writing is not; so reading is compared with reading.
        siblings = [other for other in siblings if other.method in SAFE_METHODS]
    guarded = [other for other in siblings if other.verdict == "guarded"]
    if not guarded or len(guarded) * 2 <= len(siblings):
        return None
    place = "this router" if asked.registrations.of(route).router else "this file"
    of = (
        f"the {len(guarded)} other" if len(guarded) == len(siblings) else f"{len(guarded)} of the {len(siblings)} other"
    )
    said = f"{of} routes of {place} {_demand(asked, guarded)}"
    if len(siblings) == 1:
        said = (
            f"the other route of {place}, {name_of(guarded[0])}, {_demand(asked, guarded).replace('refuse', 'refuses')}"
        )
    if route.method in SAFE_METHODS:
        said = said.replace("other route", "other reading route")
    confidence = _how_sure(asked, route, guarded)
    is_mixed = len(guarded) * 5 < len(siblings) * 3 or _is_told_elsewhere(asked, route, guarded)
    return _answer(asked, route, said, guarded, weaker(confidence, "likely") if is_mixed else confidence)


def _is_told_elsewhere(asked: Asked, route: Route, guarded: list[Route]) -> bool:
    """Whether the same function answers routes that are guarded: who is refused is decided somewhere behind it."""
    return any(other.at == route.at and other.path != route.path for other in guarded)


def _how_sure(asked: Asked, route: Route, guarded: list[Route]) -> Confidence:
    """What is read beside guarded routes may be meant for everybody: a list of tags, a page about the service."""
    if route.method not in (*SAFE_METHODS, "WS") or changes_by_get(asked, route):
        if not route.writes:
            # Nothing is written into a store, and yet something is done.
            is_usual = len(guarded) > _FEW and len(guarded) * 4 >= len(asked.siblings(route)) * 3
            return "sure" if is_usual and _runs_something(asked, route) else "likely"
        # What only some may do with one row, nobody does with another of them.
        is_of_few = _is_by_number(route) and _all_ask_for_more(guarded)
        return "sure" if len(guarded) > 1 or is_of_few else "likely"
    if not touched(route):
        return "likely" if route.calls else "low"
    shared = set(route.reads) & {store for one in guarded for store in one.reads}
    is_private = any(_OF_PEOPLE.search(column) for store in route.reads for column in asked.columns(store))
    if not shared and not is_private and not asked.owner_column(route):
        return "low"
    if not is_private and _is_read_openly(asked, route):
        return "low"
    # A page of somebody, by the name that they are known by, is often meant to be seen.
    is_page = any(parameter.name in ("username", "slug", "name", "handle") for parameter in route.parameters)
    is_usual = len(guarded) > 1 or _is_guarded_elsewhere(asked, route)
    return "sure" if is_usual and not is_page else "likely"


def _is_guarded_elsewhere(asked: Asked, route: Route) -> bool:
    """Whether nearly all others of the service that read these rows are guarded."""
    others = [
        one
        for one in asked.routes
        if one.at != route.at and one.service == route.service and not one.login and set(route.reads) & set(one.reads)
    ]
    guarded = [one for one in others if one.verdict == "guarded"]
    return len(guarded) >= 3 and len(guarded) * 4 >= len(others) * 3


def _is_read_openly(asked: Asked, route: Route) -> bool:
    """Whether others read the same rows openly, no fewer than ask who calls: a catalogue, and no forgotten route."""
    readers = [
        one
        for one in asked.routes
        if one.at != route.at and one.method in SAFE_METHODS and set(route.reads) & set(one.reads)
        if not one.login and not is_public_by_name(one)
    ]
    opened = sum(one.verdict == "unguarded" for one in readers)
    return opened > 1 and opened * 2 >= len(readers)


def _against_stores(asked: Asked, route: Route) -> Answer | None:
    """Compared with the routes that write (or read) the same stores."""
    is_writing = route.method not in SAFE_METHODS and bool(route.writes)
    stores = set(route.writes if is_writing else route.reads)
    others = [
        other
        for other in asked.routes
        if other is not route
        and not other.login
        and other.service == route.service
        and stores & set(other.writes if is_writing else other.reads)
    ]
    guarded = [other for other in others if other.verdict == "guarded"]
    if not guarded or len(guarded) * 2 <= len(others) or (not is_writing and len(guarded) < 3):
        return None
    shared = sorted(stores & {s for other in guarded for s in (other.writes if is_writing else other.reads)})
    does = "write" if is_writing else "read"
    count = f"{len(guarded)} other routes that {does}" if len(guarded) > 1 else f"{name_of(guarded[0])}, which {does}s"
    said = f"{count} {listed([bare(s) for s in shared])} {_demand(asked, guarded)}"
    if len(guarded) == 1:
        said = said.replace("refuse ", "refuses ")
    sure: Confidence = "sure" if is_writing and len(guarded) > 1 else "likely"
    return _answer(asked, route, said, guarded, sure)


def _answer(asked: Asked, route: Route, why: str, guarded: list[Route], confidence: Confidence) -> Answer:
    verb = "call" if route.method in SAFE_METHODS or not route.writes else "change data by"
    if route.method in SAFE_METHODS and (asked.registrations.asks_who_calls(route) or _knows_guests(asked, route)):
        # Who is signed in sees more, and somebody thought of those who are not.
        confidence = "likely" if confidence == "sure" else "low"
    if route.method in SAFE_METHODS and (says_everybody(asked, route) or shows_what_is_public(asked, route)):
        confidence = "low"
    in_path = any(
        one.location == "path" and (_PROOF.search(one.name) or _SENT.fullmatch(one.name)) for one in route.parameters
    )
    if in_path or _is_given_proof(asked, route) or _asks_in_messages(asked, route):
        # Who was sent the link has what nobody guesses: `/invitations/{token}`.
        confidence = "low"
    if confidence == "sure" and route.method not in SAFE_METHODS and _changes_for_the_signed_in(asked, route):
        confidence = "likely"
    does = touches(route)
    label = "nothing refuses an anonymous caller" + (f"; it {does}" if does else "")
    return Answer(route, f"anyone can {verb} {name_of(route)}", label, why, _fix(asked, guarded), confidence)


def _changes_for_the_signed_in(asked: Asked, route: Route) -> bool:
    """Whether the handler changes rows only where it has asked who calls: everybody else gets a page."""
    handler = asked.handler(route)
    if handler is None:
        return False
    asking = [
        body
        for node in form.walk_scope(handler.body)
        for test, body in (node[3] if node[0] == form.IF else ())
        if test[0] != form.UNARY and any(_is_signed_in(one) for one in form.walk(test))
    ]
    changing = {node[1] for node in form.walk_scope(handler.body) if _changes(node)}
    return bool(changing) and changing <= {node[1] for body in asking for node in form.walk(body) if _changes(node)}


def _is_signed_in(node: Node) -> bool:
    return bool(node[0] == form.ATTRIBUTE and node[4] == "is_authenticated")


def _changes(node: Node) -> bool:
    """Whether a row is changed by its own method, or by one of what keeps it."""
    return bool(node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in _CHANGES)


def _is_given_proof(asked: Asked, route: Route) -> bool:
    """Whether the handler hands on what only those know to whom it was sent: `verify(form.challenge_token)`."""
    handler = asked.handler(route)
    if handler is None:
        return False
    requested = Requested(asked.registrations.program, handler, route)
    given = [
        one for node in form.walk_scope(handler.body) if node[0] == form.CALL and _is_own(asked, handler, node)
        for one in node[4]
    ]  # fmt: skip
    parameters = {one[form.P_NAME] for one in handler.parameters}
    if any(_is_proof_of(parameters, one) for one in given):
        return True
    return route.method not in SAFE_METHODS and any(
        item.place in ("body", "form") and bool(_PROOF.search(item.name))
        for node in form.walk_scope(handler.body)
        if node[0] == form.CALL
        for one in node[4]
        for item in requested.items(one)
    )


def _is_own(asked: Asked, handler: Scope, call: Node) -> bool:
    found = asked.registrations.program.resolve(handler, call[3]).scope
    return found is not None and found.is_function and not found.module.is_library


def _is_proof_of(parameters: set[str], node: Node) -> bool:
    """`args["token"]` of what a schema made of the request and a decorator handed over."""
    is_item = node[0] == form.SUBSCRIPT and node[3][0] == form.NAME and node[3][3] in parameters
    return is_item and bool(_PROOF.search(form.text_of(node[4]) or ""))


def _asks_in_messages(asked: Asked, route: Route) -> bool:
    """Whether a connection is asked who it is by its first message: `await socket.receive_json()`, then its token."""
    handler = asked.handler(route) if route.method == "WS" else None
    if handler is None or handler.node is None:
        return False
    program = asked.registrations.program
    called = (program.resolve(handler, node[3]).scope for node in handler.nodes if node[0] == form.CALL)
    every = (handler, *(one for one in called if one is not None and one.is_function and one.node is not None))
    texts = [one.module.text(one.node) for one in every if one.node is not None]
    return any(_FIRST_MESSAGE.search(text) for text in texts)


def _knows_guests(asked: Asked, route: Route) -> bool:
    """Whether the handler does one thing for who is signed in, and another for who is not."""
    handler = asked.handler(route)
    return handler is not None and any(
        inner[0] == form.ATTRIBUTE and inner[4] in ("is_authenticated", "is_anonymous")
        for node in form.walk_scope(handler.body)
        if node[0] == form.IF
        for test, _ in node[3]
        for inner in form.walk(test)
    )


def _services_without_guard(asked: Asked, guarded: set[str]) -> Iterator[Answer]:
    for service in sorted({route.service for route in asked.routes} - guarded):
        routes = [route for route in asked.routes if route.service == service]
        writing = [r for r in routes if r.verdict == "unguarded" and r.method not in SAFE_METHODS and r.writes]
        writing = [route for route in writing if not is_public_by_name(route)]
        if any(route.verdict == "unknown" for route in routes) or not writing:
            continue
        stores = sorted({store for route in writing for store in route.writes})
        count = f"{len(writing)} routes" if len(writing) > 1 else name_of(writing[0])
        yield Answer(
            writing[0],
            f"no route of {service} refuses an anonymous caller",
            f"nothing refuses an anonymous caller; {count} of {service} write {listed([bare(s) for s in stores])}",
            f"none of the {len(routes)} routes of {service} is guarded",
            "guard them (a dependency of the router that answers 401), or say in nomoat.yaml which are public, and why",
            "likely",
        )


def guard_never_runs(asked: Asked) -> Iterator[Answer]:
    """Guards that stand in the wrong order, so that they never run for a route."""
    for route in asked.routes:
        for guard in route.guards:
            if guard.runs == "never":
                yield Answer(
                    route,
                    f"{guard.name} never runs for {name_of(route)}",
                    f"registered before {guard.name} is put around it ({guard.at})",
                    f"the route is registered with what stands below its decorator; {guard.name} stands above it",
                    f"move {guard.name} below the decorator that registers the route",
                    "sure",
                )


def _demand(asked: Asked, guarded: list[Route]) -> str:
    names = sorted({guard.name for route in guarded for guard in route.guards if guard.kind == "permission"})
    if not _all_ask_for_more(guarded):
        # What one of them demands is not said of all.
        names = []
    if len(names) == 1:
        return f"depend on {names[0]}" if len(guarded) != 1 else f"depends on {names[0]}"
    verb = "demand" if len(guarded) != 1 else "demands"
    return f"{verb} {listed(names)}" if names and len(names) <= 3 else "refuse an anonymous caller"


def _all_ask_for_more(guarded: list[Route]) -> bool:
    """Whether each of these routes demands a permission, and not only that somebody is signed in."""
    return all(any(guard.kind == "permission" for guard in route.guards) for route in guarded)


def _fix(
    asked: Asked, guarded: list[Route], otherwise: str = "or say in nomoat.yaml that it is public, and why"
) -> str:
    guards = [guard for route in guarded for guard in route.guards if guard.kind in ("permission", "authentication")]
    if not guards:
        return f"refuse an anonymous caller before the handler runs, {otherwise}"

    wanted = "permission" if _all_ask_for_more(guarded) else "authentication"

    def weight(guard: Guard) -> tuple[bool, int]:
        return guard.kind == wanted, sum(other.name == guard.name for other in guards)

    best = max(guards, key=weight)
    # The plainest of them is the one to copy: another may be guarded by more than the rest.
    like = min((route for route in guarded if best in route.guards), key=lambda route: len(route.guards))
    written = asked.registrations.guard_text(like)
    if written:
        return f"{written}   as {name_of(like)} has it; {otherwise}"
    return f"guard it as {name_of(like)} is ({_called(asked, best)}, {best.at}), {otherwise}"


def _called(asked: Asked, guard: Guard) -> str:
    """What a guard is called where it is used: the decorator whose `wrapper` it is."""
    if guard.name not in _INNER:
        return guard.name
    around = asked.function_at(guard.at)
    while around is not None and around.name in _INNER and around.parent is not None and around.parent.is_function:
        around = around.parent
    return around.name if around is not None else guard.name
