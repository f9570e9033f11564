"""The taint of expressions: what text, containers and attributes are built of; what tests prove on the way.

Each part is looked at once. Calls are the business of `calls`, which goes on from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nomoat.check.flow import proofs, sources, vocabulary
from nomoat.check.flow.taint import Environment, Step, Taint, assign, at_place, clean, look_up, merged, path_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

_MAX_STEPS = 60_000


class OverBudgetError(Exception):
    """A handler is too large to be followed; it is reported, not dropped."""


class Expressions:
    """The part of the walker that knows expressions."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._steps = 0

    def value(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """The taint of an expression; what it calls and binds on the way takes effect."""
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise OverBudgetError
        kind = node[0]
        if kind == form.CONSTANT or kind == form.LAMBDA or kind == form.UNKNOWN:
            return None
        if kind == form.NAME:
            return look_up(env, node[3])
        if kind == form.CALL:
            return self.call(scope, node, env)
        handler = _HANDLERS.get(kind)
        if handler is not None:
            return handler(self, scope, node, env)
        return merged([self.value(scope, inner, env) for inner in form.children(node)])

    def _attribute(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        path = path_of(node)
        if path is not None and path in env:
            return env[path]
        taint = self.value(scope, node[3], env)
        if taint is None:
            return self._of_request(scope, node, env)
        name = node[4]
        if taint.is_request:
            return self._taken(scope, node, taint) if name in vocabulary.request_data() else None
        if taint.fields is not None and name not in taint.fields:
            return None
        if name in vocabulary.NOT_DATA or self._is_converted_field(scope, node):
            return None
        return taint.whole()

    def _of_request(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        # A request that came in some other way, as `self.request`.
        if node[4] not in vocabulary.request_data() or node[3][0] not in (form.NAME, form.ATTRIBUTE, form.CALL):
            return None
        if any(one.name in vocabulary.requests() for one in self.program.resolve(scope, node[3]).all):
            return self._taken(scope, node, None)
        return None

    def _taken(self, scope: Scope, node: Node, request: Taint | None) -> Taint:
        source = f"request.{node[4]}"
        return Taint(source, (Step(scope, node, f"the caller writes {source}"),))

    def _is_converted_field(self, scope: Scope, node: Node) -> bool:
        base = self.program.resolve(scope, node[3])
        if base.kind == "instance" and base.scope is not None:
            members, _ = self.program.resolver.classes.members(base.scope, node[4])
            for member in members:
                annotation = member.binding.annotation
                if annotation is None:
                    continue
                if sources.is_converted_type(self.program, member.scope, annotation):
                    return True
                return sources.is_matched(self.program, member.scope, member.binding.value)
        found = self.program.resolve(scope, node)
        return found.kind == "instance" and all(
            sources.is_converted(self.program, one.name, one.scope) for one in found.all
        )

    def _subscript(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        path = path_of(node)
        self.value(scope, node[4], env)
        if path is not None and path in env:
            return env[path]
        taint = self.value(scope, node[3], env)
        if taint is None or taint.is_request:
            return None
        if taint.fields is not None and node[4][0] == form.CONSTANT and str(node[4][3]) not in taint.fields:
            return None
        return self._of_item(scope, node, taint.whole())

    @staticmethod
    def _of_item(scope: Scope, node: Node, taint: Taint) -> Taint:
        """`request.query_params["name"]` is called so, not by the whole."""
        if taint.source.startswith("request.") and "[" not in taint.source and node[4][0] == form.CONSTANT:
            named = f"{taint.source}[{node[4][3]!r}]"
            return replace(taint, source=named, trail=(Step(scope, node, f"the caller writes {named}"),))
        return taint

    def _built(self, scope: Scope, parts: tuple[Node, ...], env: Environment) -> Taint | None:
        """Text that is put together: the constant text around data, and whether it fixes the host of an URL."""
        found: list[Taint] = []
        prefix, texts, is_fixed = "", [], False
        for part in parts:
            inner = part[3] if part[0] == form.FORMATTED else part
            taint = self.value(scope, inner, env)
            if taint is not None and not taint.is_request:
                taint = taint.whole()
                found.append(taint.without(("url",)) if is_fixed or proofs.fixes_host(prefix) else taint)
                prefix += "\0"
                continue
            known = self.program.constant(scope, inner) if inner[0] != form.CONSTANT else None
            text = inner[3] if inner[0] == form.CONSTANT else known.value if known is not None else None
            if isinstance(text, bytes):
                text = text.decode("latin-1")
            if isinstance(text, str):
                prefix += text
                texts.append(text)
            elif not found and inner[0] != form.CONSTANT:
                # Something else of the program, as `settings.API`, stands in front.
                is_fixed = is_fixed or not prefix or "://" in prefix
        taint = merged(found)
        return taint.within(" ".join(texts)) if taint is not None else None

    def _fstring(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        return self._built(scope, node[3], env)

    def _binary(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        if node[3] == "+":
            return self._built(scope, node[4], env)
        if node[3] == "%":
            template = form.string_parts(node[4][0])
            given = [
                item for operand in node[4][1:] for item in (operand[3] if operand[0] == form.TUPLE else (operand,))
            ]
            if template is not None and len(template) == 1 and isinstance(template[0][3], str):
                return self._built(scope, tuple(_interleaved(template[0], given)), env)
        taints = [self.value(scope, operand, env) for operand in node[4]]
        return merged(taint.whole() if taint is not None else None for taint in taints)

    def _compare(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        for operand in node[3]:
            self.value(scope, operand, env)
        return None

    def _unary(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        taint = self.value(scope, node[4], env)
        return None if node[3] == "not" else taint

    def _boolean(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        found: list[Taint | None] = []
        inside = dict(env)
        for operand in node[4]:
            found.append(self.value(scope, operand, inside))
            self.prove(scope, operand, inside, holds=node[3] == "and")
        return merged(found)

    def _conditional(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        self.value(scope, node[3], env)
        inside, outside = dict(env), dict(env)
        self.prove(scope, node[3], inside, holds=True)
        self.prove(scope, node[3], outside, holds=False)
        return merged([self.value(scope, node[4], inside), self.value(scope, node[5], outside)])

    def _comprehension(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        inside = dict(env)
        for target, iterable, conditions, _ in node[6]:
            taint = self.value(scope, iterable, inside)
            self.bind_each(scope, target, iterable, taint, inside)
            for condition in conditions:
                self.value(scope, condition, inside)
                self.prove(scope, condition, inside, holds=True)
        found = [self.value(scope, node[4], inside)]
        if node[5] is not None:
            found.append(self.value(scope, node[5], inside))
        return merged(found)

    def _walrus(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        taint = self.value(scope, node[4], env)
        self.bind(scope, node[3], taint, env)
        return taint

    def _tuple(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """A tuple knows which of its places hold data, counted from both ends; no list does, for it changes."""
        found = [self.value(scope, item, env) for item in node[3]]
        taint = merged(found)
        if taint is None or any(item[0] == form.STARRED for item in node[3]):
            return taint.whole() if taint is not None else None
        places = [place for place, one in enumerate(found) if one is not None]
        return replace(taint, fields=frozenset(str(p) for place in places for p in (place, place - len(found))))

    def _dict(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        found: list[Taint] = []
        fields: set[str] | None = set()
        for key, value in node[3]:
            taint = merged([self.value(scope, value, env), self.value(scope, key, env) if key is not None else None])
            if taint is None:
                continue
            found.append(taint)
            if fields is None or key is None or key[0] != form.CONSTANT:
                fields = None
            else:
                fields.add(str(key[3]))
        taint = merged(found)
        return replace(taint, fields=frozenset(fields) if fields is not None else None) if taint is not None else None

    def prove(self, scope: Scope, test: Node, env: Environment, *, holds: bool) -> None:
        """Notes in an environment what a test proves."""
        for proof in proofs.proved(self.program, scope, test, holds=holds):
            taint = look_up(env, proof.path)
            if proof.by_source and taint is not None:
                for path, other in list(env.items()):
                    if other is not None and other.source == taint.source:
                        env[path] = other.without(proof.kinds or ())
            else:
                clean(env, proof.path, proof.kinds)

    def bind_each(self, scope: Scope, target: Node, iterable: Node, taint: Taint | None, env: Environment) -> None:
        """Gives the target of a loop its taint; keys that source wrote hold no data, whatever stands behind them."""
        is_pair = target[0] in (form.TUPLE, form.LIST)
        of = iterable
        is_items = iterable[0] == form.CALL and iterable[3][0] == form.ATTRIBUTE and iterable[3][4] == "items"
        if is_items:
            of = iterable[3][3]
        owner = self.value(scope, of, dict(env)) if is_items else taint
        if owner is None or not owner.has_fixed_keys or is_items != is_pair:
            self.bind(scope, target, taint.whole() if taint is not None else None, env)
        else:
            self.bind(scope, target, replace(owner, fields=frozenset(("1", "-1"))) if is_pair else None, env)

    def bind(self, scope: Scope, target: Node, taint: Taint | None, env: Environment) -> None:
        """Gives the targets of an assignment their taint."""
        kind = target[0]
        if kind in (form.TUPLE, form.LIST):
            is_placed = not any(item[0] == form.STARRED for item in target[3])
            for place, item in enumerate(target[3]):
                self.bind(scope, item, at_place(taint, str(place)) if is_placed else at_place(taint, None), env)
            return
        if kind == form.STARRED:
            self.bind(scope, target[3], taint, env)
            return
        path = path_of(target)
        if path is not None:
            goes = (
                taint.then(scope, target, f"goes into {path}") if taint is not None and not taint.is_request else taint
            )
            assign(env, path, goes)
        elif kind == form.SUBSCRIPT:
            # `columns[name] = ...`: whoever goes through the keys gets the name.
            put = merged([taint, self.value(scope, target[4], env)])
            if put is not None:
                self._put_into(scope, target[3], put, env)

    def _put_into(self, scope: Scope, container: Node, taint: Taint, env: Environment) -> None:
        path = path_of(container)
        if path is not None and not taint.is_request:
            together = merged([look_up(env, path), taint.whole().then(scope, container, f"goes into {path}")])
            env[path] = together

    def call(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """What a CALL gives back."""
        raise NotImplementedError


def _interleaved(template: Node, given: list[Node]) -> Iterator[Node]:
    """The pieces of `"a %s b" % x` in order."""
    pieces = template[3].split("%s")
    if len(pieces) != len(given) + 1:
        yield template
        yield from given
        return
    for place, piece in enumerate(pieces):
        yield (form.CONSTANT, template[1], template[2], piece)
        if place < len(given):
            yield given[place]


_HANDLERS = {
    form.ATTRIBUTE: Expressions._attribute,
    form.SUBSCRIPT: Expressions._subscript,
    form.FSTRING: Expressions._fstring,
    form.BINARY: Expressions._binary,
    form.BOOLEAN: Expressions._boolean,
    form.COMPARE: Expressions._compare,
    form.UNARY: Expressions._unary,
    form.CONDITIONAL: Expressions._conditional,
    form.COMPREHENSION: Expressions._comprehension,
    form.WALRUS: Expressions._walrus,
    form.DICT: Expressions._dict,
    form.TUPLE: Expressions._tuple,
}
