"""One run of a task: for whom, what is decided about it before it runs, and by what it asks.

It has a request id of its own and is decided by the policy in force when it runs, never by what the handler was told.
Blocks and revocations are looked at first, at its start and whenever it asks: it may run long after its request.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from nomoat.guard import asking, deciding
from nomoat.guard.answering import UNWRITTEN, commit
from nomoat.guard.asked import ALWAYS, Asked, Denied, Known
from nomoat.guard.loading import Demand
from nomoat.policy.bindings import Binding
from nomoat.policy.decide import Answer

if TYPE_CHECKING:
    from nomoat.guard.identity.model import Identity
    from nomoat.guard.loading import Loaded
    from nomoat.guard.runtime import Runtime
    from nomoat.journal.facts import Attribute, Reason

T = TypeVar("T")

#: What stands for the method in the decisions about a task. It is no safe one: each is committed before the task runs.
METHOD = "TASK"
_NO_PARAMS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """For whom a task runs, as it was when the work was handed on; None: nobody, and `failed` may say why."""

    identity: Identity | None
    client: str = ""
    trace: str = ""
    #: What else its decisions keep: the `request` in whose course it was handed on, the queue's id of the `task`.
    also: Mapping[str, str] = field(default_factory=dict)
    failed: Reason | None = None


def on_behalf(asked: Asked) -> OnBehalf:
    """On behalf of the caller of a request, or of a task that hands work on."""
    known = asked.known
    return OnBehalf(asked.identity, known.client, known.trace, {"request": asked.request})


class TaskRun(Asked):
    """What is known and decided of one run. No answer ends it: what it asks is in time as long as it runs."""

    __slots__ = ()

    def ask(self, permission: str, resource: Mapping[str, Attribute] | None) -> Answer:
        """The policy's answer, unless something stands against the caller by now."""
        against = self._against()
        if against is not None:
            return Answer("deny", against, denied=permission)
        if self.identity is None:
            # Why nobody is known stays said, whatever a task that audit lets run goes on to ask.
            return Answer("deny", self.reason, denied=permission)
        return super().ask(permission, resource)

    def require(self, permission: str, attributes: Mapping[str, Any]) -> None:
        """Decides, commits, and raises Denied; what stands against the caller raises in both modes."""
        self._refuse(permission)
        super().require(permission, attributes)

    def only(self, permission: str, resources: Iterable[T], read: Callable[[T], dict[str, Any]]) -> list[T]:
        """Those that are allowed."""
        self._refuse(permission)
        return super().only(permission, resources, read)

    def filter(self, permission: str, model: Any, attributes: Mapping[str, Any]) -> Any:
        """The rows that are allowed."""
        self._refuse(permission)
        return super().filter(permission, model, attributes)

    def _against(self) -> Reason | None:
        return self.runtime.standing.against(self.identity, self.known.client) or deciding.outage_of(self.runtime)

    def _refuse(self, permission: str) -> None:
        """Raises Denied where the caller was blocked or revoked since the task began, or nobody can know."""
        against = self._against()
        if against is None:
            return
        self._settle(permission, "deny", against)
        if against in ALWAYS:
            self.refused = self.refused or against
        if self.refused is not None:
            raise Denied(permission, self.refused)

    def begin(self) -> None:
        """Waits until the decision is in the journal. Raises Denied where the task must not run."""
        audit = self.runtime.audit
        if self.is_refused:
            audit.record(self.first())
            raise Denied(self._said, self.reason)
        if not commit(self, self.first()):
            # It may be committed yet: a later fact says that nothing ran.
            audit.record(self.last(UNWRITTEN, 0))
            raise Denied(self._said, UNWRITTEN)

    def end(self, *, has_failed: bool) -> None:
        """Records what the task left undecided. Raises Denied where it did what it never asked for, or was denied."""
        reason: Reason | None = None
        if self.pending:
            reason = "not-decided" if has_failed else "decision-missing"
            self.runtime.audit.record(self.last(reason, 0))
        elif (standing := self.last_denial(0)) is not None:
            self.runtime.audit.record(standing)
        if has_failed:
            return
        if self.refused is not None or (reason is not None and self.runtime.enforces):
            raise Denied(self._said, self.refused or reason or self.reason)

    @property
    def _said(self) -> str:
        """What a denial names: the permissions that were demanded, else the task."""
        demanded = self.demand.binding.permissions if self.demand is not None else ()
        return ", ".join(demanded) or self.known.target


def decided(runtime: Runtime, behalf: OnBehalf, target: str, permissions: tuple[str, ...]) -> TaskRun:
    """What is decided about a run before it begins; nothing is recorded yet.

    Args:
        runtime: what decides.
        behalf: for whom it runs.
        target: its id, `task:shop/mail.send`.
        permissions: what source demands of it (`requires`); none: somebody must be known.
    """
    loaded, identity = runtime.loaded, behalf.identity
    known = Known(
        method=METHOD,
        target=target,
        # What the path of the request said is no input of its tasks: they are told by their arguments.
        params=_NO_PARAMS,
        subject=identity.subject if identity is not None else "anonymous",
        roles=deciding.roles_of(runtime, loaded.decider, identity) if identity is not None else (),
        client=behalf.client,
        trace=behalf.trace,
        came_us=time.time_ns() // 1000,
        also=behalf.also,
    )
    run = TaskRun(runtime, loaded, known, _demand(loaded, target, permissions), identity)
    deciding.decide(run, behalf.failed)
    return run


def _demand(loaded: Loaded, target: str, permissions: tuple[str, ...]) -> Demand:
    binding = Binding("permissions", permissions) if permissions else Binding("signed-in")
    reads = frozenset(name for one in permissions for name in loaded.decider.read_for(one))
    return Demand(target, binding, reads, frozenset())


@contextmanager
def course(run: TaskRun | asking.Passing) -> Iterator[None]:
    """Whatever runs inside asks as this run. Raises Denied at its end, as `end` says."""
    token = asking.again(run)
    try:
        yield
    except BaseException:
        if isinstance(run, TaskRun):
            run.end(has_failed=True)
        raise
    else:
        if isinstance(run, TaskRun):
            run.end(has_failed=False)
    finally:
        asking.leave(token)
