"""What every backend has in common: the document that it is asked with, what its result means, how many may wait.

`true` allows, `false` and no result deny, `"deferred"` leaves the decision to the handler where the object is not known
yet. Whatever else comes, or does not come in time, denies as `backend-unavailable`. No answer is remembered.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Generic, NamedTuple, ParamSpec, TypeVar

from nomoat.journal.facts import Attribute
from nomoat.policy.backend import ANSWERED_BY
from nomoat.policy.decide import Answer, out_of_scope
from nomoat.policy.inputs import MAX_RECORDED, bare_subject

#: Requests that may wait for an answer at once: one more is refused at once, so an outage never fills the memory.
MOST_WAITING = 256
DEFERRED = "deferred"
_UNAVAILABLE = Answer("deny", "backend-unavailable")
_P = ParamSpec("_P")
_T = TypeVar("_T")


class UnansweredError(Exception):
    """There is no answer that can be used; the text says why, for people, and quotes nothing."""


#: The result of a document that is not there, or has no value for this input.
UNDEFINED: Final = object()


class Said(NamedTuple):
    """What a backend said: its result (`UNDEFINED` where there is none), and what the decision records beside it."""

    result: object
    read: Mapping[str, Attribute]


class OfProcess(Generic[_T]):
    """One thing a process, made where it is first asked for: what a parent has is never used or waited for by a child.

    Two threads that ask first may both make one; each keeps what it was given, and the later one stays.
    """

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._made: tuple[int, _T] | None = None

    def again(self) -> OfProcess[_T]:
        """Another one that is made alike."""
        return OfProcess(self._make)

    def get(self) -> _T:
        """That of this process."""
        made = self._made
        if made is None or made[0] != os.getpid():
            # The pair is put there whole: who reads it between sees the parent's, and makes one, too.
            self._made = made = os.getpid(), self._make()
        return made[1]


class Waiting:
    """Those of one process who wait for an answer, and the threads in which they do."""

    def __init__(self, name: str, threads: int) -> None:
        self._lock = threading.Lock()
        self.count = 0
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix=f"nomoat-guard-{name}")

    def enter(self) -> bool:
        """Takes a place; False: all are taken."""
        with self._lock:
            is_free = self.count < MOST_WAITING
            self.count += is_free
        return is_free

    def leave(self, _future: object = None) -> None:
        """Gives the place back."""
        with self._lock:
            self.count -= 1


class Asking:
    """A backend of one service, by whoever answers a document. Safe to share between threads."""

    def __init__(
        self,
        name: str,
        title: str,
        ask: Callable[[bytes, float], Said],
        *,
        service: str,
        claims: tuple[str, ...],
        timeout_s: float,
        threads: int,
    ) -> None:
        """`ask` gets a document as JSON and the moment of `time.monotonic` at which it ends; raises UnansweredError."""
        self.name, self.title = name, title
        self._ask = ask
        self._service = service
        self._claims = claims
        self._timeout_s = timeout_s
        self._local = threading.local()
        self._waiting = OfProcess(lambda: Waiting(name, threads))
        #: What was wrong with the last question that got no answer, for people.
        self.trouble = ""

    def close(self) -> None:
        """Lets go of what is open; who is asked all the same still answers."""

    async def asked(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Runs what asks in a thread, so that the event loop goes on; its time counts from now."""
        ends = time.monotonic() + self._timeout_s

        def run() -> _T:
            self._local.ends = ends
            try:
                return function(*args, **kwargs)
            finally:
                self._local.ends = None

        waiting = self._waiting.get()
        if not waiting.enter():
            # Here and now: what need not be asked is answered, and what must be is refused (`_said`).
            ends = 0.0
            return run()
        try:
            future = waiting.threads.submit(run)
        except BaseException:
            waiting.leave()
            raise
        # Also for whoever went away before its turn came.
        future.add_done_callback(waiting.leave)
        return await asyncio.wrap_future(future)

    def decide(
        self,
        *,
        subject: str,
        roles: tuple[str, ...],
        permissions: tuple[str, ...],
        attributes: Mapping[str, object],
        resource: Mapping[str, object] | None = None,
        only: Collection[str] | None = None,
    ) -> Answer:
        """The answer of who is asked, or a denial."""
        if not permissions:
            return Answer("deny", "no-grant")
        if only is not None and (outside := out_of_scope(permissions, only)) is not None:
            return outside
        document = self._document(subject, roles, permissions, attributes, resource)
        answer = self._answer(document, is_final=resource is not None)
        read = {ANSWERED_BY: self.name, **_read(document), **answer.read}
        return answer._replace(
            read=read, denied=permissions[0] if answer.outcome == "deny" else "",
            needs=permissions if answer.outcome == "deferred" else (),
        )  # fmt: skip

    def probed(self, *, subject: str, roles: tuple[str, ...], permissions: tuple[str, ...]) -> object:
        """The bare result about a caller of whom nothing else is known, for whoever examines a backend.

        Raises UnansweredError: there is none in time. Nothing is decided or recorded.
        """
        attributes = {"context.hour": 12, "context.client": "127.0.0.1", "context.method": "GET"}
        return self._said(_encoded(self._document(subject, roles, permissions, attributes, {}))).result

    def _document(
        self,
        subject: str,
        roles: tuple[str, ...],
        permissions: tuple[str, ...],
        attributes: Mapping[str, object],
        resource: Mapping[str, object] | None,
    ) -> dict[str, object]:
        """What a policy calls `input`: what a decision records, under the same names."""
        parts = self._parts(attributes)
        return {
            "service": self._service,
            "subject": subject,
            "sub": bare_subject(subject),
            "roles": list(dict.fromkeys(roles)),
            "permissions": list(permissions),
            "params": parts["params"],
            "context": parts["context"],
            "claims": parts["subject"],
            "device": parts["device"],
            "resource": None if resource is None else dict(resource),
        }

    def _parts(self, attributes: Mapping[str, object]) -> dict[str, dict[str, object]]:
        """The attributes by their namespaces; of a caller's claims only those that may be told."""
        parts: dict[str, dict[str, object]] = {"params": {}, "context": {}, "subject": {}, "device": {}}
        for name, value in attributes.items():
            namespace, _, rest = name.partition(".")
            if namespace in parts and (namespace != "subject" or rest in self._claims):
                parts[namespace][rest] = value
        return parts

    def _answer(self, document: Mapping[str, object], *, is_final: bool) -> Answer:
        try:
            said = self._said(_encoded(document))
        except UnansweredError as error:
            return self._unanswered(str(error))
        except Exception as error:
            # Whatever it is that nobody thought of: who is not answered is denied.
            return self._unanswered(type(error).__name__)
        grants = (self.name,)
        if said.result is True:
            return Answer("allow", "granted", grants=grants, read=said.read)
        if said.result is False or said.result is UNDEFINED:
            return Answer("deny", "no-grant", read=said.read)
        if said.result == DEFERRED and not is_final:
            return Answer("deferred", "depends-on-resource", grants=grants, read=said.read)
        return self._unanswered(f"its result is neither true nor false ({type(said.result).__name__})")

    def _said(self, document: bytes) -> Said:
        ends: float | None = getattr(self._local, "ends", None)
        if ends is not None and ends > 0:
            return self._ask(document, ends)
        waiting = self._waiting.get()
        if ends is not None or not waiting.enter():
            raise UnansweredError(f"{MOST_WAITING} requests wait for it")
        try:
            return self._ask(document, time.monotonic() + self._timeout_s)
        finally:
            waiting.leave()

    def _unanswered(self, why: str) -> Answer:
        self.trouble = f"{self.title} gave no answer that can be used, so the request is denied: {why}"
        return _UNAVAILABLE


def _encoded(document: Mapping[str, object]) -> bytes:
    """The document as JSON. Raises UnansweredError: it cannot be said, or would be read as another one."""
    try:
        text = json.dumps({"input": document}, allow_nan=False, ensure_ascii=False)
        # Half characters become the same replacement at whoever reads them: two ids that differ would be one.
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise UnansweredError("what is asked holds half a character") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise UnansweredError(f"what is asked is no JSON ({type(error).__name__})") from None


#: Parts of the document that a decision has no field for, and the namespace under which it keeps them.
_RECORDED = (("context", "context"), ("claims", "subject"), ("device", "device"), ("resource", "resource"))


def _read(document: Mapping[str, object]) -> dict[str, Attribute]:
    """What a decision records of the document besides its own fields, so that the question can be put again."""
    found: dict[str, Attribute] = {}
    for namespace, name in _RECORDED:
        part = document[namespace]
        for rest, value in part.items() if isinstance(part, Mapping) else ():
            if isinstance(value, int) or (isinstance(value, str) and len(value) <= MAX_RECORDED):
                found[f"{name}.{rest}"] = value
    return found
