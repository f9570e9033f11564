"""The innermost function around each line, as going through all of them would find it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nomoat.check.questions.asking import _Functions
from nomoat.survey.python.parser import parse
from nomoat.survey.python.program import Program

_LINES = st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=25)


@given(lines=_LINES)
def test_the_innermost_function_around_a_line_is_found(lines: list[tuple[int, bool]]) -> None:
    source, depth = ["x = 0"], 0
    for number, (wanted, defines) in enumerate(lines):
        depth = min(wanted, depth)
        source.append("    " * depth + (f"def f{number}():" if defines else f"x = {number}"))
        if defines:
            depth += 1
            source.append("    " * depth + "x = 1")
    module = parse("\n".join(source).encode(), "m.py")
    functions = list(Program([module]).functions())
    placed = _Functions(functions)

    for line in range(1, len(source) + 2):
        around = [one for one in functions if one.node and module.line(one.node[1]) <= line <= module.line(one.node[2])]
        expected = max(around, key=lambda one: one.node[1] if one.node else 0, default=None)
        assert placed.around(line) is expected
