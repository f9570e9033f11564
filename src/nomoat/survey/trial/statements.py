"""Runs statements: every path that is not decided is gone, and what each leaves behind is joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.symbols import Scope, statements
from nomoat.survey.trial import adding, asking_elsewhere, given_statuses, overlaid, queries, rewriting
from nomoat.survey.trial.answering import ANSWER, NONE_YET, goes_on_working
from nomoat.survey.trial.blocks import entered
from nomoat.survey.trial.branches import Branch, by_setting, deciding, for_nobody
from nomoat.survey.trial.calls import NEXT
from nomoat.survey.trial.definitions import Definitions
from nomoat.survey.trial.demands import OTHER, Demand, both, either
from nomoat.survey.trial.flags import Way, flags
from nomoat.survey.trial.flow import Flow, merged
from nomoat.survey.trial.judging import negated
from nomoat.survey.trial.machine import (
    TOO_MUCH,
    Condition,
    ExhaustedError,
    RaisedError,
)
from nomoat.survey.trial.memories import is_first_time
from nomoat.survey.trial.narrowing import narrow
from nomoat.survey.trial.refusals import status_of
from nomoat.survey.trial.registry import Entry, Registry
from nomoat.survey.trial.usually import as_usual, happens, is_left_by, left_as_default, may_lack, there
from nomoat.survey.trial.values import (
    CALLER,
    NOTHING,
    UNREAD,
    Choice,
    Const,
    Env,
    Items,
    NoneBy,
    Object,
    Outside,
    Table,
    Test,
    Thing,
    Value,
    gone_through,
    in_either,
    is_one_of_lists,
    one_list,
    options,
)

#: Steps that the statements of a module may take together before each is cut short, and what each may take then.
_MAX_MODULE, _AFTERWARDS = 400_000, 4_000
_MAX_LOOP, _MAX_LOOP_WIRING = 200, 2_000
#: Of how many elements of a list that may hold others each is gone through by itself.
_MAX_APART = 8
#: More turns than this no loop makes that puts texts together.
_MAX_TURNS = 50
#: How far it is followed what a function gives back.
_MOST_SENT = 3
#: From this status on, an answer is none that was asked for.
_REFUSES = 400

#: What tells of who sends a request.
_OF_WHO = frozenset(("caller", "signature"))


class Trial(Definitions):
    """The whole."""

    #: Whether the last `if` was decided by nothing but what source says.
    is_no_block = False

    def run_module(self, scope: Scope, env: Env) -> None:
        """Runs the statements of a module, each with a limit of its own."""
        trial = self if self.wires else Trial(self.around, limits=self.limits)
        held = (trial.conditions, trial.pending, trial.depth, trial.raising, trial.steps)
        trial.conditions, trial.pending, trial.depth, trial.raising = [], [], 0, 0
        spent = 0
        for node in scope.body:
            # Tables of a thousand lines that each compute are no routes: who has had much gets little more.
            begins = trial.steps = 0 if spent < _MAX_MODULE else max(0, trial.limits.steps - _AFTERWARDS)
            try:
                flow = trial.run((node,), env)
                if flow.env is not None and flow.env is not env:
                    env.names = flow.env.names
            except RaisedError:
                pass
            except (ExhaustedError, RecursionError):
                if trial.wires:
                    self.around.lost.setdefault(self.at(env, node), TOO_MUCH)
            spent += trial.steps - begins
        trial.conditions, trial.pending, trial.depth, trial.raising, trial.steps = held

    def _expression(self, node: Node, env: Env) -> Flow:
        value = node[3]
        if value[0] == form.YIELD and self.yielding is None and self.around.is_generator(env.scope):
            given = self.evaluate(env, value[3]) if value[3] is not None else Const(None)
            if entered(self, env, given):
                return Flow(env)
            # What runs after a `yield` runs after the handler; for who passes, it is the end.
            return Flow(None, [given])
        if value[0] == form.CONDITIONAL and not self.wires:
            # `self.render("page") if self.current_user else self.redirect("/login")`
            _, start, end, test, this, other = value
            ways = ((form.EXPRESSION, start, end, this),), ((form.EXPRESSION, start, end, other),)
            return self._if((form.IF, start, end, ((test, ways[0]),), ways[1]), env)
        before = len(self.record.limited)
        self.evaluate(env, value)
        if self.anonymous and self.judges:
            asking_elsewhere.note(self, env, value)
        if queries.is_dropped(value):
            del self.record.limited[before:]
        return Flow(env)

    def _assign(self, node: Node, env: Env) -> Flow:
        targets = node[3] if node[0] == form.ASSIGN else (node[3],)
        value_node = node[4] if node[0] == form.ASSIGN else node[5]
        if value_node is None:
            return Flow(env)
        if value_node[0] == form.YIELD and self.yielding is None and self.around.is_generator(env.scope):
            return self._expression((form.EXPRESSION, node[1], node[2], value_node), env)
        value = self._for_nobody(self.evaluate(env, value_node))
        if node[0] == form.ANNOTATED and isinstance(value, Thing) and value.cls is None:
            found = self.program.annotation(env.scope, node[4])
            if found.kind == "instance" and found.scope is not None:
                value = Thing(value.name, value.args, value.named, value.marks, value.trail, value.at, found.scope)
        if node[0] == form.ANNOTATED and isinstance(value, Thing) and value.is_call and _is_filled(node[4]):
            value.named.setdefault("nullable", Const(False))
        for target in targets:
            self.assign(env, target, value)
        return Flow(env)

    def _for_nobody(self, value: Value) -> Value:
        """A setting that stands for what a caller has not: `if allowed is None: allowed = DEFAULT`."""
        if not self.anonymous or not isinstance(value, (Const, Thing)) or "setting" not in value.tags:
            return value
        inside = self.conditions[self.entered[-1] if self.entered else 0 :]
        is_told = any(one.answer and one.test.anonymous is True and "caller" in one.test.marks for one in inside)
        return replace(value, marks=value.marks | CALLER | UNREAD) if is_told else value

    def _augmented(self, node: Node, env: Env) -> Flow:
        before, given = self.evaluate(env, node[3]), self.evaluate(env, node[5])
        if self.wires and node[4] == "+" and isinstance(before, Choice):
            before = one_list(before)
            self.assign(env, node[3], before)
        if self.wires and node[4] == "+" and isinstance(before, Items) and isinstance(given, Choice):
            given = one_list(given)  # `urlpatterns += of_the_index()`, which gives one list or another.
        if self.wires and node[4] == "+" and isinstance(before, (Thing, Outside)) and isinstance(given, Items):
            # `urlpatterns = of_plugins()`: what is added to a list that is not known is on it all the same.
            self.assign(env, node[3], Items(list(given.values), is_whole=False))
        elif isinstance(before, Items) and isinstance(given, (Items, Thing, Outside)) and node[4] == "+":
            adding.add(self, before, "extend", given)
        elif isinstance(before, Const) and isinstance(given, Const) and node[4] == "+":
            self.assign(env, node[3], self._added(before, given))
        elif isinstance(before, Table) and node[4] == "|":
            overlaid.update(self, before, given)
        else:
            self.assign(env, node[3], Thing(marks=before.tags | given.tags))
        return Flow(env)

    def _added(self, before: Const, given: Const) -> Value:
        """A text that grows; a number only where routes are registered: in a trial nobody knows how often code runs."""
        marks = before.marks | given.marks
        if isinstance(before.value, str) and isinstance(given.value, str):
            return Const(f"{before.value}{given.value}", marks)
        is_counted = self.wires and type(before.value) is int and type(given.value) is int
        return Const(before.value + given.value, marks) if is_counted else Thing()  # type: ignore[operator]

    def _answer_of_tests(self, answer: Const) -> Value:
        """`if user.is_staff: return True`: a truth value that says what the tests on the way to it say of a caller."""
        inside = self.conditions[self.entered[-1] if self.entered else 0 :]
        about = [one for one in inside if "caller" in one.test.marks]
        if not about:
            return answer
        if answer.value is None:
            return NoneBy(None, CALLER, escape=either(one.escape for one in about))
        holds = both(one.test.if_true if one.answer else one.test.if_false for one in about)
        if_true, if_false = (holds, OTHER) if answer.value else (OTHER, holds)
        return Test(None, if_true, if_false, CALLER)

    def _return(self, node: Node, env: Env) -> Flow:
        if node[3] is not None and node[3][0] == form.CONDITIONAL and not self.wires:
            _, start, end, test, this, other = node[3]
            answers = ((form.RETURN, start, end, this),), ((form.RETURN, start, end, other),)
            return self._if((form.IF, start, end, ((test, answers[0]),), answers[1]), env)
        value = self.evaluate(env, node[3]) if node[3] is not None else Const(None)
        if (
            isinstance(value, Const)
            and not (value.marks or self.wires or self.anonymous)
            and (value.value is None or isinstance(value.value, bool))
        ):
            value = self._answer_of_tests(value)
        value = given_statuses.answered(self, env, value, self.at(env, node))
        if (
            self.anonymous
            and isinstance(value, Const)
            and not value.marks
            and self._is_for_nobody(is_nothing=not value.value)
        ):
            value = replace(value, marks=CALLER)
        self.leaving.append(env.names.get(ANSWER))
        if self.wires:
            self.ways.append((value, is_left_by(self.conditions[self._own_first :])))
        if self.wires and isinstance(value, (Object, Thing)) and value in self.around.wrappers:
            # Who was handed the application gives an extension of it back, or who called gives the wrapper back then.
            handed = (env.names.get(one[form.P_NAME]) for one in env.scope.parameters)
            if not any(isinstance(one, Registry) and one.kind.is_application for one in handed):
                self.around.given_back.append(value)
        for option in options(value) if self.finished else ():
            if id(option) in self.finished:
                self.answered.append((option, *self.finished[id(option)][1]))  # type: ignore[arg-type]  # As noted there.
        self._note_inside(value, node, env)
        refused = status_of(self, value, self.models.answers)
        if refused is not None and NEXT not in env.names:
            self.record.own.append((value, self.at(env, node)))
        if (refused is not None or isinstance(value, Table)) and not self.wires:
            is_caught = self.caught_credential or (refused in (401, 403) and self._is_of_caught())
            self.answered.append((value, self.at(env, node), tuple(self.conditions), env.scope, is_caught))
        elif env.scope.is_method and self.judges and self.conditions and isinstance(value, Thing):
            self.given.append((value, self.at(env, node), tuple(self.conditions), env.scope))
        is_rare = self.wires and happens(self.conditions[self._own_first :]) is False
        return Flow(None, [value], [value] if is_rare else [])

    def _is_of_caught(self) -> bool:
        """Whether who has no credential comes here because of that: `except Denied as error: why = error`, and later on
        `if why is not None: return why.text, 401`.
        """
        own = (condition.test for condition in self.conditions[self._own_first :])
        return self.anonymous and self.decided[-1] and not any(one.anonymous is None and one.marks for one in own)

    def _is_for_nobody(self, *, is_nothing: bool) -> bool:
        """Whether who has no credential leaves a function here, others elsewhere: `return Status.UNKNOWN`.

        What is nothing is given back because of that where others may come here as well.
        """
        own = self.conditions[self._own_first :]
        return any((one.test.anonymous is not None or is_nothing) and one.test.marks & _OF_WHO for one in own)

    def _note_inside(self, value: Value, node: Node, env: Env) -> None:
        """A refusal that is handed on beside something else (`return None, ("who are you", 401)`) is given here."""
        beside = value.values if isinstance(value, Items) and value.is_tuple and not self.wires else ()
        for one in beside:
            if not isinstance(one, Const) and (status_of(self, one, self.models.answers) or 0) >= _REFUSES:
                place = self.at(env, node)
                self.answered.append((one, place, tuple(self.conditions), env.scope, self.caught_credential))

    def _if(self, node: Node, env: Env) -> Flow:
        flow = Flow()
        falls: list[Env] = []
        ways: list[Way] = []
        set_on_ways: dict[str, Test] = {}
        entered = skipped = 0
        current: Env | None = env
        implied: Condition | None = None
        written: list[Branch] = []
        tried: list[tuple[Test, Env | None]] = []
        barred: list[Body] = []
        is_plain = True
        for test_node, body in node[3]:
            test = self.test(current or env, test_node)
            if test.anonymous is None and not self.wires and is_first_time(self, test_node, body, current or env):
                test = Test(True, OTHER, OTHER)
            condition = Condition(test, True, self.at(env, test_node))
            if test.anonymous is not None and test.marks & _OF_WHO:
                self.decided[-1] = True
            if test.anonymous is False:
                is_plain = is_plain and not test.marks
                if self.anonymous and test.marks & _OF_WHO:
                    if not node[4] and self._leaves(env, body):
                        # Who has a credential has left here; what follows is for who has none.
                        implied = Condition(test, False, condition.at, is_implied=True)
                    # What stands in its place is for who has none, and so is what was not assigned.
                    self.conditions.append(Condition(test, False, condition.at))
                    skipped += 1
                    self.not_assigned(current or env, body)
                    barred.append(body)
                continue
            tried.append((test, None))
            decided = test.anonymous is True
            is_plain = is_plain and decided and not test.marks
            self.conditions.append(condition)
            entered += 1
            inside = env if decided else env.copy()
            if not decided:
                narrow(inside, test_node, self.models.answers, holds=True)
            with self.perhaps(not decided), self.branches.apart(written, is_apart=not decided or bool(written)):
                branch = self.run(body, inside)
            if decided and self.anonymous and test.marks & CALLER and branch.env is not None:
                self._assigned_by_who(branch.env, body)
            if written:
                written[-1].usual = test.usual
            if written and not (branch.env or branch.returns or branch.loops or branch.breaks):
                written.pop()  # It only raises.
            self.conditions[-1] = Condition(test, False, condition.at)
            flow.take(branch)
            tried[-1] = test, branch.env
            if branch.env is not None:
                falls.append(branch.env)
                ways.append((test, branch.env.names))
            elif (branch.returns or branch.breaks) and not decided:
                implied = Condition(test, False, condition.at, is_implied=True)
            if test.anonymous is None and test.marks:
                self.record.undecided.append(condition)
                if self.anonymous and "setting" in test.marks and test.marks & _OF_WHO:
                    # `if user or settings.is_public: level = 1`: where it is not run, the caller has no credential.
                    self.not_assigned(current or env, body)
            if decided:
                flow.returns_nobody |= branch.env is None and bool(branch.returns) and bool(test.marks & _OF_WHO)
                if branch.env is not None and branch.falls_by:
                    # Who left inside of it has left for good: `if uses_tokens: if user: return user`.
                    implied = branch.falls_by[-1]
                current = None
                break
            narrow(env, self._undecided(env, test_node), self.models.answers, holds=False)
        if current is not None:
            with self.perhaps(entered > 0), self.branches.apart(written, is_apart=bool(written)):
                rest = self.run(node[4], env)
            if written:
                written[-1].usual = True
            if written and not (rest.env or rest.returns or rest.loops or rest.breaks):
                written.pop()
            flow.take(rest)
            if rest.env is not None:
                falls.append(rest.env)
                set_on_ways = {} if self.wires else dict(flags(self, ways, rest.env.names))
        told = NOTHING if self.wires else deciding(test for test, _ in tried)
        flow.returns_nobody |= bool(barred and flow.returns)
        _assigned_for_nobody(barred if told else [], [one.names for one in falls], written)
        if written:
            self.branches.together(written, self.unset, told)
        del self.conditions[len(self.conditions) - entered - skipped :]
        usual = self._usual_names(tried, falls)
        flow.env = merged(falls)
        if flow.env is not None:
            _told_by_setting(flow.env, told if len(falls) > 1 else NOTHING)
            flow.env.names.update(set_on_ways)
            for name, value in usual.items():
                joint = flow.env.names.get(name)
                if isinstance(joint, Choice) and joint is not value:
                    flow.env.names[name] = replace(joint, usual=as_usual(value, by_default=True))
        if implied is not None and len(node[3]) == 1:
            flow.implies = implied
        # What stands in it stands there as if in no block: `if status is not None: handler.set_status(status)`.
        self.is_no_block = is_plain
        return flow

    def _undecided(self, env: Env, test: Node) -> Node:
        """What a test that fails is about: of `count > 0 and "key" in ways`, where the key surely is there, the count.

        Only what calls nothing is looked at once more.
        """
        if test[0] != form.BOOLEAN or test[3] != "and":
            return test
        calls = [any(one[0] == form.CALL for one in form.walk(operand)) for operand in test[4]]
        left = [
            operand
            for operand, is_call in zip(test[4], calls, strict=True)
            if is_call or self.test(env, operand).anonymous is not True
        ]
        return left[0] if len(left) == 1 else test

    def _usual_names(self, tried: list[tuple[Test, Env | None]], falls: list[Env]) -> dict[str, Value]:
        """What names mean after `if setting: ...` with every setting as source has it, where its ways differ."""
        if not self.wires or len(falls) < len(("one", "other")):
            return {}
        if len(tried) == 1 and len(falls) == len(("one", "other")) and "unset" in tried[0][0].marks:
            return left_as_default(falls[0].names, falls[1].names)
        if any(test.usual is None for test, _ in tried):
            return {}
        # The last that fell through is the one for which no test holds, unless that ends elsewhere.
        ends = [way for _, way in tried if way is not None]
        rest = falls[-1] if len(falls) > len(ends) else None
        taken = next((way for test, way in tried if test.usual), rest)
        others = [one for one in falls if one is not taken]
        return (
            {}
            if taken is None
            else {
                name: value
                for name, value in taken.names.items()
                if any(one.names.get(name) is not value for one in others)
            }
        )

    def _assigned_by_who(self, env: Env, body: Body) -> None:
        """That `allowed = False` was run is because the caller has no credential, whatever may set it again."""
        for node in form.walk_scope(body):
            for target in node[3] if node[0] == form.ASSIGN else ():
                flag = env.names.get(target[3]) if target[0] == form.NAME else None
                if isinstance(flag, Const) and isinstance(flag.value, bool):
                    env.names[target[3]] = replace(flag, marks=flag.marks | CALLER)

    def _leaves(self, env: Env, body: Body) -> bool:
        """Whether a body ends, or may end, with an answer of its own; sending everybody elsewhere is none."""
        last = body[-1] if body else None
        if last is not None and last[0] == form.IF:
            # Who has a credential is asked for more in there: who has not enough comes here, too.
            return any(self._leaves(env, inner) for inner in (*(branch for _, branch in last[3]), last[4]))
        if last is not None and last[0] in (form.WITH, form.TRY):
            return self._leaves(env, last[4] if last[0] == form.WITH else last[3])
        if last is None or last[0] not in (form.RETURN, form.RAISE, form.BREAK):
            return False
        if last[0] != form.RETURN or last[3] is None or last[3][0] != form.CALL:
            return True
        return not self._sends_elsewhere(env.scope, last[3])

    def _sends_elsewhere(self, scope: Scope, call: Node, inside: int = 0) -> bool:
        """Whether a call sends somebody elsewhere: itself, or as all that a function of the tree gives back."""
        found = self.program.resolve(scope, call[3])
        own = found.scope if found.kind == "function" and inside < _MOST_SENT else None
        if own is None:
            answer = self.models.answers.get(found.name)
            return answer is not None and answer.redirects
        given = [node[3] for node in statements(own.body) if node[0] == form.RETURN]
        return bool(given) and all(
            one is not None and one[0] == form.CALL and self._sends_elsewhere(own, one, inside + 1) for one in given
        )

    def _for(self, node: Node, env: Env) -> Flow:
        if rewriting.note(self, node, env):
            return Flow(env)
        source = gone_through(self.ran(self.evaluate(env, node[4])), also_empty=self.wires)
        if is_one_of_lists(source) and not self.wires:
            return self._for_each_list(source, node, env)
        if self.wires and (either := in_either(source)) is not None:
            # What is registered for an element of one list or another may be there.
            with self.under(Condition(Test(None, OTHER, OTHER), True, self.at(env, node))):
                return self._for_all(either, node, env, is_sure=False)
        return self._for_all(source, node, env)

    def _for_each_list(self, source: Value, node: Node, env: Env) -> Flow:
        """One list or another is gone through: each from its first to its last, on a way of its own."""
        flow = Flow()
        falls: list[Env] = []
        written: list[Branch] = []
        for items in options(source):
            with self.branches.apart(written, is_apart=True):
                way = self._for_all(items, node, env.copy())
            if not (way.env or way.returns or way.loops):
                written.pop()  # It only raises.
            flow.take(way)
            if way.env is not None:
                falls.append(way.env)
        if written:
            self.branches.together(written, self.unset)
        flow.env = merged(falls)
        return flow

    def _for_all(self, source: Value, node: Node, env: Env, *, is_sure: bool = True) -> Flow:
        if self.anonymous and isinstance(source, Thing) and self.truth(source).anonymous is False:
            # There is nothing to go through without a credential.
            self.decided[-1] = True
            return self.run(node[6], env) if node[6] else Flow(env)
        most = _MAX_LOOP_WIRING if self.wires else _MAX_LOOP
        known = isinstance(source, Items) and source.is_whole and len(source.values) <= most
        elements = source.values if known and isinstance(source, Items) else [self.element(source)]
        if self.wires and isinstance(source, Items) and not known and 0 < len(source.values) <= most:
            # What is known of it is gone through one by one, and then whatever else it may hold.
            elements = [*source.values, Thing()]
        elif isinstance(source, Items) and not known and 1 < len(source.values) <= _MAX_APART:
            # Each may be there or not; a test of one tells nothing of another.
            elements = source.values
        flow = Flow()
        broken: list[Env] = []
        over: tuple[Condition, ...] = ()
        current: Env | None = env
        before = None if known and elements and is_sure else env.copy()
        for element in list(elements):
            if current is None and before is not None and not self.wires:
                current = before.copy()  # Where the one before it ends the loop, it may not have been there.
            if current is None:
                break
            skipped, element = (current.copy(), there(element)) if self.wires and may_lack(element) else (None, element)
            self.assign(current, node[3], element)
            first = element.values[0] if isinstance(element, Items) and element.values else None
            is_unsure = before is not None or skipped is not None
            with self.perhaps(is_unsure, is_counted=first is not None and "place" in first.tags):
                inner = self.run(node[5], current)
            flow.returns += inner.returns
            flow.rare += inner.rare
            flow.ends += inner.ends
            broken += inner.breaks
            # Who comes to the end of the loop met the test of none of its turns.
            over += inner.falls_by[-1:]
            current = merged([one for one in (inner.env, *inner.loops, skipped) if one is not None])
        falls = [one for one in (current, before) if one is not None]
        flow.env = merged(falls)
        met = self._met_by_a_turn(over)
        if flow.env is not None and node[6]:
            self.conditions += [met] if met is not None else []
            rest = self.run(node[6], flow.env)
            del self.conditions[len(self.conditions) - (met is not None) :]
            flow.take(rest)
            flow.env = rest.env
        if not any(one[0] == form.BREAK for one in form.walk_scope(node[5])):
            flow.implies = met
        is_found = met is not None and flow.env is not None and not self.wires
        found = [(met.test, one.names) for one in broken] if is_found and met is not None else []
        set_on_ways = dict(flags(self, found, flow.env.names)) if found and flow.env is not None else {}
        flow.env = merged([one for one in (flow.env, *broken) if one is not None])
        if flow.env is not None:
            flow.env.names.update(set_on_ways)
        return flow

    def _met_by_a_turn(self, over: tuple[Condition, ...]) -> Condition | None:
        """What who comes to the end of a loop has not met: the test of any of its turns by which it would be left."""
        if len(over) < 2:
            return over[0] if over else None
        tests = [negated(one.test) if one.answer else one.test for one in over]
        return Condition(self.combined(tests, is_or=True), False, over[-1].at, is_implied=True)

    def _while(self, node: Node, env: Env) -> Flow:
        test = self.test(env, node[3])
        turns = 0
        while self.wires and test.anonymous is True and not test.marks and node[3][0] != form.CONSTANT:
            # What decides is all known: `while parts and not parts[-1]: del parts[-1]`.
            flow = self.run(node[4], env)
            turns += 1
            if flow.env is None or flow.returns or flow.loops or flow.breaks or turns > _MAX_TURNS:
                return self._left_by_turns(node, flow)
            env, test = flow.env, self.test(flow.env, node[3])
        if test.anonymous is False and not test.marks and self.wires:
            return self.run(node[5], env) if node[5] else Flow(env)
        before = None if test.anonymous is True and not test.marks else env.copy()
        with self.perhaps(before is not None):
            flow = self.run(node[4], env)
        return self._left_by_turns(node, flow, before)

    def _left_by_turns(self, node: Node, flow: Flow, before: Env | None = None) -> Flow:
        """What comes after a loop of which the last turn that is followed gave `flow`."""
        falls = [one for one in (flow.env, before, *flow.loops) if one is not None]
        broken, flow.loops, flow.breaks = flow.breaks, [], []
        flow.env = merged(falls)
        if flow.env is not None and node[5]:
            rest = self.run(node[5], flow.env)
            flow.take(rest)
            flow.env = rest.env
        flow.env = merged([one for one in (flow.env, *broken) if one is not None])
        return flow

    def _delete(self, node: Node, env: Env) -> Flow:
        for target in node[3]:
            if target[0] == form.SUBSCRIPT:
                owner, key = self.evaluate(env, target[3]), self.evaluate(env, target[4])
                place = key.value if isinstance(key, Const) and type(key.value) is int and not key.marks else None
                if isinstance(owner, Items):
                    count = len(owner.values)
                    if owner.is_whole and not self.unsure and place is not None and -count <= place < count:
                        del owner.values[place]
                    else:
                        self.taken_out(owner)
                elif isinstance(owner, Table) and self.wires and isinstance(key, Const) and not self.unsure:
                    owner.entries.pop(key.value, None)
        return Flow(env)

    def _break(self, node: Node, env: Env) -> Flow:
        return Flow(None, breaks=[env])

    def _continue(self, node: Node, env: Env) -> Flow:
        return Flow(None, loops=[env])

    def _match(self, node: Node, env: Env) -> Flow:
        subject = self.evaluate(env, node[3])
        flow = Flow()
        falls = [env.copy()]
        test = Test(None, *_about(self, subject), subject.tags)
        for case in node[4]:
            with self.under(Condition(test, True, self.at(env, case))), self.perhaps():
                branch = self.run(case[5], env.copy())
            flow.take(branch)
            if branch.env is not None:
                falls.append(branch.env)
        flow.env = merged(falls)
        return flow

    def statement(self, node: Node, env: Env) -> Flow:
        """Runs one statement."""
        before, given = env.names.get(ANSWER), given_statuses.given(env)
        flow = _STATEMENTS.get(node[0], _ignored)(self, node, env)
        given_statuses.leave(node, given, flow.env)
        if self.finished and flow.env is not None and not env.scope.module.is_library:
            after = flow.env.names.get(ANSWER)
            is_block = node[0] != form.IF or not self.is_no_block
            if after is not None and goes_on_working(self, node, before or NONE_YET, after, is_block=is_block):
                flow.env.names[ANSWER] = NONE_YET
        return flow


def _told_by_setting(env: Env, told: frozenset[str]) -> None:
    """That names mean one thing or another is because of settings."""
    choices = {name: value for name, value in env.names.items() if isinstance(value, Choice)} if told else {}
    env.names.update({name: by_setting(value, told) for name, value in choices.items()})


def _assigned_for_nobody(barred: list[Body], ways: list[dict[str, Value]], written: list[Branch]) -> None:
    """That `level = 0` was run, where who has a credential gets another one, is because the caller has none."""
    assigned = [one for body in barred for one in form.walk_scope(body) if one[0] == form.ASSIGN]
    names = {one[3] for node in assigned for one in node[3] if one[0] == form.NAME}
    attributes = {one[4] for node in assigned for one in node[3] if one[0] == form.ATTRIBUTE}
    for way in ways:
        way.update({name: for_nobody(way[name]) for name in names & way.keys()})
    for branch in written:
        for place, value in branch.after.items():
            if place[1] in attributes:
                branch.after[place] = for_nobody(value)


def _is_filled(annotation: Node) -> bool:
    """Whether a column always has a value: `Mapped[str]`, `str`, and no `Optional[str]` or `str | None`."""
    if annotation[0] == form.SUBSCRIPT:
        outer = form.dotted(annotation[3]) or ""
        return outer.rpartition(".")[2] == "Mapped" and _is_filled(annotation[4])
    return annotation[0] in (form.NAME, form.ATTRIBUTE)


def _about(run: Trial, subject: Value) -> tuple[Demand, Demand]:
    test = run.truth(subject) if subject.tags else Test(None, OTHER, OTHER)
    return test.if_true, test.if_false


def _ignored(run: Trial, node: Node, env: Env) -> Flow:
    return Flow(env)


_STATEMENTS: dict[int, Callable[[Trial, Node, Env], Flow]] = {
    form.EXPRESSION: Trial._expression,
    form.ASSIGN: Trial._assign,
    form.ANNOTATED: Trial._assign,
    form.AUGMENTED: Trial._augmented,
    form.RETURN: Trial._return,
    form.RAISE: Trial._raise,
    form.IF: Trial._if,
    form.FOR: Trial._for,
    form.WHILE: Trial._while,
    form.BREAK: Trial._break,
    form.CONTINUE: Trial._continue,
    form.WITH: Trial._with,
    form.TRY: Trial._try,
    form.FUNCTION: Trial._function,
    form.CLASS: Trial._class,
    form.IMPORT: Trial._import,
    form.FROM_IMPORT: Trial._import,
    form.MATCH: Trial._match,
    form.ASSERT: Trial._assert,
    form.DELETE: Trial._delete,
}
__all__ = ["NOTHING", "Entry", "Flow", "Trial"]
