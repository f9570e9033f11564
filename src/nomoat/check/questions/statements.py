"""What statements of SQL that stand in source look rows up by: `execute("... WHERE id = ?", (order_id,))`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.check.questions.words import last_word
from nomoat.survey.python import form
from nomoat.survey.python.form import Node

_EXECUTES = frozenset(
    ("execute", "fetchone", "fetchall", "fetchrow", "fetchval", "fetch", "fetch_one", "fetch_all", "query")
)
_WHERE = re.compile(r"\bwhere\b", re.I)
#: A place for a value, with the column that it is compared with.
_PLACE = re.compile(r"(?:(\w+)[\"`\]]?\s*=\s*)?(\?|%s|%\((\w+)\)s|\$\d+|(?<!:):(\w+))", re.I)
#: Columns that pick one row.
_ROW = re.compile(r"(\w+_)?(id|pk|uuid|number)|username|email", re.I)


def keys_of_statement(call: Node) -> Iterator[Node]:
    """The values that pick a row in a call that runs a statement."""
    text = form.text_of(call[4][0]) if call[4] and last_word(call) in _EXECUTES else None
    where = _WHERE.search(text) if text is not None else None
    if text is None or where is None:
        return
    values = _values(call)
    for count, found in enumerate(_PLACE.finditer(text)):
        column, name = found[1], found[3] or found[4]
        if found.start() > where.start() and column is not None and _ROW.fullmatch(column):
            value = values.get(name) if name else values.get(count)
            if value is not None:
                yield value


def _values(call: Node) -> dict[object, Node]:
    """What a statement is given, by place or by name."""
    given = call[4][1:]
    if len(given) == 1 and given[0][0] in (form.TUPLE, form.LIST):
        return dict(enumerate(given[0][3]))
    if len(given) == 1 and given[0][0] == form.DICT:
        return {form.text_of(key): value for key, value in given[0][3] if key is not None}
    return dict(enumerate(given))
