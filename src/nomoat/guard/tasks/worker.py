"""What guards the tasks of a queue in one process: loaded as for requests, without routes, and with no credentials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat.errors import SettingsError
from nomoat.guard.loading import Loaded, Mode
from nomoat.guard.runtime import Runtime
from nomoat.guard.starting import Starting

if TYPE_CHECKING:
    from nomoat.guard.identity.cache import Bearers
    from nomoat.guard.routers.table import Served


class NoRoutes:
    """Nothing is served: whatever comes is a task."""

    def served(self) -> Iterator[Served]:
        """None."""
        return iter(())

    def before(self) -> list[str]:
        """None."""
        return []


class TaskRuntime(Runtime):
    """The state of one process that runs tasks: who calls stands in their envelopes."""

    def _bearers(self, loaded: Loaded) -> Bearers | None:
        if loaded.seal is None:
            unsigned = SettingsError(
                "nothing says for whom a task is: there is no tasks: in nomoat.yaml", where=str(loaded.settings.file),
                fix='add tasks: {key: "env:NOMOAT_TASK_KEY"} for whoever publishes and whoever runs tasks',
            )  # fmt: skip
            if self.enforces:
                raise unsigned
            self.say_once(f"{unsigned.what}: all are recorded as anonymous, and enforce would not start")
        return None


class TaskStarting(Starting):
    """What the tasks of one application are decided by."""

    def __init__(self, mode: Mode, *, service: str | None, config: str | Path | None) -> None:
        super().__init__(NoRoutes, mode, service=service, config=config, ends_at_exit=True)

    def _start(self) -> Runtime:
        return TaskRuntime.start(self._read_routes, mode=self.mode, **self._options)
