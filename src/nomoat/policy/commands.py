"""Declares `nomoat policy explain|test|check|diff|break-glass|loosened|backtest|learn`."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    policy = subparsers.add_parser(
        "policy", help="what may happen, why, and what a change would do", description=_POLICY
    )
    policy.set_defaults(run=lambda _: _help(policy))
    actions = policy.add_subparsers(title="actions", metavar="ACTION", dest="action")
    _explain_arguments(_action(actions, "explain", "who may do what, and why", _EXPLAIN))
    test = _action(actions, "test", "what the policy must answer, and what nobody tried", _TEST)
    test.add_argument("--tests", metavar="FILE", help="the decision tables (default: nomoat.tests.yaml beside it)")
    test.add_argument("--covered", action="store_true", help="fail, too, while a clause is not tried from both sides")
    test.add_argument("--service", default="", metavar="NAME", help="whose decisions, where there are several services")
    test.set_defaults(run=_test)
    _action(actions, "check", "questions between map and policy", _CHECK).set_defaults(run=_check)
    diff = _action(actions, "diff", "what becomes allowed or denied", _DIFF)
    diff.add_argument("revision", nargs="?", metavar="REV", help="a branch, tag or commit of git (default: HEAD)")
    diff.add_argument("--against", metavar="FILE", help="another nomoat.yaml instead of a revision: the old one")
    diff.set_defaults(run=_diff)
    _action(actions, "loosened", "every secure default that is loosened", _LOOSENED).set_defaults(run=_loosened)
    glass = _action(actions, "break-glass", "opens a role for an emergency, for one person and a time", _GLASS)
    glass.add_argument("name", nargs="?", metavar="NAME", help="the role in break_glass: (default: show what is open)")
    glass.add_argument("--because", metavar="TEXT", help="why; an incident that it names (INC-7) has it in its review")
    glass.add_argument("--for", dest="for_", metavar="TIME", help="for how long (default: as long as nomoat.yaml lets)")
    glass.add_argument("--as", dest="who", metavar="WHO", help="for whom: user:NAME (default: whoever types)")
    glass.add_argument("--end", action="store_true", help="end it now")
    _store_argument(glass)
    glass.set_defaults(run=_glass)
    backtest = _action(actions, "backtest", "what another policy would have changed", _BACKTEST)
    backtest.add_argument("--policy", required=True, metavar="NEW", help="the nomoat.yaml to try")
    backtest.add_argument("--since", metavar="TIME", help="only decisions of the last 24h, 7d, ... (default: all)")
    _store_argument(backtest)
    backtest.set_defaults(run=_backtest)
    learn = _action(actions, "learn", "what is granted and never used", _LEARN)
    learn.add_argument("--since", metavar="TIME", help="only decisions of the last 30d, ... (default: all)")
    learn.add_argument("--at-least", metavar="TIME", default="7d", help="shortest traffic to learn from (default: 7d)")
    learn.add_argument(
        "--decisions", metavar="N", type=int, default=1000, help="fewest decisions to learn from (default: 1000)"
    )
    learn.add_argument("-o", "--output", metavar="FILE", help="write the smaller nomoat.yaml here")
    _store_argument(learn)
    learn.set_defaults(run=_learn)


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str, description: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        name, help=summary, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", metavar="FILE", help="the nomoat.yaml to read (default: the one here)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")
    return parser


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="who", metavar="WHO", help="role:NAME, user:NAME, service:NAME or anonymous")
    parser.add_argument("--role", action="append", default=[], metavar="NAME", help="a role its token claims (repeat)")
    parser.add_argument("--may", action="append", default=[], metavar="PERMISSION", help="what it wants (repeat)")
    parser.add_argument(
        "--only", action="append", metavar="PERMISSION", help="what its token or key is limited to (repeat)"
    )
    parser.add_argument(
        "--with", action="append", default=[], dest="given", metavar="NAME=VALUE",
        help="an attribute: resource.owner=ben, context.hour=3, subject.region=eu (repeat)",
    )  # fmt: skip
    parser.add_argument(
        "--service", default="", metavar="NAME", help="the service that is asked, where there are several"
    )
    parser.add_argument("--decision", metavar="POSITION", help="explain a decision of the journal instead")
    _store_argument(parser)
    parser.set_defaults(run=_explain)


def _store_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="URL", help="the journal to read (default: the one of nomoat.yaml)")


_POLICY = "Answers questions about the policy in nomoat.yaml."

_EXPLAIN = """Says whether somebody may do something, and which grant or rule decides.
  nomoat policy explain --as role:user --may delete
  nomoat policy explain --as user:ana --role customer --may orders:read --with resource.owner=ben
  nomoat policy explain --decision 812
Exit code 0: allowed; 1: denied, or it depends on what was not given."""

_TEST = """Answers the rows of decision tables by the policy, and says which of its clauses no row has tried.
Exit code 1: a row is answered otherwise than it expects; with --covered also: something is not tried."""

_CHECK = """Asks what map and policy say together: permissions nobody has, grants nothing needs, routes nothing binds.
Exit code 1: at least one error; warnings alone: 0; 3: there is no map."""

_DIFF = """Says in words what becomes allowed or denied, for whom, by the policy of a revision of git and today's.
  nomoat policy diff              since HEAD: what a commit would open up
  nomoat policy diff main         since a branch
Lines with ! are weaker; of those with ? the conditions do not tell, and no request that was tried came out differently.
Exit code 0: the same, or only stricter; 1: weaker; 3: something cannot be told, or there is no map."""

_GLASS = """Opens a role of break_glass: for one person, until a time. Every worker knows within a second; watch alerts.
  nomoat policy break-glass oncall-admin --because "INC-7: refunds are stuck" --for 30m
  nomoat policy break-glass oncall-admin --end
  nomoat policy break-glass
It counts while the person holds a role that may open it, ends by itself and is never prolonged.
Exit code 0: done; 2: it is open already, too long, or without a reason."""

_LOOSENED = """Lists what nomoat.yaml lets through on purpose, why, and until when: public routes, decisions left to
handlers, tokens that never expire, a journal that may fail, connections that are not verified.
Exit code 1: at least one is past its end."""

_BACKTEST = """Judges recorded decisions again under another policy.
Exit code 0: all the same; 1: something newly allowed or denied; 3: something cannot be told, or none is recorded."""

_LEARN = """Compares what is granted with what was used, and proposes a smaller nomoat.yaml as a diff,
tried on traffic it did not learn from. Too little traffic proposes nothing and says so."""


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 2


def _explain(arguments: argparse.Namespace) -> int:
    from nomoat.policy.actions import explain_action

    return explain_action(arguments)


def _test(arguments: argparse.Namespace) -> int:
    from nomoat.policy.actions import test_action

    return test_action(arguments)


def _check(arguments: argparse.Namespace) -> int:
    from nomoat.policy.actions import check_action

    return check_action(arguments)


def _diff(arguments: argparse.Namespace) -> int:
    from nomoat.policy.diff_action import diff_action

    return diff_action(arguments)


def _glass(arguments: argparse.Namespace) -> int:
    from nomoat.policy.glass_action import glass_action

    return glass_action(arguments)


def _loosened(arguments: argparse.Namespace) -> int:
    from nomoat.policy.actions import loosened_action

    return loosened_action(arguments)


def _backtest(arguments: argparse.Namespace) -> int:
    from nomoat.policy.actions import backtest_action

    return backtest_action(arguments)


def _learn(arguments: argparse.Namespace) -> int:
    from nomoat.policy.actions import learn_action

    return learn_action(arguments)
