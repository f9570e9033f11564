"""The reference page of every command, made from the parsers, so that `--help` and docs never differ.

`python -m nomoat.cli.reference > docs/reference/commands.md` writes it; a test holds it. The page has our own form, as
argparse words its help differently from one Python to the next.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator

from nomoat.cli.main import build_parser

_HEAD = """# The commands

Made from the command line itself (`python -m nomoat.cli.reference`); `nomoat COMMAND --help` says the same.

Exit codes everywhere: 0 clean, 1 findings (or denied, or failed), 2 wrong use or configuration, 3 could not complete.
[Exit codes](exit-codes.md) says what 1 means for each command.
"""


def render() -> str:
    """The page as Markdown."""
    sections = [_HEAD]
    for name, parser, summary in _commands(build_parser(), "nomoat"):
        sections.append(_section(name, parser, summary))
    return "\n".join(sections)


def _commands(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for word, inner in action.choices.items():
                yield f"{name} {word}", inner, summaries.get(word, "")
                yield from _commands(inner, f"{name} {word}")


def _section(name: str, parser: argparse.ArgumentParser, summary: str) -> str:
    lines = [f"## {name}", ""]
    lines += _told(parser.description or summary)
    rows = [_row(action) for action in parser._actions if _is_shown(action)]
    if rows:
        lines += ["| argument | meaning |", "| --- | --- |", *rows, ""]
    return "\n".join(lines)


def _told(text: str) -> list[str]:
    """A description as paragraphs; indented lines of it are commands and stay as they are."""
    lines: list[str] = []
    for is_block, found in itertools.groupby(text.splitlines(), key=lambda line: line.startswith("  ")):
        rows = [line.strip() for line in found]
        if is_block:
            lines += ["```text", *rows, "```", ""]
        else:
            told = " ".join(" ".join(rows).split())
            lines += [told + ("" if told.endswith((".", ":")) else "."), ""]
    return lines


def _is_shown(action: argparse.Action) -> bool:
    hidden = isinstance(action, argparse._SubParsersAction | argparse._HelpAction)
    return not hidden and action.help is not argparse.SUPPRESS


def _row(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    if isinstance(value, tuple):
        value = " ".join(value)
    if action.option_strings:
        takes = action.nargs != 0
        shown = ", ".join(action.option_strings) + (f" {value}" if takes else "")
    else:
        shown = str(value) + ("..." if action.nargs in ("*", "+") else "")
    meaning = (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")
    # A bar inside a table cell must be escaped, also in code.
    return f"| `{shown.replace('|', chr(92) + '|')}` | {' '.join(meaning.split())} |"


if __name__ == "__main__":
    print(render(), end="")
