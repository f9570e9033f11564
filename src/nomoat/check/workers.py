"""Does many pieces of work that do not depend on one another with several processes.

Each process is a copy of this one, made when the work begins, which takes pieces until none are left. What one of them
does not bring back, because it was ended or failed, is done here once more.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Generic, TypeVar

R = TypeVar("R")

#: A piece of work is this many keys; with fewer than this many pieces a process costs more than it brings.
_PIECE, _LEAST_PIECES = 25, 16
#: With more processes the memory counts for more than the time.
_MAX_PROCESSES = 8
#: Bytes of a token, and what a pipe surely takes without somebody who reads it.
_TOKEN, _PIPE = 4, 16_384


def processes() -> int:
    """How many processes may work at once here."""
    if not hasattr(os, "fork") or sys.platform == "darwin" or threading.active_count() > 1:
        return 1  # A copy of a process with threads may wait for ever for a lock that no thread of it holds.
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, _MAX_PROCESSES)


class Work(Generic[R]):
    """Work on keys, begun by `with`; inside of it this process may do something else, then `finish`."""

    def __init__(self, keys: Sequence[str], do: Callable[[str], R], *, count: int | None = None) -> None:
        self._pieces = [keys[at : at + _PIECE] for at in range(0, len(keys), _PIECE)]
        self._do = do
        count = processes() if count is None else count
        self._count = count if len(self._pieces) >= _LEAST_PIECES else 1
        #: By process the end of the pipe through which it gives back what it did.
        self._children: dict[int, int] = {}
        self._tokens = -1

    def __enter__(self) -> Work[R]:
        if self._count > 1:
            # Where no more processes or files may be had, those that there are do all.
            with suppress(OSError):
                self._tokens, put = os.pipe()
                # That is enough for 100,000 files; the rest is done at the end.
                os.write(put, b"".join(number.to_bytes(_TOKEN, "big") for number in range(len(self._pieces)))[:_PIPE])
                os.close(put)
                for _ in range(self._count - 1):
                    self._fork()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Without `finish` nobody waits for what they do: they take no more pieces, and end when they cannot give it.
        while self._tokens >= 0 and os.read(self._tokens, _PIPE):
            pass
        for process, pipe in self._children.items():
            os.close(pipe)
            os.waitpid(process, 0)
        if self._tokens >= 0:
            os.close(self._tokens)

    def _fork(self) -> None:
        taken, given = os.pipe()
        try:
            process = os.fork()
        except OSError:
            os.close(taken)
            os.close(given)
            raise
        if process:
            os.close(given)
            self._children[process] = taken
            return
        code = 1
        try:
            os.close(taken)
            for other in self._children.values():
                os.close(other)
            with os.fdopen(given, "wb") as stream:
                pickle.dump(self._take(), stream, pickle.HIGHEST_PROTOCOL)
            code = 0
        finally:
            # Nothing of the first process is to be closed, flushed or said twice.
            os._exit(code)

    def _take(self) -> dict[int, list[R]]:
        """Does pieces until none are left."""
        done: dict[int, list[R]] = {}
        while token := os.read(self._tokens, _TOKEN):
            number = int.from_bytes(token, "big")
            done[number] = [self._do(key) for key in self._pieces[number]]
        return done

    def finish(self) -> dict[str, R]:
        """What came of every key, in the order in which they were given."""
        done = self._take() if self._tokens >= 0 else {}
        for process, pipe in list(self._children.items()):
            done |= self._given(pipe)
            os.waitpid(process, 0)
            del self._children[process]
        found: dict[str, R] = {}
        for number, keys in enumerate(self._pieces):
            results = done.get(number)
            found |= zip(keys, results if results is not None else [self._do(key) for key in keys], strict=True)
        return found

    @staticmethod
    def _given(pipe: int) -> dict[int, list[R]]:
        with os.fdopen(pipe, "rb") as stream:
            data = stream.read()
        try:
            # Only a copy of this process can write into this pipe.
            given: dict[int, list[R]] = pickle.loads(data)  # noqa: S301
        except Exception:
            return {}
        return given
