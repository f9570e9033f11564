"""Tokens of identity providers that others wrote: discovered, fetched and asked as they are."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey

from nomoat.appmap import codec
from nomoat.guard import Guard
from nomoat.journal.facts import Decision
from tests.guard.with_provider import Service, bearers, status
from tests.policy.maps import map_of, route

_NODE = Path(__file__).parent / "identity" / "oidc_provider"
SECRET = "a secret of a test, and of nothing else"
WITHIN_S = 30.0
POLICY = """\
services: {shop: {app: "main:app"}}
identity: {main: {issuer: "%s", audience: shop, %s}}
roles: {customer: [orders:read], "orders:read": [orders:read]}
assign: {customer: [%s]}
journal: {store: "sqlite:journal.db"}
"""


class Real(Service):
    """A service whose issuer is another program at `issuer`."""

    def __init__(self, root: Path, issuer: str, fields: str, customers: str = "") -> None:
        self.root = root
        (root / "nomoat.yaml").write_text(POLICY % (issuer, fields, customers))
        (root / ".nomoat").mkdir(exist_ok=True)
        drawn = map_of(route("GET /orders", binding=("orders:read",)))
        (root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))

    def last(self) -> Decision:
        return self.decisions()[-1]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _running(command: list[str], issuer: str, folder: Path) -> Iterator[str]:
    with (folder / "provider.log").open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            ends = time.monotonic() + WITHIN_S
            while True:
                assert process.poll() is None and time.monotonic() < ends, (folder / "provider.log").read_text()
                try:
                    httpx.get(f"{issuer}/.well-known/openid-configuration", trust_env=False).raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield issuer
        finally:
            process.terminate()
            process.wait(10)


# -- one in Python -----------------------------------------------------------------------------------------------------


def _signed_in(issuer: str, name: str) -> str:
    """Signs somebody in by the code flow; their ID token."""
    sent = {"client_id": "shop", "redirect_uri": "https://shop.example.test/back", "response_type": "code"}
    with httpx.Client(base_url=issuer, trust_env=False) as client:
        page = client.post("/oauth2/authorize", params={**sent, "scope": "openid email"}, data={"sub": name})
        code = parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": sent["redirect_uri"]}
        answer = client.post("/oauth2/token", data=form, auth=("shop", SECRET))
    return str(answer.json()["id_token"])


def test_who_signs_in_with_a_provider_is_who_the_service_knows(tmp_path: Path) -> None:
    if importlib.util.find_spec("oidc_provider_mock") is None:
        pytest.skip("oidc-provider-mock is not installed: requirements/dev.txt has it")
    if importlib.metadata.version("flask") < "3.1":
        pytest.skip("oidc-provider-mock needs Flask 3.1, and an older one stands in front of it")
    port = _free_port()
    issuer = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]

    async def lives(app: Guard) -> list[int]:
        ana, eve = (_signed_in(issuer, f"{name}@example.test") for name in ("ana", "eve"))
        return [await status(app, ana), await status(app, eve), await status(app, ana[:-4] + "AAAA")]

    with _running(words, issuer, tmp_path):
        service = Real(tmp_path, issuer, "algorithms: [RS256], keys: discover", '"user:main/ana@example.test"')
        assert [200, 403, 401] == service.lives(lives)
    assert ["user:main/ana@example.test", "user:main/eve@example.test", "anonymous"] == [
        fact.subject for fact in service.decisions()
    ][-3:]


# -- one in JavaScript, certified --------------------------------------------------------------------------------------


def _node() -> str:
    node = shutil.which("node")
    if node is None or not (_NODE / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("optional: oidc-provider is not installed: make provider (needs Node 20 or newer)")
    return node


@contextmanager
def _certified(folder: Path, port: int, *keys: ECKey) -> Iterator[str]:
    private = [{**key.as_dict(private=True), "use": "sig", "alg": "ES256"} for key in keys]
    (folder / "keys.json").write_text(json.dumps({"keys": private}))
    words = [_node(), str(_NODE / "provider.mjs"), str(port), str(folder / "keys.json")]
    with _running(words, f"http://127.0.0.1:{port}", folder) as issuer:
        yield issuer


def _token(issuer: str, kind: str) -> str:
    form = {"grant_type": "client_credentials", "scope": "orders:read", "resource": f"https://shop.example.test/{kind}"}
    answer = httpx.post(f"{issuer}/token", data=form, auth=_credentials("job"), trust_env=False)
    return str(answer.json()["access_token"])


def _credentials(client: str) -> tuple[str, str]:
    return client, SECRET.replace(" ", "+").replace(",", "%2C")


def _key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


def test_a_provider_changes_its_keys_under_a_running_service(tmp_path: Path) -> None:
    port, old, new = _free_port(), _key("old"), _key("new")
    issuer = f"http://127.0.0.1:{port}"
    fields = "kind: service, algorithms: [ES256], keys: discover, roles: claims.scope"
    service = Real(tmp_path, issuer, fields)

    before = ExitStack()

    async def lives(app: Guard) -> list[Any]:
        with before:
            first = _token(issuer, "signed")
            seen = [await status(app, first)]
        with _certified(tmp_path, port, new, old):
            # It was away meanwhile, and signs with another key now: the first token of that brings it.
            second = _token(issuer, "signed")
            seen += [await status(app, second), await status(app, first)]
        with _certified(tmp_path, port, new):
            bearers(app).keyrings[issuer].refresh()
            seen += [await status(app, first), await status(app, second)]
        return [*seen, await status(app, second)]

    with before:
        before.enter_context(_certified(tmp_path, port, old))
        assert [200, 200, 200, 401, 200, 200] == service.lives(lives)
    assert "service:job" == service.last().subject


def test_a_provider_is_asked_about_its_opaque_tokens_and_what_it_takes_back_is_refused(tmp_path: Path) -> None:
    port = _free_port()
    issuer = f"http://127.0.0.1:{port}"
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "client").write_text("shop")
    asks = (
        f'introspect: {{url: "{issuer}/token/introspection", client: "file:client", secret: "file:secret", cache: 0s}}'
    )
    service = Real(tmp_path, issuer, f"kind: service, {asks}, roles: claims.scope, subject: claims.client_id")

    async def lives(app: Guard) -> list[int]:
        token = _token(issuer, "opaque")
        other = token[:-1] + ("_" if token[-1] != "_" else "-")
        seen = [await status(app, token), await status(app, other)]
        form = {"token": token, "token_type_hint": "access_token"}
        httpx.post(
            f"{issuer}/token/revocation", data=form, auth=_credentials("job"), trust_env=False
        ).raise_for_status()
        return [*seen, await status(app, token)]

    with _certified(tmp_path, port, _key("k1")):
        assert [200, 401, 401] == service.lives(lives)
    assert ("service:job", "granted") == (service.decisions()[1].subject, service.decisions()[1].reason)
