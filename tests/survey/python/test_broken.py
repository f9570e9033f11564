from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.survey.python import form
from nomoat.survey.python.parser import Module, Parsing, parse
from nomoat.survey.python.program import Program
from nomoat.survey.python.reading import decoded

WHOLE = b"""
import os

def before(): return os.getcwd()

class Shop:
    def first(self): pass
    %s
    def second(self): pass

def after(): pass
"""


def names(lowered: Module) -> list[str]:
    return [node[3] for node in form.walk(lowered.body) if node[0] in (form.FUNCTION, form.CLASS)]


@pytest.mark.parametrize(
    "broken",
    ["x = (", "x = )", "def", "def f(:", "@", "if x y:", "f(x y)", "<<<<<<< HEAD", "x = = 1", "?", "x = {1: }"],
)
def test_a_broken_line_leaves_the_definitions_around_it_whole(broken: str) -> None:
    lowered = parse(WHOLE.replace(b"%s", broken.encode()), "m.py")

    assert {"before", "Shop", "first", "second", "after"} <= set(names(lowered))
    assert lowered.broken


@pytest.mark.parametrize("broken", ["evil(def x", "@ @x\n", "class = A", "x = a b evil(1) c", "x = '''"])
def test_a_region_with_a_call_or_a_definition_is_not_analysed(broken: str) -> None:
    lowered = parse(b"a = 1\n" + broken.encode() + b"\nb = 2\n", "m.py")

    assert lowered.loses


@pytest.mark.parametrize(
    "head", ["def f(:", "def f(a b):", "def f(a) -> :", "class A(:", "class A(Base:", "async def f(a, :"]
)
def test_a_definition_with_a_broken_head_is_not_analysed(head: str) -> None:
    lowered = parse(b"a = 1\n" + head.encode() + b"\n    g()\n\ndef after(): pass\n", "m.py")

    assert lowered.loses
    assert "after" in names(lowered)


@pytest.mark.parametrize("body", ["x = = 1", "if x y:\n        pass", "?"])
def test_a_broken_line_in_a_body_does_not_break_the_head(body: str) -> None:
    lowered = parse(f"def f(a):\n    {body}\n    b = 2\n".encode(), "m.py")

    assert lowered.broken
    assert not lowered.loses


@pytest.mark.parametrize("broken", ["x = = 1", "x y", "?"])
def test_a_region_without_a_call_is_a_note(broken: str) -> None:
    lowered = parse(b"a = 1\n" + broken.encode() + b"\nb = 2\n", "m.py")

    assert lowered.broken
    assert not lowered.loses


#: Syntax newer than the grammar, or so old that Python 3 refuses it: never silent, never more than its region.
NEWEST = {
    "t-string": "x = t'{name}'",
    "except without parentheses": "try: pass\nexcept A, B: pass",
    "lazy import": "lazy import json",
    "nested f-string": "x = f'{f'{y}'}'",
    "backslash in f-string": "x = f'{'\\n'.join(y)}'",
    "default of a type parameter": "class A[T = int]: pass",
    "unpacking in a subscript": "x = a[*b]",
    "unpacking in a comprehension": "x = [*y for y in z]",
    "backquotes": "x = `y`",
    "diamond": "x = 1 <> 2",
    "print to a file": "print >>log, 'x'",
    "octal": "x = 0777",
    "unicode prefix": "x = ur'a'",
    "tuple parameter": "def old((a, b), c): pass",
    "walrus in a subscript": "x = a[b := 1]",
    "star in an index": "x = a[1:2, *b]",
    "return of unpacked": "def f(): return 1, *x",
    "async comprehension": "async def f(): return [x async for x in y]",
}


@pytest.mark.parametrize("source", NEWEST.values(), ids=list(NEWEST))
def test_any_syntax_leaves_its_neighbours_whole(source: str) -> None:
    lowered = parse(f"def before(): f()\n{source}\ndef after(): g()\n".encode(), "m.py")

    assert {"before", "after"} <= set(names(lowered))


def test_a_template_string_is_a_text_with_parts() -> None:
    lowered = parse(b"x = t'a{name}'", "m.py")

    value = lowered.body[0][4]
    assert (value[0], value[4]) == (form.FSTRING, True)


def test_a_null_byte_is_reported() -> None:
    assert parse(b"f()\n\0\ng()\n", "m.py").loses


@pytest.mark.parametrize("raw", ["x = 'ä'".encode("utf-16"), b"\xff\xfe\0"])
def test_utf_16_is_reported_as_not_analysed(raw: bytes) -> None:
    assert "UTF-16" in parse(raw, "m.py").problem


def text_in(raw: bytes) -> object:
    return parse(raw, "m.py").body[-1][4][3]


def test_a_file_is_decoded_as_its_cookie_says() -> None:
    assert text_in("# -*- coding: latin-1 -*-\nx = 'ä'".encode("latin-1")) == "ä"
    assert text_in("#!/bin/sh\n# vim: set fileencoding=cp1251 :\nx = 'д'".encode("cp1251")) == "д"
    assert text_in("\ufeffx = 'ä'".encode()) == "ä"
    assert text_in(b"x = '''a\r\nb'''\r\n") == "a\nb"


@pytest.mark.parametrize("cookie", ["rot13", "nothing", "zip", "undefined", "utf-8"])
def test_a_file_that_does_not_hold_its_coding_is_read_and_reported(cookie: str) -> None:
    lowered = parse(f"# coding: {cookie}\n".encode() + b"x = '\xe4'\nf()\n", "m.py")

    assert lowered.broken
    assert [node[0] for node in lowered.body] == [form.ASSIGN, form.EXPRESSION]


def test_what_takes_too_long_is_reported_as_not_analysed() -> None:
    lowered = Parsing(max_file_s=0.0).module("m.py", decoded(b"\\\n" * 3_000 + b"f()\n"))

    assert "longer than" in lowered.problem
    assert lowered.loses


def check(raw: bytes) -> None:
    lowered = parse(raw, "m.py")
    program = Program([lowered])
    for scope in program.scopes():
        for call in program.calls(scope):
            program.constant(scope, call.node)
    for node in form.walk(lowered.body):
        assert 0 <= node[1] <= node[2] <= len(lowered.source)
    for region in lowered.broken:
        assert 0 <= region.start <= region.end <= len(lowered.source)
        assert lowered.line(region.start) >= 1
    root = parser_root_has_error(lowered.source)
    assert lowered.broken or lowered.problem or not root


def parser_root_has_error(source: bytes) -> bool:
    from nomoat.survey.python.grammar import new_parser

    return new_parser().parse(source).root_node.has_error


@settings(deadline=None, max_examples=150)
@given(raw=st.binary(max_size=300))
def test_any_bytes_give_a_module_that_says_what_it_lost(raw: bytes) -> None:
    check(raw)


TOKENS = [
    b"def ", b"class ", b"f", b"x", b"(", b")", b"[", b"]", b"{", b"}", b":", b",", b"\n", b"\n  ", b"\n    ", b" ",
    b"=",
    b"'", b'"""', b"f'", b"@", b"*", b"**", b".", b"if ", b"else", b"for ", b" in ", b"lambda ", b"import ", b"from ",
    b"return ", b"yield ", b"await ", b"async ", b"match ", b"case ", b"with ", b" as ", b"try", b"except ", b"1",
    b"\\",
    b"#", b"->", b":=", b"...", b"global ", b"print ", b"type ", b"%", b"\0", b"\xff", b"self", b"super()", b"x = x\n",
]  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(tokens=st.lists(st.sampled_from(TOKENS), max_size=60))
def test_any_tokens_give_a_module_that_says_what_it_lost(tokens: list[bytes]) -> None:
    check(b"".join(tokens))


REAL = (Path(sysconfig.get_paths()["stdlib"]) / "contextlib.py").read_bytes()[:12_000]


@settings(deadline=None, max_examples=60)
@given(
    at=st.integers(0, len(REAL)),
    length=st.integers(0, 40),
    new=st.lists(st.sampled_from(TOKENS), max_size=4).map(b"".join),
)
def test_a_mutated_real_file_gives_a_module_that_says_what_it_lost(at: int, length: int, new: bytes) -> None:
    check(REAL[:at] + new + REAL[at + length :])
