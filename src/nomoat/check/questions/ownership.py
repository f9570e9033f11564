"""Whose an object is: routes that reach any object, whoever owns it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.model import Confidence, weaker
from nomoat.check.questions.addressed import addressed, given_to, is_named, looked_up
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.requested import Requested
from nomoat.check.questions.siblings import is_for_machines, is_of_nobody
from nomoat.check.questions.statements import keys_of_statement
from nomoat.check.questions.words import (
    asks_for_rank,
    bare,
    is_identifier,
    is_of_administrators,
    last_word,
    listed,
    name_of,
    segments_of,
    touched,
    touches,
)
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope

#: What names one row.
_ROW = frozenset(("id", "pk", "uuid", "_id", "username", "email", "user_id", "account_id", "number", "account_number"))
#: Parts of a path that pick whose rows are meant.
_OF_SOMEBODY = re.compile(
    r"(user|account|customer|member|owner|patient|student|employee|client|person)(_?name|_?no)?", re.I
)
#: Where in a request the caller writes what picks a row, beside the path.
_WRITTEN = ("query", "body", "form")
#: Who is given something, which is hardly ever the caller.
_RECIPIENT = re.compile(
    r"\A(to|recipient|receiver|payee|beneficiary|invitee|addressee)(_?(id|pk|uuid|name|user|email))?\Z", re.I
)
#: Calls that give one row.
_ONE_ROW = frozenset((
    "get", "aget", "get_or_404", "get_object_or_404", "aget_object_or_404", "first", "afirst", "first_or_404", "one",
    "one_or_none", "one_or_404", "scalar_one", "scalar_one_or_none", "find_one", "get_one",
))  # fmt: skip
_FILTERING = frozenset(("filter", "filter_by", "get", "get_object_or_404", "get_list_or_404"))
#: What the map calls a part of a path that has no name.
_UNNAMED = re.compile(r"arg(\d+)")
#: A route that compares an owner, and touches more tables than these, says of none that it has owners.
_MOST_COMPARED = 6
#: Of more tables than these, it is not sure whose owner is compared.
_FEW_COMPARED = 4
#: Tables of a framework's own that say what there is, and are nobody's.
_NOBODYS = re.compile(r"django_(content_type|migrations|site)$|^auth_permission$|(^|_)alembic_version$")
#: A permission of Django or Flask-AppBuilder on a model, which is granted for all of its rows.
_OF_MODEL = re.compile(r"\.(add|change|delete|view)_|\bcan_\w+ on ")
#: A part of a path that picks something, with what stands before it; and how keys are called.
_PICKED = re.compile(r"([\w-]*)/\{(\w+)")
_OF_KEY = re.compile(r"_?(id|uuid|pk|number|slug|name)$")
#: What a decorator is called that asks for a scope, a role or the like.
_ASKS = re.compile(
    r"scope|perm|role|access|require|need|allow|authoriz|polic|grant|capab|privileg|\Acan_|_can\Z|acl", re.I
)
#: Routes about whoever is calling.
_OWN = frozenset(("me", "my", "self", "own", "mine", "current"))


def missing_ownership(asked: Asked) -> Iterator[Answer]:
    """Routes that read or change one object by a parameter of the path and never ask whose it is."""
    for route in asked.routes:
        parameter, picked = _object_parameter(asked, route)
        kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
        if parameter is None or route.verdict != "guarded" or "ownership" in kinds or "authentication" not in kinds:
            continue
        if route.requires is None or route.requires or not touched(route) or _OWN & set(segments_of(route)):
            continue
        if picked and not any(_may_be_owned(asked, route, model) for model in picked):
            continue
        name, handler = parameter.strip("{}"), asked.handler(route)
        is_key = not parameter.startswith("{") or _is_told_by_name(name)
        is_key = is_key or (handler is not None and _is_key_of(handler, name))
        evidence, confidence = _owned(asked, route, picked, is_in_path=parameter.startswith("{"), is_key=is_key)
        if not evidence:
            continue
        permission = next((guard.name for guard in route.guards if guard.kind == "permission"), "")
        stores = [bare(store) for store in (*route.writes, *route.reads)]
        column = asked.owner_column(route)
        table, _, owner = column.partition(".") if column else (stores[0], "", "")
        asks = permission or f"{table}:{'read' if route.method in SAFE_METHODS else 'write'}"
        who = f"whoever is granted {permission}" if permission else "whoever is signed in"
        yield Answer(
            route,
            f"{name_of(route)} never compares the owner",
            f"{who} reaches any {parameter}; it {touches(route)}",
            evidence,
            f'guard.require("{asks}", owner=str({f"row.{owner}" if owner else "..."})) once the row of {table} is read,'
            f" and in nomoat.yaml {{permission: {asks}, when: resource.owner == subject.sub}}; or filter the query by"
            f" {owner or 'the caller'}",
            confidence,
        )


def _object_parameter(asked: Asked, route: Route) -> tuple[str | None, list[Scope]]:
    """What of the request picks one object: `{order_id}` of the path, or `id` of query or body; None without one.

    With it the classes of rows that it picks, as far as they can be read.
    """
    handler = asked.handler(route)
    for parameter in route.parameters:
        name = _as_named(handler, parameter.name)
        if parameter.location != "path" or (handler is not None and _is_left_alone(handler, name)):
            continue
        if handler is not None and _is_only_noted(asked, route, handler, name):
            continue
        picked = addressed(asked, handler, name) if handler is not None else []
        is_key = handler is not None and bool(picked) and (_picks_one(handler, name) or _is_key_of(handler, name))
        if _is_told_by_name(name) or is_key:
            return f"{{{name}}}", picked
    if handler is None or any(parameter.location == "path" for parameter in route.parameters):
        return None, []
    requested = Requested(asked.registrations.program, handler, route)
    for node in form.walk_scope(handler.body):
        for key in (*_keys(node), *keys_of_statement(node)) if node[0] == form.CALL else ():
            item = requested.item(key)
            if item is not None and item.place in _WRITTEN and not _RECIPIENT.match(item.name):
                model = looked_up(asked, handler, node)
                return f"{item.name} of the request", [model] if model is not None else []
    for node in form.walk_scope(handler.body):
        for item in requested.items(node) if node[0] in (form.CALL, form.SUBSCRIPT, form.NAME) else ():
            if item.place in _WRITTEN and _is_key(item.name) and not _RECIPIENT.match(item.name):
                return f"{item.name} of the request", []
    return None, []


def _is_told_by_name(name: str) -> bool:
    """Whether a parameter picks a row, or whose rows are meant, by what it is called."""
    return is_identifier(name) or _OF_SOMEBODY.fullmatch(name) is not None


def _is_left_alone(handler: Scope, name: str) -> bool:
    """Whether the handler takes a part of the path and never uses it: what it does is about somebody else."""
    if all(one[form.P_NAME] != name for one in handler.parameters):
        return False
    if handler.is_method and any(node[0] == form.CALL and _takes_by_path(node) for node in form.walk(handler.body)):
        return False
    return all(node[0] != form.NAME or node[3] != name for node in form.walk(handler.body))


def _takes_by_path(call: Node) -> bool:
    """`self.get_object()`: the view takes the part of the path itself."""
    callee = call[3]
    is_own = callee[0] == form.ATTRIBUTE and callee[3][0] == form.NAME and callee[3][3] == "self"
    return bool(is_own and callee[4] in ("get_object", "aget_object"))


def _is_only_noted(asked: Asked, route: Route, handler: Scope, name: str) -> bool:
    """Whether a part of the path is but written into a row that is made, and what it names is nobody's.

    `Review(product_id=product_id, author=user)`: nobody owns a product.
    """
    noted = {
        id(value)
        for node in form.walk_scope(handler.body)
        if node[0] == form.CALL and _is_made(asked, handler, node)
        for key, value in node[5]
        if key is not None
    }
    used = [node for node in form.walk(handler.body) if node[0] == form.NAME and node[3] == name]
    if not used or any(id(node) not in noted for node in used):
        return False
    outer = _named_in_path(route, {one.id for one in asked.map.stores})
    return bool(outer) and not any(
        asked.owner_of_store(one) or asked.is_account(one) or _is_somebodys(asked, one) for one in outer
    )


def _is_made(asked: Asked, handler: Scope, call: Node) -> bool:
    found = asked.registrations.program.resolve(handler, call[3])
    if found.kind == "class" and found.scope is not None:
        return asked.is_row(found.scope)
    return last_word(call) == "create" and call[3][0] == form.ATTRIBUTE and "objects" in (form.dotted(call[3]) or "")


def _is_somebodys(asked: Asked, store: str) -> bool:
    """Whether rows belong to somebody by what they belong to, or a route compares whose they are."""
    model = asked.model(store)
    if model is not None and asked.owner_through(model):
        return True
    return any(store in touched(one) and asked.owns(one) for one in asked.routes)


def _picks_one(handler: Scope, name: str) -> bool:
    """Whether a part of the path picks one row, whatever it is called: `filter_by(title=title).first()`."""
    for node in form.walk_scope(handler.body):
        if node[0] == form.CALL and last_word(node) in _ONE_ROW:
            asking = [one for one in form.walk(node) if one[0] == form.CALL]
            if any(is_named(given, name) for call in asking for given in given_to(call)):
                return True
    return False


def _is_key_of(handler: Scope, name: str) -> bool:
    """Whether a part of the path is the key of what rows belong to: `Post.objects.filter(course_id=course)`."""
    keys = {f"{name}_id", f"{name}__id", f"{name}__pk", f"{name}_uuid"}
    return any(
        key in keys and value[0] == form.NAME and value[3] == name
        for node in form.walk_scope(handler.body)
        if node[0] == form.CALL and last_word(node) in _FILTERING
        for key, value in node[5]
    )


def _as_named(handler: Scope | None, name: str) -> str:
    """What the handler calls a part of the path that has no name of its own: `arg0` of Tornado's `/loans/([0-9]+)`."""
    found = _UNNAMED.fullmatch(name)
    if found is None or handler is None:
        return name
    names = [one[form.P_NAME] for one in handler.parameters][handler.is_method :]
    place = int(found.group(1))
    return str(names[place]) if place < len(names) else name


def _keys(call: Node) -> Iterator[Node]:
    """What a call looks a row up by: `get(Order, x)`, `filter_by(id=x)`, `where(Order.id == x)`, `find({"_id": x})`."""
    name = last_word(call)
    if name in ("get", "get_one", "get_or_404", "get_object_or_404", "get_by_id"):
        yield from call[4][-1:]
    if name not in ("get", "filter", "filter_by", "where", "get_or_404", "get_object_or_404", "find_one", "first"):
        return
    yield from (value for key, value in call[5] if key is not None and key.lower() in _ROW)
    for given in call[4]:
        if given[0] == form.COMPARE and given[4] == ("==",) and given[3][0][0] == form.ATTRIBUTE:
            if given[3][0][4].lower() in _ROW:
                yield given[3][1]
        elif given[0] == form.DICT:
            yield from (value for key, value in given[3] if key is not None and form.text_of(key) in _ROW)


def _is_key(name: str) -> bool:
    return name.lower() in ("id", "pk", "uuid") or name.lower().endswith(("_id", "_uuid", "_pk"))


def _may_be_owned(asked: Asked, route: Route, model: Scope) -> bool:
    """Whether rows of a class are somebody's: by a column, by what they belong to, or because others ask."""
    stores = {one for one in touched(route) if (known := asked.model(one)) is not None and known is model}
    if asked.owner_through(model) or any(asked.is_account(one) for one in stores):
        return True
    return any(asked.owns(one) and stores & set(touched(one)) for one in asked.routes if one is not route)


def _owned(
    asked: Asked, route: Route, picked: list[Scope], *, is_in_path: bool, is_key: bool
) -> tuple[str, Confidence]:
    """Why the objects have owners, and how sure it is that this route should ask; empty when nothing says so.

    `is_key`: what picks them is called so; of anything else, only what other routes compare tells.
    """
    # Whom a guard looks up says nothing of what the route is about.
    stores = (set(route.reads) | set(route.writes)) - asked.of_callers(route.service)
    stores = {one for one in stores if not _NOBODYS.search(bare(one))}
    if picked:
        # What else the handler touches is found by other keys.
        stores = {one for one in stores if asked.model(one) is None or asked.model(one) in picked} or stores
    elif is_in_path:
        stores = _named_in_path(route, stores) or stores
    evidence = ""
    confidence: Confidence = "sure"
    weak: tuple[str, Confidence] | None = None
    for other in asked.routes:
        theirs = set(other.reads) | set(other.writes)
        about = _named_in_path(other, theirs)
        # Whose owner is compared by a route that touches half of the tables, nobody can tell.
        if not about and len(theirs) > _MOST_COMPARED:
            continue
        shared = stores & (about or theirs)
        if other.login or (other.verdict == "unguarded" and other.method not in SAFE_METHODS):
            # Who signs in, or is nobody, owns nothing yet.
            continue
        is_list = not any(one.location == "path" for one in other.parameters)
        if other is route or not shared or (evidence and is_list) or not asked.owns(other):
            continue
        if evidence:
            # It was told by a list, and another route asks of each row.
            break
        confidence = "sure" if about or len(theirs) <= _FEW_COMPARED else "likely"
        names = listed([bare(store) for store in sorted(shared)])
        told = f"{name_of(other)} ({other.at}) compares the owner of {names}, this route does not"
        if _ranks(route) - _ranks(other):
            weak = weak or (told, confidence)
            continue
        evidence = told
        if not is_list or route.method not in SAFE_METHODS:
            break
    if not evidence and weak is not None:
        evidence, confidence = weak
    if not evidence and is_key:
        column = _through(asked, picked) if picked else asked.owner_column(route)
        evidence = f"{column} says whose each row is" if column else ""
        confidence = "sure" if route.writes or _is_asked_of_outer(asked, route, picked) else "likely"
    if not evidence and is_key and (account := _account(asked, route)):
        evidence = f"each row of {bare(account)} is somebody's account"
        confidence = "low"
        if account in route.writes:
            confidence = "sure" if _tells_people_apart(asked, route) else "likely"
    # Who makes something names what it is made of (`{"item": 4}`), which need not be theirs.
    is_making = not is_in_path and route.method not in SAFE_METHODS
    registrations = asked.registrations
    decides = registrations.uses_identity(route) if is_making else registrations.decides_by_caller(route)
    if decides or (confidence == "sure" and registrations.asks_in_helper(route)):
        # It does something with who is calling: a check may be in there that could not be read.
        confidence = "likely"
    if any(one.at == route.at and one.path != route.path and asked.owns(one) for one in asked.routes):
        # The same function answers routes that ask: what differs is decided somewhere behind it.
        confidence = weaker(confidence, "likely")
    of_model = any(one.kind == "permission" and _OF_MODEL.search(one.name) for one in route.guards)
    if (_ranks(route) and asks_for_rank(route)) or is_for_machines(asked, route):
        # Who has a role that others have not, and a service with a key, may be meant to reach everybody's.
        confidence = "likely" if confidence == "sure" else "low"
    if (
        route.binding is None
        or of_model
        or is_of_administrators(route)
        or _is_privileged(asked, route)
        or is_of_nobody(asked, route)
        or _asks_by_decorator(asked, route)
    ):
        # More is asked than can be read, perhaps of the object itself; and who may administrate may see everybody's.
        confidence = "low"
    return evidence, confidence


def _asks_by_decorator(asked: Asked, route: Route) -> bool:
    """Whether a decorator is told what to ask for, and how it does could not be read: `@needs_scope("read:users")`."""
    handler = asked.handler(route)
    if handler is None or any(guard.kind == "permission" for guard in route.guards):
        return False
    return any(
        one[0] == form.CALL and _ASKS.search(last_word(one)) and any(form.text_of(given) for given in one[4])
        for one in handler.decorators
    )


def _is_asked_of_outer(asked: Asked, route: Route, picked: list[Scope]) -> bool:
    """Whether others compare the owner of what the rows belong to: of the vehicle that a report is about."""
    outer = {one for model in picked for one in asked.belongs_to(model)}
    return bool(outer) and any(
        other is not route and asked.owns(other) and any(asked.model(store) in outer for store in touched(other))
        for other in asked.routes
    )


def _through(asked: Asked, picked: list[Scope]) -> str:
    """`order.user`, `report.vehicle.owner`: whose rows are, by a column of theirs or of what they belong to."""
    for model in picked:
        for outer in (model, *asked.belongs_to(model)):
            if column := asked.owner_of_model(outer):
                between = "" if outer is model else f"{outer.name.lower()}."
                return f"{model.name.lower()}.{between}{column}"
    return ""


def _named_in_path(route: Route, stores: set[str]) -> set[str]:
    """The stores that a path is called after: `/departments/{department_id}/persons` picks a department."""
    named = {word for found in _PICKED.finditer(route.path.lower()) for word in (found[1], _OF_KEY.sub("", found[2]))}
    words = {word.replace("-", "_").removesuffix("s") for word in named} - {""}
    return {one for one in stores if bare(one).lower().rpartition(".")[2].removesuffix("s") in words}


def _account(asked: Asked, route: Route) -> str:
    """The store of accounts that a route is about: one that it writes, or reads and is not only asked who calls."""
    accounts = [one for one in touched(route) if asked.is_account(one)]
    others = [one for one in touched(route) if one not in accounts]
    return next((one for one in accounts if one in route.writes or not others), "")


def _ranks(route: Route) -> set[str]:
    """The roles that guards of a route ask for."""
    return {one.name for one in route.guards if one.kind == "permission" and one.name.startswith("role:")}


def _is_privileged(asked: Asked, route: Route) -> bool:
    """Whether a role is asked for with which others never compare the owner: it may be for everybody's objects."""
    ranks, stores = _ranks(route), set(touched(route))
    alike = (one for one in asked.routes if one is not route and ranks & _ranks(one) and stores & set(touched(one)))
    return bool(ranks) and not any(asked.owns(one) for one in alike)


def _tells_people_apart(asked: Asked, route: Route) -> bool:
    """Whether the service asks elsewhere for more than a sign-in, so that who is signed in may not do everything."""
    return any(
        asked.owns(one) or any(guard.kind == "permission" for guard in one.guards)
        for one in asked.routes
        if one.service == route.service
    )
