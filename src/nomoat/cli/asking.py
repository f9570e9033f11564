"""Asks a person about the routes that source leaves open, one question each, and says what to do after `nomoat init`.

Everything here is talk: it goes to stderr, and a prompt always has a way out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from nomoat.appmap.model import Map, Route, Service
from nomoat.cli.drafting import Choice
from nomoat.errors import UsageError, printable
from nomoat.terminal import laid_out, width

_ANSWERS: dict[str, Choice] = {
    "": "denied", "p": "public", "public": "public", "s": "signed-in", "signed-in": "signed-in",
    "d": "denied", "denied": "denied",
}  # fmt: skip
_PROMPT = "  [p]ublic, [s]igned-in, leave [d]enied (default), ? explain, [q]uit and write nothing: "
_EXPLAINED = """\
  public      anybody may call it; its reason stands in nomoat.yaml
  signed-in   anybody who is signed in may
  denied      nothing is written. Audit mode answers as before and records it;
              enforce mode refuses it until nomoat.yaml says who may"""
_IDENTITY = """\
  from nomoat.guard import Identity, protect

  {define} identity({given}):     # who calls, asked before each decision; None is an anonymous caller
      user = ...                      # found as your sign-in finds it, from {found}
      return Identity(subject=f"user:{alias}/{{user.id}}", roles=(...)) if user else None   # of: {roles}

  protect({app}, mode="audit", identity=identity)"""
_PROTECT = """\
  from nomoat.guard import protect

  protect({app}, mode="audit")"""
_DJANGO = """\
  MIDDLEWARE = [..., "nomoat.guard.DjangoGuard"]     # the last one
  NOMOAT = {"mode": "audit", "config": BASE_DIR / "nomoat.yaml"}"""
_LITESTAR = """\
  from nomoat.guard import LitestarGuard

  {app} = Litestar(..., on_app_init=[LitestarGuard("audit")])"""
#: How `identity=` looks in front of a framework: how it is defined, what it is given, and where that has the caller.
_GIVEN = {
    "Flask": ("def", "request", "session, current_user or request.cookies"),
    "Pyramid": ("def", "request", "request.authenticated_userid or request.identity"),
}
_ASGI = ("async def", "connection", "connection.headers or .cookies")
#: Frameworks in front of which guard stands.
_GUARDED = frozenset(("FastAPI", "Starlette", "Flask", "Django", "Litestar", "Pyramid"))


def asked(groups: list[tuple[Route, ...]], *, read: Callable[[str], str] = input) -> list[Choice]:
    """One answer for each group of routes. Raises UsageError when the person stops."""
    if groups:
        _say(
            f"{len(groups)} question{'' if len(groups) == 1 else 's'}: what source leaves open, you decide."
            " Your code is not changed, and nomoat.yaml can be edited later."
        )
    return [_one(f"{number}/{len(groups)}", group, read) for number, group in enumerate(groups, 1)]


def _one(number: str, routes: tuple[Route, ...], read: Callable[[str], str]) -> Choice:
    route = routes[0]
    state = "open in source today" if route.verdict == "unguarded" else "not known whether source guards it"
    place = "added by the framework" if route.origin == "framework" else route.at
    _say("  ".join(filter(None, (number, named(routes), printable(place), state, _touched(routes)))))
    if route.because:
        _say(f"     {printable(route.because)}")
    while True:
        try:
            answer = read(_PROMPT).strip().lower()
        except EOFError:
            answer = "q"
        if answer in ("q", "quit"):
            raise UsageError(
                "stopped, nothing was written", fix="nomoat init --yes leaves open routes denied without asking"
            )
        if answer in _ANSWERS:
            return _ANSWERS[answer]
        _say(_EXPLAINED if answer in ("?", "h", "help") else f"  '{printable(answer)}' is no answer: p, s, d, q or ?")


def _touched(routes: tuple[Route, ...]) -> str:
    """What a route reaches, so that nobody has to look it up to answer."""
    said = []
    for verb, ids in (
        ("reads", [one for r in routes for one in r.reads]),
        ("writes", [o for r in routes for o in r.writes]),
    ):
        names = ", ".join(dict.fromkeys(printable(one.partition("/")[2]) for one in ids))
        if names:
            said.append(f"{verb} {names}")
    return ", ".join(said)


def named(routes: tuple[Route, ...]) -> str:
    """Methods and paths of the routes that one answer decides."""
    methods = ", ".join(dict.fromkeys(route.method for route in routes))
    return f"{methods:6} {'  '.join(dict.fromkeys(printable(route.path or '/') for route in routes))}"


def next_steps(drawn: Map, *, roles_elsewhere: tuple[str, ...] | None, alias: str = "local") -> str:
    """What to do now.

    Args:
        drawn: the map.
        roles_elsewhere: the roles that no token carries; None: source shows tokens that say who calls with which role.
        alias: whose callers `identity=` names.
    """
    bare = [service for service in drawn.services if service.protected is None]
    if not bare:
        return "next: nomoat policy check says what is still undecided; nomoat guard report, what guard saw"
    steps = [_step(service, roles_elsewhere, alias) for service in bare]
    return "\n".join((*steps, "then: nomoat map --write (the map says what is protected), start it, nomoat doctor"))


def _step(service: Service, roles_elsewhere: tuple[str, ...] | None, alias: str) -> str:
    """Where guard is put into one service, and the code that does it."""
    frameworks = set(service.framework.split(", ")) - {""}
    if frameworks and not frameworks & _GUARDED:
        return f"{printable(service.name)} is made with {service.framework}: guard does not stand in front of that yet"
    if "Django" in frameworks:
        return f"next, in the settings of {printable(service.name)}:\n{_DJANGO}"
    module, _, name = service.app.partition(":")
    app = name if name.isidentifier() else "app"
    place = f"next, where {module or service.name} makes its application"
    if service.framework == "Litestar":
        return f"{place}:\n{_LITESTAR.format(app=app)}"
    if service.framework == "Pyramid":
        app = "config"
        place += ", before config.make_wsgi_app()"
    if service.framework == "Flask":
        place += ", before app.wsgi_app = ..."
    if roles_elsewhere is None:
        return f"{place}:\n{_PROTECT.format(app=app)}"
    define, given, found = _GIVEN.get(service.framework, _ASGI)
    roles = ", ".join(roles_elsewhere) or "the roles in nomoat.yaml"
    text = _IDENTITY.format(app=app, roles=roles, alias=alias, define=define, given=given, found=found)
    return f"{place}:\n{text}"


def _say(text: str) -> None:
    print(laid_out(text, columns=width()), file=sys.stderr)
