"""Declares `nomoat check`, `explain` and `rules`."""

from __future__ import annotations

import argparse

_SEVERITIES = ("low", "medium", "high", "critical")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    check = subparsers.add_parser(
        "check", help="what is wrong with it, why here, and the fix", description="Finds what is insecure in source."
    )
    check.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="the folder or file to check (default: here)"
    )
    check.add_argument(
        "--format", choices=("text", "json", "sarif"), default="text", help="how to print (default: text)"
    )
    check.add_argument("-o", "--output", metavar="FILE", help="write the report to a file")
    check.add_argument("--fail-on", choices=_SEVERITIES, help="exit code 1 from this severity on (default: medium)")
    check.add_argument(
        "--confidence", choices=("low", "likely", "sure"), default="sure", help="what to show and count (default: sure)"
    )
    check.add_argument(
        "--allow-incomplete", action="store_true", help="what was not analysed does not change the exit code"
    )
    check.add_argument(
        "--no-cache", action="store_true", help="look at everything anew, though nothing has changed since the last run"
    )
    check.add_argument("--store", metavar="URL", help="append the run to this journal (default: that of nomoat.yaml)")
    check.add_argument("--config", metavar="FILE", help="the nomoat.yaml to use (default: the one in PATH)")
    check.set_defaults(run=_check)
    explain = subparsers.add_parser(
        "explain", help="a rule: why it matters and how to fix what it finds", description="Explains a rule."
    )
    explain.add_argument("rule", metavar="RULE", help="the id of a rule, as findings name it")
    explain.set_defaults(run=_explain)
    rules = subparsers.add_parser(
        "rules", help="list rules, test them", description="Rules: the shipped ones and your own."
    )
    actions = rules.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    listed = actions.add_parser("list", help="every rule", description="Lists every rule with its severity.")
    listed.set_defaults(run=_list)
    test = actions.add_parser(
        "test", help="run each rule on the example beside it", description="Runs each rule on the example beside it."
    )
    test.add_argument("path", nargs="?", metavar="PATH", help="a folder of rules (default: the shipped and your own)")
    test.set_defaults(run=_test)


def _check(arguments: argparse.Namespace) -> int:
    from nomoat.check.running import check

    return check(arguments)


def _explain(arguments: argparse.Namespace) -> int:
    from nomoat.check.running import explain

    return explain(arguments)


def _list(arguments: argparse.Namespace) -> int:
    from nomoat.check.running import listed

    return listed(arguments)


def _test(arguments: argparse.Namespace) -> int:
    from nomoat.check.examples import run

    return run(arguments)
