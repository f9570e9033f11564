"""Damages real inputs of this repository and gives them to every place where bytes come in.

    python benchmarks/fuzz.py [--seconds 120] [--seed N] [--only NAME]

Allowed is a result or a NomoatError. A failure is any other exception, a case of over 10 s, the death of the process,
a raw control character in what people would read, and an answer of guard to what it must deny. Each target runs in a
process of its own; each distinct failure is printed once, with an input made as small as a few seconds allow.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import mmap
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fuzz_targets import TARGETS, FaultError, Target

from nomoat.errors import NomoatError

HANG_S = 10.0
#: A case that needs more memory than this fails: a small input must not take the machine.
MEMORY_BYTES = 3 * 1024**3
_SHARED_BYTES = 8 * 1024 * 1024
#: What a terminal obeys: C0 but tab and line feed, DEL, C1, and the marks that reorder text.
_RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_:.-]*|[0-9]+|\"[^\"\n]*\"")
_VALUE = re.compile(rb"(?<=[:,\[] )[^,\n\]}]+")
_DEEP = (b"[" * 3000, b"{a: " * 90, b"(" * 3000, b'{"a":' * 2000, b"not " * 4000, b"- " * 300, b"-" * 4000)
_ODD: tuple[bytes, ...] = (
    *(b"null", b"~", b"true", b"[]", b"{}", b'""', b"''", b"0", b"-1", b"1e999", b".nan", b".inf"),
    *(b"0x7fffffffffffffff", b"[", b"]", b"{", b"}", b":", b",", b"---\n", b"...\n"),
    *(b"9" * 30, b"9" * 5000, b"99999999999999999999d", b"1.5", b"2026-13-45", b"0001-01-01T00:00:00Z", b"9999-12-31"),
    *(b"9999-12-31T23:59:59-23:59", b"0001-01-01T00:00:00+23:59", b"0d", b"400000000000d", b"9999999999999999h"),
    *(b"\x1b[31m", b"\x1b]0;x\x07", b"\r", b"\x00", b"\x7f", b"\xc2\x9b31m", "\u202e".encode(), "\u2028".encode()),
    *(b"\xff", b"\xed\xa0\x80", b"\\ud800", b'"\\ud800"', b'"\\u0000"', b'"\\x1b[31m"', b'"\\e[31m"', b"\xef\xbb\xbf"),
    *(b"&a ", b"*a", b"&a [*a]", b"<<: *a", b"!!python/object:os.system x", b"!!binary aaaa", b"? "),
    *(b"|\n", b">-\n", b"#", b'"', b"'", b"'''", b'"""', b"\\", b"\\\n", b"(", b")"),
    *(b"\n", b"\t", b"    ", b"..", b"%2e%2e", b"%2f", b"%00", b"{}", b"{:path}", b"**", b"*", b"%s", b"{0.__class__}"),
    *(b"(a+)+$", b"(.*)*x", b"a" * 3000, "é".encode(), "😀".encode(), "İ".encode(), "²".encode(), b"\xd9\xa1"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """One distinct failure: what makes it distinct, the seed it came from, and the input."""

    what: str
    seed: str
    data: bytes


class HangError(BaseException):
    """A case ran for too long. No `except Exception` of ours may take it."""


class Mutator:
    """Makes inputs out of seeds: bytes, lines, words and values are changed, moved, doubled and taken from others."""

    def __init__(self, chance: random.Random, seeds: dict[str, bytes]) -> None:
        self._chance = chance
        self._seeds = sorted(seeds.items())
        self._words = sorted({word for _, text in self._seeds for word in _WORD.findall(text[:200_000])}) or [b"a"]
        self._ways: Sequence[Callable[[bytes], bytes]] = (
            *(self._flip, self._insert, self._delete, self._double, self._lines, self._splice),
            *(self._word, self._word, self._value, self._value, self._cut),
        )

    def case(self) -> tuple[str, bytes]:
        """A seed's name and its damaged text."""
        name, data = self._chance.choice(self._seeds)
        for _ in range(self._chance.choice((1, 1, 1, 2, 3, 6))):
            data = self._chance.choice(self._ways)(data)
        return name, data

    def _span(self, data: bytes, most: int) -> tuple[int, int]:
        at = self._chance.randint(0, len(data))
        return at, min(len(data), at + self._chance.randint(1, most))

    def _flip(self, data: bytes) -> bytes:
        at, end = self._span(data, 4)
        return data[:at] + self._chance.randbytes(end - at) + data[end:]

    def _insert(self, data: bytes) -> bytes:
        at = self._chance.randint(0, len(data))
        return data[:at] + self._odd() + data[at:]

    def _delete(self, data: bytes) -> bytes:
        at, end = self._span(data, 40)
        return data[:at] + data[end:]

    def _double(self, data: bytes) -> bytes:
        at, end = self._span(data, 80)
        return data[:end] + data[at:end] * self._chance.choice((1, 1, 2, 50)) + data[end:]

    def _lines(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        one, other = self._chance.randrange(len(lines)), self._chance.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[self._chance.choice((one, other))]
        return b"\n".join(lines)

    def _splice(self, data: bytes) -> bytes:
        other = self._chance.choice(self._seeds)[1]
        at, end = self._span(other, 200)
        into = self._chance.randint(0, len(data))
        return data[:into] + other[at:end] + data[into:]

    def _odd(self) -> bytes:
        return self._chance.choice(_DEEP if self._chance.random() < 0.03 else _ODD)

    def _replaced(self, data: bytes, pattern: re.Pattern[bytes]) -> bytes:
        start = self._chance.randint(0, max(0, len(data) - 1))
        found = pattern.search(data, start) or pattern.search(data)
        if found is None:
            return self._insert(data)
        new = self._odd() if self._chance.random() < 0.6 else self._chance.choice(self._words)
        return data[: found.start()] + new + data[found.end() :]

    def _word(self, data: bytes) -> bytes:
        return self._replaced(data, _WORD)

    def _value(self, data: bytes) -> bytes:
        return self._replaced(data, _VALUE)

    def _cut(self, data: bytes) -> bytes:
        return data[: self._chance.randint(0, len(data))] if self._chance.random() < 0.3 else self._delete(data)


def _rung(_signal: int, _frame: FrameType | None) -> None:
    raise HangError


def outcome(target: Target, name: str, data: bytes) -> str | None:
    """What is wrong with one case; None where it went as it may."""
    said = io.StringIO()
    begun = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, HANG_S)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            printed = list(target.run(name, data))
    except NomoatError as error:
        printed = [str(error)]
    except FaultError as error:
        return f"fault: {error}"
    except HangError as error:
        return f"a hang: over {HANG_S:.0f} s at {_place(error)}"
    except BaseException as error:
        return f"{type(error).__name__} at {_place(error)}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if time.monotonic() - begun > HANG_S:
        return f"a hang: over {HANG_S:.0f} s"
    for text in (*printed, said.getvalue()):
        if found := _RAW.search(text):
            words = text[text.rfind("\n", 0, found.start()) + 1 : found.start()].split()
            return f"a raw control character behind {' '.join(words[:3])[:40]!a}"
    return None


def _place(error: BaseException) -> str:
    """The innermost line of ours that it came through: what makes two failures one."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "/nomoat/" in one.filename]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def smallest(target: Target, failure: Failure, *, seconds: float) -> Failure:
    """The same failure with as few bytes as some seconds allow: runs of bytes are left out, from large to small."""
    ends = time.monotonic() + seconds
    data = failure.data
    size = max(1, len(data) // 2)
    while time.monotonic() < ends:
        at, shorter = 0, False
        while at < len(data) and time.monotonic() < ends:
            candidate = data[:at] + data[at + size :]
            if outcome(target, failure.seed, candidate) == failure.what:
                data, shorter = candidate, True
            else:
                at += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return Failure(failure.what, failure.seed, data)


def fuzz(
    make: Callable[[Path], Target], folder: Path, *, seconds: float, seed: int, current: mmap.mmap
) -> Iterator[str]:
    """Runs one target in this process; gives one JSON line a failure and one with the count. No failure ends it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGALRM, _rung)
    target = make(folder)
    mutator = Mutator(random.Random(seed), target.seeds)
    known: set[str] = set()
    for name, data in target.seeds.items():
        if (wrong := outcome(target, name, data)) is not None:
            known.add(wrong)
            yield json.dumps({"what": f"undamaged: {wrong}", "seed": name, "data": data.hex()})
    cases, begun, mending = 0, time.monotonic(), 0.0
    while time.monotonic() - begun - mending < seconds:
        name, data = mutator.case()
        current.seek(0)
        current.write(f"{name}\0{len(data)}\0".encode() + data[: _SHARED_BYTES - 4096])
        cases += 1
        wrong = outcome(target, name, data)
        if wrong is None or wrong in known:
            continue
        known.add(wrong)
        at = time.monotonic()
        found = smallest(target, Failure(wrong, name, data), seconds=10 if "hang" not in wrong else 45)
        mending += time.monotonic() - at
        yield json.dumps({"what": found.what, "seed": found.seed, "data": found.data.hex()})
    yield json.dumps({"cases": cases, "seconds": time.monotonic() - begun - mending})


def in_a_process(name: str, *, seconds: float, seed: int) -> tuple[int, float, list[Failure]]:
    """Cases, seconds and failures of one target. A process that dies is a failure too, with the case it died of."""
    current = mmap.mmap(-1, _SHARED_BYTES)
    reading, writing = os.pipe()
    folder = Path(tempfile.mkdtemp(prefix="nomoat-fuzz-"))
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            os.chdir(folder)
            with os.fdopen(writing, "w") as lines:
                for line in fuzz(TARGETS[name], folder, seconds=seconds, seed=seed, current=current):
                    print(line, file=lines, flush=True)
            code = 0
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as lines:
        found = [json.loads(line) for line in lines]
    _, status = os.waitpid(child, 0)
    shutil.rmtree(folder, ignore_errors=True)
    failures = [Failure(one["what"], one["seed"], bytes.fromhex(one["data"])) for one in found if "what" in one]
    counted = [(int(one["cases"]), float(one["seconds"])) for one in found if "cases" in one] or [(0, 0.0)]
    if status != 0:
        last, size, data = current[:].split(b"\0", 2)
        failures.append(Failure(f"the process died, status {status}", last.decode(), data[: int(size or b"0")]))
    return *counted[0], failures


def shown(data: bytes) -> str:
    """An input for people: the start of a long one, and where the whole lies."""
    if len(data) <= 300:
        return repr(data)
    file = Path(tempfile.gettempdir()) / f"nomoat-fuzz-{abs(hash(data)):x}.bin"
    file.write_bytes(data)
    return f"{data[:120]!r}... ({len(data):,} bytes, whole in {file})"


def main() -> int:
    """Runs the targets one after the other and prints a table, then every failure; 1 where there is one."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=120.0, help="all targets together (default: 120)")
    arguments.add_argument("--seed", type=int, default=1, help="the same seed gives the same cases (default: 1)")
    arguments.add_argument("--only", choices=sorted(TARGETS), help="one target alone")
    given = arguments.parse_args()
    names = [given.only] if given.only else list(TARGETS)
    total, spent, failed = 0, 0.0, 0
    for name in names:
        cases, seconds, failures = in_a_process(name, seconds=given.seconds / len(names), seed=given.seed)
        total, spent, failed = total + cases, spent + seconds, failed + len(failures)
        rate = cases / seconds if seconds else 0.0
        print(f"{name:12} {cases:10,} cases {rate:10,.0f} a second   {len(failures)} failures", flush=True)
        for one in failures:
            print(f"    {one.what}\n      {one.seed}: {shown(one.data)}", flush=True)
    print(f"{'all':12} {total:10,} cases {total / max(spent, 0.001):10,.0f} a second   {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
