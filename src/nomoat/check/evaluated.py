"""What an expression gives when no setting says otherwise: constants, what is computed of them, defaults of settings.

`os.environ.get("DEBUG", "1") == "1"` is True, and depends on DEBUG. Takes an expression; gives its value, with the
settings that may change it, or None where source does not fix it. Wider than `Program.constant`, which texts are
followed by: here are comparisons, arithmetic, lists, conversions, and the readers of settings of other packages.
"""

from __future__ import annotations

import operator
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope

_MAX_DEPTH = 12
_MAX_NUMBER = 1 << 80
_MAX_LENGTH = 10_000
_MAX_EXPONENT = 80
_TRUE = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE = frozenset(("0", "false", "f", "no", "n", "off", ""))
#: Readers of settings by the last word of their callee; their default is `default` or the second argument.
_READERS = frozenset(("env", "config", "getenv", "get", "bool", "str", "int", "list", "float", "get_env", "tuple"))
_READER_OBJECTS = frozenset(("env", "environ", "config", "Env", "Config", "Csv"))
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "bool": bool, "int": lambda value: int(str(value)[:40]) if isinstance(value, str) else int(value), "str": str,
    "float": float, "list": tuple, "tuple": tuple, "set": tuple, "frozenset": tuple, "bytes": bytes, "bytearray": bytes,
    "strtobool": lambda value: _as_bool(value), "str2bool": lambda value: _as_bool(value), "len": len,
    "as_bool": lambda value: _as_bool(value), "to_bool": lambda value: _as_bool(value),
    "asbool": lambda value: _as_bool(value), "literal_eval": lambda value: _as_bool(value),
    "loads": lambda value: _as_bool(value), "fromhex": bytes.fromhex,
}  # fmt: skip
_BYTES_OF_NUMBER = 4096
_METHODS: dict[str, Callable[..., Any]] = {
    "lower": lambda value: value.lower(), "upper": lambda value: value.upper(), "strip": lambda value: value.strip(),
    "title": lambda value: value.title(), "casefold": lambda value: value.casefold(),
    "capitalize": lambda value: value.capitalize(), "encode": lambda value, *_: value.encode(),
    "split": lambda value, *by: tuple(value.split(*by)), "hex": lambda value: value.hex(),
    "startswith": lambda value, start: value.startswith(start), "ljust": lambda value, *by: value.ljust(*by),
    "decode": lambda value, *_: value.decode("latin-1"), "get_secret_value": lambda value: value,
}  # fmt: skip
_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "is": operator.eq, "is not": operator.ne,
    "in": lambda one, many: one in many, "not in": lambda one, many: one not in many,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "|": operator.or_,
    "&": operator.and_, "^": operator.xor, "<<": lambda one, by: one << _small(by), "/": operator.truediv,
    "**": lambda one, by: one ** _small(by),
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A value, and the settings it depends on. `is_set` is False when only a setting could give one."""

    value: Any
    settings: tuple[str, ...] = ()
    is_set: bool = True


class _NotFixedError(Exception):
    """Source does not fix the value."""


def evaluate(program: Program, scope: Scope, node: Node) -> Evaluated | None:
    """The value of an expression read in `scope`; None when source does not fix it."""
    try:
        return _Evaluation(program).value(scope, node, 0)
    except (_NotFixedError, ValueError, TypeError, AttributeError, ArithmeticError, LookupError, MemoryError):
        return None


def _small(exponent: int) -> int:
    if exponent > _MAX_EXPONENT:
        raise _NotFixedError
    return exponent


def _as_bool(value: Any) -> bool:
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise _NotFixedError


class _Evaluation:
    def __init__(self, program: Program) -> None:
        self._program = program

    def value(self, scope: Scope, node: Node, depth: int) -> Evaluated:
        if depth > _MAX_DEPTH:
            raise _NotFixedError
        kind = node[0]
        if kind == form.CONSTANT:
            if node[3] is ...:
                raise _NotFixedError
            return Evaluated(node[3])
        known = self._program.constant(scope, node)
        if known is not None:
            if kind == form.SUBSCRIPT and not known.is_set:
                # `os.environ["DEBUG"]` raises where `os.environ.get("DEBUG")` gives None.
                raise _NotFixedError
            return Evaluated(known.value, known.settings, known.is_set)
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise _NotFixedError
        return handler(self, scope, node, depth + 1)

    def _named(self, scope: Scope, node: Node, depth: int) -> Evaluated:
        if node[0] == form.NAME:
            found = self._default_of(scope, node[3], depth)
            if found is not None:
                return found
        found_there = self._program.resolve(scope, node)
        if len(found_there.all) == 1:
            if found_there.value is not None and found_there.where is not None and found_there.value is not node:
                return self.value(found_there.where, found_there.value, depth)
            if found_there.kind == "external" and found_there.name.startswith("stat.S_I"):
                return Evaluated(getattr(stat, found_there.name[5:]))
        if node[0] == form.NAME:
            return self._bound_once(scope, node[3], depth)
        raise _NotFixedError

    def _default_of(self, scope: Scope, name: str, depth: int) -> Evaluated | None:
        """The default of a parameter that nothing else binds: what the function takes where nobody says more."""
        bindings = scope.bindings.get(name, ())
        if len(bindings) != 1 or bindings[0].how is not How.PARAMETER:
            return None
        default = bindings[0].node[form.P_DEFAULT]
        if default is None:
            raise _NotFixedError
        found = self.value(scope.parent or scope, default, depth)
        return Evaluated(found.value, (*found.settings, name), found.is_set)

    def _bound_once(self, scope: Scope, name: str, depth: int) -> Evaluated:
        outer: Scope | None = scope
        while outer is not None:
            bindings = outer.bindings.get(name) if outer is scope or not outer.is_class else None
            if bindings:
                if len(bindings) != 1 or bindings[0].value is None or bindings[0].path:
                    break
                if bindings[0].how not in (How.VALUE, How.ANNOTATED):
                    break
                return self.value(outer, bindings[0].value, depth)
            outer = outer.parent
        raise _NotFixedError

    def _listed(self, scope: Scope, node: Node, depth: int) -> Evaluated:
        return self._together(scope, node[3], depth, lambda *items: items)

    def _together(self, scope: Scope, nodes: Any, depth: int, work: Callable[..., Any]) -> Evaluated:
        parts = [self.value(scope, one, depth) for one in nodes]
        settings = tuple(dict.fromkeys(name for part in parts for name in part.settings))
        if not all(part.is_set for part in parts):
            return Evaluated(None, settings, is_set=False)
        value = work(*(part.value for part in parts))
        too_long = isinstance(value, (str, bytes, tuple)) and len(value) > _MAX_LENGTH
        if too_long or (isinstance(value, int) and abs(value) > _MAX_NUMBER):
            raise _NotFixedError
        return Evaluated(value, settings)

    def _binary(self, scope: Scope, node: Node, depth: int) -> Evaluated:
        work = _ARITHMETIC.get(node[3])
        if work is None:
            raise _NotFixedError

        def together(*values: Any) -> Any:
            total = values[0]
            for value in values[1:]:
                if isinstance(total, (str, bytes, tuple)) and isinstance(value, int) and value > _MAX_LENGTH:
                    raise _NotFixedError
                total = work(total, value)
                if isinstance(total, int) and abs(total) > _MAX_NUMBER:
                    raise _NotFixedError
            return total

        return self._together(scope, node[4], depth, together)

    def _boolean(self, scope: Scope, node: Node, depth: int) -> Evaluated:
        settings: tuple[str, ...] = ()
        last = Evaluated(None)
        for operand in node[4]:
            last = self.value(scope, operand, depth)
            settings = tuple(dict.fromkeys((*settings, *last.settings)))
            # A setting that is absent is None: `os.environ.get("X") or default`.
            if bool(last.value if last.is_set else None) == (node[3] == "or"):
                break
        return Evaluated(last.value, settings, last.is_set)

    def _unary(self, scope: Scope, node: Node, depth: int) -> Evaluated:
        found = self.value(scope, node[4], depth)
        if node[3] == "not":
            return Evaluated(not (found.value if found.is_set else None), found.settings)
        if not found.is_set:
            return found
        value = _UNARY[node[3]](found.value)
        return Evaluated(value, found.settings)

    def _compare(self, scope: Scope, node: Node, depth: int) -> Evaluated:
        if len(node[4]) != 1:
            raise _NotFixedError
        parts = [self.value(scope, one, depth) for one in node[3]]
        settings = tuple(dict.fromkeys(name for part in parts for name in part.settings))
        # What an absent setting gives is None, which compares well with everything but the order of numbers.
        values = [part.value if part.is_set else None for part in parts]
        return Evaluated(bool(_COMPARED[node[4][0]](*values)), settings)

    def _conditional(self, scope: Scope, node: Node, depth: int) -> Evaluated:
        test = self.value(scope, node[3], depth)
        chosen = self.value(scope, node[4] if (test.value if test.is_set else None) else node[5], depth)
        return Evaluated(chosen.value, tuple(dict.fromkeys((*test.settings, *chosen.settings))), chosen.is_set)

    def _call(self, scope: Scope, node: Node, depth: int) -> Evaluated:
        callee = node[3]
        word = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
        is_reader = word in _READERS and _reads_settings(callee)
        if is_reader:
            return self._setting(scope, node, word, depth)
        if word in _CONVERSIONS and len(node[4]) == 1 and not node[5]:
            convert = bytes if word == "bytearray" else _CONVERSIONS[word]

            def converted(value: Any) -> Any:
                if convert is bytes and isinstance(value, int) and value > _BYTES_OF_NUMBER:
                    raise _NotFixedError
                return convert(value)

            return self._together(scope, node[4], depth, converted)
        if word == "int" and len(node[4]) == 2 and not node[5]:
            return self._together(scope, node[4], depth, lambda text, base: int(text[:40], base))
        if callee[0] == form.ATTRIBUTE and word in _METHODS and not node[5]:
            return self._together(scope, (callee[3], *node[4]), depth, _METHODS[word])
        raise _NotFixedError

    def _setting(self, scope: Scope, node: Node, word: str, depth: int) -> Evaluated:
        """`env.bool("DEBUG", default=True)`, `config("DEBUG", default=True, cast=bool)`, `env("DEBUG", True)`."""
        name = form.text_of(node[4][0]) if node[4] else None
        if name is None:
            raise _NotFixedError
        default = form.argument(node, "default", 1)
        if default is None:
            return Evaluated(None, (name,), is_set=False)
        found = self.value(scope, default, depth)
        cast = form.argument(node, "cast")
        converted = word if word in ("bool", "int") else form.dotted(cast) if cast is not None else None
        value = found.value
        if found.is_set and converted == "bool":
            value = _as_bool(value)
        return Evaluated(value, tuple(dict.fromkeys((name, *found.settings))), found.is_set)


def _reads_settings(callee: Node) -> bool:
    if callee[0] == form.NAME:
        return callee[3] in ("env", "config", "getenv", "get_env")
    owner = callee[3]
    last = owner[4] if owner[0] == form.ATTRIBUTE else owner[3] if owner[0] == form.NAME else ""
    return last in _READER_OBJECTS


_HANDLERS: dict[int, Callable[[_Evaluation, Scope, Node, int], Evaluated]] = {
    form.NAME: _Evaluation._named, form.ATTRIBUTE: _Evaluation._named, form.LIST: _Evaluation._listed,
    form.TUPLE: _Evaluation._listed, form.SET: _Evaluation._listed, form.BINARY: _Evaluation._binary,
    form.BOOLEAN: _Evaluation._boolean, form.UNARY: _Evaluation._unary, form.COMPARE: _Evaluation._compare,
    form.CONDITIONAL: _Evaluation._conditional, form.CALL: _Evaluation._call,
}  # fmt: skip
