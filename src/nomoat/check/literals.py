"""Secrets that stand in source: as a literal, through names and objects, or where a setting is absent."""

from __future__ import annotations

import re

from nomoat.check import instances
from nomoat.check.secrets.placeholders import names_setting
from nomoat.survey.python import form
from nomoat.survey.python.constants import Known
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope

#: Texts that are filled in before they are used; "changeme" is none of them, for it works.
_TEMPLATE = re.compile(r"<.*>|\{.*\}|\$\{?.*|%.*%|\.\.\.|\s*", re.S)
#: Texts that somebody is meant to replace.
_PLACEHOLDER = re.compile(
    r"(<.*>|\{.*\}|\$\{?.*|%.*%|x{3,}|\*+|\.\.\.|(change|replace)[-_ ]?(me|this|it).*|your[-_ ].*|todo.*|none|null)?\Z",
    re.I | re.S,
)
#: What is no secret, though it stands where a key may: everybody may read it (RFC 7468).
_PUBLIC = re.compile(r"\s*(-----BEGIN (RSA |EC )?(PUBLIC KEY|CERTIFICATE)|ssh-(rsa|ed25519) |https?://)")


def known(program: Program, scope: Scope, given: Node) -> Known | None:
    """The value that source fixes, through `.encode()`, default arguments and alternatives that agree."""
    if given[0] == form.CALL and given[3][0] == form.ATTRIBUTE and given[3][4] in ("encode", "get_secret_value"):
        return known(program, scope, given[3][3])
    if given[0] == form.CALL and len(given[4]) == 1 and (form.dotted(given[3]) or "") in ("bytes", "str", "bytearray"):
        return known(program, scope, given[4][0])
    made = instances.given_to(program, scope, given) if given[0] == form.ATTRIBUTE else None
    found = known(program, *made) if made is not None else program.constant(scope, given)
    if found is None and given[0] == form.NAME:
        for binding in scope.bindings.get(given[3], ()):
            if binding.how is not How.PARAMETER:
                return None
            default = binding.node[form.P_DEFAULT]
            found = program.constant(scope.parent or scope, default) if default is not None else None
    return found


def _fallback(program: Program, scope: Scope, given: Node) -> Known | None:
    """The text that stands in for a setting that is not there: after an `or`, in an `except`, in an `if`."""
    parts: tuple[Node, ...] = ()
    node = given
    if given[0] == form.NAME:
        outer: Scope | None = scope
        while outer is not None and given[3] not in outer.bindings:
            outer = outer.parent
        bindings = outer.bindings[given[3]] if outer is not None else []
        if outer is None or not bindings or any(one.value is None for one in bindings):
            return None
        scope = outer
        if len(bindings) == 1:
            node = bindings[0].value or given
        else:
            # `try: KEY = os.environ["KEY"]`, then `except KeyError: KEY = "..."`; the same with an `if`.
            parts = tuple(one.value for one in bindings if one.value is not None and one.how is How.VALUE)
    if node[0] == form.BOOLEAN and node[3] == "or":
        parts = tuple(node[4])
    elif node[0] == form.CONDITIONAL:
        parts = (node[4], node[5])
    values = [program.constant(scope, one) for one in parts]
    setting = next((one for one in values if one is not None and one.settings), None)
    fixed = next((one for one in reversed(values) if one is not None and one.is_set and not one.settings), None)
    return Known(fixed.value, setting.settings) if setting is not None and fixed is not None else None


def stands_in(program: Program, scope: Scope, given: Node) -> bool:
    """Whether a secret of source stands in for a setting that is not there."""
    found = known(program, scope, given) or _fallback(program, scope, given)
    if found is None or not found.is_set or not found.settings or not is_secret(found.value):
        return False
    text = found.value.decode("latin-1") if isinstance(found.value, bytes) else str(found.value)
    return not _PLACEHOLDER.match(text)


def is_secret(value: object) -> bool:
    """Whether a value may be one: text that is not public, and not a template that is filled in."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if not isinstance(text, str) or len(text) <= 2 or names_setting(text):
        return False
    return not _PUBLIC.match(text) and not _TEMPLATE.fullmatch(text)
