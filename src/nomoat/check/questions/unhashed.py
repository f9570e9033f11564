"""Passwords that are kept as they were typed: what of a request becomes a row, a document or a column unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.requested import Requested
from nomoat.check.questions.words import last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope
from nomoat.survey.sqltext import columns_set, text_of

#: Columns of passwords; of the first it is said that they hold no password but its hash.
_HASHED = re.compile(r"\A(hashed_password|encrypted_password|(password|passwd|pwd|pw)_?(hash|hashed|digest))\Z", re.I)
_KEPT = re.compile(r"\A(user_)?(password|passwd|pwd|passw)\Z", re.I)
_TYPED = re.compile(r"\A(user_?|new_?|plain_?|raw_?)?(password|passwd|pwd|pass|passw|pw|password_?1)\Z", re.I)
#: Functions of databases that make a hash.
_BY_DATABASE = re.compile(r"\b(crypt|digest|password|sha\d*|md5|encode|hashbytes|pgp_sym_encrypt)\s*\(", re.I)
#: What hashes somewhere may do so behind the constructor of a row.
_HASHES = re.compile(rb"hash|crypt|argon2|pbkdf2|digest|PasswordType", re.I)
_DOCUMENTS = frozenset(("insert_one", "insert"))


def unhashed_password(asked: Asked) -> Iterator[Answer]:
    """Routes that put a password into a store as it was typed."""
    told: set[tuple[str, int]] = set()
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or route.method in SAFE_METHODS:
            continue
        requested = Requested(asked.registrations.program, handler, route)
        for node, column, value in _kept(asked, handler):
            item = requested.item(value)
            if item is None or not _TYPED.match(item.name) or (handler.module.path, node[1]) in told:
                continue
            told.add((handler.module.path, node[1]))
            yield Answer(
                route,
                f"{name_of(route)} keeps the password as it was typed",
                f"{item.name} of the request becomes {column}",
                "", "", "sure", Place(handler.module, node),
            )  # fmt: skip


def _kept(asked: Asked, handler: Scope) -> Iterator[tuple[Node, str, Node]]:
    """What is put into a column of passwords: the call, the column, and the value."""
    program = asked.registrations.program
    for node in form.walk_scope(handler.body):
        if node[0] != form.CALL:
            continue
        if node[4] and (columns := columns_set(statement := text_of(program, handler, node[4][0]))):
            given = node[4][1:]
            given = given[0][3] if len(given) == 1 and given[0][0] in (form.TUPLE, form.LIST) else given
            if not _BY_DATABASE.search(re.sub(r"\([^()]*\)\s*values", "", statement, flags=re.I)):
                yield from ((node, one, it) for one, it in zip(columns, given, strict=False) if one and _is_kept(one))
        elif last_word(node) in _DOCUMENTS and node[4] and node[4][0][0] == form.DICT:
            for key, value in node[4][0][3]:
                name = form.text_of(key) if key is not None else None
                if name and _is_kept(name):
                    yield node, name, value
        else:
            yield from _of_row(asked, handler, node)


def _is_kept(column: str) -> bool:
    return bool(_KEPT.match(column) or _HASHED.match(column))


def _of_row(asked: Asked, handler: Scope, call: Node) -> Iterator[tuple[Node, str, Node]]:
    """`User(name=..., hashed_password=given.password)`, where the class leaves it as it is."""
    pairs = [(name, value) for name, value in call[5] if name is not None and _is_kept(name)]
    found = asked.registrations.program.resolve(handler, call[3]) if pairs else None
    model = found.scope if found is not None and found.kind == "class" else None
    if model is None or not asked.is_row(model) or asked.inherits_user(model):
        return
    for name, value in pairs:
        is_named_so = _HASHED.match(name) is not None
        # What is called a password may be hashed by the class, or by what listens to it.
        is_plain = is_named_so or not list(asked.registrations.program.words.matching(_HASHES))
        columns = model.bindings.get(name, ())
        if is_plain and all(one.value is not None and one.value[0] == form.CALL for one in columns):
            yield call, name, value
