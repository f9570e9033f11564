"""Declares `nomoat map`."""

from __future__ import annotations

import argparse

_MAP = """\
Draws the map of an application from its source: routes, what guards each, what each reaches. Nothing of it is run.
  nomoat map [PATH]                     the map of a folder (default: here)
  nomoat map diff [REV]                 what changed since .nomoat/map.json, or since a revision of git
  nomoat map who-can-reach STORE        every route to a table, the most open first
A folder that is called like one of these words is written ./diff."""

_EPILOG = """\
exit codes:  0 drawn; 1 the file is stale (--check), or it got weaker (diff); 2 wrong use;
             3 something could not be read (--allow-incomplete turns 3 into 0)"""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "map",
        help="what the application is, and which routes are open",
        description=_MAP,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "words", nargs="*", metavar="PATH", help="a folder or file, or: diff [REV], who-can-reach STORE"
    )
    parser.add_argument(
        "--path", metavar="PATH", default=".", help="the folder for diff and who-can-reach (default: here)"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "mermaid", "svg", "html"),
        default="text",
        help="how to print: json for programs, mermaid for Markdown, svg, or html, one page (default: text)",
    )
    parser.add_argument("--write", action="store_true", help="keep the map in .nomoat/map.json, to be committed")
    parser.add_argument("--check", action="store_true", help="compare with .nomoat/map.json; exit 1 when it is stale")
    parser.add_argument("--all", action="store_true", help="show every route")
    parser.add_argument("-o", "--output", metavar="FILE", help="print into a file")
    parser.add_argument("--config", metavar="FILE", help="the nomoat.yaml to use (default: the one in PATH)")
    parser.add_argument(
        "--allow-incomplete", action="store_true", help="exit 0 though something could not be read; it is still shown"
    )
    parser.set_defaults(run=_map)


def _map(arguments: argparse.Namespace) -> int:
    from nomoat.survey.mapping import run

    return run(arguments)
