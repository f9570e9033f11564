"""Rows of routes that nothing which was read registers: `(r"/orders", OrdersHandler)` in a list that somebody loads.

A configuration names the modules, or another server asks for the list: where such a list stands is in no source, and
what stands before its paths is not known either. Whether its handlers ask who calls is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.survey.found import UNREAD_PREFIX, Around, Layout
from nomoat.survey.models import Kind
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.routing import Layer
from nomoat.survey.trial.machine import ExhaustedError, RaisedError
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.statements import Trial
from nomoat.survey.trial.texts import known_end
from nomoat.survey.trial.values import Const, Items, Thing, Value, options

#: A text, or what joins some, and the class behind it.
_ROW = re.compile(rb"[\"'})]\s*,\s*(?:\w+\.)*[A-Z]\w*\s*[,)\]]")
_TEXTS = frozenset((form.CONSTANT, form.FSTRING, form.BINARY, form.CALL, form.NAME))
_MADE_BY = frozenset(("url", "URLSpec", "Rule"))
NOT_REGISTERED = "nothing that was read registers the routes that are listed here"


def strays(layer: Layer, run: Trial, known: set[Scope]) -> Layout:
    """The routes of rows with classes of which none is in `known`, each under a prefix that is not read."""
    whole = Layout()
    for kind in _kinds(run):
        words = [word for word in run.program.words.containing(b"handler") if b"Handler" in word]
        for path in run.program.words.matching(_ROW, words) if words else ():
            rows = [] if TEST_FILE.search(path) else list(_rows(run, path, kind, known))
            if not rows:
                continue
            at = rows[0].at
            registry = Registry(kind, kind.rows, at, named={"handlers": Items(list[Value](rows))}, module=path)
            layout = layer.router(registry, Around(doubt=f"{UNREAD_PREFIX} ({at})"))
            whole.routes += layout.routes
            whole.unread.append((at, NOT_REGISTERED))
    return whole


def _kinds(run: Trial) -> Iterator[Kind]:
    """The applications that are given rows: one of each kind of rows, where the tree speaks of their package."""
    seen: set[str] = set()
    for name, kind in run.models.kinds.items():
        package = name.partition(".")[0].encode()
        if kind.is_application and kind.rows and kind.rows not in seen and package in run.program.words:
            seen.add(kind.rows)
            yield kind


def _rows(run: Trial, path: str, kind: Kind, known: set[Scope]) -> Iterator[Thing]:
    module = run.program.modules[path]
    for scope in run.program.scopes(within=module):
        for node in form.walk_scope(scope.body):
            given = _given(node)
            cls = _handler(run.program, run, scope, given[1], kind) if given else None
            if cls is None or cls in known:
                continue
            values = _values(run, scope, given)
            if values is not None:
                handler = run.class_of(cls)
                yield Thing(kind.rows, (values[0], handler, *values[1:]), at=module.at(node))


def _given(node: Node) -> tuple[Node, ...]:
    """What stands in a row, as far as the arguments of its handler; nothing for what is none."""
    if node[0] == form.TUPLE:
        given = tuple(node[3])
    elif node[0] == form.CALL and (form.dotted(node[3]) or "").rpartition(".")[2] in _MADE_BY:
        given = tuple(node[4])
    else:
        return ()
    is_row = len(given) >= 2 and given[0][0] in _TEXTS and given[1][0] in (form.NAME, form.ATTRIBUTE)
    return given[:3] if is_row else ()


def _handler(program: Program, run: Trial, scope: Scope, node: Node, kind: Kind) -> Scope | None:
    """The class of the tree that answers, of the framework of these rows."""
    found = program.resolve(scope, node)
    cls = found.scope if found.kind == "class" else None
    if cls is None or cls.module.is_library:
        return None
    package = kind.rows.partition(".")[0]
    bases = (one if isinstance(one, str) else one.dotted for one in program.bases(cls))
    answers = any(one in run.models.endpoint_classes and one.partition(".")[0] == package for one in bases)
    return cls if answers else None


def _values(run: Trial, scope: Scope, given: tuple[Node, ...]) -> list[Value] | None:
    """The path of a row and what else its handler is given; None where nothing of the path is known."""
    top = scope
    while top.parent is not None:
        top = top.parent
    env = run.module(top)
    try:
        values = [run.evaluate(env, given[0]), *(run.evaluate(env, one) for one in given[2:])]
    except (RaisedError, ExhaustedError, RecursionError):
        return None
    is_text = any(isinstance(one, Const) and isinstance(one.value, str) for one in options(values[0]))
    return values if is_text or known_end(values[0]) else None


__all__ = ["NOT_REGISTERED", "strays"]
