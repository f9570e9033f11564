"""A guarded service whose issuer is asked about each token: who gets in, what the outage of it is, whom it is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from nomoat.guard import Guard, loading
from tests.guard.identity import provider as providers
from tests.guard.identity.provider import INTROSPECTION, Provider, says
from tests.guard.with_provider import Service, ask, status


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providers.running() as found:
        yield found


@pytest.fixture
def service(tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setenv("ASKS_AS", "shop")
    (tmp_path / "secret").write_text("s3cret\n")
    made = Service(tmp_path, provider)
    url = provider.url(INTROSPECTION)
    made.write(f'introspect: {{url: "{url}", client: "env:ASKS_AS", secret: "file:secret"}}')
    return made


def _good(provider: Provider, **change: Any) -> dict[str, Any]:
    claims = {"active": True, "iss": provider.issuer, "aud": "shop", "sub": "ana", "roles": ["customer"]}
    return {**claims, "exp": int(time.time()) + 60, **change}


def test_an_opaque_token_gets_in_once_its_issuer_stands_for_it_and_the_loop_goes_on_meanwhile(service: Service) -> None:
    provider = service.provider
    provider.tokens["opaque-1"] = _good(provider)
    provider.delay_s = 0.5

    async def lives(app: Guard) -> list[Any]:
        asked = asyncio.gather(*(status(app, "opaque-1") for _ in range(100)))
        turns = 0
        while not asked.done():
            await asyncio.sleep(0.01)
            turns += 1
        return [set(await asked), await status(app, "opaque-2"), turns > 5]

    assert [{200}, 401, True] == service.lives(lives)
    assert 2 == provider.asked[INTROSPECTION]
    fact = service.decisions()[-2]
    assert ("user:main/ana", "allow") == (fact.subject, fact.outcome)
    assert "opaque" not in str(service.decisions())


def test_a_token_that_another_issuer_signed_is_never_shown_to_it(service: Service) -> None:
    provider = service.provider
    stranger = providers.signed(ECKey.generate_key("P-256"), "x", iss="https://other.example.test")
    own = provider.token("k1")
    provider.tokens[own] = _good(provider)

    async def lives(app: Guard) -> list[int]:
        return [await status(app, stranger), provider.asked[INTROSPECTION], await status(app, own)]

    assert [401, 0, 200] == service.lives(lives)


def test_an_api_key_is_never_shown_to_it(service: Service) -> None:
    async def lives(app: Guard) -> list[int]:
        return [await status(app, "nmk_deploy_abcdefghijklmnop"), service.provider.asked[INTROSPECTION]]

    assert [401, 0] == service.lives(lives)


def test_where_it_does_not_answer_its_tokens_wait_no_longer_than_they_must_and_are_not_called_bad(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = service.provider
    provider.pages[INTROSPECTION] = says(b"", 500)

    async def lives(app: Guard) -> tuple[int, str]:
        answer = await ask(app, "opaque-1")
        return answer.status, answer.header("www-authenticate")

    assert (503, "") == service.lives(lives)
    assert ["keys-unavailable"] == [fact.reason for fact in service.decisions()][-1:]
    assert "tokens cannot be asked about, AND ARE REFUSED: it answered 500" in capsys.readouterr().err


def test_a_reload_asks_as_the_settings_now_say(service: Service) -> None:
    provider = service.provider
    provider.tokens["opaque-1"] = _good(provider)

    async def lives(app: Guard) -> list[int]:
        seen = [await status(app, "opaque-1")]
        runtime = app._starting.runtime
        assert runtime is not None
        assert not loading.is_stale(runtime.loaded)
        (service.root / "secret").write_text("another")
        assert loading.is_stale(runtime.loaded)
        runtime.reload()
        return [*seen, await status(app, "opaque-1")]

    assert [200, 200] == service.lives(lives)
    assert 2 == len(set(provider.credentials))
