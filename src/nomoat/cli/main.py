"""The `nomoat` command: finds the commands of each package by folder, runs one, turns errors into messages.

Imports nothing but argparse until a command runs: `nomoat --help` must cost little more than Python itself.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence

from nomoat import __version__

#: Type checkers take it for true. Importing it from `typing` would cost as much as a fifth of Python's own start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    _Subparsers = argparse._SubParsersAction[Any]

#: The order of `nomoat --help`: the path of a first hour. A package that is not named here comes last.
_ORDER = ("survey", "check", "cli", "policy", "guard", "watch", "respond", "journal", "demo")

_DESCRIPTION = "Security for developers in one system: map, check, policy, guard, watch, respond."
_EPILOG = """\
start here:  nomoat map      what the application is, and which routes are open
             nomoat check    what is insecure in it, with the fix
             nomoat demo     a shop, an attacker and the incident, in one minute
exit codes:  0 clean, 1 findings (or denied, failed), 2 wrong use, 3 could not complete"""


def command_modules() -> list[str]:
    """The dotted names of all `commands.py`, found by folder, in the order of the help."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = [entry.name for entry in os.scandir(package) if os.path.isfile(os.path.join(entry.path, "commands.py"))]
    rank = {name: index for index, name in enumerate(_ORDER)}
    return [f"nomoat.{name}.commands" for name in sorted(found, key=lambda name: (rank.get(name, 99), name))]


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with arguments: one may be a name that somebody else chose, and no terminal obeys it."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.metavar != "COMMAND" or action.choices is None or value in action.choices:
            return super()._check_value(action, value)
        import difflib

        near = difflib.get_close_matches(str(value), [str(name) for name in action.choices], 1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise argparse.ArgumentError(None, f"there is no command '{value}'; {meant}nomoat --help lists all")

    def error(self, message: str) -> NoReturn:
        from nomoat.errors import printable

        super().error(printable(message))


class _Inert:
    """Takes every declaration of a command that is not asked for, and builds nothing."""

    def __getattr__(self, _name: str) -> Callable[..., _Inert]:
        return lambda *_arguments, **_named: self


class _Chosen:
    """Argparse's subparsers, where only one command gets its arguments: all of them would double the start."""

    def __init__(self, real: _Subparsers, name: str) -> None:
        self._real = real
        self._name = name

    def add_parser(self, name: str, **named: Any) -> Any:
        if name == self._name:
            return self._real.add_parser(name, **named)
        self._real.add_parser(name, add_help=False, help=named.get("help"))
        return _Inert()


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of the whole command line; with `only`, the other commands are named in the help and nothing more."""
    parser = _Parser(
        prog="nomoat", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"nomoat {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    declared = subparsers if only is None else _Chosen(subparsers, only)
    for module in command_modules():
        importlib.import_module(module).register(declared)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code: 0 clean, 1 findings, 2 wrong use, 3 could not complete."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        print(f"nomoat {__version__}")
        return 0
    parser = build_parser(only=arguments[0] if arguments else "")
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 2
    if not hasattr(chosen, "run"):
        parser.print_help()
        return 2
    return _run(chosen)


def _run(chosen: argparse.Namespace) -> int:
    from nomoat.errors import EXIT_INCOMPLETE, NomoatError, SettingsError

    try:
        code = int(chosen.run(chosen))
        sys.stdout.flush()
    except SettingsError as error:
        from nomoat.cli.mistakes import completed

        print("\n".join(map(str, completed(error))), file=sys.stderr)
        return error.exit_code
    except NomoatError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has closed it (`| head`): nothing is wrong, and Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INCOMPLETE
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except OSError as error:
        return _refused(error)
    except Exception as error:
        return _fault(error, chosen.command)
    return code


def _refused(error: OSError) -> int:
    """The system refused a file that no package expected to be refused: a name too long, a disk that is full."""
    from nomoat.errors import EXIT_INCOMPLETE, Problem

    if os.environ.get("NOMOAT_DEBUG"):
        import traceback

        traceback.print_exception(error)
    place = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
    what = f"the system refuses: {error.strerror or type(error).__name__}"
    print(Problem(what, place, "check path, rights and space"), file=sys.stderr)
    return EXIT_INCOMPLETE


def _fault(error: Exception, command: str) -> int:
    """A fault of ours: said in one message, with the place; the traceback only when NOMOAT_DEBUG asks for it."""
    from nomoat.errors import EXIT_INCOMPLETE, Problem

    if os.environ.get("NOMOAT_DEBUG"):
        import traceback

        traceback.print_exception(error)
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f"{os.path.basename(last.tb_frame.f_code.co_filename)}:{last.tb_lineno}" if last else ""
    what = f"nomoat {command} failed by a fault of its own: {type(error).__name__}: {error}"
    fix = "NOMOAT_DEBUG=1 shows the traceback; please report it with that"
    print(Problem(what, place, fix), file=sys.stderr)
    return EXIT_INCOMPLETE
