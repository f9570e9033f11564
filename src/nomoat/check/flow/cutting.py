"""What texts lose on their way: characters that are replaced or left out, parts that are cut off."""

from __future__ import annotations

from nomoat.check.flow import texts
from nomoat.check.flow.origins import bound_once
from nomoat.check.flow.taint import Taint
from nomoat.check.model import KINDS
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

#: What no longer bears a text in which these are replaced by something without them.
_REPLACED = {
    "<": frozenset(("html",)), "\n": frozenset(("log", "header")), "\r": frozenset(("log", "header")),
    "/": frozenset(("path",)), "{": frozenset(("format",)),
}  # fmt: skip
#: Replacements that help against most of it, not surely against all.
_DOUBTED = {"..": frozenset(("path",)), "{{": frozenset(("template",))}
_PLACES = frozenset(("path", "url", "redirect"))


#: What parts of paths stand between.
_BETWEEN = frozenset(("os.sep", "os.path.sep", "posixpath.sep"))


def replaced(program: Program, scope: Scope, call: Node, taint: Taint) -> Taint:
    """The taint of `text.replace("<", "&lt;")`, or of `name.replace(os.sep, "_")`."""
    old, new = (form.text_of(one) for one in call[4][:2]) if len(call[4]) > 1 else (None, None)
    if old is None and new is not None and program.resolve(scope, call[4][0]).name in _BETWEEN:
        old = "/"
    if old is None or new is None or old in new:
        return taint if old not in _DOUBTED or new is None else taint.doubtful(_DOUBTED[old])
    if old in _DOUBTED:
        return taint.doubtful(_DOUBTED[old])
    return taint.without(_REPLACED.get(old, ()))


def substituted(program: Program, scope: Scope, call: Node, taint: Taint) -> Taint | None:
    """The taint of `re.sub(r"[^a-z]", "", text)`; None when only what is listed is left."""
    pattern, _ = texts.pattern_of(program, scope, call)
    found = texts.NOT_ALLOWED.match(pattern) if pattern is not None else None
    if found is None:
        return taint
    if "/" not in found.group(1) and "\\" not in found.group(1).replace("\\w", "").replace("\\s", ""):
        return None
    return taint.without(frozenset(KINDS) - _PLACES)


def cut(scope: Scope, node: Node, taint: Taint) -> Taint:
    """The taint of `name.split("/")[-1]`, which has no slash, and of `name.rsplit(".", 1)[1]`, which has no dot."""
    call, place = node[3], node[4]
    if call[0] == form.NAME:
        # `parts = name.rsplit(".", 1)`, then `parts[1]`.
        call = bound_once(scope, call[3]) or call
    if call[0] != form.CALL or call[3][0] != form.ATTRIBUTE or not call[4] or place[0] != form.CONSTANT:
        return taint
    word, by = call[3][4], form.text_of(call[4][0])
    is_whole = word == "split" and len(call[4]) == 1
    is_last = word in ("split", "rsplit") and (place[3] == -1 or (word == "rsplit" and place[3] == 1))
    return taint.without(("path",)) if by in ("/", ".") and (is_whole or is_last) else taint
