"""Puts guard into a Celery application: who publishes a task signs for whom it is, who runs it runs it as that caller.

Publishing, an envelope goes into the message's headers. Running, it is verified around the whole trace of the task, in
every pool and eagerly, so that what the task publishes (retries, chains, callbacks) is signed for the same caller.
Celery's signals swallow what their receivers raise and cannot stop a task: none of them decides here.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nomoat.appmap import ids
from nomoat.errors import JournalError, NomoatError, UsageError
from nomoat.guard import asking
from nomoat.guard.asked import Denied
from nomoat.guard.identity import stand_in
from nomoat.guard.identity.model import TokenError
from nomoat.guard.loading import Mode
from nomoat.guard.requiring import demanded
from nomoat.guard.tasks.carrying import act_as_service, caller_at_hand
from nomoat.guard.tasks.envelope import Sent, digest, queued
from nomoat.guard.tasks.run import OnBehalf, TaskRun, decided
from nomoat.guard.tasks.worker import TaskStarting

if TYPE_CHECKING:
    from nomoat.guard.asking import Passing
    from nomoat.guard.loading import Loaded
    from nomoat.guard.runtime import Runtime

#: The header of a message, of Celery's protocol 2.
HEADER = "nomoat"
_GUARD = "nomoat_guard"
#: What a message makes a worker run besides its task.
_EMBEDDED = ("callbacks", "errbacks", "chain", "chord")
_PICKLES = frozenset(("pickle", "application/x-python-serialize"))
#: The run whose end is due when the task's own function returns.
_due: ContextVar[TaskRun | None] = ContextVar("nomoat_task_due", default=None)


def protect(app: Any, mode: Mode, *, service: str | None, config: str | Path | None, identity: Any) -> None:
    """Guards every task of a Celery application; what `nomoat.guard.protect` does with one.

    Raises UsageError: it is protected already, has published, or is given an `identity`.
    """
    if identity is not None:
        raise UsageError(
            "a task has no connection to ask identity= with", where="protect(app, identity=...)",
            fix="leave it out: who calls stands in the envelope of each task",
        )  # fmt: skip
    if hasattr(app, _GUARD):
        raise UsageError("the application is protected already", where="protect(app)", fix="call protect once")
    if "amqp" in vars(app):
        raise UsageError("the application has published already", where="protect(app)", fix="call it where app is made")
    guard = _Guard(app, TaskStarting(mode, service=service, config=config))
    setattr(app, _GUARD, guard)
    app.amqp_cls = _signing(app.amqp_cls, guard)
    _patch()


# -- who publishes ---------------------------------------------------------------------------------------------------


def _signing(amqp: Any, guard: _Guard) -> Any:
    """Celery's own publisher, which seals each message."""
    from celery.utils.imports import symbol_by_name

    base: Any = symbol_by_name(amqp)

    class SigningAMQP(base):  # type: ignore[misc]  # Whatever the application is configured with.
        def _create_task_sender(self) -> Any:
            send = super()._create_task_sender()

            @functools.wraps(send)
            def sealed(producer: Any, name: str, message: Any, *args: Any, **options: Any) -> Any:
                headers = options.get("headers")
                if headers:
                    # A retry hands on the headers of the message that it was.
                    options["headers"] = {key: value for key, value in headers.items() if key != HEADER}
                guard.seal(name, message[0], message[2])
                return send(producer, name, message, *args, **options)

            return sealed

    return SigningAMQP


def _body(args: Any, kwargs: Any, embedded: Mapping[str, Any]) -> Any:
    """What a task is told, as JSON brings it to the worker. Raises TypeError, ValueError."""
    from kombu.utils import json

    whole = [list(args), dict(kwargs), {name: embedded.get(name) for name in _EMBEDDED}]
    # What is read and written again stays as it is from then on: so both sides have the same.
    return json.loads(json.dumps(json.loads(json.dumps(whole))), object_hook=None)


def _seconds(text: Any, zone: Any) -> float | None:
    """A time of Celery's headers in seconds since 1970."""
    from celery.utils.time import maybe_make_aware

    return maybe_make_aware(datetime.fromisoformat(text), zone).timestamp() if isinstance(text, str) else None


# -- who runs --------------------------------------------------------------------------------------------------------


class _Opened(NamedTuple):
    """What a message says: for whom it is, and whether all that it says was said by whoever had the key."""

    behalf: OnBehalf
    is_authentic: bool


_UNSIGNED = _Opened(OnBehalf(None), is_authentic=False)


class _Guard:
    """guard in one Celery application."""

    def __init__(self, app: Any, starting: TaskStarting) -> None:
        self._app = app
        self._starting = starting

    @property
    def enforces(self) -> bool:
        """True where a task that may not run does not."""
        return self._starting.mode == "enforce"

    def close(self) -> None:
        """Ends guard in this process."""
        self._starting.close()

    def seal(self, name: str, headers: dict[str, Any], body: Any) -> None:
        """Puts the envelope in. Raises UsageError where enforce cannot: its message would be refused."""
        headers.pop(HEADER, None)
        try:
            headers[HEADER] = self._sealed(name, headers, body)
        except Exception as error:
            what = error.what if isinstance(error, NomoatError) else f"{type(error).__name__}: {error}"
            if self.enforces:
                raise UsageError(
                    f"the task is not published, for nothing can say for whom it is: {what}", where=name,
                    fix="arguments must be JSON (task_serializer), with task_protocol 2 and a key in tasks:",
                ) from error  # fmt: skip
            runtime = self._starting.runtime
            if runtime is not None:
                runtime.say_once(f"a task was published unsigned: {what}")

    def _sealed(self, name: str, headers: Mapping[str, Any], body: Any) -> str:
        loaded = self._loaded()
        if loaded.seal is None:
            raise UsageError("there is no tasks: in nomoat.yaml")
        args, kwargs, embedded = body
        sent = Sent(name, str(headers["id"]), digest(_body(args, kwargs, embedded)))
        begins, ends = (_seconds(headers.get(one), self._app.timezone) for one in ("eta", "expires"))
        behalf = caller_at_hand(loaded.service)
        return loaded.seal.sealed(behalf, sent, loaded, now=time.time(), begins=begins, ends=ends)

    def _loaded(self) -> Loaded:
        """What the request at hand is decided by, else what this process has of its own."""
        asked = asking.at_hand()
        if asked is not None and asked.runtime.loaded.seal is not None:
            return asked.runtime.loaded
        runtime = self._starting.runtime or self._starting.load()
        if runtime is None:
            raise UsageError(self._starting.failed or "guard could not start")
        return runtime.loaded

    def trace(self, trace: Callable[..., Any], failing: Callable[..., Any], task: Any, *, is_eager: bool) -> Any:
        """Celery's trace of a task, as the caller that the message names; where it may not run, its failure."""

        @functools.wraps(trace)
        def traced(uuid: str, args: Any, kwargs: Any, request: Any = None) -> Any:
            request = request if request is not None else {}
            opened = _UNSIGNED
            run: TaskRun | Passing
            try:
                runtime = self._starting.runtime or self._starting.load()
                if runtime is None:
                    run = self._unloaded(task)
                else:
                    opened = (
                        self._at_hand(runtime) if is_eager else self.opened(runtime, task, uuid, args, kwargs, request)
                    )
                    run = self._begun(runtime, opened.behalf, task)
            except Denied as denied:
                if not opened.is_authentic:
                    # Nothing of it reaches anybody's code: neither handlers of failures, nor what it would call.
                    args, kwargs, request = (), {}, _bare(request)
                return failing(uuid, args, kwargs, request, denied)
            current, due = asking.again(run), _due.set(run if isinstance(run, TaskRun) else None)
            try:
                return trace(uuid, args, kwargs, request)
            finally:
                left = _due.get()
                _due.reset(due)
                asking.leave(current)
                if left is not None and left is run:
                    # A task class of its own ran something else than `run`: it is recorded all the same.
                    _end(left, has_failed=True)

        return traced

    def _unloaded(self, task: Any) -> Passing:
        if self.enforces:
            raise Denied(task.name, "not-loaded")
        return asking.PASSING

    def _begun(self, runtime: Runtime, behalf: OnBehalf, task: Any) -> TaskRun | Passing:
        try:
            target = ids.entry_id("task", runtime.loaded.service, task.name)
            run = decided(runtime, behalf, target, demanded(task.run))
            run.begin()
        except Denied:
            raise
        except (Exception, JournalError) as error:
            runtime.count_unwritten()
            runtime.say_once(f"a task could not be decided: {type(error).__name__}: {error}")
            return self._unloaded(task)
        return run

    def _at_hand(self, runtime: Runtime) -> _Opened:
        """Eagerly, a task is for whoever is at hand: it goes through no queue."""
        if asking.innermost() is None and stand_in.standing:
            return _Opened(OnBehalf(stand_in.identity(runtime.loaded.guard.issuers)), is_authentic=True)
        return _Opened(caller_at_hand(runtime.loaded.service), is_authentic=True)

    def opened(
        self, runtime: Runtime, task: Any, uuid: str, args: Any, kwargs: Any, request: Mapping[str, Any]
    ) -> _Opened:
        """For whom a message is that came from the broker; `args` and `kwargs` are what runs, whatever it says more."""
        text, seal = request.get(HEADER), runtime.loaded.seal
        if text is None or seal is None:
            return _Opened(OnBehalf(None, also=queued(uuid)), is_authentic=False)
        try:
            if not _PICKLES.isdisjoint(self._app.conf.accept_content):
                raise TokenError("accept_content has pickle, by which whoever writes to the broker runs code here")
            if request.get("id") != uuid:
                raise TokenError("a task has two ids")
            body = _body(args, kwargs, request)
            return _Opened(seal.opened(text, Sent(task.name, uuid, digest(body)), now=time.time()), is_authentic=True)
        except Exception as error:
            # Whatever somebody wrote to the broker, nobody is known by it, and somebody has to learn why.
            runtime.say_once(f"{task.name}: {error.what if isinstance(error, TokenError) else type(error).__name__}")
            return _Opened(OnBehalf(None, also=queued(uuid), failed="bad-envelope"), is_authentic=False)

    def is_authentic(self, message: Any, request: Mapping[str, Any]) -> bool:
        """True where what a message makes the worker run besides its task may be run."""
        if not self.enforces:
            return True
        runtime = self._starting.runtime or self._starting.load()
        if runtime is None:
            return False
        return self.opened(runtime, message.task, message.id, message.args, message.kwargs, request).is_authentic


def _bare(request: Mapping[str, Any]) -> dict[str, Any]:
    """A message without all that it would make a worker run: of one that is refused nothing is followed."""
    return {**request, **dict.fromkeys(_EMBEDDED), "args": (), "kwargs": {}, "argsrepr": "", "kwargsrepr": ""}


def _end(run: TaskRun, *, has_failed: bool) -> None:
    try:
        run.end(has_failed=has_failed)
    except JournalError:
        run.runtime.count_unwritten()


# -- Celery's own functions ------------------------------------------------------------------------------------------


def _patch() -> None:
    """Once a process: whoever builds the trace of a task gets the guarded one, where its application is protected."""
    from celery import signals
    from celery.app import trace

    if hasattr(trace.build_tracer, _GUARD):
        return
    guarded = _tracing(trace.build_tracer)
    setattr(guarded, _GUARD, True)
    trace.build_tracer = guarded
    # It may have been imported by name before.
    consumer = sys.modules.get("celery.worker.consumer.consumer")
    if consumer is not None:
        consumer.build_tracer = guarded  # type: ignore[attr-defined]
    _guard_contexts()
    # The beat acts for nobody else: what it publishes is the service's own.
    signals.beat_init.connect(lambda **_: act_as_service(), weak=False, dispatch_uid="nomoat-beat")
    for ended in (signals.worker_process_shutdown, signals.worker_shutdown):
        ended.connect(lambda **_: _close_all(), weak=False, dispatch_uid="nomoat-end")


def _guard_of(app: Any) -> _Guard | None:
    found = getattr(app, _GUARD, None)
    return found if isinstance(found, _Guard) else None


def _tracing(build: Any) -> Any:
    @functools.wraps(build)
    def build_tracer(name: str, task: Any, *args: Any, **options: Any) -> Any:
        guard = _guard_of(options.get("app") or task.app)
        if guard is None:
            return build(name, task, *args, **options)
        _end_within(task)
        is_eager = bool(options.get("eager"))
        trace = build(name, task, *args, **options)
        failing = _failing(task, is_eager=is_eager, raises=bool(options.get("propagate")))
        return guard.trace(trace, failing, task, is_eager=is_eager)

    return build_tracer


def _end_within(task: Any) -> None:
    """The run ends with the task's own function, so that what it swallowed or left undecided is its failure."""
    inner = task.run
    if hasattr(inner, _GUARD):
        return

    @functools.wraps(inner)
    def run(*args: Any, **kwargs: Any) -> Any:
        due = _due.get()
        _due.set(None)
        if due is None:
            # Called as a function, in the course of something else.
            return inner(*args, **kwargs)
        try:
            found = inner(*args, **kwargs)
        except BaseException:
            _end(due, has_failed=True)
            raise
        due.end(has_failed=False)
        return found

    setattr(run, _GUARD, True)
    task.run = run


def _failing(task: Any, *, is_eager: bool, raises: bool) -> Callable[..., Any]:
    """The trace of a task that does not run: it fails, as if its function had raised."""
    from celery import states
    from celery.app.task import Context
    from celery.app.trace import TraceInfo, trace_ok_t

    def failed(uuid: str, args: Any, kwargs: Any, request: Mapping[str, Any], denied: Denied) -> Any:
        if raises:
            raise denied
        context = Context(request, args=args, kwargs=kwargs, called_directly=False)
        try:
            raise denied
        except Denied as error:
            info = TraceInfo(states.FAILURE, error)
            found = info.handle_error_state(task, context, eager=is_eager, call_errbacks=True)
        return trace_ok_t(found, info, 0.0, None)

    return failed


def _guard_contexts() -> None:
    """What a message makes the worker itself run when its task is killed or expires, long before anything is traced."""
    from celery.worker.request import Request
    from kombu.utils.objects import cached_property

    inner = vars(Request)["_context"]

    def _context(self: Any) -> Any:
        context = inner.func(self)
        guard = _guard_of(self.app)
        if guard is not None and not guard.is_authentic(self, vars(context)):
            context.update(dict.fromkeys(_EMBEDDED))
        return context

    guarded = cached_property(_context)
    guarded.__set_name__(Request, "_context")
    Request._context = guarded


def _close_all() -> None:
    """Ends guard in a worker that ends: it says so in the journal, and commits what waits."""
    from celery import current_app

    guard = _guard_of(current_app)
    if guard is not None:
        guard.close()
