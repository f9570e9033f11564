"""Applications of Pyramid, made up and run: the map has the paths of its router, and what an anonymous caller gets."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import refused_by_wsgi
from tests.survey.running import loaded

pytest.importorskip("pyramid")
# What Pyramid imports of its own is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

_HEAD = """
from functools import wraps
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy, Allow, Authenticated, Deny, Everyone
from pyramid.authorization import ALL_PERMISSIONS, DENY_ALL
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPFound, HTTPUnauthorized
from pyramid.request import RequestLocalCache
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED, Allowed, Denied
from pyramid.view import view_config, view_defaults

def ok(request):
    return Response("ok")

class Root:
    __acl__ = [(Allow, Everyone, "read"), (Allow, Authenticated, "write"), (Allow, "group:staff", ALL_PERMISSIONS)]
    def __init__(self, request):
        self.request = request

class Closed(Root):
    __acl__ = [(Allow, "group:staff", ("read", "write")), DENY_ALL, (Allow, Everyone, "read")]

class Computed(Root):
    def __acl__(self):
        return [(Allow, Everyone, ("read", "write"))]

class Below:
    __acl__ = [(Deny, Everyone, "write")]
    def __init__(self, request):
        self.__parent__ = Root(request)

class Policy:
    def __init__(self):
        self.cache = RequestLocalCache(self.found)
    def found(self, request):
        return {"id": request.headers["X-User"]} if "X-User" in request.headers else None
    def identity(self, request):
        return self.cache.get_or_create(request)
    def authenticated_userid(self, request):
        identity = self.identity(request)
        return identity["id"] if identity is not None else None
    def permits(self, request, context, permission):
        if permission == "read":
            return Allowed("anybody reads")
        if self.identity(request) is None:
            return Denied("nobody")
        return Allowed("somebody")
    def remember(self, request, userid, **kw):
        return []
    def forget(self, request, **kw):
        return []

def signed_in(view):
    @wraps(view)
    def inner(context, request):
        if request.authenticated_userid is None:
            raise HTTPForbidden()
        return view(context, request)
    return inner

def plain(view):
    @wraps(view)
    def inner(context, request):
        return view(context, request)
    return inner
"""

#: Where the configuration stands, and what is around it.
_POLICIES = {
    "none": "",
    "acl": "    config.set_authentication_policy(AuthTktAuthenticationPolicy('s', hashalg='sha512'))\n"
    "    config.set_authorization_policy(ACLAuthorizationPolicy())\n",
    "own": "    config.set_security_policy(Policy())\n",
}


def made_up(seed: int) -> str:
    """An application: nested inclusions with prefixes, views of all kinds, permissions and who has them."""
    dice = random.Random(seed)
    parts, lines = [_HEAD], list[str]()
    count = 0
    for part in range(dice.randint(1, 3)):
        body = [f"def part_{part}(config):"]
        for _ in range(dice.randint(1, 4)):
            parts.append(_view(dice, count))
            factory = dice.choice(
                ("", "", ", factory=Root", ", factory=Closed", ", factory=Computed", ", factory=Below")
            )
            pattern = dice.choice((f"/v{count}", f"v{count}/{{id}}", f"/v{count}/{{id:\\\\d+}}/x", f"v{count}/*rest"))
            body.append(f"    config.add_route('r{count}', '{pattern}'{factory})")
            count += 1
        if part and dice.random() < 0.6:
            body.append(f"    config.include(part_{part - 1}, route_prefix='/p{part}')")
            lines = [line for line in lines if f"(part_{part - 1}" not in line]
        parts.append("\n".join(body))
        lines.append(f"    config.include(part_{part}" + dice.choice((")", ", route_prefix='api')", ", 'v1/x')")))
    default = dice.choice(("", "", "    config.set_default_permission('write')\n"))
    root = dice.choice(("", ", root_factory=Root", ", root_factory=Closed"))
    policy = _POLICIES[dice.choice(tuple(_POLICIES))]
    setup = f"def make():\n    config = Configurator(settings={{}}{root})\n{policy}{default}"
    return "\n".join([*parts, setup + "\n".join(lines), "    config.scan('main')", "    return config.make_wsgi_app()"])


def _view(dice: random.Random, number: int) -> str:
    permission = dice.choice(
        ("", "", ", permission='read'", ", permission='write'", ", permission=NO_PERMISSION_REQUIRED")
    )
    permission += dice.choice(
        ("", "", "", ", decorator=signed_in", ", decorator=(plain, signed_in)", ", decorator=plain")
    )
    method = dice.choice(("GET", "POST"))
    config = f"@view_config(route_name='r{number}', request_method='{method}'{permission})"
    body = dice.choice((
        "return Response('x')",
        "return Response('x')",
        "return Response('x') if request.authenticated_userid else HTTPUnauthorized()",
        "return Response('x') if request.has_permission('write') else HTTPForbidden()",
    ))  # fmt: skip
    if dice.random() < 0.3:
        return (
            f"class V{number}:\n    def __init__(self, request):\n        self.request = request\n"
            f"    {config}\n    def answer(self):\n        request = self.request\n        {body}"
        )
    parameters = dice.choice(("request", "context, request"))
    return f"{config}\ndef view{number}({parameters}):\n    {body}"


def served(app: Any) -> Iterator[tuple[str, str]]:
    """Method and pattern of every view, as the framework's own introspection has them."""
    introspector = app.registry.introspector
    patterns = {one["introspectable"]["name"]: one["introspectable"]["pattern"]
                for one in introspector.get_category("routes") or ()}  # fmt: skip
    for one in introspector.get_category("views") or ():
        view = one["introspectable"]
        if view["route_name"] in patterns:
            pattern = "/" + patterns[view["route_name"]].lstrip("/")
            pattern = re.sub(r"\*(\w+)$", r"{\1}", re.sub(r"\{(\w+):[^}]*\}", r"{\1}", pattern))
            methods = view["request_methods"]
            yield from ((method, pattern) for method in ([methods] if isinstance(methods, str) else methods or ()))


@pytest.mark.parametrize("seed", range(40))
def test_map_of_a_made_up_application_is_what_it_does(seed: int, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(made_up(seed))

    drawn = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes}

    with loaded(tmp_path, "main:make()") as app:
        assert {key for key in drawn if key[0] != "HEAD"} == set(served(app))
        told = {key: "guarded" if refused_by_wsgi(app, *key) else "unguarded" for key in drawn}
    assert told == drawn
