"""Declares `nomoat guard report`, `guard new-key`, `block`, `unblock` and `revoke`."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    guard = subparsers.add_parser(
        "guard",
        help="what guard saw, when it is safe to enforce, and keys for programs",
        description="What guard saw in a running service, and keys for the programs that call it.",
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
    _new_key(actions)
    block = subparsers.add_parser(
        "block",
        help="refuse a user, token, service or address at once",
        description="Refuses somebody in every worker.",
    )
    block.add_argument(
        "target", metavar="WHOM", help="user:ALIAS/NAME, service:NAME, an address, key:ID or token:sha256:..."
    )
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
        "target", metavar="WHAT", help="token:sha256:..., key:ID, jti:ID, or user:ALIAS/NAME (all until now)"
    )
    _because(revoke)
    revoke.set_defaults(run=_revoke)


def _new_key(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "new-key",
        help="make an API key for a program",
        description="Makes an API key, shows it once on stdout, and gives the lines for nomoat.yaml on stderr.",
    )
    parser.add_argument("id", metavar="ID", help="its name in nomoat.yaml: billing-2027")
    parser.add_argument("--subject", required=True, metavar="WHOM", help="service:NAME, or user:keys/NAME")
    parser.add_argument("--until", required=True, metavar="DATE", help="its last day: 2027-03-31, or 90d from today")
    parser.add_argument("--role", dest="roles", action="append", metavar="ROLE", help="a role that it has; repeatable")
    parser.add_argument(
        "--only", action="append", metavar="PERMISSION", help="what it may use at most; repeatable (default: no limit)"
    )
    _config(parser)
    parser.set_defaults(run=_make_key)


def _make_key(arguments: argparse.Namespace) -> int:
    from nomoat.guard.new_key import run

    return run(arguments)


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
