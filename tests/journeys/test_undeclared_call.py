"""A service is steered to a host of somebody else: nothing is sent, and whoever is on call hears of it."""

from __future__ import annotations

from pathlib import Path

import httpx
from fastapi import FastAPI

from nomoat import guard
from nomoat.journal.journal import open_store
from nomoat.watch import registry
from nomoat.watch.watcher import Watcher
from tests.guard.guarded import Guarded
from tests.policy.maps import route


def test_a_forged_request_is_refused_and_told_on(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/pictures")
    def pictures(url: str) -> int:
        with guard.outbound(httpx.Client(trust_env=False)) as client:
            return client.get(url).status_code

    guarded = Guarded(tmp_path, app, (route("GET /pictures", binding="public"),))
    try:
        guarded.ask("GET", "/pictures?url=http://169.254.169.254/latest/meta-data/")
    except guard.OutboundError as error:
        assert "169.254.169.254:80" in str(error)

    store = open_store(f"sqlite:{tmp_path}/journal.db")
    fired = Watcher(store, registry.load(None)).tick()
    store.close()

    (alert,) = [one.alert for one in fired]
    assert (alert.detection, alert.severity, alert.service) == ("undeclared-call", "high", "shop")
    assert (alert.group["host"], alert.target) == ("169.254.169.254", "route:shop/GET /pictures")
    assert alert.subject == "user:local/ana"
