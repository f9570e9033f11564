"""Values that source fixes: constants, what is built of them, enum members, defaults of settings.

An environment variable with a default gives that default, and its name in `Known.settings`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import How, Scope

if TYPE_CHECKING:
    from nomoat.survey.python.program import Program

Value: TypeAlias = "str | bytes | int | float | complex | bool | None"

_MAX_STEPS = 30
_MAX_TEXT = 100_000
_ENVIRONMENT = frozenset(("os.getenv", "os.environ.get"))
#: What reads settings of the environment or of files, called as it is or by a method; each is described in the library.
_READERS = ("decouple.Config", "environ.Env", "environs.Env", "starlette.config.Config", "dynaconf.LazySettings")
_READING = ("__call__", "get", "str", "bool", "int", "float", "url", "path", "list")
READERS = frozenset(f"{reader}.{method}" for reader in _READERS for method in _READING)
_ENVIRONMENT_ITEM = "os.environ.__getitem__"
_SETTINGS = frozenset(
    (
        "pydantic_settings.BaseSettings",
        "pydantic.BaseSettings",
        "pydantic.v1.BaseSettings",
        "pydantic_settings.main.BaseSettings",
    )
)
_FIELDS = frozenset(("pydantic.Field", "pydantic.v1.Field", "pydantic.fields.Field", "dataclasses.field"))
#: What makes classes of fields.
_OF_FIELDS = frozenset(("dataclass", "define", "frozen", "attrs", "Struct", "BaseModel", "NamedTuple"))
_TEXT_METHODS: dict[str, Callable[[str], str]] = {
    "strip": str.strip,
    "lower": str.lower,
    "upper": str.upper,
    "rstrip": str.rstrip,
    "lstrip": str.lstrip,
}


@dataclass(frozen=True, slots=True)
class Known:
    """A value that source fixes. `settings` are the environment variables that may change it.

    `is_set` is False when it comes from a setting without a default: then there is no value in source.
    """

    value: Value
    settings: tuple[str, ...] = ()
    is_set: bool = True


class Constants:
    """Evaluates constants of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._steps = 0

    def value(self, scope: Scope, node: Node) -> Known | None:
        """The value of an expression read in `scope`; None when source does not fix it."""
        if self._steps >= _MAX_STEPS:
            return None
        self._steps += 1
        try:
            return self._value(scope, node)
        finally:
            self._steps -= 1

    def _value(self, scope: Scope, node: Node) -> Known | None:
        kind = node[0]
        if kind == form.CONSTANT:
            return Known(node[3]) if node[3] is not ... else None
        if kind == form.FSTRING:
            return self._joined(scope, node[3])
        if kind == form.FORMATTED:
            return self.value(scope, node[3]) if not node[5] else None
        if kind == form.BINARY and node[3] == "+":
            return self._joined(scope, node[4], only_alike=True)
        if kind == form.BINARY and node[3] == "%":
            return self._percent(scope, node)
        if kind == form.BOOLEAN and node[3] == "or":
            return self._or(scope, node)
        if kind in (form.NAME, form.ATTRIBUTE, form.CALL, form.SUBSCRIPT):
            return self._resolved(scope, node)
        return None

    def _resolved(self, scope: Scope, node: Node) -> Known | None:
        if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE:
            called = self._method(scope, node)
            if called is not None:
                return called
        if node[0] == form.ATTRIBUTE and node[4] == "value":
            # An enum's member and its value are the same constant here.
            member = self.value(scope, node[3])
            if member is not None:
                return member
        found = self._program.resolve(scope, node)
        setting = self._class_setting(scope, node, found)
        if len(found.all) > 1 or found.is_partial or (not setting and self._is_given(scope, node)):
            return None
        known = self._of(found)
        if known is None or not setting:
            return Known(None, (setting,), is_set=False) if setting else known
        return Known(known.value, tuple(dict.fromkeys((*known.settings, setting))), known.is_set)

    def _of(self, found: Resolved) -> Known | None:
        value, where = found.value, found.where
        if value is None or where is None:
            return None
        if found.kind == "constant":
            return Known(value[3]) if value[3] is not ... else None
        if value[0] == form.CALL and (found.name in _ENVIRONMENT or found.name in READERS):
            return self._environment(where, value)
        if value[0] == form.CALL and found.name in _FIELDS:
            default = form.argument(value, "default", 0)
            return self.value(where, default) if default is not None else None
        is_conversion = found.name in ("builtins.str", "builtins.int", "pydantic.SecretStr")
        # `int("755", 8)` has a base.
        if value[0] == form.CALL and is_conversion and len(value[4]) == 1 and not value[5]:
            return self._converted(found.name, self.value(where, value[4][0]))
        if value[0] == form.SUBSCRIPT and found.name == _ENVIRONMENT_ITEM:
            name = self.value(where, value[4])
            return Known(None, (str(name.value),), is_set=False) if name is not None else None
        if value[0] in (form.FSTRING, form.BINARY, form.BOOLEAN):
            return self.value(where, value)
        return None

    def _converted(self, name: str, known: Known | None) -> Known | None:
        if known is None or not known.is_set or name == "pydantic.SecretStr":
            return known
        try:
            value: Value = int(str(known.value)[:400]) if name == "builtins.int" else str(known.value)
        except ValueError:
            return None
        return Known(value, known.settings)

    def _environment(self, where: Scope, call: Node) -> Known | None:
        named = call[4][0] if call[4] else next((v for k, v in call[5] if k in ("key", "option", "var", "name")), None)
        name = self.value(where, named) if named is not None else None
        if name is None or not isinstance(name.value, str):
            return None
        default = form.argument(call, "default", 1)
        fallback = self.value(where, default) if default is not None else None
        if fallback is None or fallback.value is None:
            return Known(None, (name.value,), is_set=False)
        return Known(fallback.value, (name.value, *fallback.settings), fallback.is_set)

    def _class_setting(self, scope: Scope, node: Node, found: Resolved) -> str:
        """The environment variable behind an attribute of a pydantic settings class; empty for everything else."""
        if node[0] != form.ATTRIBUTE:
            return ""
        base = self._program.resolve(scope, node[3])
        if base.kind not in ("instance", "class") or base.scope is None:
            return ""
        classes = self._program.resolver.classes
        if not classes.is_a(base.scope, _SETTINGS):
            return ""
        members, _ = classes.members(base.scope, node[4])
        if not any(member.binding.how in (How.ANNOTATED, How.VALUE) for member in members):
            return ""
        return f"{self._prefix(base.scope)}{node[4]}".upper()

    def _is_given(self, scope: Scope, node: Node) -> bool:
        """Whether what made the object may give another value than its class has: `Config(**loaded).asks`."""
        base = self._program.resolve(scope, node[3]) if node[0] == form.ATTRIBUTE else None
        if base is None or base.kind != "instance" or base.scope is None:
            return False
        made = base.value if base.value is not None and base.value[0] == form.CALL else None
        if made is None:
            # Whoever hands it over has made it: `def create_app(config: ShopConfig)`.
            return self._holds_fields(base.scope) and self._is_field(base.scope, node[4])
        if not (made[4] or any(name in (None, node[4]) for name, _ in made[5])):
            return False
        return self._is_field(base.scope, node[4])

    def _is_field(self, cls: Scope, name: str) -> bool:
        members, _ = self._program.resolver.classes.members(cls, name)
        return any(member.binding.how is How.ANNOTATED for member in members)

    def _holds_fields(self, cls: Scope) -> bool:
        """Whether objects of a class are made with what they hold: `@dataclass`, `class Config(BaseModel)`."""
        decorated = {form.dotted(one[3] if one[0] == form.CALL else one) for one in cls.decorators}
        above = self._program.bases_elsewhere(cls)
        return any((one or "").rpartition(".")[2] in _OF_FIELDS for one in (*decorated, *above))

    def _prefix(self, scope: Scope) -> str:
        for member in self._program.resolver.classes.members(scope, "model_config")[0]:
            if member.binding.value is not None and member.binding.value[0] == form.CALL:
                prefix = form.keyword(member.binding.value, "env_prefix")
                return form.text_of(prefix) or ""
        return ""

    def _joined(self, scope: Scope, parts: tuple[Node, ...], *, only_alike: bool = False) -> Known | None:
        values: list[Value] = []
        settings: dict[str, None] = {}
        is_set = True
        for part in parts:
            known = self.value(scope, part)
            if known is None:
                return None
            values.append(known.value)
            settings.update(dict.fromkeys(known.settings))
            is_set = is_set and known.is_set
        if not is_set:
            return Known(None, tuple(settings), is_set=False)
        if not only_alike or all(isinstance(value, str) for value in values):
            texts = [str(value) for value in values]
            return Known("".join(texts), tuple(settings)) if sum(map(len, texts)) <= _MAX_TEXT else None
        if all(isinstance(value, bytes) for value in values):
            return Known(b"".join(value for value in values if isinstance(value, bytes)), tuple(settings))
        if all(type(value) is int for value in values):
            return Known(sum(value for value in values if isinstance(value, int)), tuple(settings))
        return None

    def _percent(self, scope: Scope, node: Node) -> Known | None:
        template = self.value(scope, node[4][0])
        if template is None or not isinstance(template.value, str) or len(node[4]) != 2:
            return None
        given = node[4][1][3] if node[4][1][0] == form.TUPLE else (node[4][1],)
        pieces = template.value.split("%s")
        if "%" in "".join(pieces) or len(pieces) != len(given) + 1:
            return None
        parts: list[Node] = []
        for place, piece in enumerate(pieces):
            parts.append((form.CONSTANT, node[1], node[2], piece))
            parts.extend(given[place : place + 1])
        return self._joined(scope, tuple(parts))

    def _or(self, scope: Scope, node: Node) -> Known | None:
        # `os.getenv("KEY") or "default"`
        settings: dict[str, None] = {}
        for operand in node[4]:
            known = self.value(scope, operand)
            if known is None:
                return None
            settings.update(dict.fromkeys(known.settings))
            if known.is_set and known.value:
                return Known(known.value, tuple(settings))
        return Known(None, tuple(settings), is_set=False)

    def _method(self, scope: Scope, node: Node) -> Known | None:
        name = node[3][4]
        if name == "format" and not node[5] and all(given[0] != form.STARRED for given in node[4]):
            return self._formatted(scope, node)
        method = _TEXT_METHODS.get(name)
        if method is None or node[4] or node[5]:
            return None
        known = self.value(scope, node[3][3])
        if known is None or not isinstance(known.value, str):
            return None
        return Known(method(known.value), known.settings)

    def _formatted(self, scope: Scope, node: Node) -> Known | None:
        template = self.value(scope, node[3][3])
        if template is None or not isinstance(template.value, str):
            return None
        pieces = template.value.split("{}")
        if "{" in "".join(pieces) or "}" in "".join(pieces) or len(pieces) != len(node[4]) + 1:
            return None
        parts: list[Node] = []
        for place, piece in enumerate(pieces):
            parts.append((form.CONSTANT, node[1], node[2], piece))
            parts.extend(node[4][place : place + 1])
        return self._joined(scope, tuple(parts))

    def listed(self, scope: Scope, name: str) -> list[str] | None:
        """The texts of a module's list, additions by `+=` included; None when there is none or it cannot be read."""
        if name not in scope.bindings:
            return None
        found: list[str] = []
        for binding in scope.bindings[name]:
            value = (
                binding.value if binding.how is not How.OPAQUE else binding.node[5] if len(binding.node) > 5 else None
            )
            operands = value[4] if value is not None and value[0] == form.BINARY else (value,)
            for operand in operands:
                if operand is None or operand[0] not in (form.LIST, form.TUPLE):
                    return None
                found.extend(text for item in operand[3] if (text := form.text_of(item)) is not None)
        return found
