"""One request and what is decided about it: before its handler, and by what the handler asks.

A denied `require` is sticky: whatever the handler does next, its answer is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from nomoat.errors import JournalError, NomoatError
from nomoat.journal.codec import EncodedDecision
from nomoat.journal.facts import Attribute, Decision, Outcome, Reason, timestamp, timestamp_of
from nomoat.journal.forms import DecisionForm

if TYPE_CHECKING:
    from nomoat.guard.identity.model import Identity
    from nomoat.guard.limiting import Over
    from nomoat.guard.loading import Demand, Loaded
    from nomoat.guard.routers.table import Found
    from nomoat.guard.runtime import Runtime
    from nomoat.policy.decide import Answer

T = TypeVar("T")

#: How long a request waits until its decision is in the journal.
COMMIT_S = 2.0
#: Whole numbers of conditions have 64 bits (docs/reference/policy.md).
_LARGEST = 1 << 63
#: Blocks and revocations are somebody's deliberate act: they refuse in both modes.
ALWAYS: frozenset[Reason] = frozenset(("blocked", "revoked"))
_NONE: Mapping[str, Any] = {}
#: So many forms of decisions are kept; beyond, they begin anew.
_MAX_FORMS = 4096


class Denied(NomoatError):  # noqa: N818  it is what handlers read: `except guard.Denied`
    """The policy does not allow this. guard answers with 401 or 403; a handler need not catch it."""

    def __init__(self, permission: str, reason: Reason) -> None:
        super().__init__(f"{permission} is denied", where=reason, fix="nomoat policy explain --decision POSITION")
        self.permission = permission
        self.reason: Reason = reason
        # What makes it anew in another process: a queue hands the errors of its tasks on.
        self.args = (permission, reason)


class AttributeTypeError(NomoatError):
    """guard was handed an attribute that no condition can compare."""


class Known(NamedTuple):
    """What the request itself says: where it goes, who calls, from where."""

    method: str
    target: str
    params: Mapping[str, str]
    subject: str
    roles: tuple[str, ...]
    client: str
    trace: str
    #: When it came, in microseconds since 1970.
    came_us: int
    also: Mapping[str, str] = _NONE
    #: Path parameters as conditions compare them: whole, where `params` are as facts keep them.
    compared: Mapping[str, str] = _NONE
    #: What a trusted proxy says of the caller's device.
    device: Mapping[str, str] = _NONE
    #: The service that the connection's certificate is of; empty where none was shown.
    peer: str = ""

    @property
    def at(self) -> datetime:
        """When it came."""
        return datetime.fromtimestamp(self.came_us // 1_000_000, UTC)


class Asked:
    """What is known and decided of one request; every fact about it is made here."""

    __slots__ = (
        "_attributes",
        "_form",
        "_is_last_denied",
        "_sequence",
        "_would",
        "answer",
        "decided",
        "demand",
        "found",
        "held",
        "identity",
        "known",
        "loaded",
        "outcome",
        "over",
        "reason",
        "refused",
        "request",
        "runtime",
        "started",
        "step_up",
    )  # fmt: skip

    def __init__(
        self,
        runtime: Runtime,
        loaded: Loaded,
        known: Known,
        demand: Demand | None,
        identity: Identity | None,
        form: DecisionForm | None = None,
    ) -> None:
        self.runtime = runtime
        # One request is decided by one policy, also when another comes into force while it runs.
        self.loaded = loaded
        self.known = known
        self.demand = demand
        self.identity = identity
        self.request = runtime.request_id()
        self.outcome: Outcome = "deny"
        self.reason: Reason = "unknown-route"
        self.answer: Answer | None = None
        #: How the caller has to sign in again, where only that is missing: what a client is told.
        self.step_up = ""
        #: The limit that this request is over.
        self.over: Over | None = None
        #: Where the running router will dispatch it to; None: who knows.
        self.found: Found | None = None
        self.decided: frozenset[str] = frozenset()
        #: What source demands of this route beside its binding, and depends on the object.
        self.held: tuple[str, ...] = ()
        self.refused: Reason | None = None
        self.started = False
        self._sequence = 0
        #: What a handler asked that was (or would have been) denied first, and whether its last fact says so.
        self._would: Reason | None = None
        self._is_last_denied = True
        self._attributes: dict[str, Any] | None = None
        #: The form of its first decision, where that is known already.
        self._form = form

    @property
    def is_refused(self) -> bool:
        """True where this request must not reach its handler."""
        return self.outcome != "allow" and (self.reason in ALWAYS or (self.runtime.enforces and self.outcome == "deny"))

    def limit(self, over: Over | None) -> None:
        """Denies a request that comes too often; None changes nothing."""
        if over is not None:
            self.over = over
            self.outcome, self.reason, self.answer = "deny", "rate-limited", None
            self._form = None

    @property
    def retry_after_s(self) -> int:
        """Seconds after which a refused caller may come again."""
        return self.over.retry_after_s if self.over is not None else 1

    @property
    def pending(self) -> tuple[str, ...]:
        """Permissions that were deferred to the handler and are not decided yet."""
        if self.outcome == "deferred" and self.answer is not None:
            return tuple(name for name in (*self.answer.needs, *self.held) if name not in self.decided)
        return tuple(name for name in self.held if name not in self.decided) if self.held else ()

    @property
    def attributes(self) -> dict[str, Any]:
        """What conditions read besides the resource."""
        if self._attributes is None:
            known, identity = self.known, self.identity
            self._attributes = {f"params.{name}": value for name, value in known.compared.items()}
            self._attributes |= {
                "context.hour": known.at.hour,
                "context.client": known.client,
                "context.method": known.method,
            }
            if known.peer:
                self._attributes["context.peer"] = known.peer
            self._attributes |= {f"device.{name}": value for name, value in known.device.items()}
            if "context.now" in self.loaded.decider.reads:
                self._attributes["context.now"] = timestamp_of(known.came_us)
            if identity is not None:
                self._attributes |= {f"subject.{name}": value for name, value in identity.claims.items()}
        return self._attributes

    def fact(
        self,
        *,
        outcome: Outcome,
        reason: Reason,
        status: int = 0,
        permissions: tuple[str, ...] | None = None,
        answer: Answer | None = None,
        read: Mapping[str, Attribute] = _NONE,
        sequence: int = 0,
        allowed: int = 0,
        withheld: int = 0,
        filtered: tuple[str, ...] = (),
    ) -> Decision:
        """A decision about this request."""
        known, loaded, demand = self.known, self.loaded, self.demand
        if permissions is None:
            permissions = demand.binding.permissions if demand is not None else ()
        return Decision(
            happened_at=timestamp_of(known.came_us) if not sequence else timestamp(),
            request=self.request,
            sequence=sequence,
            service=loaded.service,
            target=known.target,
            method=known.method,
            subject=known.subject,
            credential=self.identity.credential if self.identity is not None else "",
            roles=known.roles,
            params=known.params,
            permissions=permissions,
            outcome=outcome,
            enforced=self.runtime.enforces or reason in ALWAYS,
            reason=reason,
            grants=answer.grants if answer is not None else (),
            read=read,
            policy=loaded.policy.hash,
            map=loaded.map_hash,
            client=known.client,
            trace=known.trace,
            status=status,
            login=demand is not None and demand.binding.login,
            allowed=allowed,
            withheld=withheld,
            only=_limit(self.identity),
            filtered=filtered,
            by_map=self.runtime.goes_by_map,
            also=known.also,
        )

    def _next(self) -> int:
        """The number of a later fact: they count from 1."""
        self._sequence += 1
        return self._sequence

    def first(self, status: int = 0) -> Decision:
        """The decision that was made before the handler."""
        answer = self.answer
        return self.fact(
            outcome=self.outcome,
            reason=self.reason,
            status=status,
            answer=answer,
            read=answer.read if answer is not None else _NONE,
        )

    def first_encoded(self, status: int = 0) -> Decision | EncodedDecision:
        """The same, as it is appended: what this caller's decisions at this route share has been encoded before."""
        known, answer = self.known, self.answer
        if known.also:
            return self.first(status)
        try:
            return (self._form or self.form()).fact(
                happened_at=timestamp_of(known.came_us),
                request=self.request,
                client=known.client,
                params=known.params,
                read=answer.read if answer is not None else _NONE,
                status=status,
                trace=known.trace,
            )
        except (TypeError, ValueError):
            # The writer tells of a fact that cannot be written; it is no reason to fail a request in its midst.
            return self.first(status)

    def form(self) -> DecisionForm:
        """What the body of its first decision shares with those of other requests."""
        known, loaded, answer, demand = self.known, self.loaded, self.answer, self.demand
        credential, limit = ("", None) if self.identity is None else (self.identity.credential, self.identity.only)
        grants = answer.grants if answer is not None else ()
        enforced = self.runtime.enforces or self.reason in ALWAYS
        key = (
            known.target, known.subject, credential, limit, known.roles, known.method, self.outcome, self.reason,
            grants, enforced,
        )  # fmt: skip
        form = loaded.forms.get(key)
        if form is None:
            if len(loaded.forms) >= _MAX_FORMS:
                loaded.forms.clear()
            form = loaded.forms[key] = DecisionForm(
                service=loaded.service,
                target=known.target,
                method=known.method,
                subject=known.subject,
                credential=credential,
                roles=known.roles,
                permissions=demand.binding.permissions if demand is not None else (),
                outcome=self.outcome,
                enforced=enforced,
                reason=self.reason,
                grants=grants,
                policy=loaded.policy.hash,
                map=loaded.map_hash,
                login=demand is not None and demand.binding.login,
                only=_limit(self.identity),
                by_map=self.runtime.goes_by_map,
            )
        return form

    def last(self, reason: Reason, status: int) -> Decision:
        """The decision that guard itself made about the handler's answer."""
        return self.fact(outcome="deny", reason=reason, status=status, sequence=self._next())

    def last_denial(self, status: int) -> Decision | None:
        """The fact that a denial stands, where what the handler asked after it was allowed: readers count the last."""
        if self._is_last_denied:
            return None
        reason = self.reason if self.outcome == "deny" else self._would
        return None if reason is None else self.last(reason, status)

    def deny_meanwhile(self, reason: Reason) -> None:
        """A denial that guard itself comes to after its first decision: recorded, and as sticky as a `require`."""
        self._would = self._would or reason
        self.runtime.audit.record(self.last(reason, 0))
        if self.runtime.enforces:
            self.refused = self.refused or reason

    def ask(self, permission: str, resource: Mapping[str, Attribute] | None) -> Answer:
        """The policy's answer about one permission and one resource; final unless there is no resource."""
        from nomoat.policy.decide import Answer

        if self.identity is None:
            return Answer("deny", "unauthenticated", denied=permission)
        return self.answered((permission,), self.attributes, resource)

    def answered(
        self,
        permissions: tuple[str, ...],
        attributes: Mapping[str, Any],
        resource: Mapping[str, Attribute] | None = None,
    ) -> Answer:
        """What the policy, or whoever is asked instead of it, says of a caller who is known."""
        assert self.identity is not None, "nobody in particular is granted nothing"
        answer = self.loaded.backend.decide(
            subject=self.known.subject,
            roles=self.known.roles,
            permissions=permissions,
            attributes=attributes,
            resource=resource,
            only=self.identity.only,
        )
        if answer.reason == "step-up":
            self.note_step_up(answer)
        elif self.loaded.asking is not None and answer.reason == "backend-unavailable":
            self.runtime.say_once(self.loaded.asking.trouble)
        return answer

    def note_step_up(self, answer: Answer) -> None:
        """Keeps what a client is told that has to sign its user in again."""
        self.step_up = answer.denied_by.step_up.challenge if answer.denied_by is not None else ""

    def require(self, permission: str, attributes: Mapping[str, Any]) -> None:
        """Decides, waits until the fact is committed, and raises Denied where it is denied (and enforced)."""
        wrong = wrong_type(attributes)
        if wrong is not None:
            self._settle(permission, "deny", "condition-error")
            if self.runtime.enforces:
                raise wrong
            return
        answer = self.ask(permission, attributes)
        self._settle(permission, answer.outcome, answer.reason, answer, read=answer.read)
        if self.refused is not None:
            raise Denied(permission, self.refused)

    def holds_already(self, permissions: Iterable[str]) -> bool:
        """True where guard has decided about all of these before the handler, or left them to it."""
        bound = self.demand.binding.permissions if self.demand is not None else ()
        return all(name in bound or name in self.held for name in permissions)

    def hold(self, permissions: Iterable[str]) -> None:
        """Holds a request to what source says about its route, also where the policy binds that otherwise.

        Raises Denied. A permission that depends on the object is left to the handler.
        """
        if self.holds_already(permissions):
            return
        bound = self.demand.binding.permissions if self.demand is not None else ()
        for permission in permissions:
            if permission not in bound and self.ask(permission, None).outcome == "deferred":
                self.held = (*self.held, permission)
            elif permission not in bound:
                self.require(permission, {})

    def only(self, permission: str, resources: Iterable[T], read: Callable[[T], dict[str, Any]]) -> list[T]:
        """Those that are allowed, in their order; one fact says how many were and were not."""
        items = list(resources)
        kept: list[T] = []
        wrong: Exception | None = None
        for item in items:
            try:
                attributes = read(item)
                wrong = wrong or wrong_type(attributes)
                if wrong is None and self.ask(permission, attributes).outcome == "allow":
                    kept.append(item)
            except Exception as error:
                # Whatever the handler's own function raises, nothing is known of this object: a condition's error.
                wrong = wrong or error
        general = self.ask(permission, None)
        withheld = len(items) - len(kept)
        outcome: Outcome = "deny" if wrong is not None or general.outcome == "deny" else "allow"
        reason: Reason = general.reason if outcome == "deny" else "condition-false" if withheld else "granted"
        if wrong is not None:
            reason = "condition-error"
        self._settle(permission, outcome, reason, general, allowed=len(kept), withheld=withheld, is_list=True)
        if not self.runtime.enforces:
            return items
        if wrong is not None:
            raise wrong
        if self.refused is not None:
            raise Denied(permission, self.refused)
        return kept

    def filter(self, permission: str, model: Any, attributes: Mapping[str, Any]) -> Any:
        """The rows that are allowed, as an expression for the query that reads them; one fact says what it asks."""
        from nomoat.guard.data import rows

        library = rows.library_of(model, attributes)
        found = rows.decided(self, permission, library, model, attributes)
        self._settle(
            permission, found.outcome, found.reason, found.answer, read=found.answer.read, filtered=found.filtered,
            is_list=True,
        )  # fmt: skip
        if not self.runtime.enforces:
            return library.constant(True)
        if found.wrong is not None:
            raise found.wrong
        if self.refused is not None:
            raise Denied(permission, self.refused)
        return found.expression

    def _settle(
        self,
        permission: str,
        outcome: Outcome,
        reason: Reason,
        answer: Answer | None = None,
        *,
        read: Mapping[str, Attribute] = _NONE,
        allowed: int = 0,
        withheld: int = 0,
        filtered: tuple[str, ...] = (),
        is_list: bool = False,
    ) -> None:
        """The decision is in the journal, and stands: a denial sticks whatever the handler does next."""
        if self.started:
            outcome, reason = "deny", "decision-late"
        fact = self.fact(
            outcome=outcome, reason=reason, permissions=(permission,), answer=answer, read=read,
            sequence=self._next(), allowed=allowed, withheld=withheld, filtered=filtered,
        )  # fmt: skip
        written = self._commit(fact)
        self.decided |= {permission}
        # Where its fact could not be written, a plainer one has to say how it ended.
        self._is_last_denied = outcome == "deny" and written
        if outcome != "allow" and (not is_list or self.started or reason == "condition-error"):
            self._would = self._would or reason
        if not self.runtime.enforces:
            return
        # A list that has nothing in it for this caller is an answer, not a denial.
        if outcome != "allow" and (not is_list or self.started or reason == "condition-error"):
            self.refused = self.refused or reason
        elif not written and not self.runtime.passes_without_journal:
            # It may be committed yet, after this request has been refused: a later fact must say how it ended.
            self._would = self._would or "journal-unavailable"
            self._is_last_denied = False
            self.refused = self.refused or "journal-unavailable"

    def _commit(self, fact: Decision) -> bool:
        """False where it could not be written, nor handed over."""
        runtime = self.runtime
        passes = not runtime.enforces or runtime.passes_without_journal
        if passes and runtime.audit.failure:
            # Nobody waits for a journal that is known not to answer.
            runtime.audit.record(fact)
            runtime.count_unwritten()
            return True
        try:
            runtime.writer.commit([(fact, None)], timeout_s=COMMIT_S)
        except JournalError:
            runtime.count_unwritten()
            return False
        return True


def _limit(identity: Identity | None) -> tuple[str, ...] | None:
    return None if identity is None or identity.only is None else tuple(sorted(identity.only))


def wrong_type(attributes: Mapping[str, Any]) -> AttributeTypeError | None:
    """The error of the first attribute that is no text, whole number or boolean; None where all are."""
    for name, value in attributes.items():
        kind = type(value).__name__
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            kind = "a number of more than 64 bits"
        elif isinstance(value, (str, int, bool)):
            continue
        return AttributeTypeError(
            f"{name} is {kind}, which no condition can compare", where="nomoat.guard",
            fix=f"pass text, a whole number or a boolean: {name}=str(...)",
        )  # fmt: skip
    return None
