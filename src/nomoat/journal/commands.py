"""The commands `nomoat journal make|show|follow|verify|export|prune`: declarations only."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `journal` and its commands."""
    journal = subparsers.add_parser("journal", help="what happened: show, follow, verify, export, prune")
    journal.set_defaults(run=lambda _: _help(journal))
    commands = journal.add_subparsers(title="commands", metavar="COMMAND", dest="journal_command")
    _make(commands.add_parser("make", help="an empty journal where there is none"))
    _show(commands.add_parser("show", help="the newest facts, one a line"))
    _follow(commands.add_parser("follow", help="new facts as they come: shown, or brought to a receiver"))
    _verify(commands.add_parser("verify", help="walk the hash chain: was anything edited, removed or inserted?"))
    _export(commands.add_parser("export", help="facts once: as JSON lines, OpenTelemetry logs or syslog"))
    _prune(commands.add_parser("prune", help="take away what journal.retention says, now"))


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 2


def _store(parser: argparse.ArgumentParser) -> None:
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--config", metavar="FILE", help="the settings to read instead of ./nomoat.yaml")
    place.add_argument("--store", metavar="URL", help="the store itself, for example sqlite:PATH or postgresql://...")


def _make(parser: argparse.ArgumentParser) -> None:
    _store(parser)
    parser.set_defaults(run=_run_make)


def _filters(parser: argparse.ArgumentParser) -> None:
    _store(parser)
    parser.add_argument("--kind", metavar="KIND", action="append", help="facts of this kind alone; can be repeated")
    parser.add_argument("--subject", metavar="SUBJECT", help="facts about this user, service, token or address")
    parser.add_argument("--target", metavar="ID", help="facts about this route (or other id of the map)")


def _times(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", metavar="TIME", help="from here on: 1h, 23:30 (UTC), or 2026-11-24T23:30:00Z")
    parser.add_argument("--until", metavar="TIME", help="up to here")


def _show(parser: argparse.ArgumentParser) -> None:
    _filters(parser)
    parser.add_argument("--redact", action="store_true", help="replace people and parameters by keyed hashes")
    _times(parser)
    parser.add_argument("--limit", metavar="N", type=int, default=50, help="the newest N (default 50; 0: all)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json: one object a line")
    parser.set_defaults(run=_run_show)


def _leaving(parser: argparse.ArgumentParser, *, forms: tuple[str, ...], default: str) -> None:
    parser.add_argument("--format", choices=forms, help=f"how it leaves (default: {default}, or what --to takes)")
    hidden = parser.add_mutually_exclusive_group()
    hidden.add_argument("--redact", action="store_true", help="people and parameters as keyed hashes: the default")
    hidden.add_argument("--plain", action="store_true", help="people and parameters as they are")
    parser.add_argument("--key", metavar="REF", help="the key of those hashes, env:NAME or file:PATH")
    parser.add_argument(
        "--header", metavar="NAME=REF", action="append", help="a header, its value env:NAME or file:PATH"
    )
    parser.add_argument("--ca", metavar="FILE", help="the roots to verify the receiver by, instead of the system's")
    parser.add_argument("--cert", metavar="FILE", help="our own certificate, for a receiver that asks for one")
    parser.add_argument("--cert-key", metavar="FILE", help="its key, where it is not in the same file")
    parser.add_argument("--insecure-because", metavar="TEXT", help="why others may read along on the way")
    parser.add_argument("--enterprise-number", metavar="N", type=int, help="your own, for an element of syslog's data")


_TO = "https://HOST:4318/v1/logs, tls://HOST:6514, tcp://127.0.0.1:601, udp://..., unix:///dev/log or file:PATH"


def _follow(parser: argparse.ArgumentParser) -> None:
    _filters(parser)
    parser.add_argument("--since", metavar="TIME", help="begin here, unless --as has a place: 1h, 23:30 (UTC), ...")
    parser.add_argument("--as", metavar="NAME", dest="name", help="keep the place under a name: nothing is missed")
    parser.add_argument("--to", metavar="URL", help=f"bring them to a receiver: {_TO}")
    _leaving(parser, forms=("text", "json", "otlp", "syslog"), default="text")
    parser.set_defaults(run=_run_follow, until=None)


def _verify(parser: argparse.ArgumentParser) -> None:
    _store(parser)
    parser.add_argument("--against", metavar="FILE", help="a checkpoint that was kept outside the store")
    parser.add_argument("--checkpoint-out", metavar="FILE", help="write the newest checkpoint, to be kept elsewhere")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    parser.set_defaults(run=_run_verify)


def _export(parser: argparse.ArgumentParser) -> None:
    _filters(parser)
    _times(parser)
    place = parser.add_mutually_exclusive_group()
    place.add_argument("-o", "--output", metavar="FILE", help="write here instead of stdout")
    place.add_argument("--to", metavar="URL", help=f"bring them to a receiver: {_TO}")
    _leaving(parser, forms=("json", "otlp", "syslog"), default="json")
    parser.set_defaults(run=_run_export)


def _prune(parser: argparse.ArgumentParser) -> None:
    _store(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser.set_defaults(run=_run_prune)


def _run_make(arguments: argparse.Namespace) -> int:
    from nomoat.journal.upkeep import make

    return make(arguments)


def _run_show(arguments: argparse.Namespace) -> int:
    from nomoat.journal.view import show

    return show(arguments)


def _run_follow(arguments: argparse.Namespace) -> int:
    from nomoat.journal.shipping.run import follow

    return follow(arguments)


def _run_verify(arguments: argparse.Namespace) -> int:
    from nomoat.journal.upkeep import verify

    return verify(arguments)


def _run_export(arguments: argparse.Namespace) -> int:
    from nomoat.journal.shipping.run import export

    return export(arguments)


def _run_prune(arguments: argparse.Namespace) -> int:
    from nomoat.journal.upkeep import prune

    return prune(arguments)
