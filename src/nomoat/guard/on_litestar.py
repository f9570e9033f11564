"""Puts guard into a Litestar application, behind the application's own middleware and before that of its parts.

app = Litestar(route_handlers=[...], on_app_init=[LitestarGuard("audit")])
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.errors import SettingsError
from nomoat.guard.asgi import Guarding
from nomoat.guard.loading import Mode
from nomoat.guard.routers.litestar import Routes
from nomoat.guard.starting import Starting

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.config.app import AppConfig

    from nomoat.guard.answers import Scope
    from nomoat.guard.runtime import Runtime


class LitestarGuard:
    """What configures an application so that guard decides about each of its requests. One for one application.

    Args:
        mode: `audit` records what would be denied and changes no answer; `enforce` denies.
        service: the service's name, where `nomoat.yaml` has several.
        config: the nomoat.yaml; else NOMOAT_CONFIG, else the one in the working directory.
        identity: `(connection) -> Identity | None`, sync or async; the connection is Litestar's ASGIConnection, and
            `connection.scope["nomoat.verified"]` holds what a bearer token names.
    """

    def __init__(
        self,
        mode: Mode = "audit",
        *,
        service: str | None = None,
        config: str | Path | None = None,
        identity: Any = None,
    ) -> None:
        self._app: Litestar | None = None
        self._starting = Starting(self._read_routes, mode, service=service, config=config, identity=identity)

    def __call__(self, config: AppConfig) -> AppConfig:
        """Adds guard as the last of the application's own middleware; it starts and ends with the application."""
        config.middleware = [*config.middleware, self.around]
        config.on_startup = [self._start, *config.on_startup]
        config.on_shutdown = [*config.on_shutdown, self.close]
        return config

    def around(self, app: Any) -> Any:
        """Guard around one handler; Litestar calls this for each."""
        return _Handler(app, self._starting, self)

    def close(self) -> None:
        """Ends guard: commits what waits."""
        self._starting.close()

    def meets(self, app: Litestar) -> None:
        """Remembers the application that it guards."""
        self._app = self._app or app

    def _start(self, app: Litestar) -> None:
        """Raises SettingsError: guard cannot be loaded, and nothing may be served without it."""
        self.meets(app)
        runtime = self._starting.load()
        if runtime is not None:
            runtime.say_differences()
        elif self._starting.mode == "enforce":
            raise SettingsError(f"guard cannot decide: {self._starting.failed}", where="nomoat.guard.LitestarGuard")

    def _read_routes(self) -> Routes:
        assert self._app is not None
        return Routes(self._app)


class _Handler(Guarding):
    """Guard around one handler of an application."""

    def __init__(self, app: Any, starting: Starting, guard: LitestarGuard) -> None:
        super().__init__(app, starting)
        self._guard = guard

    async def _loaded(self, scope: Scope) -> Runtime | None:
        self._guard.meets(scope.get("litestar_app") or scope["app"])
        return await super()._loaded(scope)
