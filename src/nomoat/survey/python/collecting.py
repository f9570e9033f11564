"""When the collector of circles pays, and when it does not."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keeps the collector off while much is made that stays: the lowered form has no circles to be found.

    Searching it for some would cost as much as making it, again and again; what nobody refers to any more goes anyway.
    What is left of circles is found afterwards: a process that draws again and again stays as small as its last map.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
