"""What answers show: whole rows of accounts with their passwords, and the texts of errors that nobody expected."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.model import Route
from nomoat.check.flow.sources import dependency
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.whole import kept, objects
from nomoat.check.questions.words import last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import How, Scope
from nomoat.survey.sqltext import text_of

PASSWORD = re.compile(
    r"\A((hashed_|encrypted_)?(password|passwd|pwd|passwort)(_?(hash|hashed|digest))?|(secret|passcode)_(hash|digest)"
    r"|(pw|pass)_?(hash|digest))\Z",
    re.I,
)
_OF_AN_OBJECT = re.compile(
    r"\A(password|passwd|pwd|(password|passwd|pwd|secret)_?(hash|digest)|hashed_password)\Z", re.I
)
#: What a request gives is no hash yet, and may be answered to who sent it.
_HASH = re.compile(r"\A(hashed_password|password_?hash|password_?digest|pwd_?hash|encrypted_password)\Z", re.I)
_ALL = re.compile(r"\A\s*select\s+(?:\w+\.)?\*\s+from\s+[\"`]?(\w+)", re.I)
_TAKEN_OUT = frozenset(("pop", "pop_password", "exclude", "without"))
_MAX_DEPTH = 3


# -- rows of accounts --------------------------------------------------------------------------------------------------


def account_row_returned(asked: Asked) -> Iterator[Answer]:
    """Routes whose answer holds every column of an account, and so the hash of its password."""
    told: set[tuple[str, int]] = set()
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None:
            continue
        found = _Answered(asked, handler)
        for node, what in (
            *found.shown(),
            *_by_model(asked, route, handler),
            *_by_fields(asked, handler),
            *objects(asked, route, handler),
        ):
            if (handler.module.path, node[1]) not in told:
                told.add((handler.module.path, node[1]))
                yield Answer(
                    route,
                    f"{name_of(route)} answers with {what}",
                    "the hash of the password goes with it",
                    f"{what} holds the hash of a password, which whoever reads the answer can try passwords on",
                    "",
                    "sure",
                    Place(handler.module, node),
                )


class _Answered:
    """What one handler answers with."""

    def __init__(self, asked: Asked, handler: Scope) -> None:
        self._asked = asked
        self._program = asked.registrations.program
        self._handler = handler
        self._nodes = list(form.walk_scope(handler.body))

    def shown(self) -> Iterator[tuple[Node, str]]:
        """Returned values that hold a password, each with what it is."""
        for node in self._nodes:
            answer = _answer_of(node)
            if answer is None:
                continue
            what = next((said for said in map(self._what, _given(answer)) if said), "")
            if what:
                yield node, what

    def _what(self, node: Node) -> str:
        """What an expression in an answer shows; empty when nothing is known of it."""
        if node[0] == form.DICT:
            keys = ((form.text_of(key), value) for key, value in node[3] if key is not None)
            shows = any(
                key is not None and _OF_AN_OBJECT.match(key) and value[0] == form.ATTRIBUTE and PASSWORD.match(value[4])
                for key, value in keys
            )
            return "the password of an account" if shows else ""
        if node[0] == form.CALL:
            return self._called(node)
        if node[0] == form.NAME and not self._is_changed(node[3]):
            return self._row(node, documents_only=True)
        return ""

    def _called(self, node: Node) -> str:
        """`dict(row)`, `model_to_dict(user)`, `User.objects.values()`, `user.to_dict()`."""
        last = last_word(node)
        if node[3][0] == form.ATTRIBUTE and last == "values" and not node[4] and not node[5]:
            return self._all_values(node[3][3])
        if last == "serialize" and len(node[4]) > 1 and form.keyword(node, "fields") is None:
            # Django's `serializers.serialize("json", User.objects.all())`
            is_djangos = self._program.resolve(self._handler, node[3]).name == "django.core.serializers.serialize"
            return self._all_values(node[4][1]) if is_djangos else ""
        if node[3][0] == form.NAME and last in ("dict", "vars", "model_to_dict") and len(node[4]) == 1 and not node[5]:
            return self._row(node[4][0], documents_only=False)
        if node[3][0] == form.ATTRIBUTE and not node[4] and not node[5]:
            return self._own_columns(node)
        return ""

    def _all_values(self, query: Node) -> str:
        base = query
        while base[0] in (form.CALL, form.ATTRIBUTE):
            base = base[3]
        found = self._program.resolve(self._handler, base)
        text = form.dotted(query) or ""
        is_manager = ".objects" in text or any(
            node[0] == form.ATTRIBUTE and node[4] == "objects" for node in form.walk(query)
        )
        if not is_manager:
            return ""
        scope = found.scope if found.kind == "class" else None
        is_user = found.value is not None and found.value[0] == form.CALL and last_word(found.value) == "get_user_model"
        if (
            is_user
            or found.name.endswith("auth.models.User")
            or (scope is not None and self._asked.has_password(scope))
        ):
            return f"every column of {form.dotted(base) or 'an account'}"
        return ""

    def _own_columns(self, node: Node) -> str:
        """A method of a row that goes through all of its columns: `User.query.get(1).to_dict()`."""
        last = last_word(node)
        for inner in form.walk(node[3][3]):
            if inner[0] != form.NAME:
                continue
            owner = self._class_of(inner)
            method = (
                next((one for one in owner.children.values() if one.name == last), None) if owner is not None else None
            )
            if owner is None or method is None or not self._asked.has_password(owner):
                continue
            if _goes_through_all(method):
                return f"every column of {owner.name} ({method.at})"
            if _gives_password(method):
                return f"the password of an account ({method.at})"
        return ""

    def _class_of(self, name: Node) -> Scope | None:
        """The class that a name means, or whose rows it was bound to: `user = User.query.get(1)`."""
        found = self._program.resolve(self._handler, name).scope
        if found is not None and found.is_class:
            return found
        values = list(self._bound(name[3]))
        # `rows = User.query.all()`, then `for row in rows`.
        values += [one for value in values if value[0] == form.NAME for one in self._bound(value[3])]
        for value in values:
            for inner in form.walk(value):
                scope = self._program.resolve(self._handler, inner).scope if inner[0] == form.NAME else None
                if scope is not None and scope.is_class:
                    return scope
        return None

    def _row(self, node: Node, depth: int = 0, *, documents_only: bool) -> str:
        """A row or document that was asked for with all of its columns."""
        if node[0] == form.AWAIT:
            return self._row(node[3], depth, documents_only=documents_only)
        if node[0] == form.CALL:
            return self._asked_for(self._handler, node, documents_only=documents_only)
        if node[0] in (form.ATTRIBUTE, form.SUBSCRIPT) and not documents_only:
            return next(filter(None, (self._kept(scope, value) for scope, value in kept(self._asked, node))), "")
        if node[0] != form.NAME or depth > _MAX_DEPTH or self._is_changed(node[3]):
            return ""
        for value in self._bound(node[3]):
            if said := self._row(value, depth + 1, documents_only=documents_only):
                return said
        return self._of_dependency(node[3], documents_only=documents_only)

    def _of_dependency(self, name: str, *, documents_only: bool) -> str:
        """The row that a dependency looked up: `user: dict = Depends(current_user)`."""
        parameter = next((one for one in self._handler.parameters if one[form.P_NAME] == name), None)
        if parameter is None:
            return ""
        annotation = parameter[form.P_ANNOTATION]
        given = [
            dependency(self._program, self._handler, one, annotation) for one in (parameter[form.P_DEFAULT], annotation)
        ]
        asked = next((one.scope for one in given if one is not None and one.scope is not None), None)
        if asked is None or not asked.is_function:
            return ""
        inner = _Answered(self._asked, asked)
        for node in inner._nodes:
            returned = node[3] if node[0] == form.RETURN else None
            if returned is not None and (said := inner._row(returned, documents_only=documents_only)):
                return said
        return ""

    def _bound(self, name: str) -> Iterator[Node]:
        for binding in self._handler.bindings.get(name, ()):
            if binding.how is How.VALUE and binding.value is not None:
                yield binding.value
        for node in self._nodes:
            if node[0] == form.COMPREHENSION:
                yield from (one for target, one, _, _ in node[6] if target[0] == form.NAME and target[3] == name)
            elif node[0] == form.FOR and node[3][0] == form.NAME and node[3][3] == name:
                yield node[4]

    def _kept(self, scope: Scope, value: Node) -> str:
        """What was put by for the rest of the request, if that is a whole row."""
        while value[0] == form.AWAIT:
            value = value[3]
        return self._asked_for(scope, value, documents_only=False) if value[0] == form.CALL else ""

    def _asked_for(self, scope: Scope, call: Node, *, documents_only: bool) -> str:
        last = last_word(call)
        if last == "find_one" and call[3][0] == form.ATTRIBUTE and len(call[4]) == 1 and not call[5]:
            base = call[3][3]
            name = base[4] if base[0] == form.ATTRIBUTE else base[3] if base[0] == form.NAME else form.text_of(base[4])
            if name and any(PASSWORD.match(column) for column in self._asked.columns_named(str(name))):
                return f"a whole document of {name}"
        if documents_only:
            return ""
        while call[0] == form.CALL and call[3][0] == form.ATTRIBUTE and last_word(call) in ("fetchone", "fetchall"):
            call = call[3][3]
        if call[0] != form.CALL or not call[4]:
            return ""
        table = _ALL.match(text_of(self._program, scope, call[4][0]))
        if table is not None and any(PASSWORD.match(column) for column in self._asked.columns_named(table.group(1))):
            return f"every column of {table.group(1)}"
        return ""

    def _is_changed(self, name: str) -> bool:
        """Whether something is taken out of what has this name before it is answered."""
        for node in self._nodes:
            if node[0] == form.DELETE and any(_begins(target, name) for target in node[3]):
                return True
            is_method = node[0] == form.CALL and node[3][0] == form.ATTRIBUTE
            if is_method and node[3][4] in _TAKEN_OUT and _begins(node[3][3], name):
                return True
            if node[0] == form.ASSIGN and any(
                target[0] == form.SUBSCRIPT and _begins(target, name) and PASSWORD.match(form.text_of(target[4]) or "")
                for target in node[3]
            ):
                return True
        return False


def _answer_of(node: Node) -> Node | None:
    """What a statement answers with: what is returned, or what Tornado's `self.write(...)` is given."""
    if node[0] == form.RETURN:
        return node[3]  # type: ignore[no-any-return]
    call = node[3] if node[0] == form.EXPRESSION else None
    if call is None or call[0] != form.CALL or call[3][0] != form.ATTRIBUTE or not call[4]:
        return None
    is_own = call[3][3][0] == form.NAME and call[3][3][3] == "self" and call[3][4] in ("write", "finish", "write_json")
    return call[4][0] if is_own else None


def _begins(node: Node, name: str) -> bool:
    while node[0] in (form.SUBSCRIPT, form.ATTRIBUTE):
        node = node[3]
    return bool(node[0] == form.NAME and node[3] == name)


def _given(node: Node) -> Iterator[Node]:
    """The parts of an answer: what functions that answer are given, what lists and tuples hold."""
    if node[0] in (form.TUPLE, form.LIST):
        for one in node[3]:
            yield from _given(one)
        return
    if node[0] == form.AWAIT or (node[0] == form.SUBSCRIPT and node[4][0] == form.CONSTANT and node[4][3] in (0, -1)):
        yield from _given(node[3])
        return
    yield node
    if node[0] == form.CALL and (last_word(node) in _ANSWERING):
        for one in (*node[4][:1], *(value for key, value in node[5] if key not in ("status", "headers", "dumps"))):
            yield from _given(one)
    elif node[0] == form.COMPREHENSION and node[4] is not None:
        yield from _given(node[4])
    elif node[0] == form.DICT:
        for _, value in node[3]:
            yield from _given(value)


_ANSWERING = frozenset((
    "jsonify", "JSONResponse", "ORJSONResponse", "JsonResponse", "Response", "HttpResponse", "json_response", "list",
    "make_response", "success", "ok", "tuple",
))  # fmt: skip


def _goes_through_all(method: Scope) -> bool:
    """`{c.name: getattr(self, c.name) for c in self.__table__.columns}`, where nothing is left out."""
    names = [node[4] for node in form.walk(method.body) if node[0] == form.ATTRIBUTE]
    is_all = ("__table__" in names and "columns" in names) or "__mapper__" in names
    is_filtered = any(
        node[0] in (form.COMPARE, form.DELETE) or (node[0] == form.CALL and last_word(node) == "pop")
        for node in form.walk(method.body)
    )
    return is_all and not is_filtered


def _gives_password(method: Scope) -> bool:
    """`return {"name": self.name, "password": self.password}`"""
    for node in form.walk(method.body):
        for key, value in node[3] if node[0] == form.DICT else ():
            name = form.text_of(key) if key is not None else None
            is_own = value[0] == form.ATTRIBUTE and value[3][0] == form.NAME and value[3][3] == "self"
            if name and _OF_AN_OBJECT.match(name) and is_own and PASSWORD.match(value[4]):
                return True
    return False


def answers_with_password(asked: Asked, route: Route) -> bool:
    """Whether what a route answers with holds the password of an account, or its hash."""
    handler = asked.handler(route)
    return handler is not None and next(_Answered(asked, handler).shown(), None) is not None


def _by_fields(asked: Asked, handler: Scope) -> Iterator[tuple[Node, str]]:
    """`@marshal_with({"name": fields.String, "password": fields.String})`: what Flask-RESTful shows of each row."""
    calls = [one for one in handler.decorators if one[0] == form.CALL and last_word(one) == "marshal_with" and one[4]]
    program = asked.registrations.program
    for call in calls:
        given = call[4][0]
        found = program.resolve(program.scope(handler.module), given) if given[0] != form.DICT else None
        shown = given if found is None else found.value
        for key, _ in shown[3] if shown is not None and shown[0] == form.DICT else ():
            if key is not None and PASSWORD.match(form.text_of(key) or ""):
                yield call, "the password of an account"
                break


def _by_model(asked: Asked, route: Route, handler: Scope) -> Iterator[tuple[Node, str]]:
    """`response_model=UserInDB`, `-> list[UserInDB]`: a model of answers that has a field of a password."""
    registration = asked.registrations.of(route)
    given = form.keyword(registration.call, "response_model") if registration.call is not None else None
    if given is None and registration.call is not None and handler.node is not None and "fastapi" in _imports(handler):
        given = handler.node[form.F_RETURNS]
    if given is None:
        return
    for node in form.walk(given):
        if node[0] not in (form.NAME, form.ATTRIBUTE):
            continue
        model = asked.registrations.program.resolve(_module_scope(handler), node).scope
        if model is None or not model.is_class or not asked.is_model_of_body(model):
            continue
        # What a table holds of a password is what is kept of it.
        kept_as = PASSWORD if asked.is_row(model) else _HASH
        field = next((name for name in asked.fields(model) if kept_as.match(name)), "")
        if field:
            yield given, f"{field} of {model.name}"
            return


def _imports(handler: Scope) -> str:
    return handler.module.source.decode("utf-8", "replace")


def _module_scope(handler: Scope) -> Scope:
    while handler.parent is not None:
        handler = handler.parent
    return handler


# -- errors ------------------------------------------------------------------------------------------------------------

#: Errors that nobody can say the text of: whatever went wrong, and what databases say.
_ANY = frozenset((
    "Exception", "BaseException", "sqlalchemy.exc.SQLAlchemyError",
    "sqlalchemy.exc.DBAPIError", "sqlalchemy.exc.OperationalError", "sqlalchemy.exc.IntegrityError",
    "sqlalchemy.exc.ProgrammingError", "sqlite3.Error", "sqlite3.OperationalError", "sqlite3.IntegrityError",
    "sqlite3.DatabaseError", "psycopg2.Error", "psycopg2.DatabaseError", "psycopg.Error", "asyncpg.PostgresError",
    "pymysql.Error", "pymysql.MySQLError", "mysql.connector.Error", "pymongo.errors.PyMongoError",
    "django.db.DatabaseError", "django.db.IntegrityError", "django.db.Error", "OSError",
    "subprocess.CalledProcessError",
))  # fmt: skip
_HANDLES = frozenset(("errorhandler", "app_errorhandler", "exception_handler"))
#: Calls that are told which function answers errors of a kind, and the keyword that takes a table of them.
_REGISTERS = frozenset(("add_exception_handler", "register_error_handler", "exception_handlers"))
_TELLS = frozenset(("info", "debug", "warning", "error", "exception", "critical", "log", "print", "capture_exception"))


def error_text_returned(asked: Asked) -> Iterator[Answer]:
    """Answers that say what the text of any error says."""
    program = asked.registrations.program
    by_handler = {handler: route for route in asked.routes if (handler := asked.handler(route)) is not None}
    for handler, route in by_handler.items():
        for node in form.walk_scope(handler.body):
            for caught in node[4] if node[0] == form.TRY else ():
                types = caught[3][3] if caught[3] is not None and caught[3][0] == form.TUPLE else (caught[3],)
                names = {_name(program, handler, one) for one in types}
                if caught[4] and names & _ANY and not _only_reads(node[3]):
                    yield from _texts_in(asked, route, handler, caught[5], caught[4])
    for path in program.words.holding(map(str.encode, sorted(_HANDLES | _REGISTERS))):
        if TEST_FILE.search(path):
            continue
        module = program.modules[path]
        for scope in program.functions(within=module):
            name = _of_any_error(asked, scope)
            if name:
                yield from _texts_in(asked, None, scope, scope.body, name)
        for scope in _registered(program, module):
            yield from _texts_in(asked, None, scope, scope.body, str(scope.parameters[-1][form.P_NAME]))


#: What makes something of what the caller sent: its errors tell of that.
_READS = frozenset((
    "loads", "model_validate", "model_validate_json", "parse_obj", "parse_raw", "validate", "get_json", "json",
    "fromisoformat", "strptime", "int", "float", "UUID", "Decimal", "decode", "b64decode", "safe_load", "get", "str",
    "strip", "lower",
))  # fmt: skip


def _only_reads(body: form.Body) -> bool:
    """Whether nothing is done but to read what the caller sent: what its errors say is in there."""
    calls = [node for node in form.walk_scope(body) if node[0] == form.CALL]
    return bool(calls) and all(last_word(one) in _READS for one in calls)


def _registered(program: Program, module: Module) -> Iterator[Scope]:
    """Functions that answer any error: `add_exception_handler(Exception, f)`, `exception_handlers={Exception: f}`."""
    top = program.scope(module)
    for node in form.walk(module.body):
        if node[0] != form.CALL:
            continue
        table = form.keyword(node, "exception_handlers")
        pairs = list(table[3]) if table is not None and table[0] == form.DICT else []
        if last_word(node) in _REGISTERS and len(node[4]) > 1:
            pairs.append((node[4][0], node[4][1]))
        for kind, function in pairs:
            if kind is not None and _name(program, top, kind) in _ANY:
                found = program.resolve(top, function).scope
                if found is not None and found.is_function and found.parameters:
                    yield found


def _name(program: Program, scope: Scope, node: Node | None) -> str:
    return program.resolve(scope, node).name.removeprefix("builtins.") if node is not None else "Exception"


def _of_any_error(asked: Asked, scope: Scope) -> str:
    """The parameter of a function that answers whatever error there was; empty where it is not one."""
    for one in scope.decorators:
        handles = one[0] == form.CALL and last_word(one) in _HANDLES and bool(one[4]) and bool(scope.parameters)
        if handles and _name(asked.registrations.program, _module_scope(scope), one[4][0]) in _ANY:
            return str(scope.parameters[-1][form.P_NAME])
    return ""


def _texts_in(asked: Asked, route: Route | None, scope: Scope, body: form.Body, name: str) -> Iterator[Answer]:
    for node in form.walk_scope(body):
        answer = node[3] if node[0] == form.RAISE else _answer_of(node)
        if answer is None or not _says(answer, name):
            continue
        if node[0] == form.RAISE and not _is_answer(node[3]):
            continue
        way = name_of(route) if route is not None else f"{scope.name}()"
        # Who is signed in is told what went wrong by many a tool; whoever comes along should not be.
        is_open = route is None or route.verdict == "unguarded"
        yield Answer(
            route, f"{way} answers with the text of any error", f"{name} may be any error", "", "",
            "low" if _asks_for_debugging(scope) else "sure" if is_open else "likely", Place(scope.module, node),
        )  # fmt: skip


def _asks_for_debugging(scope: Scope) -> bool:
    """Whether a function tells those who develop it from others: `if settings.DEBUG`."""
    return any(
        "debug" in str(inner[4] if inner[0] == form.ATTRIBUTE else inner[3]).lower()
        for node in form.walk_scope(scope.body)
        for test, _ in (node[3] if node[0] == form.IF else ())
        for inner in form.walk(test)
        if inner[0] in (form.ATTRIBUTE, form.NAME)
    )


def _is_answer(node: Node) -> bool:
    """An error that becomes an answer: `HTTPException(500, detail=...)`."""
    return bool(node[0] == form.CALL and last_word(node).startswith(("HTTP", "Http", "APIException", "abort")))


def _says(node: Node, name: str) -> bool:
    """Whether the text of an error is in what an expression gives: `str(e)`, `f"{e}"`, `e.args`, `"%s" % e`."""
    if node[0] == form.CALL and last_word(node) in _TELLS:
        return False
    if node[0] == form.CALL and last_word(node) in ("str", "repr") and len(node[4]) == 1:
        return _is_named(node[4][0], name)
    if node[0] == form.FORMATTED:
        return _is_named(node[3], name) or _says(node[3], name)
    if node[0] == form.FSTRING and any(_is_named(part, name) for part in node[3]):
        return True
    if node[0] == form.ATTRIBUTE and node[4] in ("args", "orig", "message", "stderr", "pgerror"):
        return _is_named(node[3], name)
    if (
        node[0] == form.BINARY
        and node[3] == "%"
        and any(
            _is_named(one, name)
            for operand in node[4][1:]
            for one in (operand[3] if operand[0] == form.TUPLE else (operand,))
        )
    ):
        return True
    if node[0] == form.CALL and last_word(node) == "format" and any(_is_named(one, name) for one in node[4]):
        return True
    return any(_says(inner, name) for inner in form.children(node))


def _is_named(node: Node, name: str) -> bool:
    return bool(node[0] == form.NAME and node[3] == name)
