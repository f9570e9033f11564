"""How grave a fact is, in the words of syslog and of OpenTelemetry.

Takes a fact, gives a level. A denied decision is a warning whether it was enforced or not; what nomoat itself could not
do is an error.
"""

from __future__ import annotations

from enum import IntEnum

from nomoat.journal.facts import (
    Alert,
    Block,
    Checked,
    Decision,
    Elevation,
    Fact,
    Gap,
    Incident,
    Message,
    Outbound,
    Revocation,
    Severity,
    Step,
)


class Level(IntEnum):
    """A severity by its number in syslog (RFC 5424, section 6.2.1): the lower, the graver."""

    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6

    @property
    def number(self) -> int:
        """The `severityNumber` of OpenTelemetry's logs data model, by its appendix on syslog."""
        return _NUMBERS[self][0]

    @property
    def word(self) -> str:
        """The short name of that number, as the data model writes it."""
        return _NUMBERS[self][1]


_NUMBERS = {
    Level.CRITICAL: (18, "ERROR2"),
    Level.ERROR: (17, "ERROR"),
    Level.WARNING: (13, "WARN"),
    Level.NOTICE: (10, "INFO2"),
    Level.INFO: (9, "INFO"),
}
_BY_SEVERITY: dict[Severity, Level] = {
    "low": Level.NOTICE, "medium": Level.WARNING, "high": Level.ERROR, "critical": Level.CRITICAL,
}  # fmt: skip
#: Reasons by which guard says that it could not do its work, or that a handler went round it.
_FAULTS = frozenset(
    (
        "identity-failed", "keys-unavailable", "decision-missing", "decision-late", "journal-unavailable",
        "blocks-unavailable", "backend-unavailable", "not-loaded",
    )
)  # fmt: skip
_STEPS = {"failed": Level.ERROR, "unsure": Level.ERROR, "not-verified": Level.ERROR, "skipped": Level.NOTICE}


def level_of(fact: Fact | None) -> Level:
    """The level of a fact; of a blanked one, and of a kind that this version does not know, `INFO`."""
    match fact:
        case Decision():
            return _of_decision(fact)
        case Alert():
            # A word of a newer version is kept as it is: what is not known is grave.
            return _BY_SEVERITY.get(fact.severity, Level.ERROR)
        case Incident():
            return _BY_SEVERITY.get(fact.severity, Level.ERROR) if fact.change == "declared" else Level.NOTICE
        case Block():
            return Level.NOTICE if fact.lifted else Level.WARNING
        case Revocation():
            return Level.WARNING
        case Elevation():
            return Level.NOTICE if fact.lifted else Level.WARNING
        case Outbound():
            return Level.INFO if fact.outcome == "allow" else Level.WARNING
        case Gap():
            return Level.ERROR
        case Step():
            return _STEPS.get(fact.state, Level.INFO)
        case Message():
            return Level.ERROR if fact.state in ("failed", "unsure") else Level.INFO
        case Checked():
            return Level.WARNING if fact.new or fact.not_analysed else Level.INFO
    return Level.INFO


def _of_decision(fact: Decision) -> Level:
    if fact.reason in _FAULTS:
        return Level.ERROR
    return Level.INFO if fact.outcome in ("allow", "deferred") else Level.WARNING
