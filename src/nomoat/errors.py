"""What people see when something is wrong: what happened, where, and what to do about it.

    NomoatError                     exit 2 unless said otherwise
    |- DataFileError                a YAML or JSON file of nomoat or of the user has mistakes
    |  `- SettingsError             nomoat.yaml
    |     `- PolicyError            the policy in it
    |- MapError                     a map file is absent, garbage, stale or of a newer version
    |- UsageError                   a command was called wrongly
    |- IncompleteError              exit 3: something could not be looked at or is absent
    `- JournalError                 exit 3: the store of facts
       |- StorageError              it cannot be opened, read or written
       |- CursorMovedError          two readers of one name
       `- ChainError                exit 1: the chain does not verify

Each carries one problem or many (`problems`): every mistake of a file is reported at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

#: Exit codes of every command (docs/reference/exit-codes.md).
EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_INCOMPLETE = 0, 1, 2, 3

# C0 and C1 controls, and the marks that reorder or hide text (Unicode Bidi_Control, zero width): terminals obey them.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def printable(text: str, *, limit: int = 2000) -> str:
    """Untrusted text, safe for a terminal and a log: control characters are shown as escapes, long text is cut."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return _UNPRINTABLE.sub(_escaped, text)


def say(text: str, *, to: TextIO | None = None) -> None:
    """One line of a command that runs for long, to stdout when nothing is named.

    A log on a full disk must not end whoever stands guard: what cannot be said is not said. A reader that has gone
    (BrokenPipeError) is another matter: it ends the command.
    """
    try:
        print(text, file=to if to is not None else sys.stdout, flush=True)
    except BrokenPipeError:
        raise
    except OSError:
        return


def _escaped(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: `what` happened, `where` (file:line:column or a name), and the `fix`. Only `what` is never empty."""

    what: str
    where: str = ""
    fix: str = ""

    def __str__(self) -> str:
        lines = [f"error: {printable(self.what)}"]
        if self.where:
            lines.append(f"  --> {printable(self.where)}")
        if self.fix:
            lines.append(f"  fix: {printable(self.fix)}")
        return "\n".join(lines)


class NomoatError(Exception):
    """Base of every error that people see; the surface prints it and exits with `exit_code`."""

    exit_code = EXIT_USAGE

    def __init__(self, what: str, *, where: str = "", fix: str = "", problems: Iterable[Problem] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems) or (Problem(what, where, fix),)
        super().__init__(what)

    @property
    def what(self) -> str:
        """The first problem, in words."""
        return self.problems[0].what

    @property
    def where(self) -> str:
        """Where the first problem stands; empty when it stands nowhere."""
        return self.problems[0].where

    @property
    def fix(self) -> str:
        """What to do about the first problem."""
        return self.problems[0].fix

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(NomoatError):
    """A command was called in a way it does not know."""


class DataFileError(NomoatError):
    """A data file has mistakes; `problems` names them all."""


class SettingsError(DataFileError):
    """nomoat.yaml has mistakes."""


class PolicyError(SettingsError):
    """The policy does not compile."""


class MapError(NomoatError):
    """A map is absent, garbage, stale or written by a newer nomoat."""


class IncompleteError(NomoatError):
    """Something could not be looked at, is absent or out of date."""

    exit_code = EXIT_INCOMPLETE


class JournalError(NomoatError):
    """The journal cannot do what was asked."""

    exit_code = EXIT_INCOMPLETE


class StorageError(JournalError):
    """A store cannot be opened, read or written."""


class CursorMovedError(JournalError):
    """Another reader of the same name moved the cursor: stop, start again from the stored position."""
