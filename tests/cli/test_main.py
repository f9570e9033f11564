from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from nomoat import __version__
from nomoat.cli import main as cli
from nomoat.cli.reference import render
from nomoat.errors import NomoatError, StorageError

ROOT = Path(__file__).parents[2]


def _nomoat(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nomoat", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_version_is_the_packages(tmp_path: Path) -> None:
    found = _nomoat("--version", cwd=tmp_path)

    assert (0, f"nomoat {__version__}\n") == (found.returncode, found.stdout)


def test_a_word_that_is_no_command_is_wrong_use(tmp_path: Path) -> None:
    found = _nomoat("mpa", cwd=tmp_path)

    assert found.returncode == 2
    assert "there is no command 'mpa'; did you mean map?" in found.stderr


@pytest.mark.parametrize("name", sorted(cli.build_parser(only="")._subparsers._group_actions[0].choices))  # type: ignore[union-attr, arg-type]  # argparse has no public way to list them.
def test_a_command_alone_is_parsed_as_among_all_of_them(name: str) -> None:
    alone, among_all = cli.build_parser(only=name), cli.build_parser()

    assert among_all.format_help() == alone.format_help()
    assert _help_of(among_all, name) == _help_of(alone, name)


def _help_of(parser: argparse.ArgumentParser, name: str) -> str:
    return str(parser._subparsers._group_actions[0].choices[name].format_help())  # type: ignore[union-attr, index]  # As above.


def test_no_command_shows_the_help_and_is_wrong_use(tmp_path: Path) -> None:
    found = _nomoat(cwd=tmp_path)

    assert found.returncode == 2
    assert "start here:" in found.stdout


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            NomoatError("it is wrong", where="a.yaml:1:1", fix="mend it"),
            2,
            "error: it is wrong\n  --> a.yaml:1:1\n  fix: mend it",
        ),
        (StorageError("it is gone"), 3, "error: it is gone"),
        (KeyboardInterrupt(), 130, "stopped"),
        (ZeroDivisionError("x"), 3, "failed by a fault of its own: ZeroDivisionError: x"),
    ],
)
def test_every_failure_is_a_message_and_an_exit_code(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_arguments: argparse.Namespace) -> int:
        raise error

    assert code == cli._run(argparse.Namespace(run=fail, command="map"))
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed


def test_a_reader_that_goes_away_is_no_failure_with_a_traceback() -> None:
    command = f"{sys.executable} -m nomoat --help | head -c 1"
    found = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)

    assert "Traceback" not in found.stderr
    assert "BrokenPipe" not in found.stderr


def test_the_reference_page_is_what_the_commands_say() -> None:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text()

    assert render() == page, "run: python -m nomoat.cli.reference > docs/reference/commands.md"


def test_every_command_has_a_summary_and_a_description_of_each_argument() -> None:
    page = render()

    assert "|  |" not in page
    silent = [row for row in page.splitlines() if row.startswith("| `") and row.endswith("` |  |")]
    assert silent == []


def test_an_argument_that_somebody_else_chose_is_no_escape_for_the_terminal(tmp_path: Path) -> None:
    found = _nomoat("map", ".", "--\x1b[31m\x07\r", cwd=tmp_path)

    assert found.returncode == 2
    assert "--\\x1b[31m\\x07\\x0d" in found.stderr


def test_settings_of_a_name_that_is_too_long_cannot_be_read(tmp_path: Path) -> None:
    found = _nomoat("policy", "check", "--config", "n" * 3000, cwd=tmp_path)

    assert found.returncode == 2
    assert "cannot read this file: File name too long" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("words", [("map", "a" * 3000), ("evidence", "verify", "b" * 3000), ("init", "c" * 3000)])
def test_a_file_that_the_system_refuses_is_no_fault_of_ours(words: tuple[str, ...], tmp_path: Path) -> None:
    found = _nomoat(*words, cwd=tmp_path)

    assert found.returncode == 3
    assert "error: the system refuses: File name too long" in found.stderr
    assert "fault of its own" not in found.stderr


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == cli.main(["chekc"])
    assert "there is no command 'chekc'; did you mean check? nomoat --help lists all" in capsys.readouterr().err
    assert 2 == cli.main(["frobnicate\x1b[2J"])
    assert "there is no command 'frobnicate\\x1b[2J'; nomoat --help lists all" in capsys.readouterr().err
