"""What must become of the answer to one decided request, whichever server interface carries it.

`Answering` holds an answer to the decisions made: it says what refuses it, and records how it ended. It sends nothing.
The decision of a write is in the journal before its handler runs; a read's goes there with its status.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.errors import JournalError
from nomoat.guard.answers import status_of
from nomoat.guard.asked import COMMIT_S, Asked, Denied
from nomoat.guard.routers.table import NOTHING
from nomoat.journal.facts import Decision, Reason, Response

UNWRITTEN: Reason = "journal-unavailable"


class Answering:
    """The answer of one request: what may leave, and the facts about it."""

    __slots__ = ("_is_committed", "_is_recorded", "_status", "asked", "is_replaced", "is_safe", "is_unserved")

    def __init__(self, asked: Asked, method: str) -> None:
        self.asked = asked
        self._status = 0
        self.is_replaced = self._is_committed = self._is_recorded = False
        self.is_safe = method in SAFE_METHODS
        #: The framework itself answers; anything but its 404, 405 or slash redirect is replaced.
        self.is_unserved = asked.found is NOTHING and asked.reason == "unknown-route"

    # -- before the handler ------------------------------------------------------------------------------------------

    def refused_at_once(self) -> Reason | None:
        """The refusal that was decided before the handler, recorded; None where it may run."""
        asked = self.asked
        if not asked.is_refused or self.is_unserved:
            return None
        self.is_replaced = asked.started = True
        self._record_first(status_of(asked.reason))
        return asked.reason

    @property
    def commits_first(self) -> bool:
        """True where the decision must be in the journal before the handler runs."""
        return not (self.is_safe or self.is_unserved)

    def committed(self, is_committed: bool) -> Reason | None:
        """What a commit before the handler gave: None where it may run.

        What could not be committed in time may be yet, so the fact of the refusal stands behind it.
        """
        self._is_committed = is_committed
        if is_committed:
            return None
        asked = self.asked
        self.is_replaced = asked.started = self._is_recorded = True
        asked.runtime.audit.record(asked.last(UNWRITTEN, status_of(UNWRITTEN)))
        return UNWRITTEN

    # -- its answer --------------------------------------------------------------------------------------------------

    def starts(self, status: int, *, is_frameworks_own: bool) -> Reason | None:
        """The answer is about to leave: None where it may, else what it is replaced by; recorded either way."""
        asked = self.asked
        self._status = status
        if self.is_unserved and asked.runtime.enforces and not is_frameworks_own:
            return self.refused(asked.reason)
        if asked.refused is not None:
            return self.refused(asked.refused)
        if asked.pending and status < 400 and asked.runtime.enforces:
            return self.refused("decision-missing", tell=True)
        asked.started = True
        self._record_how_it_ended(status)
        return None

    def refused(self, reason: Reason, *, tell: bool = False) -> Reason:
        """Records a later refusal; `tell` where no `require` has written a fact of it."""
        asked = self.asked
        self.is_replaced = asked.started = True
        self._status = status_of(reason)
        self._record_first(self._status)
        if tell:
            asked.runtime.audit.record(asked.last(reason, self._status))
        else:
            self._record_standing_denial(self._status)
        return reason

    def refusal_of(self, error: Exception) -> Reason | None:
        """What an application's exception is answered with, where guard denied; None: it is the application's own."""
        asked = self.asked
        reason = asked.refused or (error.reason if isinstance(error, Denied) and asked.runtime.enforces else None)
        return None if asked.started and not self.is_replaced else reason

    @property
    def is_held_back(self) -> bool:
        """True while nothing may leave before the answer's start: early hints and pushes name what is asked for."""
        asked = self.asked
        return asked.refused is not None or (asked.runtime.enforces and bool(asked.pending))

    def check_still_allowed(self, *, has_more: bool) -> None:
        """Between the parts of an answer: raises Denied after a late denial, or when its caller has been blocked."""
        asked = self.asked
        if asked.refused is not None:
            raise Denied("what the handler asked late", asked.refused)
        if has_more and not asked.runtime.standing.is_empty:
            against = asked.runtime.standing.against(asked.identity, asked.known.client)
            if against is not None:
                raise Denied("this stream", against)

    # -- its end -----------------------------------------------------------------------------------------------------

    def failed(self, status: int = 500) -> None:
        """The application raised: its decision is recorded all the same."""
        self._status = self._status or status
        if not self.asked.started:
            self._record_how_it_ended(self._status)
        self.finish()

    def finish(self) -> None:
        """The status of a request whose decision was committed before its handler."""
        asked = self.asked
        if self._is_committed:
            asked.runtime.audit.record(response(asked, self._status))
        elif not self._is_recorded:
            # The application ended without an answer.
            self._record_how_it_ended(self._status)

    def _record_how_it_ended(self, status: int) -> None:
        """The decision, and what the handler left open; status 0 where no answer came."""
        self._record_first(status)
        if self.asked.outcome == "deferred":
            self._record_what_would_have_been(self.asked.pending, status)
        self._record_standing_denial(status)

    def _record_what_would_have_been(self, pending: tuple[str, ...], status: int) -> None:
        asked = self.asked
        assert asked.demand is not None and asked.answer is not None
        reason: Reason | None = None
        if asked.demand.never_decides(asked.known.method, asked.answer.needs):
            reason = "undecided-before-write"
        elif pending:
            reason = "decision-missing" if 0 < status < 400 else "not-decided"
        if reason is not None:
            asked.runtime.audit.record(asked.last(reason, status))

    def _record_standing_denial(self, status: int) -> None:
        fact = self.asked.last_denial(status)
        if fact is not None:
            self.asked.runtime.audit.record(fact)

    def _record_first(self, status: int) -> None:
        if self._is_committed or self._is_recorded:
            return
        self._is_recorded = True
        asked = self.asked
        if self.is_safe and asked.outcome == "deny":
            asked.runtime.audit.record_denial(asked.first(status))
        else:
            asked.runtime.audit.record(asked.first_encoded(status))


def is_not_served(status: int, locations: Iterable[str], path: str) -> bool:
    """A framework's own answer where no route matches: 404, 405, or the redirect to the path's other slash."""
    if status in (404, 405):
        return True
    found = list(locations)
    if status not in (301, 307, 308) or len(found) != 1:
        return False
    return unquote(urlsplit(found[0]).path).rstrip("/") == unquote(path).rstrip("/")


def commit(asked: Asked, fact: Decision) -> bool:
    """Waits until a decision is in the journal. False where it is not and nothing may pass without."""
    if waits_for_nothing(asked, fact):
        return True
    try:
        asked.runtime.writer.commit([(fact, None)], timeout_s=COMMIT_S)
    except JournalError:
        return passes_unwritten(asked)
    return True


def waits_for_nothing(asked: Asked, fact: Decision) -> bool:
    """True where nobody waits for a journal that is known not to answer; the writer goes on trying."""
    runtime = asked.runtime
    if not ((not runtime.enforces or runtime.passes_without_journal) and runtime.audit.failure):
        return False
    runtime.audit.record(fact)
    return True


def passes_unwritten(asked: Asked) -> bool:
    """Counts a decision that could not be written; True where its request may pass all the same."""
    asked.runtime.count_unwritten()
    return not asked.runtime.enforces or asked.runtime.passes_without_journal


def response(asked: Asked, status: int) -> Response:
    """How a request ended whose decision was committed before."""
    return Response(request=asked.request, service=asked.loaded.service, target=asked.known.target, status=status)
