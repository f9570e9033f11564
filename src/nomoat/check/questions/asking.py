"""What questions are asked of, and what an answer holds."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from nomoat.appmap.model import Map, Route
from nomoat.check.model import Confidence
from nomoat.check.questions.columns import Columns
from nomoat.check.questions.words import bare, file_of, is_public_by_name, last_word
from nomoat.check.registrations import Registrations
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Binding, Scope

_OWNERS = re.compile(
    r"\A(owner|user|author|creator|customer|account|tenant|member|organi[sz]ation|workspace|team|created_by|owned_by|uploaded_by"
    r"|submitted_by|requested_by|uploader|seller|buyer|sender|recipient|patient|client_user|holder|assignee)"
    r"(_?(id|uuid|pk|name|email|sub))?\Z", re.I
)  # fmt: skip


#: `ForeignKey("users.id")`, `ForeignKey(settings.AUTH_USER_MODEL, ...)`, `OneToOneField(User)`.
_KEY_OF_USER = re.compile(
    r"(ForeignKey|ForeignKeyField|OneToOneField)\(\s*(to\s*=\s*)?[\"']?(\w+\.)*(users?|accounts?|members?|customers?"
    r"|AUTH_USER_MODEL|get_user_model\(\))(\.\w+)?\b", re.I
)  # fmt: skip
_ACCOUNTS = re.compile(
    r"\A(auth_?|app_?)?(users?|accounts?|profiles?|user_?profiles?|customers?|members?|staff)\Z", re.I
)
_OF_ACCOUNTS = re.compile(r"\b(AbstractUser|AbstractBaseUser|UserMixin|SQLAlchemyBaseUserTable\w*)\Z")
_PASSWORD = re.compile(
    r"\A((hashed_|encrypted_)?(password|passwd|pwd)(_?(hash|hashed|digest))?|(secret|passcode)_(hash|digest))\Z", re.I
)
_OF_DJANGO = re.compile(r"\b(AbstractUser|AbstractBaseUser)\Z")
_PYDANTIC = frozenset(
    ("pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel", "ninja.Schema",
     "ninja.schema.Schema")
)  # fmt: skip
_OF_ROWS = re.compile(r"\bmodels\.Model\Z|\bSQLAlchemy\.Model\Z|\bDeclarativeBase\Z|\bSQLModel\Z|\bpeewee\.Model\Z")
#: What makes a column lead to another row.
_KEYS = frozenset(("ForeignKey", "OneToOneField", "ForeignKeyField", "relationship", "Relationship"))
#: Those that stand with the row that belongs to another; a relationship may be a list of those that belong to it.
_FOREIGN = frozenset(("ForeignKey", "OneToOneField", "ForeignKeyField"))
_MAX_KEYS = 2
_MANY = 4
_MAX_CALLS = 3
_MAX_REACHED = 60


class Place(NamedTuple):
    """Where something stands in source, other than where a route is registered."""

    module: Module
    node: Node


class Answer(NamedTuple):
    """One answer: the route, what is said about it here, beside the code, why, the fix in this code, how sure it is.

    With a `place` it is about that; the route, if there is one, leads there. What is `told_once` is left out where the
    same question has another answer about the route.
    """

    route: Route | None
    message: str
    label: str
    why: str
    fix: str
    confidence: Confidence
    place: Place | None = None
    told_once: bool = False


class Asked:
    """What questions are asked of: the map, and where its routes stand in source."""

    def __init__(self, drawn: Map, registrations: Registrations) -> None:
        self.map = drawn = _of_data(drawn)
        self.registrations = registrations
        reading = {(route.service, route.path, route.at) for route in drawn.routes if route.method == "GET"}
        #: Those of source, outside of tests; HEAD is spoken of only where the handler does not answer GET, too.
        self.routes = [
            route
            for route in drawn.routes
            if route.origin == "source" and not TEST_FILE.search(file_of(route))
            if route.method != "HEAD" or (route.service, route.path, route.at) not in reading
        ]
        self._columns = Columns(registrations.program)
        self._of_callers: dict[str, set[str]] = {}
        self._owners: frozenset[str] | None = None
        self._usual: set[str] | None = None
        self._rows: set[str] | None = None
        self._functions: dict[str, _Functions] = {}
        self._reached: dict[str, tuple[Scope, ...]] = {}

    def handler(self, route: Route) -> Scope | None:
        """The function that answers the route."""
        return self.registrations.of(route).handler

    def reached(self, route: Route) -> tuple[Scope, ...]:
        """The handler, and functions of the tree that it calls, up to three calls away; the handler first."""
        handler = self.handler(route)
        if handler is None:
            return ()
        if handler.at not in self._reached:
            found = {handler: 0}
            for scope, depth in (queue := [(handler, 0)]):
                for site in self.registrations.program.calls(scope) if depth < _MAX_CALLS else ():
                    inner = site.callee.scope
                    if inner is not None and inner.is_function and inner not in found and len(found) < _MAX_REACHED:
                        found[inner] = depth + 1
                        queue.append((inner, depth + 1))
            self._reached[handler.at] = tuple(found)
        return self._reached[handler.at]

    def guarding(self, route: Route) -> tuple[Scope, ...]:
        """The functions that the guards of the route stand in, and those that a decorator puts around the handler."""
        found = [self.function_at(guard.at) for guard in route.guards if guard.runs != "never"]
        handler = self.handler(route)
        for one in handler.decorators if handler is not None else ():
            assert handler is not None
            around = self.registrations.program.resolve(handler, one[3] if one[0] == form.CALL else one).scope
            found += [around] if around is not None and around.is_function else []
        inner = (child for one in found if one is not None for child in one.children.values() if child.is_function)
        return tuple(dict.fromkeys((*(one for one in found if one is not None), *inner)))

    def columns(self, store: str) -> tuple[str, ...]:
        """What the model of a store declares; without one, what statements and documents name."""
        scope = self.model(store)
        if scope is not None:
            return tuple(name for name in scope.bindings if not name.startswith("_"))
        return self._columns.of(bare(store))

    def owns(self, route: Route) -> bool:
        """Whether a route asks whose it is what it is about; that most look up who calls in one place says nothing."""
        if self._usual is None:
            counted = Counter(
                at for one in self.routes for at in {guard.at for guard in one.guards if guard.kind == "ownership"}
            )
            guarded = sum(one.verdict == "guarded" for one in self.routes)
            self._usual = {at for at, count in counted.items() if count >= _MANY and count * 2 > guarded}
        return any(guard.kind == "ownership" and guard.at not in self._usual for guard in route.guards)

    def of_callers(self, service: str) -> set[str]:
        """The stores that nearly every guarded route of a service reads: there it is looked up who calls."""
        known = self._of_callers.get(service)
        if known is None:
            guarded = [one for one in self.routes if one.service == service and one.verdict == "guarded"]
            counted = Counter(store for one in guarded for store in one.reads)
            known = self._of_callers[service] = {
                store
                for store, count in counted.items()
                if len(guarded) >= _MANY and count * 10 >= len(guarded) * 9 and self.is_account(store)
            }
        return known

    def is_account(self, store: str) -> bool:
        """Whether each row of a store is somebody's account: by its name, columns, model, or what that inherits."""
        scope = self.model(store)
        if any(_PASSWORD.match(column) for column in self.columns(store)):
            return True
        if _ACCOUNTS.match(bare(store)) or (scope is not None and _ACCOUNTS.match(scope.name)):
            return True
        bases = self.registrations.program.bases(scope) if scope is not None else ()
        return any(_OF_ACCOUNTS.search(base if isinstance(base, str) else base.name) for base in bases)

    def columns_named(self, table: str) -> tuple[str, ...]:
        """The columns of a table or collection by its bare name."""
        store = next((one.id for one in self.map.stores if bare(one.id) == table), "")
        return self.columns(store) if store else self._columns.of(table)

    def has_password(self, model: Scope) -> bool:
        """Whether rows of a class have a password, by a column of their own or of what they inherit from."""
        return self.inherits_user(model) or any(_PASSWORD.match(name) for name in model.bindings)

    def is_user_class(self, model: Scope) -> bool:
        """Whether rows of a class are accounts."""
        return self.inherits_user(model) or (bool(_ACCOUNTS.match(model.name)) and self.has_password(model))

    def inherits_user(self, model: Scope) -> bool:
        """Whether a class is Django's user with more columns."""
        bases = self.registrations.program.bases(model)
        return any(_OF_DJANGO.search(base if isinstance(base, str) else base.name) for base in bases)

    def is_model_of_body(self, scope: Scope) -> bool:
        """Whether a class is a model of pydantic: what FastAPI reads bodies into, and answers by."""
        return self.registrations.program.resolver.classes.is_a(scope, _PYDANTIC)

    def fields(self, model: Scope) -> list[str]:
        """The fields of a model of pydantic, those that it inherits too."""
        every = [one for one in self.registrations.program.bases(model) if isinstance(one, Scope)]
        return [name for one in (model, *every) for name in one.bindings if not name.startswith("_")]

    def siblings(self, route: Route) -> list[Route]:
        """The other routes on the same router, or of the same file where there is none."""
        router = self.registrations.of(route).router
        beside = [other for other in self.routes if other is not route and file_of(other) == file_of(route)]
        on_router = [other for other in beside if self.registrations.of(other).router == router]
        return [other for other in on_router or beside if not is_public_by_name(other) and not other.login]

    def owner_column(self, route: Route) -> str:
        """`orders.owner_id`: a column of what the route reaches that says whose a row is; empty without one."""
        for store in dict.fromkeys((*route.writes, *route.reads)):
            if found := self.owner_of_store(store):
                return found
        return ""

    def owner_of_store(self, store: str) -> str:
        """`orders.owner_id`: a column of a store that says whose a row is; empty without one."""
        scope = self.model(store)
        if scope is None:
            columns = self._columns.of(bare(store))
            found = (one for one in columns if _OWNERS.match(one) or one in self._names_owner)
            return next((f"{bare(store)}.{one}" for one in found), "")
        column = self.owner_of_model(scope)
        return f"{bare(store)}.{column}" if column else ""

    def owner_of_model(self, model: Scope) -> str:
        """The column of a class of rows that says whose each is; empty without one."""
        for column, bindings in model.bindings.items():
            if _OWNERS.match(column) or column in self._names_owner or _is_of_user(model, bindings):
                return column
        return ""

    def is_key_of_user(self, model: Scope, column: str) -> bool:
        """Whether a column of a class of rows is a foreign key of accounts."""
        return _is_of_user(model, model.bindings.get(column, []))

    def owner_through(self, model: Scope, depth: int = 0) -> str:
        """`order.owner_id`: the column that says whose a row is, by way of rows that it belongs to; empty without."""
        if (own := self.owner_of_model(model)) or depth >= _MAX_KEYS:
            return own
        for column, bindings in model.bindings.items():
            for one in bindings:
                outer = self._referred(model, one.value) if one.value is not None else None
                if outer is not None and outer is not model and (found := self.owner_through(outer, depth + 1)):
                    return f"{column.removesuffix('_id')}.{found}"
        return ""

    def belongs_to(self, model: Scope) -> list[Scope]:
        """The classes of rows that a row belongs to, by its foreign keys, and those that these belong to."""
        found: list[Scope] = []
        level = [model]
        for _ in range(_MAX_KEYS):
            values = [
                (one, binding.value) for one in level for kept in one.bindings.values() for binding in kept
                if binding.value is not None and any(
                    node[0] == form.CALL and last_word(node) in _FOREIGN for node in form.walk(binding.value)
                )
            ]  # fmt: skip
            outer = (self._referred(one, value) for one, value in values)
            level = [one for one in dict.fromkeys(outer) if one is not None and one is not model and one not in found]
            found += level
        return found

    def _referred(self, model: Scope, value: Node) -> Scope | None:
        """The class of rows that a foreign key leads to."""
        for call in form.walk(value):
            if call[0] != form.CALL or last_word(call) not in _KEYS:
                continue
            given = form.keyword(call, "to") or (call[4][0] if call[4] else None)
            name = form.text_of(given) if given is not None else None
            if given is not None and name is None:
                found = self.registrations.program.resolve(model, given)
                return found.scope if found.scope is not None and found.scope.is_class else None
            # `ForeignKey("orders.id")` names a table, `ForeignKey("shop.Order")` a class.
            table, _, last = (name or "").partition(".")
            for store in self.map.stores:
                declared = self._declared(store.at) if store.at else None
                if declared is not None and (bare(store.id) == table or declared.name in (table, last)):
                    return declared
        return None

    @property
    def _names_owner(self) -> frozenset[str]:
        """`reader_id` where rows of `readers` are accounts."""
        if self._owners is None:
            self._owners = frozenset()
            names = {bare(one.id).lower() for one in self.map.stores if self.is_account(one.id)}
            self._owners = frozenset(f"{name.removesuffix('s').rpartition('.')[2]}_id" for name in names)
        return self._owners

    def model(self, store: str) -> Scope | None:
        """The class that declares a store."""
        found = next((one for one in self.map.stores if one.id == store), None)
        return self._declared(found.at) if found is not None and found.at else None

    def is_row(self, scope: Scope) -> bool:
        """Whether a class declares a store, on the map or only in source."""
        if self._rows is None:
            self._rows = {store.at for store in self.map.stores if store.at}
        return scope.at in self._rows or any(
            _OF_ROWS.search(base) for base in self.registrations.program.bases(scope) if isinstance(base, str)
        )

    def function_at(self, at: str) -> Scope | None:
        """The innermost function around a line of a file."""
        path, _, line = at.rpartition(":")
        module = self.registrations.program.modules.get(path)
        if module is None:
            return None
        if path not in self._functions:
            self._functions[path] = _Functions(self.registrations.program.functions(within=module))
        return self._functions[path].around(int(line or 0))

    def _declared(self, at: str) -> Scope | None:
        module = self.registrations.program.modules.get(at.rpartition(":")[0])
        if module is None:
            return None
        classes = self.registrations.program.classes(within=module)
        return next((scope for scope in classes if scope.at == at), None)


class _Functions:
    """The functions of one file by the lines that they stand on."""

    def __init__(self, functions: Iterable[Scope]) -> None:
        placed = ((one.module.line(one.node[1]), one.module.line(one.node[2]), one) for one in functions if one.node)
        self._placed = sorted(placed, key=lambda one: one[:2])
        self._starts = [start for start, _, _ in self._placed]
        #: The last line of any of those up to here: where it is before a line, none of them stands around that.
        self._last = list(accumulate((end for _, end, _ in self._placed), max))

    def around(self, line: int) -> Scope | None:
        """The innermost one around a line."""
        at = bisect_right(self._starts, line) - 1
        while at >= 0 and self._last[at] >= line:
            if self._placed[at][1] >= line:
                return self._placed[at][2]
            at -= 1
        return None


def _of_data(drawn: Map) -> Map:
    """The map with the stores that hold rows: what two routes do to a file, a cache or a queue says little."""
    kept = {store.id for store in drawn.stores if store.kind in ("table", "collection", "bucket")}
    if len(kept) == len(drawn.stores):
        return drawn
    routes = tuple(
        replace(
            route,
            reads=tuple(store for store in route.reads if store in kept),
            writes=tuple(store for store in route.writes if store in kept),
        )
        for route in drawn.routes
    )
    return replace(drawn, routes=routes)


def _is_of_user(scope: Scope, bindings: list[Binding]) -> bool:
    """Whether a column is a foreign key of accounts, whatever it is called."""
    return any(
        one.value is not None and bool(_KEY_OF_USER.search(" ".join(scope.module.text(one.value).split())))
        for one in bindings
    )
