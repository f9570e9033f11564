"""Declares `nomoat demo`."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    demo = subparsers.add_parser(
        "demo",
        help="a shop, an attacker and the incident that follows, in about a minute",
        description="Runs a small shop on this machine (loopback only), attacks it, and leads through the incident.",
    )
    demo.add_argument("--auto", action="store_true", help="ask nothing: the recorded answers of the drill are used")
    demo.add_argument(
        "--keep",
        nargs="?",
        const="nomoat-demo",
        metavar="FOLDER",
        help="keep the project to play with, in a new folder (default: nomoat-demo)",
    )
    demo.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    from nomoat.demo.tour import run

    return run(auto=arguments.auto, keep=arguments.keep)
