"""Declares `nomoat respond`, `incident`, `playbook`, `drill` and `evidence`."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    respond = subparsers.add_parser(
        "respond",
        help="lead whoever is on call through the incident",
        description="Leads a person through an incident, step by step; with --auto it does what needs nobody.",
    )
    respond.add_argument("incident", nargs="?", metavar="INC", help="the incident (default: the newest open one)")
    respond.add_argument(
        "--auto", action="store_true", help="ask nobody: open incidents, do the steps marked auto, go on"
    )
    respond.add_argument("--once", action="store_true", help="with --auto: handle what is there and stop")
    respond.add_argument(
        "--answers", metavar="FILE", help="take the person's answers from a drill file; `drill` is the playbook's own"
    )
    _config(respond)
    respond.set_defaults(run=_respond)
    _incident(subparsers)
    _playbook(subparsers)
    drill = subparsers.add_parser(
        "drill",
        help="run a playbook as its own test",
        description="Plays a playbook's drill: an alert in, steps and messages out, in a store of its own.",
    )
    drill.add_argument("name", metavar="PLAYBOOK", help="the id of a playbook")
    drill.add_argument("--auto", action="store_true", help="unattended; every drill is, the word may be written")
    _config(drill)
    drill.set_defaults(run=_drill)
    _evidence(subparsers)


def _incident(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    incident = subparsers.add_parser(
        "incident", help="list, show, acknowledge, close, review", description="Incidents."
    )
    actions = incident.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    listed = actions.add_parser("list", help="every incident", description="Lists incidents, the open ones first.")
    show = actions.add_parser(
        "show", help="one incident with its steps", description="Shows an incident and its steps."
    )
    ack = actions.add_parser(
        "ack", help="take it: the clock of escalation stops", description="Acknowledges an incident."
    )
    close = actions.add_parser("close", help="end it", description="Closes an incident.")
    close.add_argument("--false-alarm", action="store_true", help="it was none")
    close.add_argument("--note", default="", metavar="TEXT", help="a last word; it stands in the review")
    review = actions.add_parser(
        "review",
        help="what happened, what it took, what should change",
        description="Writes the review of an incident.",
    )
    review.add_argument("--html", action="store_true", help="one self-contained page instead of Markdown")
    review.add_argument("-o", "--output", metavar="FILE", help="write it to a file")
    for parser in (show, ack, close, review):
        parser.add_argument("incident", metavar="INC", help="the incident, as INC-7")
    for parser, name in ((listed, "listed"), (show, "show"), (ack, "ack"), (close, "close"), (review, "review")):
        _config(parser)
        parser.set_defaults(run=_incident_action, does=name)


def _playbook(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    playbook = subparsers.add_parser("playbook", help="lint and show playbooks", description="Playbooks as code.")
    actions = playbook.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    lint = actions.add_parser(
        "lint", help="what would cost somebody the night", description="Finds faults in playbooks."
    )
    lint.add_argument("path", nargs="?", metavar="PATH", help="a file or folder (default: the shipped and your own)")
    _config(lint)
    lint.set_defaults(run=_lint)
    show = actions.add_parser("show", help="a playbook as people read it", description="Shows a playbook.")
    show.add_argument("name", metavar="PLAYBOOK", help="the id of a playbook")
    show.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    _config(show)
    show.set_defaults(run=_show)


def _evidence(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    evidence = subparsers.add_parser("evidence", help="export and verify evidence", description="What was preserved.")
    actions = evidence.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    export = actions.add_parser(
        "export", help="all evidence of an incident as one file", description="Writes a bundle that proves itself."
    )
    export.add_argument("incident", metavar="INC", help="the incident, as INC-7")
    export.add_argument("-o", "--output", required=True, metavar="FILE", help="the bundle to write, a .tar.gz")
    _config(export)
    export.set_defaults(run=_export)
    verify = actions.add_parser(
        "verify", help="is a bundle what was kept", description="Verifies a bundle; needs nothing but the bundle."
    )
    verify.add_argument("bundle", metavar="FILE", help="the bundle")
    verify.set_defaults(run=_verify)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="the nomoat.yaml to use (default: the one here)")


def _respond(arguments: argparse.Namespace) -> int:
    from nomoat.respond.running import respond

    return respond(arguments)


def _incident_action(arguments: argparse.Namespace) -> int:
    from nomoat.respond import incidents

    return int(getattr(incidents, arguments.does)(arguments))


def _lint(arguments: argparse.Namespace) -> int:
    from nomoat.respond.running import lint_all

    return lint_all(arguments)


def _show(arguments: argparse.Namespace) -> int:
    from nomoat.respond.running import show

    return show(arguments)


def _drill(arguments: argparse.Namespace) -> int:
    from nomoat.respond.running import drill

    return drill(arguments)


def _export(arguments: argparse.Namespace) -> int:
    from nomoat.respond.incidents import export

    return export(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    from nomoat.respond.incidents import verify

    return verify(arguments)
