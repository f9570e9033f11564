"""The taint of expressions: what text, containers and attributes are built of; what tests prove on the way.

Each part is looked at once. Calls are the business of `calls`, which goes on from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nomoat.check.flow import cutting, decided, forms, parts, proof, proofs, sources, vocabulary
from nomoat.check.flow.binding import Binding, behind_first
from nomoat.check.flow.taint import OF_STRUCTURES, Environment, Taint, at_place, clean, look_up, merged, path_of
from nomoat.check.flow.texts import fixes_host
from nomoat.check.model import Confidence
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

_MAX_STEPS = 60_000


class OverBudgetError(Exception):
    """A handler is too large to be followed; it is reported, not dropped."""


class Expressions(Binding):
    """The part of the walker that knows expressions."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        #: How sure it is that a request which no parameter gives is one that somebody may send.
        self.confidence: Confidence = "sure"
        self.checks: proof.Checks = ()
        self._steps = 0

    def value(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """The taint of an expression; what it calls and binds on the way takes effect."""
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise OverBudgetError
        kind = node[0]
        if kind == form.CONSTANT or kind == form.UNKNOWN:
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
            return self._of_request(scope, node, env) or self.of_property(scope, node, env)
        name = node[4]
        if taint.is_request:
            return sources.part(scope, node, taint) if name in parts.request_data() else None
        if name in parts.VALIDATED:
            return replace(taint.with_fixed_keys(), removed=taint.removed | {"fields", "keys", "structure"})
        if taint.fields is not None and name not in taint.fields:
            return None
        if name in ("name", "stem", "suffix") and self._is_path(scope, node[3]):
            taint = taint.without(("path",))
        if "items" in taint.removed and name not in vocabulary.OF_RECEIVER:
            return None
        if name in ("filename", "raw_filename"):
            return replace(taint.as_text(), removed=taint.removed - {"path"} | OF_STRUCTURES)
        if name in parts.NOT_DATA or self._is_converted_field(scope, node):
            return None
        # The methods of a dict are no items: `body.items`.
        return taint if name in vocabulary.OF_RECEIVER else self._of_field(scope, node, taint.whole())

    def _of_field(self, scope: Scope, node: Node, taint: Taint) -> Taint:
        """A field of a model that its annotation makes a text."""
        annotations = list(self._annotations(scope, node))
        is_text = bool(annotations) and all(sources.is_text(self.program, where, one) for where, one in annotations)
        return taint.as_text() if is_text else taint

    def _annotations(self, scope: Scope, node: Node) -> Iterator[tuple[Scope, Node]]:
        base = self.program.resolve(scope, node[3])
        if base.kind == "instance" and base.scope is not None:
            for member in self.program.resolver.classes.members(base.scope, node[4])[0]:
                if member.binding.annotation is not None:
                    yield member.scope, member.binding.annotation

    def _of_request(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """A part of a request that came in some other way, as `self.request`; a field of a form that reads it."""
        if node[3][0] not in (form.NAME, form.ATTRIBUTE, form.CALL):
            return None
        taint = None
        if node[4] in parts.request_data() and self._is_request(scope, node[3]):
            taint = sources.part(scope, node, None)
        elif node[4] in ("data", "raw_data") and node[3][0] in (form.ATTRIBUTE, form.NAME):
            taint = forms.field_of_form(self.program, scope, node)
        return taint.less_sure(self.confidence) if taint is not None else None

    def of_property(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """What a property of one's own gives."""
        raise NotImplementedError

    def _is_request(self, scope: Scope, node: Node) -> bool:
        if node[0] == form.ATTRIBUTE and node[4] == "request" and node[3][:1] == (form.NAME,) and node[3][3] == "self":
            return True
        return any(one.name in parts.requests() for one in self.program.resolve(scope, node).all)

    def _is_path(self, scope: Scope, node: Node) -> bool:
        return self.program.resolve(scope, node).name.startswith(("pathlib.", "anyio.Path"))

    def _is_converted_field(self, scope: Scope, node: Node) -> bool:
        base = self.program.resolve(scope, node[3])
        if base.kind == "instance" and base.scope is not None:
            if forms.holds_no_data(self.program, base.scope, node[4]):
                return True
            members, _ = self.program.resolver.classes.members(base.scope, node[4])
            for member in members:
                annotation, value = member.binding.annotation, member.binding.value
                if annotation is None:
                    if value is not None and value[0] == form.CONSTANT:
                        return True
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
        if node[4][0] == form.CONSTANT and node[4][3] == "filename" and "files" in taint.source:
            # Tornado's uploads are dictionaries.
            return replace(taint.as_text(), removed=taint.removed - {"path"} | OF_STRUCTURES)
        if taint.removed >= OF_STRUCTURES:
            taint = cutting.cut(scope, node, taint)
        return self.read(path, node[3], self.item(scope, node, node[3], node[4], taint), env)

    @staticmethod
    def read(path: str | None, of: Node, taint: Taint | None, env: Environment) -> Taint | None:
        """Keeps what was read of the request, so that a test of it counts where it is read again."""
        if path is not None and taint is not None and of[0] == form.ATTRIBUTE and taint.source.startswith("request."):
            env.setdefault(path, taint)
        return taint

    def item(self, scope: Scope, node: Node, of: Node, key: Node, taint: Taint) -> Taint | None:
        """What stands under a key of something tainted; None where its schema converts it."""
        name = key[3] if key[0] == form.CONSTANT else None
        if isinstance(name, str) and forms.is_converted(self.program, scope, of, name):
            return None
        return sources.item(scope, node, taint.whole(), name)

    def _built(self, scope: Scope, parts: tuple[Node, ...], env: Environment) -> Taint | None:
        """Text that is put together: the constant text around data, and whether it fixes the host of an URL."""
        found: list[Taint] = []
        prefix, texts, is_fixed = "", [], False
        for part in parts:
            inner = part[3] if part[0] == form.FORMATTED else part
            taint = self.value(scope, inner, env)
            if taint is not None and not taint.is_request:
                taint = taint.as_text()
                if part[0] == form.FORMATTED and part[4] in ("r", "a"):
                    taint = taint.without(("log", "header"))
                if not prefix and taint.confidence == "low":
                    # What was found by it stands in front, as the address of a service by its name.
                    taint = taint.without(vocabulary.URL_KINDS)
                is_fixed = is_fixed or (not prefix and vocabulary.URL_KINDS <= taint.removed)
                # Where the query begins, the host has ended.
                is_fixed = is_fixed or "?" in prefix or "#" in prefix
                found.append(taint.without(vocabulary.URL_KINDS) if is_fixed or fixes_host(prefix) else taint)
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
        if node[3] == "+" and node[4][0][0] in (form.LIST, form.TUPLE):
            taints = [self.value(scope, operand, env) for operand in node[4]]
            taint = merged(taints)
            is_behind = bool(node[4][0][3]) and at_place(taints[0], "0") is None
            return None if taint is None else behind_first(taint) if is_behind else taint.whole()
        if node[3] == "+":
            return self._built(scope, node[4], env)
        if node[3] == "%" and _is_markup(node[4][0]):
            # Markup escapes what is put into it.
            taint = merged([self.value(scope, operand, env) for operand in node[4]])
            return taint.as_text().without(("html",)) if taint is not None else None
        if node[3] == "%":
            template = form.string_parts(node[4][0])
            given = [
                item for operand in node[4][1:] for item in (operand[3] if operand[0] == form.TUPLE else (operand,))
            ]
            if template is not None and len(template) == 1 and isinstance(template[0][3], str):
                return self._built(scope, tuple(_interleaved(template[0], given)), env)
        taints = [self.value(scope, operand, env) for operand in node[4]]
        is_text = node[3] == "%"
        return merged(
            (taint.as_text() if is_text else taint.whole()) if taint is not None else None for taint in taints
        )

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
            known = frozenset(inside)
            found.append(self.value(scope, operand, inside))
            if len(inside) > len(known):
                # What is first looked at here is known behind it, so that what the whole proves of it counts there.
                env.update({path: taint for path, taint in inside.items() if path not in known and path not in env})
            self.prove(scope, operand, inside, holds=node[3] == "and")
        return merged(found)

    def _conditional(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        self.value(scope, node[3], env)
        holds = decided.outcome(self.program, scope, node[3])
        if holds is not None:
            return self.value(scope, node[4] if holds else node[5], env)
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
        element = self.value(scope, node[4], inside)
        if node[5] is None:
            return element
        value = self.value(scope, node[5], inside)
        # `{name: given[name] for name in NAMES}`: whoever wrote the values did not choose the keys.
        return value.with_fixed_keys() if element is None and value is not None else merged([element, value])

    def _lambda(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """What happens when it is called; of its own parameters nothing is known."""
        names = {parameter[form.P_NAME] for parameter in node[3]}
        inside = {path: taint for path, taint in env.items() if path.split(".")[0].split("[")[0] not in names}
        return self.value(scope, node[4], inside)

    def _walrus(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        taint = self.value(scope, node[4], env)
        self.bind(scope, node[3], taint, env)
        return taint

    def _tuple(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """A tuple or list knows which of its places hold data, counted from both ends, and what stands before them."""
        found = [self.value(scope, item, env) for item in node[3]]
        taint = merged(found)
        if taint is None:
            return None
        starred = next((place for place, item in enumerate(node[3]) if item[0] == form.STARRED), None)
        if starred is not None:
            return behind_first(taint) if starred and found[0] is None else taint.whole()
        places = [place for place, one in enumerate(found) if one is not None]
        names = {str(p) for place in places for p in (place, place - len(found))}
        before = (form.text_of(node[3][place - 1]) for place in places if place)
        return replace(taint, fields=frozenset((*names, *(text for text in before if text is not None))))

    def _dict(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        found: list[Taint] = []
        fields: set[str] | None = set()
        has_fixed_keys = True
        for key, value in node[3]:
            of_key = self.value(scope, key, env) if key is not None else None
            has_fixed_keys = has_fixed_keys and key is not None and of_key is None
            taint = merged([self.value(scope, value, env), of_key])
            if taint is None:
                continue
            found.append(taint)
            if fields is None or key is None or key[0] != form.CONSTANT:
                fields = None
            else:
                fields.add(str(key[3]))
        taint = merged(found)
        if taint is not None and fields is None and has_fixed_keys:
            # `{User.name: given["name"]}`: which keys there are is what source says, though not as text.
            return taint.with_fixed_keys()
        return replace(taint, fields=frozenset(fields) if fields is not None else None) if taint is not None else None

    def prove(self, scope: Scope, test: Node, env: Environment, *, holds: bool) -> None:
        """Notes in an environment what a test proves."""
        self.take(env, proofs.proved(self.program, scope, test, holds=holds, checks=self.checks))

    @staticmethod
    def take(env: Environment, proved: Iterable[proof.Proof]) -> None:
        """Notes proofs in an environment."""
        for one in proved:
            taint = look_up(env, one.path)
            if one.is_doubt:
                if taint is not None and not taint.is_request:
                    env[one.path] = taint.doubtful(one.kinds)
            elif one.by_source and taint is not None:
                for path, other in list(env.items()):
                    if other is not None and other.source == taint.source:
                        env[path] = other.without(one.kinds) if one.kinds is not None else None
            else:
                clean(env, one.path, one.kinds)

    def call(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """What a CALL gives back."""
        raise NotImplementedError


def _is_markup(node: Node) -> bool:
    return node[0] == form.CALL and (form.dotted(node[3]) or "").rpartition(".")[2] == "Markup"


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
    form.LIST: Expressions._tuple,
    form.LAMBDA: Expressions._lambda,
}
