"""What settings of a deployment leave out: the cookie of the session also goes over plain HTTP.

An absent setting is asked for only where source says that it is deployed, in a module or class of Django's settings:
by its name (`settings/production.py`, `class Production(Configuration)`), or by `DEBUG = False` with named hosts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.check.evaluated import evaluate
from nomoat.check.model import Confidence
from nomoat.check.owned import SettingsOf
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_DEPLOYED = re.compile(r"(^|[/_.-])(prod|production|live|deploy|deployment|deployed|heroku)([/_.-]|$)", re.I)
_STAGE = re.compile(r"(Prod|Production|Live|Deployment|Deployed|Heroku)(Settings|Config|Configuration)?\Z")
_MAY_BE = re.compile(rb"\bSessionMiddleware\b|contrib\.sessions\b|\bALLOWED_HOSTS\b|\bSECURE_")
_WORDS = (b"SessionMiddleware", b"sessions", b"ALLOWED_HOSTS", b"SECURE_SSL_REDIRECT", b"SECURE_HSTS_SECONDS",
          b"CSRF_COOKIE_SECURE")  # fmt: skip
#: What says that browsers come over TLS, so that a cookie may be kept to it.
_TLS = ("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "CSRF_COOKIE_SECURE", "SECURE_PROXY_SSL_HEADER")
#: What sets settings that nobody can read here.
_SETS_MORE = re.compile(rb"\bglobals\(|\blocals\(|\bsetattr\(|\bexec\(|\bvars\(|django_heroku|django_on_heroku")
_NEAR = re.compile(r"localhost|127\.0\.0\.1|\[::1\]|\*|testserver|0\.0\.0\.0|\.local\b")
_SESSIONS = re.compile(r"sessions?\.middleware\.SessionMiddleware|contrib\.sessions")


def deployed_without_secure_cookie(asked: Asked) -> Iterator[Answer]:
    """Settings of a deployment that say of TLS, and nothing of the cookie that signs people in."""
    program = asked.registrations.program
    settings = SettingsOf(program)
    for path in program.words.matching(_MAY_BE, _WORDS):
        if TEST_FILE.search(path):
            continue
        module = program.scope(program.modules[path])
        scopes = [module] if settings.is_django(module) else []
        scopes += [one for one in module.children.values() if one.is_class and _is_configuration(program, one)]
        for scope in scopes:
            yield from _left_out(program, scope)


def _is_configuration(program: Program, scope: Scope) -> bool:
    return any(isinstance(base, str) and base.startswith("configurations.") for base in program.bases(scope))


def _left_out(program: Program, scope: Scope) -> Iterator[Answer]:
    taken = _taken(program, scope)
    if taken is None or not _is_deployed(program, scope) or not _has_sessions(program, taken):
        return
    if _binding(taken, "SESSION_COOKIE_SECURE") is not None:
        return
    told = next((one for name in _TLS if (one := _binding(taken[:1], name)) is not None and _is_on(program, one)), None)
    confidence: Confidence = "sure" if told is not None else "likely"
    where, node = told if told is not None else _first(scope)
    yield Answer(
        None,
        "SESSION_COOKIE_SECURE is not set where the service is deployed",
        "the cookie that signs people in also goes over plain HTTP",
        "the first request to http:// hands the session to whoever listens, before anything redirects it",
        "SESSION_COOKIE_SECURE = True",
        confidence, Place(where.module, node),
    )  # fmt: skip


def _taken(program: Program, scope: Scope) -> list[Scope] | None:
    """The module or class and all that it takes from; None where something of it cannot be read."""
    found = [scope]
    if scope.is_class:
        for base in program.bases(scope)[1:]:
            if isinstance(base, Scope):
                found.append(base)
            elif not base.startswith(("configurations.", "builtins.")):
                return None
        return found
    for one in found:
        if _SETS_MORE.search(one.module.source):
            return None
        for imported in one.star_imports:
            source = program.imported_module(one.module, imported)
            if source is None:
                return None
            if source not in found:
                found.append(source)
    return found


def _is_deployed(program: Program, scope: Scope) -> bool:
    if scope.is_class:
        return bool(_STAGE.match(scope.name))
    if _DEPLOYED.search(scope.module.path.removesuffix(".py")):
        return True
    debug, hosts = _binding([scope], "DEBUG"), _binding([scope], "ALLOWED_HOSTS")
    if debug is None or hosts is None:
        return False
    off, named = evaluate(program, *debug), evaluate(program, *hosts)
    is_off = off is not None and off.value is False and not off.settings
    texts = [str(one) for one in named.value] if named is not None and isinstance(named.value, tuple) else []
    return is_off and bool(texts) and not any(_NEAR.search(one) for one in texts)


def _has_sessions(program: Program, taken: list[Scope]) -> bool:
    for name in ("MIDDLEWARE", "MIDDLEWARE_CLASSES", "INSTALLED_APPS"):
        for scope in taken:
            for one in scope.bindings.get(name, ()):
                if one.value is not None and _SESSIONS.search(scope.module.text(one.value)):
                    return True
    return False


def _binding(taken: list[Scope], name: str) -> tuple[Scope, Node] | None:
    for scope in taken:
        for one in scope.bindings.get(name, ()):
            return (scope, one.value) if one.value is not None else (scope, one.node)
    return None


def _is_on(program: Program, told: tuple[Scope, Node]) -> bool:
    known = evaluate(program, *told)
    return known is None or bool(known.value)


def _first(scope: Scope) -> tuple[Scope, Node]:
    named = next((one for one in scope.body if one[0] in (form.ASSIGN, form.ANNOTATED, form.FROM_IMPORT)), None)
    return scope, named if named is not None else scope.body[0]
