from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.cli.main import build_parser
from nomoat.policy import document as policy_document

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(?:sh|text|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


def _commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.splitlines():
                text = line.strip().removeprefix("$ ")
                if text.startswith("nomoat ") and "COMMAND" not in text:
                    found.append((str(page.relative_to(ROOT)), re.split(r"\s+#\s|\s+[|>&;]|\s{3,}", text)[0]))
    return found


@pytest.mark.parametrize(("page", "command"), _commands(), ids=lambda value: value[:60])
def test_every_command_in_the_docs_is_one(page: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for word in shlex.split(command)[1:] if word != "..."]
    try:
        build_parser().parse_args(words)
    except SystemExit as ended:
        assert ended.code == 0, f"{page}: {command}: {capsys.readouterr().err}"


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
