from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from nomoat.check import commands
from nomoat.check.registry import load, own_folder
from nomoat.errors import DataFileError, NomoatError
from nomoat.journal.journal import open_store
from tests.check.projects import write

#: What stands for a secret in these tests.
_KEY = "d41d8cd98f00b204e9800998ecf8427e"
_BAD = f'import jwt\n\n\ndef sign(claims):\n    return jwt.encode(claims, "{_KEY}", "HS256")\n'


def _run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())
    arguments = parser.parse_args(words)
    code: int = arguments.run(arguments)
    return code


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = _run("check", *words, "--format", "json")
    return code, json.loads(capsys.readouterr().out)


def test_a_clean_folder_is_0_and_says_that_everything_was_analysed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"app.py": "x = 1\n"})

    assert 0 == _run("check", str(tmp_path))
    assert "Nothing found.  0 routes, 1 file" in (said := capsys.readouterr().out)
    assert "Everything was analysed." in said


def test_a_folder_without_python_does_not_look_like_a_safe_application(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"app.js": "x = 1\n"})

    code = _run("check", str(tmp_path))

    said = capsys.readouterr().out
    assert code == 3
    assert "no Python file is here" in said
    assert "Everything was analysed." not in said


@pytest.mark.parametrize("format_", ["text", "json", "sarif"])
def test_findings_are_1_in_every_format_and_no_format_shows_the_secret(
    format_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"app.py": _BAD})

    assert 1 == _run("check", str(tmp_path), "--format", format_)
    assert "hard-coded-key" in (said := capsys.readouterr().out)
    assert _KEY not in said


def test_no_other_finding_on_the_same_line_shows_the_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"app.py": f'import jwt\nx = jwt.decode("t", "{_KEY}", verify=False)\n'})

    _, document = _json(capsys, str(tmp_path))

    assert {"hard-coded-key", "unverified-jwt"} == {one["rule"] for one in document["findings"]}
    assert _KEY not in json.dumps(document)


def test_the_severity_to_fail_on_decides_the_exit_code_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"app.py": _BAD})

    assert 0 == _run("check", str(tmp_path), "--fail-on", "critical")
    assert "error[hard-coded-key]" in capsys.readouterr().out


@pytest.mark.parametrize(("severity", "code"), [("critical", 0), ("high", 1), ("low", 1)])
def test_the_file_may_set_the_severity_to_fail_on(severity: str, code: int, tmp_path: Path) -> None:
    write(tmp_path, {"app.py": _BAD, "nomoat.yaml": f"check:\n  fail_on: {severity}\n"})

    assert code == _run("check", str(tmp_path))


def test_a_file_that_could_not_be_read_is_a_result_and_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"app.py": "x = 1\n", "torn.py": b"x = 1\n\x00\n"})

    assert 3 == _run("check", str(tmp_path))
    said = capsys.readouterr().out
    assert "not analysed: torn.py:2: a null byte" in said
    assert "NOT COMPLETE: 1 place not analysed." in said
    assert 0 == _run("check", str(tmp_path), "--allow-incomplete")


def test_findings_win_over_what_is_incomplete_and_both_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"app.py": _BAD, "torn.py": b"\x00"})

    code, document = _json(capsys, str(tmp_path))

    assert (1, False) == (code, document["summary"]["complete"])
    assert ["torn.py:1"] == [one["at"] for one in document["not_analysed"]]


def test_the_report_goes_to_a_file_and_nothing_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "src", {"app.py": _BAD})
    report = tmp_path / "report.json"

    assert 1 == _run("check", str(tmp_path / "src"), "--format", "json", "-o", str(report))
    assert "" == capsys.readouterr().out
    assert "hard-coded-key" == json.loads(report.read_text())["findings"][0]["rule"]


def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NomoatError, match="cannot write the report"):
        _run("check", str(write(tmp_path, {"app.py": ""})), "-o", str(tmp_path / "absent" / "x"))


def test_a_path_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(NomoatError) as error:
        _run("check", str(tmp_path / "absent"))

    assert 2 == error.value.exit_code


def test_escapes_of_a_terminal_in_names_and_texts_are_never_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = 'import jwt\ndef f(t):\n    return jwt.decode(t, "\x1b[31m\u202e", verify=False)\n'
    write(tmp_path, {"we\x1b]0;ird.py": source, "nul\x1b[2J.py": b"\x00"})

    _run("check", str(tmp_path))

    said = capsys.readouterr().out
    assert "unverified-jwt" in said
    assert "\\x1b]0;ird.py" in said
    assert not {"\x1b", "\u202e"} & set(said)


def test_ignored_files_are_left_out_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"app.py": "x = 1\n", "made/app.py": _BAD, ".gitignore": "made/\n", ".venv/pyvenv.cfg": ""})
    write(tmp_path, {".venv/lib.py": _BAD, "node_modules/a.py": _BAD})

    code, document = _json(capsys, str(tmp_path))

    assert (0, 1) == (code, document["summary"]["files"])
    assert document["summary"]["left_out"]


def test_an_exclusion_with_its_reason_is_no_incompleteness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = "check:\n  exclude:\n    - {path: vendor/, because: not ours}\n"
    write(tmp_path, {"app.py": "x = 1\n", "vendor/app.py": b"\x00", "nomoat.yaml": settings})

    assert 0 == _run("check", str(tmp_path))
    assert "left out:" in capsys.readouterr().out


def test_nothing_of_a_checked_folder_is_run(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    write(tmp_path, dict.fromkeys(("app.py", "conftest.py", "setup.py", ".nomoat/rules/a.py", "jwt.py"), trap))
    write(tmp_path, {"use.py": "import jwt\nfrom app import x\n"})

    _run("check", str(tmp_path))

    assert not (tmp_path / "ran").exists()


def test_what_policy_check_answers_is_a_finding_at_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = "roles:\n  a: [x, y]\nseparate:\n  - {permissions: [x, y], because: four eyes}\ndeny: [{permission: y}]\n"
    write(tmp_path, {"app.py": "x = 1\n", "nomoat.yaml": policy})

    _, document = _json(capsys, str(tmp_path))

    found = {one["rule"]: one for one in document["findings"]}
    assert {"joined-duties", "denied-grant"} <= set(found)
    assert ("nomoat.yaml", 2) == tuple(found["joined-duties"]["span"][name] for name in ("path", "line"))


@pytest.mark.parametrize(
    "rule", ["sql-injection", "sql_injection", "expired-suppression", "unused-suppression", "unused-permission"]
)
def test_every_id_that_a_finding_bears_is_explained(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    from nomoat.policy.questions import QUESTIONS

    name = rule if rule != "unused-permission" else sorted(QUESTIONS)[0]

    assert 0 == _run("explain", name)
    said = capsys.readouterr().out
    assert said.startswith(name.replace("_", "-"))
    assert "\nwhy\n" in said


def test_a_name_that_no_rule_has_gets_the_nearest() -> None:
    with pytest.raises(NomoatError) as error:
        _run("explain", "sql-injektion")

    assert "sql-injection" in error.value.fix


def test_a_rule_of_the_user_runs_like_a_shipped_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = """
        title: No print
        severity: low
        cwe: 532
        why: It shows.
        fix: Log it.
        calls:
          - {of: [print], message: somebody prints}
    """
    write(tmp_path, {"app.py": "print(1)\n", ".nomoat/rules/own/no-print.yaml": rule})

    code, document = _json(capsys, str(tmp_path), "--fail-on", "low")

    assert (1, ["no-print"]) == (code, [one["rule"] for one in document["findings"]])


def test_mistakes_of_all_rule_files_come_at_once_with_line_and_column(tmp_path: Path) -> None:
    own = own_folder(tmp_path)
    write(own, {"Bad_Name.yaml": "title: x\nseverity: hgih\n", "two.yaml": "severity: low\ncalls: [{of: [a]}]\n"})
    write(own, {"three.yaml": "- 1\n", "four.yaml": "title: [\n"})

    with pytest.raises(DataFileError) as error:
        load(tmp_path)

    said = str(error.value)
    assert {"Bad_Name.yaml", "two.yaml", "three.yaml", "four.yaml"} <= {
        Path(one.where.split(":")[0]).name for one in error.value.problems
    }
    assert all(one.where.count(":") == 2 for one in error.value.problems)
    for mistake in ("no id of a rule", "hgih", "why is missing", "needs `of` and `message`"):
        assert mistake in said


def _store(root: Path) -> Any:
    store = open_store(f"sqlite:{root / 'journal.db'}")
    try:
        return [item.fact for item in store.read()], {one.fingerprint for one in store.findings()}
    finally:
        store.close()


def test_a_run_is_one_fact_with_what_is_open_new_and_gone(tmp_path: Path) -> None:
    root = write(tmp_path / "src", {"app.py": _BAD})
    url = f"sqlite:{tmp_path / 'journal.db'}"

    _run("check", str(root), "--store", url)
    _run("check", str(write(root, {"app.py": "\n\n" + _BAD})), "--store", url)
    _run("check", str(write(root, {"app.py": "x = 1\n"})), "--store", url)

    facts, still = _store(tmp_path)
    runs = [fact for fact in facts if type(fact).__name__ == "Checked"]
    assert [(1, 1, 0), (1, 0, 0), (0, 0, 1)] == [(len(one.open), len(one.new), len(one.gone)) for one in runs]
    assert set() == still


def test_what_could_not_be_looked_at_this_time_is_not_gone(tmp_path: Path) -> None:
    root = write(tmp_path / "src", {"app.py": _BAD})
    url = f"sqlite:{tmp_path / 'journal.db'}"

    _run("check", str(root), "--store", url)
    _run("check", str(write(root, {"app.py": _BAD + "\x00"})), "--store", url)

    _, still = _store(tmp_path)
    assert 1 == len(still)


def test_a_run_over_another_folder_makes_nothing_of_this_one_gone(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'journal.db'}"

    _run("check", str(write(tmp_path / "one", {"app.py": _BAD})), "--store", url)
    _run("check", str(write(tmp_path / "two", {"app.py": "x = 1\n"})), "--store", url)

    facts, still = _store(tmp_path)
    assert (1, ()) == (len(still), facts[-1].gone)


def test_without_a_settings_file_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": _BAD})

    _run("check", str(tmp_path))

    assert ["app.py"] == [path.name for path in tmp_path.iterdir()]


_ORDERS = """\
import sqlite3

from fastapi import FastAPI, Request

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/orders")
def orders(request: Request):
    name = request.query_params["name"]
    return sqlite3.connect("shop.db").execute(f"SELECT * FROM orders WHERE name = '{name}'").fetchall()
"""


def test_a_finding_says_beside_the_code_what_is_wrong_there_and_how_to_mend_this_statement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"app.py": _ORDERS})

    assert 1 == _run("check", str(tmp_path))
    said = capsys.readouterr().out
    marked = next(line for line in said.splitlines() if "^^^" in line)
    assert marked.endswith("^ request.query_params['name'], which the caller writes, arrives here")
    assert """execute("... = ?", (request.query_params['name'],))""" in said


def test_a_key_that_is_used_in_one_place_and_stands_in_another_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = f'class S:\n    def __init__(self, key):\n        self.key = key\n\n\nconf = S("{_KEY}")\n'
    used = (
        "import jwt\n\nfrom conf import conf\n\n\ndef sign(claims):\n    return jwt.encode(claims, conf.key, 'HS256')\n"
    )
    write(tmp_path, {"conf.py": made, "app.py": used})

    assert 1 == _run("check", str(tmp_path))
    said = capsys.readouterr().out
    assert "it stands in conf.py:6" in said
    assert _KEY not in said
