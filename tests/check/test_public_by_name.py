"""Which routes are open on purpose by what they are called, and which only share a word with those."""

from __future__ import annotations

import pytest

from nomoat.appmap.model import Route
from nomoat.check.questions.words import is_public_by_name


def _route(method: str, path: str, function: str) -> Route:
    return Route(
        id=f"route:shop/{method} {path}", key="", service="shop", method=method, path=path,
        handler=f"main:{function}", at="main.py:1", registered_at="main.py:1", verdict="unguarded", writes=("store:a",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("/login", "enter"), ("/auth/token", "give"), ("/auth/password/reset", "begin"),
        ("/password/reset/done", "page"),
        ("/accounts", "register_user"), ("/verify-email/{code}", "page"), ("/v1/users", "RegisterView.post"),
        ("/webhooks/bank", "take"), ("/sso/acs", "take"), ("/auth", "enter"), ("/jsi18n/", "catalog"),
    ],
)  # fmt: skip
def test_who_comes_in_is_not_asked_who_they_are(path: str, function: str) -> None:
    assert is_public_by_name(_route("POST", path, function))


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("/ops/reset-balances", "reset_balances"), ("/auth/users/{id}", "remove"), ("/token/rates", "rates"),
        ("/setup/plugins", "add"), ("/orders/{reset}", "show"), ("/public_keys", "add_key"),
        ("/register/prices", "put_price"),
    ],
)  # fmt: skip
def test_a_word_among_others_opens_nothing(path: str, function: str) -> None:
    assert not is_public_by_name(_route("POST", path, function))
