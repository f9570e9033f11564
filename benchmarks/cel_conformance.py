"""Runs CEL's published conformance tests that our conditions accept, and says where they agree and why not elsewhere.

    npm pack @bufbuild/cel-spec && tar xzf bufbuild-cel-spec-*.tgz
    python benchmarks/cel_conformance.py package/dist/cjs/testdata/conformance.js [--all]

The tests are those of github.com/google/cel-spec, tests/simple/testdata, as the npm package carries them (a file of
JavaScript that is one object; Node reads it), or a JSON file of that shape. Stated renaming: a variable `x` of a test
is our `subject.x`; beside `&&`, `||`, `exists` and `all` the errors `1 / 0` and `(2 / 0 > 3 ? false : true)` are
our `int(subject.absent)` and `(int(subject.absent) > 3)`. A test whose value is no boolean is compared with that value.
Exit code 1: some test disagrees.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nomoat.errors import PolicyError
from nomoat.policy import conditions
from nomoat.policy.cel.judge import ALWAYS_FAILS
from nomoat.policy.comparisons import ConditionFailure

_READ = "process.stdout.write(JSON.stringify(require(process.argv[1]).tests))"
_TEXT = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_DIVISION = re.compile(r"(?<![\w.])\w+\s*/\s*0(?![\w.])")
_TERNARY = "(2 / 0 > 3 ? false : true)"
#: Comparisons that give an expression without a known value a type: one of them compiles, if anything does.
_FRAMES = ("{}", "({}) == 0", '({}) == ""', "({}) == timestamp(0)", '({}) == duration("0s")')


def tests_of(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every test with its name: suite/section/name."""
    if path.suffix == ".json":
        whole = json.loads(path.read_text(encoding="utf-8"))
    else:
        whole = json.loads(
            subprocess.run(["node", "-e", _READ, str(path.resolve())], capture_output=True, check=True).stdout
        )

    def walk(suite: dict[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
        for test in suite.get("tests", ()):
            original = test["original"]
            yield "/".join((*names, original.get("name") or original["expr"])), original
        for inner in suite.get("suites", ()):
            yield from walk(inner, (*names, inner["name"]))

    return walk(whole, ())


def plain(value: dict[str, Any]) -> Any:
    """A value of the suite in Python; None for a type that conditions do not have."""
    kind, inner = next(iter(value.items()))
    if kind == "int64Value":
        return int(inner)
    if kind in ("stringValue", "boolValue"):
        return inner
    if kind == "listValue":
        return tuple(plain(one) for one in inner.get("values", ()))
    return None


def bound(test: dict[str, Any]) -> dict[str, Any] | None:
    """The variables of a test as our attributes; None where one is of no type of ours."""
    found = {}
    for name, given in test.get("bindings", {}).items():
        value = plain(given.get("value", {"": None}))
        if value is None:
            return None
        found[f"subject.{name}"] = value
    return found


def renamed(expression: str, names: list[str]) -> str:
    """The expression with `x` as `subject.x`, outside of texts and where it is no part of another name."""
    if not names:
        return expression
    word = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, names))})(?![\w(])")
    parts = _TEXT.split(expression)
    return "".join(one if index % 2 else word.sub(r"subject.\1", one) for index, one in enumerate(parts))


def without_division(expression: str) -> str:
    """The expression with another error than `1 / 0`, as conditions do not divide."""
    if not absorbs(expression):
        return expression
    parts = _TEXT.split(expression.replace(_TERNARY, "(2 / 0 > 3)"))
    error = "int(subject.absent)"
    return "".join(one if index % 2 else _DIVISION.sub(error, one) for index, one in enumerate(parts))


def literal(value: Any) -> str:
    """A value as a literal of conditions."""
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(one):08x}" for one in value) + '"'
    return str(value)


def compiled(expression: str, expected: Any) -> tuple[conditions.Condition | None, str]:
    """The condition, and why there is none: the words of the mistake."""
    frames = ("{}",) if isinstance(expected, bool) else _FRAMES
    if isinstance(expected, (int, str)) and not isinstance(expected, bool):
        frames = ("({}) == " + literal(expected).replace("{", "{{").replace("}", "}}"),)
    why = ""
    for frame in frames:
        try:
            return conditions.compile(frame.format(expression)), ""
        except PolicyError as error:
            why = why if why and "true or false" in error.what else error.what
            if ALWAYS_FAILS in error.what:
                return None, error.what
    return None, why


def absorbs(expression: str) -> bool:
    """True where CEL may let a side of `&&`, `||`, `exists` or `all` decide though another one errs."""
    return any(part in expression for part in ("&&", "||", ".exists(", ".all("))


def judged(test: dict[str, Any]) -> tuple[str, str]:
    """`agrees`, `errs`, `disagrees` or `outside`, and why."""
    errs = "evalError" in test
    value = test.get("value", test.get("typedResult", {}).get("result"))
    expected = True if value is None and not errs else plain(value) if value else None
    given = bound(test)
    if given is None:
        return "outside", "a variable of a type that conditions do not have"
    if test.get("checkOnly"):
        return "outside", "nothing is evaluated"
    if test.get("container") and any("." in name for name in given):
        return "outside", "a name that a container resolves"
    expression = renamed(without_division(test["expr"]), [name.removeprefix("subject.") for name in given])
    condition, why = compiled(expression, expected)
    if condition is None and ALWAYS_FAILS in why:
        return ("agrees", "") if errs else ("disagrees", why)
    if condition is None:
        return "outside", why
    if expected is None and not errs:
        return "outside", "a value of a type that conditions do not have"
    found = condition.evaluate(given)
    if isinstance(found, ConditionFailure):
        if errs:
            return "agrees", ""
        return ("errs" if absorbs(expression) else "disagrees"), found.what
    wanted = expected if isinstance(expected, bool) else True
    return ("agrees", "") if not errs and found is wanted else ("disagrees", f"ours is {found}")


def general(words: str) -> str:
    """The words of a mistake without what is special about one text."""
    words = re.sub(r"'[^']{2,}'|\S+\.\.\.\)?|\(.*\)", "...", words)
    words = re.sub(r"^\S+ is no whole number", "1.5 is no whole number", words)
    return words if len(words) < 70 else words[:67] + "..."


def main() -> int:
    """Prints the counts, then what errs and disagrees by name, then what is outside by its words."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--all", action="store_true", help="name every test")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    by_suite: Counter[tuple[str, str]] = Counter()
    named = []
    for name, test in tests_of(arguments.path):
        kind, why = judged(test)
        counts[kind] += 1
        by_suite[name.partition("/")[0], kind] += 1
        if kind == "outside":
            outside[general(why)] += 1
        if arguments.all or kind in ("errs", "disagrees"):
            named.append(f"{kind:<10} {name}: {test['expr'][:70]!r} {why}")
    print(f"{sum(counts.values())} tests: {counts['agrees']} agree, {counts['errs']} err where CEL absorbs an error, "
          f"{counts['disagrees']} disagree, {counts['outside']} are outside the subset")  # fmt: skip
    for line in named:
        print(" ", line)
    print("agree, by suite:", ", ".join(f"{s} {n}" for (s, kind), n in sorted(by_suite.items()) if kind == "agrees"))
    print("outside, by what is said of it:")
    for words, count in outside.most_common(None if arguments.all else 30):
        print(f"  {count:4} {words}")
    return 1 if counts["disagrees"] else 0


if __name__ == "__main__":
    sys.exit(main())
