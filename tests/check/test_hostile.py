from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nomoat import settings as settings_file
from nomoat.check import examples, registry
from nomoat.check.model import Result
from nomoat.check.places import masked
from nomoat.check.report import plain, sarif, text
from nomoat.check.scan import scan
from nomoat.errors import NomoatError
from tests.check.projects import TODAY, result_of, write

_SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
#: Pieces that are rich in what the rules look at, put together without sense.
_PIECES: Sequence[str] = (
    "import jwt\n", "from fastapi import FastAPI, Depends\n", "app = FastAPI()\n", '@app.get("/a/{b}")\n', "def f(q: s",
    "class A(A):\n", "    ", "\n", "):\n", "return ", "jwt.decode(", "db.execute(", "f'{q!r:>{q}}'", "*q", "**q", ", ",
    "if q in q:\n", "q = q", "+ q", "(", ")", "[", "]", "{", "}", '"', "'", '"""', "\\", "#", "# nomoat: ok", "\0",
    "\x1b[31m", "\u202e", "é", "😀", "lambda: ", "match q:\n    case ", "for q in q:\n", "while q:\n", "await ", "q[0]",
    "options={'verify_signature': False}", "try:\n", "except q as q:\n", "with q as (q, *q):\n", "del q\n", ":= ", "\t",
)  # fmt: skip


def _reported(result: Result) -> None:
    for render in (text.render, plain.render, sarif.render):
        assert render(result, confidence="low")


def _scan(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _reported(result_of(Path(folder), dict(files)))


@_SLOW
@given(st.binary(max_size=400))
def test_any_bytes_of_source_give_a_result(source: bytes) -> None:
    _scan({"app.py": source})


@_SLOW
@given(st.lists(st.sampled_from(_PIECES), max_size=60))
def test_any_heap_of_code_gives_a_result(pieces: list[str]) -> None:
    _scan({"app.py": "".join(pieces).encode()})


@_SLOW
@given(st.data())
def test_any_damage_to_an_example_gives_a_result(data: st.DataObject) -> None:
    examples_ = [path.with_suffix(".py").read_bytes() for path in registry.files(None)]
    source = bytearray(data.draw(st.sampled_from(examples_)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(source)))
        source[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    _scan({"app.py": bytes(source)})


@_SLOW
@given(st.data())
def test_any_damage_to_a_rule_gives_a_rule_or_an_error_of_ours(data: st.DataObject) -> None:
    rules = [path.read_bytes() for path in registry.files(None)]
    source = bytearray(data.draw(st.sampled_from(rules)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(source)))
        source[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    with tempfile.TemporaryDirectory() as folder:
        root = write(
            Path(folder), {".nomoat/rules/own.yaml": bytes(source), "app.py": b"import jwt\njwt.decode(a, b)\n"}
        )
        try:
            _reported(scan(root, settings_file.empty(root), today=TODAY))
        except NomoatError as error:
            assert error.problems


@given(st.text(alphabet="ab'\"#\\\n f", max_size=40))
def test_hiding_keeps_the_length_and_never_fails(source: str) -> None:
    assert len(source) == len(masked(source))


@pytest.mark.parametrize("quote", ['"', "'", '"""', "'''"])
@pytest.mark.parametrize("is_closed", [True, False])
def test_what_stands_between_quotes_is_hidden_even_when_they_do_not_close(quote: str, is_closed: bool) -> None:
    assert "s3cr3t" not in masked(f"Fernet({quote}s3cr3t{quote if is_closed else ''}")


def test_a_huge_file_a_deep_one_and_a_circle_of_imports_give_results(tmp_path: Path) -> None:
    deep = (
        "x = " + "(" * 5_000 + "1" + ")" * 5_000 + "\n" + "".join(f"{'  ' * n}if x:\n" for n in range(300)) + " " * 700
    )
    files: dict[str, str | bytes] = {
        "huge.py": b"x = 1\n" * (10 * 1024 * 1024 // 6),
        "deep.py": deep + "pass\n",
        "long.py": "x = " + " + ".join(["y"] * 20_000) + "\n",
        "a.py": "from b import x\n",
        "b.py": "from a import x\n",
        "c.py": "import jwt\njwt.decode(1, verify=False)\n",
    }

    result = result_of(tmp_path, files)

    _reported(result)
    assert ["unverified-jwt"] == [finding.rule for finding in result.findings]
    seen = {at.partition(":")[0] for at, _ in (*result.not_analysed, *result.notes)}
    assert {"deep.py"} <= seen


def test_a_loop_of_links_ends_and_a_link_outside_is_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"bad.py": "import jwt\njwt.decode(1, verify=False)\n"})
    root = write(tmp_path / "root", {"app.py": "x = 1\n"})
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "out").symlink_to(outside, target_is_directory=True)

    result = scan(root, settings_file.empty(root), today=TODAY)

    assert () == result.findings
    assert result.left_out or result.not_analysed


def test_a_rule_that_crashes_is_a_result_and_the_other_rules_go_on(tmp_path: Path) -> None:
    # A value that the loader would refuse stands for a fault of the engine.
    rules = registry.load(None)
    rule = rules["hard-coded-key"]
    (pattern, *_) = rule.patterns
    (test, *_) = pattern.tests
    broken = replace(rule, id="broken", patterns=(replace(pattern, tests=(replace(test, test="gone"),)),))  # type: ignore[arg-type]
    root = write(tmp_path, {"app.py": 'import jwt\njwt.encode(claims, "d41d8cd98f00b204e980")\n'})

    result = scan(root, settings_file.empty(root), today=TODAY, rules={**rules, "broken": broken})

    assert ["hard-coded-key"] == [finding.rule for finding in result.findings]
    assert [("app.py", "rule broken failed: KeyError: 'gone'")] == list(result.not_analysed)


def test_the_examples_runner_says_what_is_wrong_with_an_example(tmp_path: Path) -> None:
    shipped = next(path for path in registry.files(None) if path.stem == "unverified-jwt")
    rule = write(tmp_path, {"unverified-jwt.yaml": shipped.read_bytes()}) / "unverified-jwt.yaml"

    assert ["unverified-jwt.py is missing: lines marked `# expect: unverified-jwt`, and safe twins"] == examples.check(
        rule
    )
    write(tmp_path, {"unverified-jwt.py": "x = 1\n"})
    assert "nothing is expected" in examples.check(rule)[0]
    write(tmp_path, {"unverified-jwt.py": "import jwt\njwt.decode(1, verify=False)\nx = 1  # expect: unverified-jwt\n"})
    assert [
        "unverified-jwt.py:3 is marked and not found",
        "unverified-jwt.py:2 is found and not marked",
    ] == examples.check(rule)
