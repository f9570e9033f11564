"""`protect`: one call for every framework whose routes guard knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nomoat.guard.loading import Mode
from nomoat.guard.starting import check_mode


def protect(
    app: Any,
    mode: Mode = "audit",
    *,
    service: str | None = None,
    config: str | Path | None = None,
    identity: Any = None,
) -> None:
    """Puts guard in front of every route of a FastAPI, Starlette, Flask or Pyramid application, or every Celery task.

    Args:
        app: the application, not started yet. Of Flask: before anything is put around `app.wsgi_app`; of Pyramid: its
            Configurator; of Celery: where it is made, both for who publishes tasks and for who runs them.
        mode: `audit` records what would be denied and changes no answer; `enforce` denies.
        service: the service's name, where `nomoat.yaml` has several.
        config: the nomoat.yaml; else NOMOAT_CONFIG, else the one in the working directory.
        identity: `(connection) -> Identity | None`, for callers that no bearer token names, or for roles that are
            looked up after the token was verified. The connection is Starlette's (`connection.scope["nomoat.verified"]`
            holds what the token names; the function may be async), or the request of Flask or Pyramid
            (`request.environ[...]`). Not of Celery.

    Raises:
        UsageError: the application has started, is protected already, or is none that guard can protect.
    """
    check_mode(mode)
    if any((one.__module__, one.__name__) == ("celery.app.base", "Celery") for one in type(app).__mro__):
        from nomoat.guard import on_celery as home
    elif hasattr(app, "url_map") and hasattr(app, "wsgi_app"):
        from nomoat.guard import on_flask as home  # type: ignore[no-redef]
    elif type(app).__module__.startswith("pyramid.") or hasattr(app, "make_wsgi_app"):
        from nomoat.guard import on_pyramid as home  # type: ignore[no-redef]
    else:
        from nomoat.guard import asgi as home  # type: ignore[no-redef]
    home.protect(app, mode, service=service, config=config, identity=identity)
