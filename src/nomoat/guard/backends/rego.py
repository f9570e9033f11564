"""Evaluates a Rego policy within the process, by the engine of the package regopy: each question anew.

What its results mean stands in `asking`. An interpreter belongs to one thread, so questions go to a few threads that
each have their own; they are asked in time or not at all. An evaluation that has begun cannot be ended: it denies when
its time is over, and takes up its thread until the engine gives it back.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.errors import SettingsError
from nomoat.guard.backends.asking import UNDEFINED, Asking, OfProcess, Said, UnansweredError
from nomoat.guard.backends.settings import RegoSettings

if TYPE_CHECKING:
    from regopy import Bundle, Interpreter

#: Questions that are evaluated at once in each process.
THREADS = 8
MAX_BYTES = 1024 * 1024
_INPUT = b'{"input": '
_Asked = tuple[str, "Future[object]"]


class Rego(Asking):
    """A backend of one service."""

    def __init__(self, settings: RegoSettings, *, service: str, root: Path) -> None:
        """Reads and compiles the module. Raises SettingsError where it, or the engine, is not there or not right."""
        super().__init__(
            "rego", "Rego", self._evaluated, service=service, claims=settings.claims, timeout_s=settings.timeout_s,
            threads=THREADS,
        )  # fmt: skip
        module, entry = _module(root / settings.module), settings.query.removeprefix("data.").replace(".", "/")
        try:
            compiled(module, entry)
        except ImportError as error:
            raise SettingsError(
                "the engine of Rego is absent", where="backend.rego", fix="pip install 'nomoat[rego]'"
            ) from error
        except Exception as error:
            # The engine's own text shows the policy's; where it is wrong a Rego tool says better.
            raise SettingsError(
                "this is no Rego that can be compiled", where=str(root / settings.module), fix="opa check tells where"
            ) from error
        self._threads = OfProcess(lambda: _Threads(module, entry))

    def close(self) -> None:
        """Ends the threads once they have answered; who asks later is answered by new ones."""
        threads, self._threads = self._threads, self._threads.again()
        threads.get().end()

    def _evaluated(self, document: bytes, ends: float) -> Said:
        left = ends - time.monotonic()
        if left <= 0:
            raise UnansweredError("it did not answer in time")
        # The engine's own way to hand a value over cuts texts at a zero byte, and wraps numbers round: JSON does not.
        term = document.removeprefix(_INPUT)[:-1].decode()
        future = self._threads.get().ask(term)
        try:
            return Said(future.result(left), {})
        except LateError as error:
            future.cancel()
            raise UnansweredError("it did not answer in time") from error


class _Threads:
    """The threads of one process, begun as they are needed; each has an interpreter of its own.

    They are daemons: one that never comes back must not keep the process from ending.
    """

    def __init__(self, module: str, entry: str) -> None:
        self._module, self._entry = module, entry
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._begun = 0
        self._busy = 0

    def ask(self, term: str) -> Future[object]:
        """The result of a document, to come."""
        future: Future[object] = Future()
        with self._lock:
            self._busy += 1
            if self._busy > self._begun and self._begun < THREADS:
                self._begun += 1
                threading.Thread(target=self._run, name="nomoat-guard-rego", daemon=True).start()
        self._asked.put((term, future))
        return future

    def end(self) -> None:
        """Ends each thread after what was asked before."""
        with self._lock:
            for _ in range(self._begun):
                self._asked.put(None)

    def _run(self) -> None:
        engine = None
        while (asked := self._asked.get()) is not None:
            term, future = asked
            # Whoever waited too long has gone, and left it.
            if future.set_running_or_notify_cancel():
                try:
                    engine = engine or compiled(self._module, self._entry)
                    future.set_result(result_of(engine, self._entry, term))
                except BaseException as error:
                    engine = None
                    future.set_exception(error)
            with self._lock:
                self._busy -= 1


def compiled(module: str, entry: str) -> tuple[Interpreter, Bundle]:
    """An interpreter for one thread, and the module compiled for it. Raises what the engine raises, and ValueError."""
    from regopy import Interpreter
    from regopy.rego_shared import LogLevel

    interpreter = Interpreter()
    # It would write what it was asked, and the policy, to stderr.
    interpreter.log_level = LogLevel.NONE
    interpreter.add_module("policy", module)
    bundle = interpreter.build(None, [entry])
    if not bundle.ok():
        raise ValueError("it cannot be compiled")
    return interpreter, bundle


def result_of(engine: tuple[Interpreter, Bundle], entry: str, term: str) -> object:
    """The value of the document at `entry` for an input, or UNDEFINED. Raises UnansweredError."""
    interpreter, bundle = engine
    interpreter.set_input_term(term)
    output = interpreter.query_bundle_entrypoint(bundle, entry)
    text = str(output)
    if text == "undefined":
        return UNDEFINED
    found: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(text)
    expressions = found.get("expressions") if isinstance(found, dict) else None
    if not output.ok() or not isinstance(expressions, list) or len(expressions) != 1:
        raise UnansweredError("it has no one result")
    return expressions[0]


def _module(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            f"the module cannot be read: {error.strerror}", where=str(path), fix="name a file of Rego"
        ) from error
    text = raw.decode("utf-8", "replace")
    if len(raw) > MAX_BYTES or "\ufffd" in text or "\0" in text:
        raise SettingsError("this is no module of Rego", where=str(path), fix=f"UTF-8 text of {MAX_BYTES:,} bytes")
    return text
