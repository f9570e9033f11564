from __future__ import annotations

import argparse
import re
import shlex
import textwrap
from collections.abc import Iterable
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.cli.main import build_parser
from nomoat.policy import document as policy_document

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Blocks in a list are indented.
_BLOCK = re.compile(r"^ *```(?:sh|text|console)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
#: Commands in a sentence or a table.
_INLINE = re.compile(r"`(nomoat [a-z][^`\n]*)`")
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


def commands_of(page: Path) -> list[str]:
    """The nomoat commands in the blocks of a page, in order, without what a shell adds."""
    lines = [line.strip() for block in _BLOCK.findall(page.read_text(encoding="utf-8")) for line in block.splitlines()]
    return _cut(line.removeprefix("$ ") for line in lines)


def _cut(lines: Iterable[str]) -> list[str]:
    chosen = (line for line in lines if line.startswith("nomoat ") and "COMMAND" not in line)
    return list(dict.fromkeys(re.split(r"\s+#\s|\s+[|>&;]|\s{3,}", line)[0] for line in chosen))


def _commands() -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for page in PAGES:
        for command in (*commands_of(page), *_cut(_INLINE.findall(page.read_text(encoding="utf-8")))):
            found[str(page.relative_to(ROOT)), command] = None
    return list(found)


@pytest.mark.parametrize(("page", "command"), _commands(), ids=lambda value: value[:60])
def test_every_command_in_the_docs_is_one(page: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for word in shlex.split(command.replace("[", "").replace("]", ""))[1:] if word != "..."]
    try:
        build_parser().parse_args(words)
    except SystemExit as ended:
        said = capsys.readouterr().err
        # A sentence may name a command without what it needs.
        is_name_alone = len(words) <= 2 and "the following arguments are required" in said
        assert ended.code == 0 or is_name_alone, f"{page}: {command}: {said}"


def _spoken() -> list[tuple[str, str, str]]:
    """Every `nomoat COMMAND ... --option` in a text of source, playbook or rule: its file, command and option."""
    found: dict[tuple[str, str, str], None] = {}
    for path in sorted((ROOT / "src" / "nomoat").rglob("*")):
        if path.suffix in (".py", ".yaml") and "frameworks" not in path.parts:
            for said in re.findall(r"nomoat ([a-z][^\"'`;,\n)]*)", path.read_text(encoding="utf-8")):
                for option in re.findall(r"(?<=\s)--[a-z][a-z-]*", said):
                    found[str(path.relative_to(ROOT)), said.split(" --")[0], option] = None
    return list(found)


@pytest.mark.parametrize(("file", "command", "option"), _spoken(), ids=lambda value: value[-40:])
def test_every_option_that_a_message_names_is_one(file: str, command: str, option: str) -> None:
    parser: argparse.ArgumentParser = build_parser()
    for word in command.split():
        below = next((one for one in parser._actions if isinstance(one, argparse._SubParsersAction)), None)
        if below is None:
            break
        assert word in below.choices, f"{file}: nomoat {command}: no command is called {word}"
        parser = below.choices[word]

    assert option in {name for one in parser._actions for name in one.option_strings}, f"{file}: nomoat {command}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    targets = [page.parent / link for link in _LINK.findall(page.read_text(encoding="utf-8"))]

    assert [target for target in targets if not target.exists()] == []


def test_the_example_of_every_section_is_valid_and_complete(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "nomoat-yaml.md").read_text(encoding="utf-8")
    file = tmp_path / settings.FILE_NAME
    file.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")

    loaded = settings.load(file)

    assert set(settings.SECTIONS) == set(loaded.document.entries)
    policy_document.read(loaded)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_in_the_docs_compiles(page: Path) -> None:
    blocks = re.findall(r"^ *```python\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)

    for block in blocks:
        compile(textwrap.dedent(block), str(page), "exec")
    assert all(block.strip() for block in blocks)
