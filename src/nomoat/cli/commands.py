"""Declares `nomoat init` and `nomoat doctor`."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    init = subparsers.add_parser("init", help="write nomoat.yaml and the map from what source shows", description=_INIT)
    init.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="the folder of the application (default: here)"
    )
    init.add_argument("--yes", action="store_true", help="ask nothing: what source leaves open stays denied")
    init.set_defaults(run=_init)
    doctor = subparsers.add_parser(
        "doctor", help="what is installed, reachable, stale, not armed, and how to mend it", description=_DOCTOR
    )
    doctor.add_argument("--config", metavar="FILE", help="the nomoat.yaml to look at (default: the one here)")
    doctor.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    doctor.set_defaults(run=_doctor)


_INIT = """Draws the map, asks about each route that is open in source today (public, signed-in, or leave denied),
shows what it would write, and writes nomoat.yaml and .nomoat/map.json. Run again, it adds only what is new."""

_DOCTOR = """Looks at the installation, nomoat.yaml, the map, the journal and the processes that use it.
Exit code 0: nothing to mend; 1: something needs mending, and the line says how."""


def _init(arguments: argparse.Namespace) -> int:
    from nomoat.cli.init import run

    return run(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from nomoat.cli.doctor import run

    return run(arguments)
