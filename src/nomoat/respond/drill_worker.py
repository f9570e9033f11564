"""The guarded process of a drill: reads blocks from the store and reports how far, exactly as a guarded worker does.

Ends when its standard input closes, so that it never outlives the drill.
"""

from __future__ import annotations

import selectors
import sys
import uuid

from nomoat.journal.blocks import GUARD_ROLE
from nomoat.journal.facts import timestamp
from nomoat.journal.journal import open_store

POLL_S = 0.1


def main(url: str) -> None:
    """Runs until standard input closes."""
    store = open_store(url)
    process = uuid.uuid4().hex
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    try:
        while True:
            position = store.head().position
            store.state(now=timestamp())
            store.beat(process, role=GUARD_ROLE, service="shop", position=position)
            if selector.select(POLL_S) and not sys.stdin.read(1):
                break
    finally:
        store.beat(process, role=GUARD_ROLE, service="shop", position=store.head().position, ended=True)
        store.close()


if __name__ == "__main__":
    main(sys.argv[1])
