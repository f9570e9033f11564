"""Policies of Pyramid that a setting brings, and parts that ask what it is that they are given to configure."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import os

from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy, Allow, Authenticated
from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.settings import asbool


class Root:
    __acl__ = [(Allow, Authenticated, "view")]


def settings_of(container):
    if isinstance(container, (Configurator, Request)):
        container = container.registry
    if isinstance(container, Registry):
        container = container.settings
    if isinstance(container, dict):
        return container
    raise TypeError(container)


def secured(config):
    config.set_authorization_policy(ACLAuthorizationPolicy())
    config.set_authentication_policy(AuthTktAuthenticationPolicy("s"))
    config.set_root_factory(lambda request: Root())


def parts(config):
    settings = settings_of(config)
    {chosen}
    config.add_route("orders", "/orders")
    config.add_view(orders, route_name="orders", permission="view")


def orders(request):
    return {}


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include(parts)
        return config.make_wsgi_app()
"""


@pytest.mark.parametrize(
    ("chosen", "verdict"),
    [
        ("secured(config)", "guarded"),
        ('if asbool(settings.get("auth", True)):\n        secured(config)', "guarded"),
        ('if asbool(settings.get("auth", "yes")):\n        secured(config)', "guarded"),
        ('if asbool(settings.get("auth", "no")):\n        secured(config)', "unknown"),
        ('if asbool(settings.get("auth", False)):\n        secured(config)', "unknown"),
        ('if asbool(settings.get("open", True)):\n        pass\n    else:\n        secured(config)', "unknown"),
        ('if not asbool(settings.get("open", False)):\n        secured(config)', "guarded"),
        ('if os.environ.get("AUTH", "1") == "1":\n        secured(config)', "guarded"),
        ('if os.environ.get("AUTH", "0") == "1":\n        secured(config)', "unknown"),
        (
            'if settings.get("kind", "plain") == "none":\n        pass\n'
            '    elif settings.get("kind", "plain") == "plain":\n        secured(config)',
            "guarded",
        ),
    ],
)
def test_by_default_a_policy_is_there_as_source_has_the_setting(chosen: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.replace("{chosen}", chosen))

    found = [route for route in draw(tmp_path).map.routes if route.method == "GET"]

    assert [verdict] == [route.verdict for route in found]
    is_told = verdict == "guarded" and chosen != "secured(config)"
    assert is_told == (found[0].because or "").startswith("by default")


@pytest.mark.parametrize("asked", ['settings.get("auth")', 'settings["auth"]', 'os.environ["AUTH"]'])
def test_without_a_default_nothing_is_told(asked: str, tmp_path: Path) -> None:
    chosen = f"if asbool({asked}):\n        secured(config)"
    (tmp_path / "main.py").write_text(_SOURCE.replace("{chosen}", chosen))

    found = [route.verdict for route in draw(tmp_path).map.routes if route.method == "GET"]

    assert found in (["unknown"], ["unguarded"])
