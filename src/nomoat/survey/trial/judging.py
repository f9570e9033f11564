"""Truth of values and comparisons: decided for a caller without a credential, and what either answer demands of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from operator import ge, gt, le, lt

from nomoat.survey import kept
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial import backends, kinds, memories, posted_keys, queries, secrets_kept, texts
from nomoat.survey.trial.asked import AskedPath, AskedText, is_asked
from nomoat.survey.trial.branches import decided
from nomoat.survey.trial.configuration import Configuration, is_held
from nomoat.survey.trial.demands import AUTHENTICATION, OTHER, UNKNOWN, Demand, both, either
from nomoat.survey.trial.keys import is_among_none, key_of
from nomoat.survey.trial.machine import LOCAL_PROXY, Condition, Machine, RaisedError
from nomoat.survey.trial.refusals import is_exception
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.resolved import MATCH
from nomoat.survey.trial.values import (
    ABSENT,
    ARGUMENT,
    CALLER,
    FILLED,
    INPUT,
    NOTHING,
    SETTING,
    Choice,
    Class,
    Const,
    Env,
    Function,
    Items,
    NoneBy,
    Object,
    Outside,
    PathOf,
    Table,
    Test,
    Thing,
    Value,
    options,
    union,
)

_PERMISSIONS = re.compile(r"(permission|perm|scope|authorit|privilege|right|entitlement|capabilit|grant|ability)", re.I)
_ROLES = re.compile(r"(role|group|user_?type|access_?level|user_?level|account_?type|rank|tier)", re.I)
_STATE = re.compile(
    r"(active|disabled|enabled|verified|blocked|banned|locked|deleted|confirmed|suspended|status|state|expire|\bexp\b"
    r"|revoked|mfa|otp|totp|2fa|approved|email_ok|must_change|session_id|fresh)",
    re.I,
)
_CLAIM = re.compile(
    r"^(type|typ|token_type|iss|issuer|aud|azp|sub|exp|iat|nbf|jti|alg|kid|scheme|credentials?|token|username|password"
    r"|is_?authenticated|is_?anonymous|hashed_password|password_hash|hash|headers?|payload|claims?|data|strip|lower"
    r"|startswith|split|encode|decode|get|scalar|first|one_or_none|scalar_one_or_none|fetchone)$",
    re.I,
)
#: What a role or permission says of itself, and what of somebody is above something else.
_NAME = re.compile(r"^(name|code|codename|slug|value|key|title)$", re.I)
_RANK = re.compile(r"(^|_)(level|rank|tier|grade|clearance)$", re.I)
#: Methods that say whether somebody may do what they are given.
_ALLOWS = re.compile(r"^(can|may|allows?|is_allowed|permits?|is_permitted)$", re.I)
_FLAG = re.compile(
    r"^(is_|has_|can_|may_)?[a-z_]*(admin|super|staff|owner|moderator|manager|editor|root|operator)", re.I
)
#: What is surely true or false.
_TRUTH = re.compile(r"^(is|has|can|may)_|(authenticated|anonymous)$", re.I)
#: What some accounts are: `is_curator`, `has_subscription`; and what each is that has signed in.
_OF_SOME = re.compile(r"^(is|has)_[a-z]", re.I)
_OF_ALL = re.compile(r"valid|auth|log|sign|new|complete|first|known|exist|present|anonymous|user|real|human|set$", re.I)
_IDENTITY = re.compile(
    r"^(_?id|sub|uid|uuid|pk|user_?id|username|user_?name|name|email|login|account_?id|tenant_?id|org_?id"
    r"|organization_?id|company_?id|team_?id|workspace_?id|customer_?id|owner_?id|key)$",
    re.I,
)

_TYPES = frozenset(f"builtins.{one.__name__}" for one in (bool, str, int, float, list, tuple, dict, set, bytes))
#: What tells of a list that it belongs to somebody with a credential, who has something in it.
_OF_PEOPLE = frozenset(("caller", "signature", "input"))
_ORDERS = {"<": lt, "<=": le, ">": gt, ">=": ge}
#: Packages whose answers are plain objects.
_TRUE_ANSWERS = frozenset(("django", "rest_framework", "flask", "werkzeug", "starlette", "fastapi"))
#: What a program is started with, one word of it, and what was imported by then.
_TOLD_AT_START = ("sys.argv", ARGUMENT, "sys.modules")
#: What a program is told that tests or migrates, where no server runs.
_OTHER_COMMANDS = frozenset(("test", "tests", "pytest", "py.test", "unittest", "nose", "makemigrations", "migrate"))
_VERSIONS = frozenset(("sys.version_info", "sys.version_info.major", "django.VERSION"))
_OPPOSITE = {"==": "!=", "in": "not in", "is": "is not", "!=": "==", "not in": "in", "is not": "is"}


def negated(test: Test) -> Test:
    """The opposite."""
    anonymous, usual = (None if one is None else not one for one in (test.anonymous, test.usual))
    return Test(anonymous, test.if_false, test.if_true, test.marks, usual)


class Judging(Machine):
    """Decides tests."""

    #: What gives the default of a setting: in it, nobody has set what the environment may say instead.
    defaulting: Scope | None = None

    def truth(self, value: Value) -> Test:
        """The truth of a value."""
        if isinstance(value, AskedText):
            found = value.log.note(value, self.truth)
            assert isinstance(found, Test)
            return found
        if isinstance(value, Test):
            is_told = self.around.by_default and value.anonymous is None and value.usual is not None
            return replace(value, anonymous=value.usual) if is_told else value
        if isinstance(value, NoneBy):
            return Test(False, as_demand(value.escape), OTHER, value.marks)
        if isinstance(value, Choice):
            found = decided(value, self._unless_none(value, self.truth, is_none=False))
            return self._usually(found, self.truth(value.usual) if value.usual is not None else None)
        if isinstance(value, Const):
            if "setting" in value.marks and not self._is_told(value.marks):
                usual = None if "changed" in value.marks else bool(value.value)
                return Test(None, OTHER, OTHER, value.marks, usual)
            if "caller" in value.marks:
                return Test(bool(value.value), AUTHENTICATION, OTHER, value.marks)
            if "signature" in value.marks and self.anonymous:
                return Test(bool(value.value), Demand("signature"), OTHER, value.marks)
            return Test(bool(value.value), OTHER, OTHER, value.marks)
        if isinstance(value, (Items, Table)) and (self.anonymous or not value.tags & _OF_PEOPLE):
            filled = value.values if isinstance(value, Items) else value.entries
            is_open = value.may_be_empty
            is_sure = value.is_whole or (bool(filled) and not value.tags)
            return Test(None if is_open or not is_sure else bool(filled), OTHER, OTHER, value.tags)
        if isinstance(value, Object) and self.anonymous:
            return self._truth_of_object(value)
        if isinstance(value, Thing) and not value.trail and self._is_answer(value.name):
            # Whatever it tells, of whom.
            return Test(True, OTHER, OTHER)
        if "unset" in value.tags and self.around.by_default and self.path and self.path[-1] is self.defaulting:
            return Test(False, OTHER, OTHER, value.tags)
        if "caller" in value.tags and isinstance(value, Thing) and value.trail[-1:] == ("is_anonymous",):
            return negated(self.truth(replace(value, trail=(*value.trail[:-1], "is_authenticated"))))
        if self._is_somebody(value):
            return Test(True, OTHER, OTHER)
        if "caller" in value.tags:
            is_data = _is_asked_for(value) or "made" in value.tags
            return Test(False if self.anonymous and not is_data else None, self.demand_of(value), OTHER, value.tags)
        if "signature" in value.tags:
            return Test(False if self.anonymous else None, Demand("signature"), OTHER, value.tags)
        if "csrf" in value.tags:
            return Test(None, Demand("csrf"), OTHER, value.tags)
        if (
            isinstance(value, Thing)
            and value.name in (FILLED, MATCH, "route-handler")
            and not value.trail
            and not value.is_call
        ):
            return Test(True, OTHER, OTHER)
        is_object = not isinstance(value, (Thing, Outside)) or self._is_exception(value)
        # A list to which some of what was sent is added is empty where nothing is.
        is_object = is_object and not (isinstance(value, (Items, Table)) and value.may_be_empty)
        return Test(True if is_object else None, OTHER, OTHER, value.tags)

    def _is_answer(self, name: str) -> bool:
        """Whether it is an answer that is true whatever it holds; an answer may also be a table, empty at first."""
        return name in self.models.answers and name.partition(".")[0] in _TRUE_ANSWERS

    def _is_somebody(self, value: Value) -> bool:
        """Whether it stands for who calls even where nobody is signed in: `request.user` of Django."""
        is_user = isinstance(value, Thing) and value.name == "request.credential" and not value.trail
        return is_user and self.anonymous and "made" in value.tags and self.around.has_users_for_nobody

    def _is_told(self, marks: frozenset[str]) -> bool:
        """Whether a setting is taken to be what source has for it."""
        return self.around.by_default and "changed" not in marks

    def _truth_of_object(self, value: Object) -> Test:
        """An object is there, whatever it was made of, unless its class says otherwise."""
        for name in ("__bool__", "__len__"):
            method = self.attribute(value, name)
            if isinstance(method, Function):
                answer = self.truth(self.call(method, (), {}, value.at, method.env))
                return Test(answer.anonymous, OTHER, OTHER, value.tags)
        is_own = not self.program.bases_elsewhere(value.cls.scope)
        return Test(True if is_own or not value.tags else None, OTHER, OTHER, value.tags)

    def _unless_none(self, value: Choice, does: Callable[[Value], Test], *, is_none: bool) -> Test:
        """A test of one of several values; who is not to get None of them must meet what each None demands."""
        refused = [one for one in value.options if isinstance(one, NoneBy)]
        others = [one for one in value.options if not isinstance(one, NoneBy)]
        found = self.any_of([does(one) for one in value.options])
        if not refused or not others or not (is_none or does == self.truth):
            return found
        rest = self.any_of([does(one) for one in others])
        asked = rest.if_false if is_none else rest.if_true
        demand = both([*(as_demand(one.escape) for one in refused), *([asked] if asked != OTHER else [])])
        return replace(found, if_false=demand) if is_none else replace(found, if_true=demand)

    def any_of(self, tests: list[Test]) -> Test:
        """The test of a value that may be any of several: decided where all of them are, in the same way."""
        answers = {test.anonymous for test in tests}
        marks = frozenset().union(*(test.marks for test in tests))
        return Test(
            answers.pop() if len(answers) == 1 else None,
            either(test.if_true for test in tests if test.if_true != OTHER),
            either(test.if_false for test in tests if test.if_false != OTHER),
            marks,
        )

    def _usually(self, test: Test, usual: Test | None) -> Test:
        """A test of one of several values, which of them it is as source has every setting being told."""
        if usual is None or test.anonymous is not None:
            return test
        answer = usual.usual if usual.anonymous is None else usual.anonymous
        is_told = self.around.by_default and answer is not None
        return replace(test, anonymous=answer if is_told else None, usual=answer)

    def demand_of(self, value: Value) -> Demand:
        """What the truth of something about the caller demands."""
        if _is_held(value):
            return UNKNOWN
        trail = value.trail if isinstance(value, Thing) else ()
        last = next((word for word in reversed(trail) if not _CLAIM.match(word)), "")
        if not last or _IDENTITY.match(last):
            return AUTHENTICATION
        if _ALLOWS.match(last):
            return UNKNOWN  # `user.can(Permission.WRITE)`: what that is called, nobody can tell.
        if last.startswith("can_") or last.startswith("may_"):
            return Demand("permission", last)
        if _FLAG.match(last):
            return Demand("permission", f"role:{last}")
        if _STATE.search(last):
            return Demand("state", last)
        if _PERMISSIONS.search(last) or _ROLES.search(last):
            return UNKNOWN
        if _OF_SOME.match(last) and not _OF_ALL.search(last):
            return Demand("permission", f"role:{last}")
        return AUTHENTICATION

    def test(self, env: Env, node: Node) -> Test:
        """The truth of an expression."""
        kind = node[0]
        if kind == form.UNARY and node[3] == "not":
            return negated(self.test(env, node[4]))
        if kind == form.BOOLEAN:
            return self._boolean(env, node)
        if kind == form.COMPARE:
            return self._compare(env, node)
        return self.truth(self.evaluate(env, node))

    def _boolean(self, env: Env, node: Node) -> Test:
        tests: list[Test] = []
        ends = node[3] == "or"
        for operand in node[4]:
            test = self._test_of_operand(env, operand, tests[-1] if tests else None, ends=ends)
            if test is None:
                # Who comes past it did not come to it: what stands before it has decided.
                return replace(self.combined(tests, is_or=ends), anonymous=ends)
            tests.append(test)
            if test.anonymous is ends and (self.anonymous or not test.marks):
                break
        return self.combined(tests, is_or=ends)

    def _test_of_operand(self, env: Env, operand: Node, before: Test | None, *, ends: bool) -> Test | None:
        """The truth of an operand; None where it raises, but the one before it may be all there is."""
        if before is None or before.anonymous is not None or self.wires:
            return self.test(env, operand)
        try:
            with self.under(Condition(before, not ends, self.at(env, operand))):
                return self.test(env, operand)
        except RaisedError as raised:
            self.pending.extend(raised.ends)
            return None

    def combined(self, tests: list[Test], *, is_or: bool) -> Test:
        """`or` or `and` of tests."""
        anonymous = _put_together([test.anonymous for test in tests], is_or=is_or)
        usual = None
        if anonymous is None and any(test.usual is not None for test in tests):
            each = [test.usual if test.anonymous is None else test.anonymous for test in tests]
            usual = _put_together(each, is_or=is_or)
        marks = frozenset().union(*(test.marks for test in tests))
        true = [test.if_true for test in tests]
        false = [test.if_false for test in tests]
        # What source fixes is no way out: of `role is not None and not user.has_role(role)`, where a role is given.
        ways = [test for test in tests if test.anonymous is is_or or test.anonymous is None or test.marks]
        if is_or:
            return Test(anonymous, either(test.if_true for test in ways), both(false), marks, usual)
        return Test(anonymous, both(true), either(test.if_false for test in ways), marks, usual)

    # -- comparisons -------------------------------------------------------------------------------------------------

    def _compare(self, env: Env, node: Node) -> Test:
        if len(node[4]) == 1 and node[4][0] in ("is", "is not") and self._is_proxy(env, *node[3]):
            return Test(node[4][0] == "is not", OTHER, OTHER)
        values = [self.evaluate(env, operand) for operand in node[3]]
        tests = [
            self.compared(left, operator, right)
            for left, operator, right in zip(values, node[4], values[1:], strict=False)
        ]
        if len(tests) == 1 and memories.may_know(env, node, values[1]):
            # Whoever asked before may have left it there.
            tests = [Test(None, OTHER, OTHER, tests[0].marks)]
        return tests[0] if len(tests) == 1 else self.combined(tests, is_or=False)

    def _is_proxy(self, env: Env, left: Node, right: Node) -> bool:
        """Whether a proxy itself is asked whether it is None: it is there, whatever stands behind it."""
        if self.wires or left[0] != form.NAME or right[0] != form.CONSTANT or right[3] is not None:
            return False
        found = self.lookup(env, left[3])
        is_of_package = isinstance(found, Outside) and found.me is None and found.name in self.models.proxies
        return is_of_package or (isinstance(found, Thing) and found.name == LOCAL_PROXY and not found.trail)

    def set_operation(self, operator: str, left: Value, right: Value) -> Value:
        """`required - held` and `required & held`."""
        raise NotImplementedError

    def in_session(self, part: Thing, key: Value) -> Value | None:
        """What code has put into the session under a key."""
        raise NotImplementedError

    def told_absent(self, state: Thing, name: str) -> None:
        """Takes note that a request has nothing under a name of its state, where only a credential puts it there."""
        raise NotImplementedError

    def compared(self, left: Value, operator: str, right: Value) -> Test:
        """`left operator right`."""
        left, right = _as_literal(left), _as_literal(right)
        found = self._taken_apart(left, operator, right)
        if found is None:
            found = self._compared_as_such(left, operator, right)
        if found is None and operator == "in":
            found = self._found_in(left, right)
        return found if found is not None else self._compared_by_marks(left, operator, right)

    def _taken_apart(self, left: Value, operator: str, right: Value) -> Test | None:
        """What is asked of each of several values, or the other way round; None where each side is one value."""
        if isinstance(left, (AskedText, AskedPath)) and not is_asked(right):
            return self._noted(left, lambda path: self.compared(path, operator, right))
        if isinstance(right, (AskedText, AskedPath)) and not is_asked(left):
            return self._noted(right, lambda path: self.compared(left, operator, path))
        if operator in ("!=", "not in", "is not"):
            opposite = negated(self.compared(left, _OPPOSITE[operator], right))
            is_wide = self.anonymous and "caller" in opposite.marks and not isinstance(left, Const)
            return replace(opposite, marks=opposite.marks | queries.WIDE) if is_wide else opposite
        if isinstance(left, Test) and isinstance(right, Const) and not right.marks:
            found = backends.counted(left, operator, right.value, negated)
            if found is not None:
                return found
        if isinstance(left, Choice):
            is_none = operator in ("is", "==") and _is_none(right)
            either_way = self._unless_none(left, lambda one: self.compared(one, operator, right), is_none=is_none)
            either_way = decided(left, either_way)
            return self._usually(either_way, None if left.usual is None else self.compared(left.usual, operator, right))
        if isinstance(right, Choice):
            either_way = decided(right, self.any_of([self.compared(left, operator, one) for one in right.options]))
            return self._usually(
                either_way, None if right.usual is None else self.compared(left, operator, right.usual)
            )
        return None

    def _found_in(self, left: Value, right: Value) -> Test | None:
        """Whether something is in a table of classes, a list of texts, a configuration; None of anything else."""
        of_classes = kinds.is_in(left, right)
        if of_classes is not None:
            return of_classes
        each = right.values if isinstance(right, Items) and right.is_whole else []
        if each and any(map(texts.known_beginning, (left, *each))):
            return self.combined([self.compared(left, "==", one) for one in each], is_or=True)
        if not isinstance(left, Const):
            return None
        if isinstance(right, Configuration) and left.value in right.given:
            return Test(True, OTHER, OTHER)
        if isinstance(right, Registry) and self.wires:
            return Test(right.kept(left) is not None, OTHER, OTHER)
        if is_held(right):
            # Where nobody set it, it is not there.
            return self.truth(Test(None, OTHER, OTHER, left.tags | right.tags | SETTING, usual=False))
        return None

    def _found_in_request(self, left: Value, right: Thing) -> Test:
        """`"user" in g`, `"token" in request.headers`."""
        if right.name == "request.state" and isinstance(left, Const):
            self.told_absent(right, str(left.value))
            if left.value in right.named:
                # It was set, be it to nothing.
                is_sure = not isinstance(right.named[str(left.value)], Choice)
                return Test(True if is_sure else None, OTHER, OTHER, right.named[str(left.value)].tags)
            if f"{ABSENT}{left.value}" in right.named:
                return self.truth(Const(False, CALLER))
        if right.name == "request.state" and self._is_first_to_keep(left):
            return Test(False, OTHER, OTHER)
        put = self.in_session(right, left)
        if put is not None:
            return Test(None if isinstance(put, Choice) else True, OTHER, OTHER, put.tags)
        return self.truth(self.item_of_request(right, left))

    def _compared_as_such(self, left: Value, operator: str, right: Value) -> Test | None:
        """What either side is tells, whatever is known of the caller; None where it does not."""
        if operator == "in" and isinstance(right, Thing) and right.name.startswith("request."):
            return self._found_in_request(left, right)
        if operator == "in" and isinstance(right, Outside) and right.name == "os.environ":
            # Nobody sets what is not set.
            return Test(False if self.around.by_default else None, OTHER, OTHER, SETTING, usual=False)
        command, told = (right, left) if operator == "in" else (left, right)
        if isinstance(command, Outside) and command.name in _TOLD_AT_START and operator in ("in", "=="):
            is_other = isinstance(told, Const) and told.value in _OTHER_COMMANDS
            return Test(False if is_other else None, OTHER, OTHER)
        if isinstance(left, PathOf):
            return _of_path(left, operator, right)
        if operator == "==" and texts.are_apart(left, right):
            return Test(False, OTHER, OTHER, left.tags | right.tags)
        if isinstance(left, Outside) and left.name in _VERSIONS and operator in _ORDERS:
            # Whatever a tree does for an older Python, this one is not older.
            return Test(operator in (">", ">="), OTHER, OTHER)
        is_answer = isinstance(left, Thing) and left.is_call and not left.trail and left.name in self.models.answers
        if operator in ("is", "==") and _is_none(right) and is_answer:
            return Test(False, OTHER, OTHER, left.tags)
        return secrets_kept.compared(self, left, right) if operator == "==" else None

    def _compared_by_marks(self, left: Value, operator: str, right: Value) -> Test:
        """What is known of the caller, of settings and signatures tells."""
        left, right = posted_keys.as_credentials([left, right])
        marks = left.tags | right.tags
        if "caller" in marks:
            marks = marks | self._about_column(left, operator, right)
        if self.anonymous and "caller" in marks:
            found = self._compared_parts(left, operator, right, marks)
            if found is not None:
                return found
        known = _known(left, operator, right)
        # Whoever sets what has a value gives it another one: `if settings.get("prefix") is None: prefix = "/api"`.
        is_set = self.wires and known is False and _is_none(right)
        if known is not None and ("setting" not in marks or is_set or self._is_told(marks)):
            return Test(known, OTHER, OTHER, marks)
        if known is not None and not marks - SETTING:
            return Test(None, OTHER, OTHER, marks, known)
        if "caller" in marks:
            return self._about_caller(left, operator, right, marks)
        if "signature" in marks and is_of_empty_text(left, right):
            return Test(None, OTHER, OTHER, marks)
        if "signature" in marks:
            return Test(False if self.anonymous else None, Demand("signature"), OTHER, marks)
        if "csrf" in marks:
            return Test(None, Demand("csrf"), OTHER, marks)
        is_there = isinstance(left, (Object, Items, Table, Function, Class, Registry)) or _is_match(left)
        is_there = is_there or self._is_exception(left)
        if operator in ("is", "==") and _is_none(right) and is_there:
            return Test(False, OTHER, OTHER, marks)
        return Test(None, OTHER, OTHER, marks)

    def compared_secretly(self, values: list[Value]) -> Test:
        """`hmac.compare_digest(one, other)`."""
        values = posted_keys.as_credentials(values, secretly=True)
        marks = union(values)
        if len(values) == 2 and is_of_empty_text(values[0], values[1]):
            return Test(True, OTHER, OTHER, marks)
        if "signature" in marks:
            return Test(False if self.anonymous else None, Demand("signature"), OTHER, marks)
        if "csrf" in marks:
            return Test(None, Demand("csrf"), OTHER, marks)
        if "caller" in marks:
            is_open = len(values) == 2 and may_be_unset(values[0], values[1])
            return Test(False if self.anonymous and not is_open else None, AUTHENTICATION, OTHER, marks)
        return Test(None, OTHER, OTHER, marks)

    def _is_first_to_keep(self, name: Value) -> bool:
        """Whether the function alone keeps something of this name for later, and has not yet: `if "user" not in g`."""
        is_name = isinstance(name, Const) and isinstance(name.value, str) and bool(self.path)
        return is_name and kept.alone_keeps(self.program, self.path[-1], str(name.value))  # type: ignore[attr-defined]

    def _noted(self, path: AskedText | AskedPath, does: Callable[[Value], Test]) -> Test:
        found = path.log.note(path, does)
        assert isinstance(found, Test)
        return found

    def _is_exception(self, value: Value) -> bool:
        """Whether it is a class of exceptions of Python or of a framework: something that is there."""
        is_named = isinstance(value, Outside) and value.me is None
        return is_named and (value.name in self.models.raised or is_exception(value.name))  # type: ignore[attr-defined]

    def _about_column(self, left: Value, operator: str, right: Value) -> frozenset[str]:
        """What a condition of a query tells of the rows that it finds, where a column is compared with the caller."""
        column, other = (right, left) if "caller" in left.tags else (left, right)
        if "caller" in column.tags or not isinstance(column, (Thing, Outside)):
            return NOTHING
        if not self.anonymous:
            name = column.trail[-1] if isinstance(column, Thing) and column.trail else getattr(column, "name", "")
            return queries.HELD if queries.names_holder(str(name).rpartition(".")[2]) else NOTHING
        is_null = isinstance(other, Const) and other.value is None and queries.may_be_null(column)
        return queries.WIDE if operator not in ("==", "in") or is_null else NOTHING

    def _compared_parts(self, left: Value, operator: str, right: Value, marks: frozenset[str]) -> Test | None:
        """Lists and objects that hold something of who calls: they are there, and compare by what they are."""
        if operator == "in" and isinstance(right, Items) and right.is_whole:
            return self.combined([Test(False, OTHER, OTHER, marks),
                                  *(self.compared(left, "==", item) for item in right.values)], is_or=True)  # fmt: skip
        if operator == "in" and isinstance(right, Table) and any(may_be_unset(left, key) for key, _ in right.pairs):
            return Test(None, OTHER, OTHER, marks | SETTING)
        if any(isinstance(one, (Items, Table, Object)) for one in (left, right) if "caller" in one.tags):
            is_none = operator == "is" and isinstance(right, Const) and right.value is None
            return Test(False if is_none else None, OTHER, OTHER, marks)
        return None

    def _about_caller(self, left: Value, operator: str, right: Value, marks: frozenset[str]) -> Test:
        # What was asked for together with who asks may be there, and be anything, for everybody.
        is_decided = self.anonymous and not all(_is_asked_for(side) for side in (left, right) if "caller" in side.tags)
        if "made" in marks and isinstance(right, Const) and not isinstance(right.value, (str, bytes)):
            # Of nothing, a number may be made, or a truth value; a text that is the secret cannot.
            is_decided = False
        if isinstance(right, Const) and right.value is None and self._is_somebody(left):
            return Test(False, OTHER, OTHER)
        # `row.owner == user` where nobody is signed in: a comparison with the row, no question whether it is there.
        is_asked = "caller" in left.tags or "caller" not in right.tags
        if isinstance(right, Const) and right.value is None and operator in ("is", "==") and is_asked:
            about = self.demand_of(left)
            about = about if about.kind == "state" or _is_held(left) else AUTHENTICATION
            return Test(True if is_decided else None, OTHER, about, marks)
        if isinstance(right, Const) and isinstance(right.value, bool) and operator in ("is", "=="):
            test = self.truth(left)
            if test.anonymous is False and not _is_flag(left):
                # What is not there is neither: `None is False`.
                return replace(test, anonymous=False if right.value else None)
            return test if right.value else negated(test)
        if operator in ("<", ">", "<=", ">="):
            fewer, more = (left, right) if operator in ("<", "<=") else (right, left)
            if isinstance(fewer, Items) and fewer.is_whole and "caller" in more.tags:
                # `required <= granted`: none of it may be missing.
                missing = self.truth(self.set_operation("-", fewer, more))
                return negated(missing)
            last = _last(left) or _last(right)
            is_rank = bool(_ROLES.search(last) or _RANK.search(last)) or any(map(_is_place, (left, right)))
            demand = UNKNOWN if is_rank else _quiet(self.demand_of(left))
            return Test(None, demand, demand, marks)
        demand = self._demanded(left, operator, right)
        # Nothing equals what was never set, but no list of keys holds it: `None in door.tokens`.
        may_equal = may_be_unset(left, right) or (operator != "in" and _may_be_none_too(left, right))
        may_equal = may_equal or _may_be_no_name(left, right)
        is_decided = is_decided and not may_equal
        return Test(False if is_decided else None, demand, OTHER, marks)

    def _demanded(self, left: Value, operator: str, right: Value) -> Demand:
        caller, other = (left, right) if "caller" in left.tags else (right, left)
        if "caller" in left.tags and "caller" in right.tags:
            return _same_caller(left, right)
        if _is_held(caller):
            return UNKNOWN
        last = _last(caller)
        names = _names(other, role=bool(_ROLES.search(last)))
        if operator == "in" and caller is left and names is not None and len(names) != 1:
            # `user.role in ("admin", "editor")`: one of them is enough.
            if _ROLES.search(last) or _PERMISSIONS.search(last):
                return either(_named(name, last) for name in names) if names else UNKNOWN
            return AUTHENTICATION if _CLAIM.match(last) else UNKNOWN
        if _ROLES.search(last) or _PERMISSIONS.search(last):
            return both(_named(name, last) for name in names) if names else UNKNOWN
        if "setting" in other.tags and not _IDENTITY.match(last):
            return AUTHENTICATION
        if not last or _CLAIM.match(last):
            return AUTHENTICATION if names is not None or not _is_data(other) else Demand("ownership")
        if _STATE.search(last):
            return Demand("state", last)
        if names is None and _is_data(other):
            return Demand("ownership")
        return UNKNOWN


def as_demand(given: object) -> Demand:
    """What somebody must meet not to get None."""
    return given if isinstance(given, Demand) else OTHER


def _put_together(answers: list[bool | None], *, is_or: bool) -> bool | None:
    if is_or in answers:
        return is_or
    return None if None in answers else not is_or


def _of_path(path: PathOf, operator: str, other: Value) -> Test:
    """A path with parameters, compared with fixed ones."""
    values = other.values if isinstance(other, Items) and operator == "in" else [other]
    fits: list[bool | None] = []
    for value in values:
        known = isinstance(value, Const) and isinstance(value.value, str)
        fits.append(None if not known else (None if path.may_be(str(getattr(value, "value", ""))) else False))
    is_whole = not isinstance(other, Items) or other.is_whole
    return Test(False if is_whole and all(fit is False for fit in fits) else None, OTHER, OTHER, path.tags)


def may_be_unset(left: Value, right: Value) -> bool:
    """Whether no credential, or an empty one, equals a setting that nobody has set: None == os.getenv("KEY")."""
    caller, other = (left, right) if "caller" in left.tags else (right, left)
    if "setting" not in other.tags:
        return False
    several = other.values if isinstance(other, Items) else [other]
    settings = [option for one in several for option in options(one) if "setting" in option.tags]
    return any(_is_unset(shown, setting) for shown in options(caller) for setting in settings)


def is_of_empty_text(left: Value, right: Value) -> bool:
    """Whether what a request brings is compared with an empty text that source fixes: anybody can send that."""
    texts = [one for one in (left, right) if isinstance(one, Const) and one.value in ("", b"") and not one.marks]
    brought = [one for one in (left, right) if one not in texts]
    return len(brought) == 1 and all(
        one.value in ("", b"") if isinstance(one, Const) else isinstance(one, Thing) and not one.is_call
        for one in brought
    )


def _may_be_none_too(left: Value, right: Value) -> bool:
    """Whether nothing is compared with what may be nothing, too: None == load("key")."""
    caller, other = (left, right) if "caller" in left.tags else (right, left)
    is_nothing = isinstance(caller, Const) and caller.value is None
    return is_nothing and isinstance(other, Thing) and not other.tags


def _may_be_no_name(left: Value, right: Value) -> bool:
    """Whether a name of who is nobody is compared with none: `request.user.username in ("", name)`."""
    caller, other = (left, right) if "caller" in left.tags else (right, left)
    several = other.values if isinstance(other, Items) else [other]
    is_none = any(isinstance(one, Const) and one.value == "" for one in several)
    return is_none and any(isinstance(one, Thing) and bool(one.trail) for one in options(caller))


def _is_flag(value: Value) -> bool:
    """Whether it is true or false, and nothing else: `user.is_active`, what a function gives that says so."""
    if isinstance(value, Thing):
        return value.is_call or bool(_TRUTH.search(_last(value)))
    return not isinstance(value, Const) or isinstance(value.value, bool)


def _is_unset(shown: Value, setting: Value) -> bool:
    if isinstance(shown, Const) and "caller" in shown.marks:
        if isinstance(setting, Const):
            return shown.value == setting.value
        return shown.value is None and "unset" in setting.tags
    # Whatever is read of a request, anybody can send it empty.
    is_sent = isinstance(shown, Thing) and "caller" in shown.marks and not shown.is_call
    return is_sent and isinstance(setting, Const) and setting.value == ""


def _is_asked_for(value: Value) -> bool:
    """Whether a value may be there for everybody: data asked for with the rest of a request, or what is not read."""
    return "unread" in value.tags or any(
        isinstance(one, Thing) and (one.is_call or bool(one.trail)) and "input" in one.tags for one in options(value)
    )


def _is_held(value: Value) -> bool:
    """Whether it is a row of the caller's that the request did not ask for: what it grants cannot be read."""
    return any("held" in one.tags and "input" not in one.tags for one in options(value))


def _quiet(demand: Demand) -> Demand:
    return demand if demand.kind == "state" else AUTHENTICATION


def _same_caller(left: Value, right: Value) -> Demand:
    # `user.hashed == hash(token)` verifies; `order.owner_id == user.id` was read for this very caller.
    names = (_last(left), _last(right))
    if any(_IDENTITY.match(name) and name != "key" for name in names) and left.tags != right.tags:
        return Demand("ownership")
    if any(_ROLES.search(name) or _PERMISSIONS.search(name) for name in names):
        return UNKNOWN
    return AUTHENTICATION


def _is_data(value: Value) -> bool:
    # A row that the request asked for is data, though its database was opened with settings.
    is_setting = "setting" in value.tags and "input" not in value.tags
    return isinstance(value, (Thing, Object, Outside)) and not is_setting


def _is_place(value: Value) -> bool:
    """Whether it is where something stands in a list: `RANKS.index(user.role)`."""
    return isinstance(value, Thing) and value.is_call and value.name.rpartition(".")[2] == "index"


def _last(value: Value) -> str:
    # `[one.name for one in user.roles]` is what is asked of a list of roles.
    several = value.values if isinstance(value, Items) and not value.is_whole else options(value)
    for option in several:
        if isinstance(option, Thing) and option.trail:
            words = [word for word in option.trail if not _CLAIM.match(word)]
            of_role = len(words) > 1 and bool(_NAME.match(words[-1])) and _is_granted(words[-2])
            return words[-2] if of_role else words[-1] if words else option.trail[-1]
    return ""


def granted_by(key: Value) -> frozenset[str]:
    """What is told of what a table has under a role of the caller: `RIGHTS[user.role]` grants what cannot be read."""
    is_role = isinstance(key, Thing) and "caller" in key.tags and _is_granted(_last(key))
    return queries.HELD if is_role and "input" not in key.tags else NOTHING


def _is_granted(name: str) -> bool:
    return bool(_ROLES.search(name) or _PERMISSIONS.search(name))


def _named(name: str, last: str) -> Demand:
    return Demand("permission", f"role:{name}" if _ROLES.search(last) and not _PERMISSIONS.search(last) else name)


def _names(value: Value, *, role: bool) -> list[str] | None:
    """The texts of a constant or of a list of them; None when it is something else."""
    if isinstance(value, Const):
        if isinstance(value.value, str):
            return [value.value]
        return [value.label.lower() if role else value.label] if value.label else None
    if isinstance(value, Items) and value.is_whole:
        found = [name for item in value.values for name in _names(item, role=role) or ("",)]
        return found if all(found) else None
    return None


def _as_literal(value: Value) -> Value:
    """A truth value that source alone decides, as it is written: `bool(0)` is False."""
    if isinstance(value, Test) and value.anonymous is not None and not value.marks:
        return Const(value.anonymous)
    return value


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def _is_match(value: Value) -> bool:
    return isinstance(value, Thing) and value.name in (MATCH, "route-handler") and not value.trail


def _is_of_path(table: Value) -> bool:
    """Whether it holds what stands in the path of a route, by name: which names there are, the route says."""
    values = list(table.entries.values()) if isinstance(table, Table) and table.is_whole else []
    return bool(values) and all(isinstance(one, Thing) and _is_path_argument(one) for one in values)


def _is_path_argument(value: Thing) -> bool:
    return value.marks == INPUT and value.name in ("", FILLED) and not (value.is_call or value.trail or value.args)


def _known(left: Value, operator: str, right: Value) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        if operator == "is":
            is_one = left.label and right.label  # Members of enumerations.
            return left.value is right.value if right.value in (None, True, False) or is_one else None
        if operator == "==":
            return bool(left.value == right.value)
        if operator == "in" and isinstance(left.value, str) and isinstance(right.value, str):
            return left.value in right.value
        if operator == "in" and type(left.value) is int and type(right.value) is int:
            return left.value & right.value == left.value  # Of flags alone; other numbers hold none.
        if operator in _ORDERS and type(left.value) is int and type(right.value) is int:
            return bool(_ORDERS[operator](left.value, right.value))
        return None
    if operator in ("is", "==") and isinstance(left, Class) and isinstance(right, Class):
        return left.scope is right.scope
    if operator in ("is", "==") and isinstance(left, Function) and isinstance(right, Function):
        return True if left is right else False if left.scope is not right.scope else None
    if operator in ("is", "==", "in") and isinstance(left, (Function, Class)):
        of_views = kinds.is_one_of(left, right)
        if of_views is not None:
            return of_views
    if operator in ("is", "==") and isinstance(right, Outside) and right.name in _TYPES:
        # `if cast is bool`: one of Python's own types, or something else that is known.
        if isinstance(left, Outside):
            return left.name == right.name if left.name == right.name or left.name in _TYPES else None
        return False if isinstance(left, (Const, Class, Function, Items, Table)) else None
    if operator == "in" and isinstance(right, Items) and right.is_whole and not right.values:
        return False
    left = key_of(left) if operator == "in" else left
    is_looked_up = operator == "in" and isinstance(left, Const)
    # What settings may say stands under a key that is there all the same.
    is_plain = not right.tags or (isinstance(right, Table) and right.tags <= SETTING) or _is_of_path(right)
    if is_looked_up and isinstance(right, (Items, Table)) and is_plain:
        if isinstance(right, Table) and isinstance(left, Const) and left.value in right.perhaps:
            return None
        inside = [key_of(one) for one in right.values] if isinstance(right, Items) else [*map(Const, right.entries)]
        if any(isinstance(item, Const) and item.value == getattr(left, "value", None) for item in inside):
            return True
        return False if right.is_whole and all(isinstance(item, Const) for item in inside) else None
    if operator == "in" and isinstance(left, Items) and isinstance(right, (Items, Table)) and right.is_whole:
        keys = [key_of(one) for one in right.values] if isinstance(right, Items) else [*map(Const, right.entries)]
        fixed = [one.value for one in keys if isinstance(one, Const)]
        return False if len(fixed) == len(keys) and is_among_none(left, fixed) else None
    if operator == "in" and isinstance(left, Class) and isinstance(right, Table) and right.is_whole and not right.pairs:
        return any(isinstance(key, Class) and key.scope is left.scope for key, _ in right.kept)
    return None


__all__ = ["CALLER", "Judging", "negated"]
