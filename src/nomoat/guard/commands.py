"""Declares `nomoat guard report`, `block`, `unblock` and `revoke`."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    guard = subparsers.add_parser(
        "guard",
        help="what guard saw, and when it is safe to enforce",
        description="What guard saw in a running service.",
    )
    actions = guard.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    report = actions.add_parser(
        "report",
        help="what would have been denied, and why",
        description="What was denied or, in audit mode, would have been, and when it is safe to enforce.",
    )
    report.add_argument("--since", default="24h", metavar="DURATION", help="how far back to look (default: 24h)")
    report.add_argument("--unseen", action="store_true", help="list the routes that nobody has asked for yet")
    report.add_argument("--gate", action="store_true", help="exit code 1 while it is not safe to enforce")
    report.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    _config(report)
    report.set_defaults(run=_report)
    block = subparsers.add_parser(
        "block",
        help="refuse a user, token, service or address at once",
        description="Refuses somebody in every worker.",
    )
    block.add_argument("target", metavar="WHOM", help="user:ALIAS/NAME, service:NAME, an address, or token:sha256:...")
    block.add_argument("--for", dest="duration", default="1h", metavar="DURATION", help="when it ends (default: 1h)")
    _because(block)
    block.set_defaults(run=_block)
    unblock = subparsers.add_parser("unblock", help="end a block", description="Ends every block on somebody.")
    unblock.add_argument("target", metavar="WHOM", help="what was blocked, as it was named")
    _because(unblock)
    unblock.set_defaults(run=_unblock)
    revoke = subparsers.add_parser(
        "revoke", help="refuse a token for good, or all older tokens of a user", description="Refuses tokens for good."
    )
    revoke.add_argument(
        "target", metavar="WHAT", help="token:sha256:..., jti:ID, or user:ALIAS/NAME (all tokens until now)"
    )
    _because(revoke)
    revoke.set_defaults(run=_revoke)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="the nomoat.yaml to use (default: the one here)")


def _because(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--because", required=True, metavar="TEXT", help="why; it stands in the journal")
    _config(parser)


def _report(arguments: argparse.Namespace) -> int:
    from nomoat.guard.report import run

    return run(arguments)


def _block(arguments: argparse.Namespace) -> int:
    from nomoat.guard.byhand import block

    return block(arguments)


def _unblock(arguments: argparse.Namespace) -> int:
    from nomoat.guard.byhand import unblock

    return unblock(arguments)


def _revoke(arguments: argparse.Namespace) -> int:
    from nomoat.guard.byhand import revoke

    return revoke(arguments)
