"""How full the disk of a store is: from 90 % on somebody must act, before decisions can be kept no longer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

#: From this share on a disk is full enough to tell somebody (docs/reference/journal.md).
NEARLY_FULL = 0.90


class Room(NamedTuple):
    """The disk of a store: the share of it that is used, and what is free."""

    share: float
    free_bytes: int

    @property
    def is_nearly_gone(self) -> bool:
        """True from 90 % on."""
        return self.share >= NEARLY_FULL


def room_for(url: str) -> Room | None:
    """The disk behind a store's URL, also before the store is made; None for one that is no file of this machine."""
    scheme, _, rest = url.partition(":")
    if scheme != "sqlite":
        return None
    path = Path(rest).absolute()
    for place in (path, *path.parents):
        try:
            usage = shutil.disk_usage(place)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        # As `df` tells it: what is kept back for the system's own user is not there for anybody else.
        return Room(usage.used / max(1, usage.used + usage.free), usage.free)
    return None
