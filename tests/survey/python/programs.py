"""Small programs for tests, written as text."""

from __future__ import annotations

from textwrap import dedent

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module, parse
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved


def module(source: str, path: str = "module.py") -> Module:
    return parse(dedent(source).encode(), path)


def tree(files: dict[str, str]) -> Program:
    """A program of files by their path."""
    sources = {path: source for path, source in files.items() if path.endswith(".py")}
    return Program(
        (module(source, path) for path, source in sources.items()), other_files=files.keys() - sources.keys()
    )


def expression(source: str) -> Node:
    """The lowered form of one expression."""
    statement = module(source).body[0]
    assert statement[0] == form.EXPRESSION, statement
    node: Node = statement[3]
    return node


def last(program: Program, path: str, function: str = "") -> Resolved:
    """What the last expression statement of a module (or of one of its functions) means."""
    scope = program.scope(path)
    for name in function.split(".") if function else ():
        scope = next(child for child in scope.children.values() if child.name == name)
    statement = next(node for node in reversed(scope.body) if node[0] == form.EXPRESSION)
    return program.resolve(scope, statement[3])
