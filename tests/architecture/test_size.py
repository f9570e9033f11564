from __future__ import annotations

import ast

from tests.architecture.tree import PACKAGE, ROOT, python_files


def test_files_stay_readable() -> None:
    sizes = {path: path.read_text().count("\n") for path in python_files(PACKAGE, ROOT / "tests")}
    long = {str(path.relative_to(ROOT)): lines for path, lines in sizes.items() if lines > 400}

    assert {} == {path: lines for path, lines in long.items() if lines > 800}
    assert len(long) <= len(sizes) * 0.05, long


def test_functions_stay_readable() -> None:
    spans: dict[str, int] = {}
    for path in python_files(PACKAGE, ROOT / "tests"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                spans[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    long = {name: lines for name, lines in spans.items() if lines > 40}

    assert {} == {name: lines for name, lines in long.items() if lines > 100}
    assert len(long) <= len(spans) * 0.03, long


def test_nothing_is_left_unfinished() -> None:
    marked = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files(PACKAGE)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if any(f"# {word}" in line for word in ("TODO", "FIXME", "XXX"))
    ]

    assert [] == marked
