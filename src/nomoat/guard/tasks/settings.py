"""The section `tasks:` of nomoat.yaml: the keys that sign for whom a task is, and how long such a signature is good."""

from __future__ import annotations

from dataclasses import dataclass

from nomoat.datafile import Node, Reader, Sequence

#: What waits longer than this is refused: a message that somebody kept is worth nothing the next day.
WITHIN_S = 24 * 3600.0
_MAX_KEYS = 5


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """References to keys: the first one signs, all of them verify. `within_s` is from a task's start time on."""

    keys: tuple[str, ...]
    within_s: float = WITHIN_S

    @property
    def files(self) -> tuple[str, ...]:
        """The files that hold keys, relative to the folder of nomoat.yaml."""
        return tuple(one.removeprefix("file:") for one in self.keys if one.startswith("file:"))


def read(node: Node | None, reader: Reader) -> TaskSettings | None:
    """The section; None where there is none. Mistakes go to the reader, and never hold what stands as a key."""
    fields = reader.mapping(node, "tasks", known=("key", "within"))
    if fields is None or node is None:
        return None
    key = fields.get("key")
    if key is None:
        reader.mistake("tasks: names no key", node, 'write key: "env:NOMOAT_TASK_KEY" (openssl rand -hex 32)')
        return None
    listed = reader.texts(key, "key") if isinstance(key, Sequence) else (reader.text(key, "key"),)
    keys = tuple(one for one in listed if one is not None)
    for one in keys:
        scheme, _, rest = one.partition(":")
        if scheme not in ("env", "file") or not rest:
            reader.mistake("a key of tasks: is no reference", key, "write env:NAME or file:PATH, never the key itself")
    if not 0 < len(keys) <= _MAX_KEYS:
        reader.mistake(f"tasks: has {len(keys)} keys", key, f"name 1 to {_MAX_KEYS}; the first one signs")
    within_s = reader.duration_s(fields.get("within"), "within")
    return TaskSettings(keys, WITHIN_S if within_s is None else within_s)
