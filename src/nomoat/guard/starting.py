"""Loads guard once a process, whoever asks first, and says why where it cannot; also again after a fork.

Nothing is read when an application is made: its routes are not all there then, and the process may yet fork.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.errors import NomoatError, UsageError, printable
from nomoat.guard.loading import Mode, described

if TYPE_CHECKING:
    from nomoat.guard.routers.table import Serving
    from nomoat.guard.runtime import Runtime

_MODES = ("audit", "enforce")
#: How long guard waits before it tries again to load what it could not load.
RETRY_S = 1.0


class Starting:
    """What one guarded application decides by, loaded when it is first needed. Safe between threads."""

    def __init__(
        self,
        read_routes: Callable[[], Serving],
        mode: Mode,
        *,
        service: str | None = None,
        config: str | Path | None = None,
        identity: Any = None,
        ends_at_exit: bool = False,
    ) -> None:
        check_mode(mode)
        self.mode: Mode = mode
        self._read_routes = read_routes
        self._options = {"service": service, "config": config, "identity": identity}
        self._forget()
        _all.add(self)
        self._ends_at_exit = ends_at_exit

    def _forget(self) -> None:
        """As if never loaded: also in the child of a fork, which has none of the threads."""
        self.runtime: Runtime | None = None
        end: weakref.finalize[..., Starting] | None = getattr(self, "_end", None)
        if end is not None:
            # The parent's: its threads and connections are not here to be ended.
            end.detach()
        self._end: weakref.finalize[..., Starting] | None = None
        #: Why it cannot be loaded; empty while nobody has tried.
        self.failed = ""
        self._retry_at = 0.0
        self._lock = threading.Lock()

    @property
    def rests(self) -> bool:
        """True while it is too early to try again."""
        return time.monotonic() < self._retry_at

    def load(self) -> Runtime | None:
        """The runtime, loaded by whoever comes first; None where it cannot be, and why in `failed`."""
        with self._lock:
            if self.runtime is not None:
                return self.runtime
            if self.rests:
                return None
            try:
                self.runtime = self._start()
                self.failed = ""
                if self._ends_at_exit:
                    # No server tells such an application that it ends: what waits is committed when nobody has the
                    # application any more (a test's), or when the interpreter ends.
                    self._end = weakref.finalize(self, _end, self.runtime)
            except Exception as error:
                # Whatever keeps guard from deciding, enforce denies, and audit changes no answer.
                failed = described(error) if isinstance(error, NomoatError) else f"{type(error).__name__}: {error}"
                if failed != self.failed:
                    print(f"nomoat: guard cannot decide: {printable(failed)}", file=sys.stderr, flush=True)
                self.failed = failed
                self._retry_at = time.monotonic() + RETRY_S
            return self.runtime

    def _start(self) -> Runtime:
        from nomoat.guard.runtime import Runtime

        return Runtime.start(self._read_routes, mode=self.mode, **self._options)

    def close(self) -> None:
        """Ends guard: commits what waits."""
        with self._lock:
            runtime, self.runtime = self.runtime, None
        if self._end is not None:
            self._end.detach()
        if runtime is not None:
            runtime.close()


def check_mode(mode: str) -> None:
    """Raises UsageError where there is no such mode."""
    if mode not in _MODES:
        raise UsageError(f"unknown mode '{mode}'", where="protect(mode=...)", fix="use audit or enforce")


def _end(runtime: Runtime) -> None:
    """Ends guard where nobody has its application any more.

    Whatever thread collects it comes here, one of guard's own among them: it cannot wait for itself to end.
    """
    if threading.current_thread() is threading.main_thread():
        runtime.close()
    else:
        threading.Thread(target=runtime.close, name="nomoat-end").start()


def running() -> list[Runtime]:
    """What guards in this process decide by."""
    return [one.runtime for one in list(_all) if one.runtime is not None]


_all: weakref.WeakSet[Starting] = weakref.WeakSet()


def _after_in_child() -> None:
    for one in list(_all):
        one._forget()


os.register_at_fork(after_in_child=_after_in_child)
