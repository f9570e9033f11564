"""Declares `nomoat watch run|test|status`."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    watch = subparsers.add_parser(
        "watch",
        help="what is happening: alerts from decisions and events",
        description="Notices what should not happen.",
    )
    actions = watch.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    run = actions.add_parser(
        "run",
        help="read decisions (or files of events) and alert",
        description="Reads the decisions of the journal, or files with one JSON event a line, and alerts.",
    )
    run.add_argument("files", nargs="*", metavar="FILE", help="files of events, one JSON object a line; - is stdin")
    run.add_argument("--once", action="store_true", help="read to the end and stop; exit code 1 when something alerted")
    run.add_argument(
        "--format", choices=("text", "json"), default="text", help="json: one alert a line (default: text)"
    )
    run.add_argument(
        "--allow-incomplete", action="store_true", help="lines that are no events do not change the exit code"
    )
    run.add_argument("--config", metavar="FILE", help="the nomoat.yaml to use (default: the one here)")
    run.set_defaults(run=_run)
    test = actions.add_parser(
        "test", help="run the examples beside the detections", description="Runs the examples beside each detection."
    )
    test.add_argument(
        "path", nargs="?", metavar="PATH", help="a folder of detections (default: the shipped and your own)"
    )
    test.set_defaults(run=_test)
    status = actions.add_parser(
        "status",
        help="is anybody watching, and how far behind",
        description="Says who watches and how far they have read.",
    )
    status.add_argument("--config", metavar="FILE", help="the nomoat.yaml to use (default: the one here)")
    status.set_defaults(run=_status)


def _run(arguments: argparse.Namespace) -> int:
    from nomoat.watch.running import run

    return run(arguments)


def _test(arguments: argparse.Namespace) -> int:
    from nomoat.watch.examples import run

    return run(arguments)


def _status(arguments: argparse.Namespace) -> int:
    from nomoat.watch.running import status

    return status(arguments)
