"""A bell: no ring is lost, none is heard twice, whoever rings."""

from __future__ import annotations

import threading
import time

from nomoat.journal.bell import Bell


def heard(bell: Bell, seconds: float) -> bool:
    """True where the wait ended by a ring."""
    began = time.monotonic()
    bell.wait(seconds)
    return time.monotonic() - began < seconds / 2


def test_a_ring_before_the_wait_is_heard_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    assert heard(bell, 5)
    assert not heard(bell, 0.05)


def test_a_ring_that_was_hushed_is_not_heard() -> None:
    bell = Bell()
    bell.ring()
    bell.hush()
    bell.hush()
    assert not heard(bell, 0.05)


def test_a_wait_of_no_time_ends() -> None:
    Bell().wait(-1)


def test_whoever_waits_is_woken() -> None:
    bell = Bell()
    timer = threading.Timer(0.05, bell.ring)
    timer.start()
    assert heard(bell, 10)
    timer.join()


def test_many_ring_at_once_and_what_each_left_is_seen() -> None:
    bell, left, seen, rings = Bell(), [0] * 8, 0, 500

    def ring(number: int) -> None:
        for _ in range(rings):
            left[number] += 1
            bell.ring()

    threads = [threading.Thread(target=ring, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + 30
    while seen < 8 * rings and time.monotonic() < ends:
        # Without a lost ring it never waits so long.
        assert heard(bell, 10)
        seen = sum(left)
    for thread in threads:
        thread.join()
    assert seen == 8 * rings
