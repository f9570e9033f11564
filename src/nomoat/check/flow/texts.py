"""What tests of texts prove: patterns, beginnings, what is not in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.check.flow import sources, vocabulary
from nomoat.check.flow.origins import made_of, resolves, was_resolved
from nomoat.check.flow.proof import PATH, Proof
from nomoat.check.flow.taint import path_of
from nomoat.check.model import KINDS
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

#: A pattern of one class of what is not allowed: `[^a-z0-9_]`.
NOT_ALLOWED = re.compile(r"\[\^([\w\s.@:,/\\+-]+)\]\+?\Z")
#: What text has no longer that may only have letters, digits, and what paths are made of.
_ALL_BUT_PATHS = frozenset(KINDS) - PATH
#: `^https://example\.org/`: begins with a host and what ends it.
_FIXED_HOST = re.compile(r"(\^|\\A)https\??://(\\\.|[\w-])+(\(:\w+\)|:\w+)?/")


def has_none(scope: Scope, left: Node, right: Node) -> Iterator[Proof]:
    """What is known of a text that has no `..`, `/` or line break in it; `root in path.parents` for a resolved path."""
    text = form.text_of(left)
    path = path_of(right)
    if path is None or text is None:
        return
    if text in ("/", "\\", "../"):
        yield Proof(path, PATH if text == "/" else None, is_doubt=text != "/")
    elif text == "..":
        yield Proof(path, PATH)
    elif text in ("\n", "\r", "\r\n"):
        yield Proof(path, frozenset(("header", "log")))
    elif text == "://":
        yield Proof(path, is_doubt=True)


def pattern_of(program: Program, scope: Scope, call: Node) -> tuple[str | None, Node]:
    """The text of the pattern of a test by regular expression, and what it is applied to."""
    callee, arguments = call[3], call[4]
    on = program.resolve(scope, callee[3])
    if len(arguments) >= 2 and on.name == "re":
        pattern, subject = program.constant(scope, arguments[0]), arguments[1]
        found = program.resolve(scope, arguments[0]) if pattern is None else on
        if found.where is not None and found.where.is_class and found.value is not None and found.value[0] == form.NAME:
            # `NOT_ALLOWED = NOT_ALLOWED` in a class: that of the module.
            found = program.resolve(found.where.parent or found.where, found.value)
        if pattern is None and found.where is not None and found.value is not None and found.value[0] == form.CALL:
            # `re.sub(self.NOT_ALLOWED, "_", name)`, where that is a pattern.
            pattern = program.constant(found.where, found.value[4][0]) if found.value[4] else None
    else:
        subject = arguments[0]
        pattern = None
        if on.value is not None and on.where is not None and on.value[0] == form.CALL and on.value[4]:
            pattern = program.constant(on.where, on.value[4][0])
    return (pattern.value if pattern is not None and isinstance(pattern.value, str) else None), subject


def matched(program: Program, scope: Scope, call: Node, *, way: str) -> Iterator[Proof]:
    """What a match of a pattern proves of what was matched; `way` is the method."""
    pattern, subject = pattern_of(program, scope, call)
    path = path_of(subject) or next(made_of(scope, subject), None)
    if path is None:
        return
    if pattern is None:
        yield Proof(path, is_doubt=True)
    elif way == "search" and not pattern.startswith(("^", r"\A")):
        return
    elif sources.is_narrow(pattern) and (way == "fullmatch" or pattern.endswith(("$", r"\Z", r"\z"))):
        yield Proof(path, _ALL_BUT_PATHS if sources.climbs(pattern) else None)
    elif _FIXED_HOST.match(pattern):
        yield Proof(path, vocabulary.URL_KINDS)


def without(program: Program, scope: Scope, call: Node) -> Iterator[Proof]:
    """`if re.search(r"[^a-z0-9_]", name): refuse`: afterwards name has nothing else in it."""
    pattern, subject = pattern_of(program, scope, call)
    path = path_of(subject)
    allowed = NOT_ALLOWED.match(pattern) if path is not None and pattern is not None else None
    if path is not None and allowed is not None and call[3][4] == "search":
        yield Proof(path, _ALL_BUT_PATHS if sources.climbs(f"[{allowed.group(1)}]") else None)


def begins(program: Program, scope: Scope, subject: Node, prefix: Node) -> Iterator[Proof]:
    """What a beginning proves: an URL leads to a host, a path into a folder."""
    path = next(made_of(scope, subject), None)
    if path is None:
        return
    if prefix[0] == form.TUPLE and all(fixes_host(form.text_of(one) or "") for one in prefix[3]):
        yield Proof(path, vocabulary.URL_KINDS)
        return
    known = program.constant(scope, prefix)
    # `str(wanted.resolve()).startswith(str(ROOT))`; that of a path which was never resolved proves nothing.
    if was_resolved(scope, path) or resolves(subject):
        yield from (Proof(one, PATH, by_source=True) for one in made_of(scope, subject))
    elif known is None:
        yield Proof(path, is_doubt=True)
    elif isinstance(known.value, str) and fixes_host(known.value):
        yield Proof(path, vocabulary.URL_KINDS)
    elif known.value == "/":
        yield Proof(path, frozenset(("rooted",)))
    elif isinstance(known.value, str) and "://" in known.value and len(known.value) > len("https://"):
        # Without the slash the rest may still change the host, which few have thought of.
        yield Proof(path, is_doubt=True)


def fixes_host(prefix: str) -> bool:
    """Whether a URL that begins so leads to a host that the rest cannot change (RFC 3986, section 3)."""
    scheme, found, rest = prefix.partition("://")
    if found:
        return bool(scheme) and any(mark in rest for mark in "/?#")
    # A path of ours; `/` alone may become `//host`, and browsers read a backslash as a slash.
    return len(prefix) > 1 and not prefix.startswith(("//", "/\\", "\\")) and (prefix[0] in "/?#" or "/" in prefix)
