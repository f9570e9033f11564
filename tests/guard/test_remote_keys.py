"""A guarded service and its identity provider: rotation, outages, made-up keys, reload, the end."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from nomoat import guard
from nomoat.guard import Guard, Identity
from nomoat.guard.wsgi import WSGIGuard
from tests.guard.identity import provider as providers
from tests.guard.identity.provider import JWKS, Provider, says
from tests.guard.with_provider import Service, ask, bearer, becomes, ring, status
from tests.guard.wsgi_calling import call, environ_of


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providers.running() as found:
        yield found


@pytest.fixture
def service(tmp_path: Path, provider: Provider) -> Service:
    made = Service(tmp_path, provider)
    made.write()
    return made


def test_a_new_key_is_fetched_for_its_first_token_and_a_key_that_goes_takes_its_tokens_along(service: Service) -> None:
    provider = service.provider

    async def lives(app: Guard) -> list[int]:
        old = provider.token("k1")
        seen = [await status(app, old)]
        provider.rotate("k2")
        new = provider.token("k2")
        seen += await asyncio.gather(*(status(app, new) for _ in range(20)), status(app, old))
        provider.rotate("k3", keep=False)
        ring(app, provider).refresh()
        seen += [await status(app, old), await status(app, new), await status(app, provider.token("k3"))]
        return seen

    assert [200, *[200] * 21, 401, 401, 200] == service.lives(lives)


def test_a_key_that_comes_back_is_good_again(service: Service) -> None:
    provider = service.provider
    token = provider.token("k1")

    async def lives(app: Guard) -> list[int]:
        seen = [await status(app, token)]
        kept = provider.keys
        provider.rotate("k2", keep=False)
        ring(app, provider).refresh()
        seen += [await status(app, token)]
        provider.keys = kept
        ring(app, provider).refresh()
        return [*seen, await status(app, token), await status(app, token)]

    assert [200, 401, 200, 200] == service.lives(lives)


@pytest.mark.parametrize("is_async", [True, False])
def test_the_services_own_identity_is_asked_with_whom_the_waited_for_token_names(
    service: Service, is_async: bool
) -> None:
    provider = service.provider

    def who(connection: Any) -> Identity | None:
        verified = connection.scope["nomoat.verified"]
        return Identity(verified.subject, ("customer",)) if verified is not None else None

    async def who_async(connection: Any) -> Identity | None:
        return who(connection)

    async def lives(app: Guard) -> list[int]:
        provider.rotate("k2")
        return [await status(app, provider.token("k2", roles=[])), await status(app, "")]

    assert [200, 401] == service.lives(lives, identity=who_async if is_async else who)
    assert "user:main/ana" == service.decisions()[-2].subject


def test_an_authority_of_ones_own_is_trusted_where_the_file_says_so(service: Service, tmp_path: Path) -> None:
    _, certificate = providers.authority(tmp_path)

    async def lives(app: Guard) -> int:
        return await status(app, made.provider.token("k1"))

    with providers.running(certificate) as encrypted:
        made = Service(tmp_path, encrypted)
        made.write("algorithms: [ES256], keys: discover, ca: file:ca.pem")
        assert 200 == made.lives(lives)
        made.write()
        assert 503 == made.lives(lives)
        (tmp_path / "own.pem").write_text("no certificate")
        made.write("algorithms: [ES256], keys: discover, ca: file:own.pem")
        app = made.guard()
        assert app._starting.load() is None
    assert "the certificates cannot be read" in app._starting.failed


def test_made_up_names_of_keys_are_one_fetch_and_hold_nobody_up(service: Service) -> None:
    provider = service.provider
    keyed = provider.keys["k1"]
    provider.delay_s = 0.3

    async def lives(app: Guard) -> tuple[list[int], int]:
        before = provider.asked[JWKS]
        made_up = [providers.signed(keyed, f"x{number}", iss=provider.issuer) for number in range(200)]
        seen = await asyncio.gather(*(status(app, token) for token in made_up), status(app, provider.token("k1")))
        seen += [await status(app, token) for token in made_up[:5]]
        return seen, provider.asked[JWKS] - before

    seen, fetches = service.lives(lives)
    assert [401] * 200 + [200] + [401] * 5 == seen
    assert 1 == fetches


def test_tokens_that_are_wrong_anyhow_ask_for_no_fetch(service: Service) -> None:
    provider = service.provider
    stranger = ECKey.generate_key("P-256")
    wrong = [
        providers.signed(stranger, "x", iss=provider.issuer, exp=1),
        providers.signed(stranger, "x", iss=provider.issuer, aud="another"),
        providers.signed(stranger, "x", iss=provider.issuer, sub=""),
        providers.signed(stranger, "x", iss="https://other.example.test"),
        providers.signed(stranger, "k1", iss=provider.issuer),
        providers.signed(RSAKey.generate_key(2048), "x", iss=provider.issuer),
    ]

    async def lives(app: Guard) -> list[int]:
        before = provider.asked[JWKS]
        return [*[await status(app, token) for token in wrong], provider.asked[JWKS] - before]

    assert [401] * 6 + [0] == service.lives(lives)


def test_a_token_without_kid_is_tried_with_all_keys_that_fit(service: Service) -> None:
    provider = service.provider
    provider.rotate("k2")
    first = provider.keys["k1"]

    async def lives(app: Guard) -> list[int]:
        return [
            await status(app, providers.signed(first, None, iss=provider.issuer)),
            await status(app, provider.token()),
        ]

    assert [200, 200] == service.lives(lives)


def test_a_token_without_kid_is_tried_with_ten_keys_at_most(service: Service) -> None:
    provider = service.provider
    keys = [ECKey.generate_key("P-256") for _ in range(15)]
    provider.pages[JWKS] = says({"keys": [providers.member(key) for key in keys]})

    async def lives(app: Guard) -> list[int]:
        return [await status(app, providers.signed(keys[n], None, iss=provider.issuer)) for n in (0, 9, 10, 14)]

    assert [200, 200, 401, 401] == service.lives(lives)


def test_a_key_is_good_for_the_algorithm_alone_that_it_is_for(service: Service) -> None:
    provider = service.provider
    key = RSAKey.generate_key(2048)
    service.write("algorithms: [RS256, PS256], keys: discover")
    provider.pages[JWKS] = says({"keys": [providers.member(key, "k", alg="RS256")]})
    claims = {"iss": provider.issuer, "aud": "shop", "sub": "ana", "roles": ["customer"], "exp": int(time.time()) + 60}

    async def lives(app: Guard) -> list[int]:
        tokens = [jwt.encode({"alg": one, "kid": "k"}, claims, key, algorithms=[one]) for one in ("RS256", "PS256")]
        return [await status(app, token) for token in tokens]

    assert [200, 401] == service.lives(lives)


def test_two_keys_of_one_name_are_both_tried(service: Service) -> None:
    provider = service.provider
    other = ECKey.generate_key("P-256")
    provider.pages[JWKS] = says(
        {"keys": [providers.member(other, "k1"), providers.member(provider.keys["k1"], "k1"), providers.member(other)]}
    )

    async def lives(app: Guard) -> list[int]:
        tokens = provider.token("k1"), providers.signed(other, "k1", iss=provider.issuer)
        return [await status(app, token) for token in tokens]

    assert [200, 200] == service.lives(lives)


def test_without_a_provider_the_service_starts_refuses_its_tokens_alone_and_recovers(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = service.provider
    provider.pages[JWKS] = says(b"", 503)
    service.write(more='  local: {issuer: local, algorithms: [ES256], keys: "file:own.jwks", roles: claims.roles}\n')
    own = ECKey.generate_key("P-256")
    (service.root / "own.jwks").write_text(json.dumps({"keys": [providers.member(own)]}))
    others = providers.signed(own, None, iss="local", aud="x")

    async def lives(app: Guard) -> list[Any]:
        refused = await ask(app, provider.token("k1"))
        seen = [refused.status, refused.header("retry-after"), refused.header("www-authenticate")]
        seen += [await status(app, others), await status(app, "junk")]
        del provider.pages[JWKS]
        await becomes(200, lambda: status(app, provider.token("k1")))
        return seen

    assert [503, "1", "", 200, 401] == service.lives(lives)
    said = capsys.readouterr().err
    assert "keys cannot be fetched, ITS TOKENS ARE REFUSED" in said and "it answered 503" in said
    assert "keys are fetched again" in said
    assert "keys-unavailable" in [fact.reason for fact in service.decisions()]


def test_the_last_good_keys_outlast_an_outage_until_its_end_and_what_was_remembered_goes_with_them(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = service.provider

    async def lives(app: Guard) -> list[int]:
        token = provider.token("k1")
        seen = [await status(app, token)]
        provider.pages[JWKS] = says({"keys": [providers.member(RSAKey.generate_key(2048), "k1")]})
        ring(app, provider).refresh()
        seen += [await status(app, token), await status(app, provider.token("k1", sub="ben"))]
        ring(app, provider)._clock = lambda: time.monotonic() + 3601.0
        seen += [await status(app, token)]
        del provider.pages[JWKS]
        await becomes(200, lambda: status(app, token))
        return seen

    assert [200, 200, 200, 503] == service.lives(lives)
    assert "none of its 1 keys fits ES256" in capsys.readouterr().err


def test_a_service_that_cannot_await_waits_and_is_told_alike(service: Service) -> None:
    provider = service.provider
    app = Flask("shop")
    app.add_url_rule("/orders", view_func=lambda: "ok")
    guard.protect(app, "enforce", config=service.root / "nomoat.yaml")

    def answered(token: str) -> int:
        return call(app, environ_of("GET", "/orders", bearer(token))).status

    try:
        seen = [answered(provider.token("k1"))]
        provider.rotate("k2")
        seen += [
            answered(provider.token("k2")),
            answered(providers.signed(provider.keys["k2"], "x", iss=provider.issuer)),
        ]
    finally:
        around = app.wsgi_app
        assert isinstance(around, WSGIGuard)
        around.starting.close()

    assert [200, 200, 401] == seen


def test_a_reload_goes_on_with_the_keys_it_has_and_fetches_where_they_come_from_elsewhere(service: Service) -> None:
    provider = service.provider

    async def lives(app: Guard) -> list[bool]:
        assert 200 == await status(app, provider.token("k1"))
        runtime, before = app._starting.runtime, ring(app, provider)
        assert runtime is not None
        # The provider is gone, and the policy changes: what was fetched is still there.
        provider.pages[JWKS] = says(b"", 500)
        service.write(more="\n\n")
        runtime.reload()
        seen = [
            ring(app, provider) is before and before._thread.is_alive(),
            200 == await status(app, provider.token("k1")),
        ]
        provider.pages["/other"] = says(provider.set_of_keys())
        service.write(f'algorithms: [ES256], keys: "{provider.url("/other")}"')
        runtime.reload()
        seen += [ring(app, provider) is not before, 200 == await status(app, provider.token("k1"))]
        return [*seen, not before._thread.is_alive(), () == before.listeners]

    assert [True] * 6 == service.lives(lives)


#: Asks in the parent, forks, asks in the child with a token of a key that came after the fork.
_PRELOADS = """
import asyncio, json, os, sys, threading
from fastapi import FastAPI
from nomoat.guard import Guard
from tests.guard.with_provider import status

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
app.add_api_route("/orders", lambda: "ok", methods=["GET"])
guarded = Guard(app, "enforce", config=sys.argv[1] + "/nomoat.yaml")
first = asyncio.run(status(guarded, sys.argv[2]))
print("loaded", flush=True)
new = sys.stdin.readline().strip()
read, write = os.pipe()
child = os.fork()
if child == 0:
    seen = [asyncio.run(status(guarded, sys.argv[2])), asyncio.run(status(guarded, new))]
    threads = [one.name for one in threading.enumerate() if one.name.startswith("nomoat-keys") and one.is_alive()]
    guarded.close()
    os.write(write, json.dumps([seen, threads]).encode())
    os._exit(0)
told = json.loads(os.read(read, 10_000))
os.wait()
print(json.dumps([first, told, asyncio.run(status(guarded, new))]), flush=True)
guarded.close()
"""


def test_a_child_of_a_fork_fetches_for_itself(service: Service) -> None:
    provider = service.provider
    words = [sys.executable, "-W", "ignore", "-c", _PRELOADS, str(service.root), provider.token("k1")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "loaded" == process.stdout.readline().strip()
        provider.rotate("k2")
        said, _ = process.communicate(provider.token("k2") + "\n", timeout=60)

    assert [200, [[200, 200], ["nomoat-keys-main"]], 200] == json.loads(said)


def _threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith(("nomoat-keys", "nomoat-asks"))]


@pytest.mark.parametrize("page", [None, providers.drips])
def test_its_thread_ends_with_the_service_even_in_the_middle_of_a_fetch(service: Service, page: Any) -> None:
    async def lives(app: Guard) -> list[str]:
        if page is not None:
            service.provider.pages[JWKS] = page
            before = service.provider.asked[JWKS]
            asks = asyncio.create_task(
                status(app, providers.signed(ECKey.generate_key("P-256"), "x", iss=service.provider.issuer))
            )
            while service.provider.asked[JWKS] == before:
                await asyncio.sleep(0.01)
            app.close()
            await asks
        return _threads()

    found = service.lives(lives)
    assert ([] if page is not None else ["nomoat-keys-main"]) == found
    assert [] == _threads()
