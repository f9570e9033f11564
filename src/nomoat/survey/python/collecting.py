"""When the collector of circles pays, and when it does not."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keeps the collector off, and off what was made meanwhile: the lowered form has no circles to be found.

    Searching it for some would cost as much as making it, again and again; what nobody refers to any more goes anyway.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
