"""Tokens that a route asks for and that nobody looks at: `token: str = Depends(oauth2)`, and any text will do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.words import name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

#: What takes a credential out of a request and asks no more of it than that it is there.
_SCHEMES = frozenset(
    ("OAuth2", "OAuth2PasswordBearer", "OAuth2AuthorizationCodeBearer", "OAuth2ClientCredentials", "HTTPBearer",
     "HTTPBasic", "HTTPDigest", "APIKeyHeader", "APIKeyCookie", "APIKeyQuery")
)  # fmt: skip
_DEPENDS = frozenset(("Depends", "Security"))
#: What may look at a request before any route does, or what a route is given to look at itself.
_BEFORE = re.compile(rb"\badd_middleware\(|\.middleware\(|\bBaseHTTPMiddleware\b|\bmiddleware\s*=")
_HARMLESS = re.compile(
    rb"\.add_middleware\(\s*(\w+\.)?(CORSMiddleware|GZipMiddleware|TrustedHostMiddleware|HTTPSRedirectMiddleware)\b"
)
_MAX_CHAIN = 20


def never_looked_at(asked: Asked) -> Iterator[Answer]:
    """Routes of FastAPI that let in whoever sends any text in the place of a token."""
    program = asked.registrations.program
    shared = None
    for route in asked.routes:
        guards = [one for one in route.guards if one.runs != "never"]
        handler = asked.handler(route)
        if route.verdict != "guarded" or len(guards) != 1 or guards[0].name not in _SCHEMES or handler is None:
            continue
        if shared is None:
            shared = any(_looks(program, one) for one in _dependencies_of_routers(program))
        is_asked = any(_asks(program, handler, one) for one in form.walk(handler.decorators))
        chain = _chain(program, handler)
        takes = [one for one in chain if _taken(program, one)]
        if shared or not (is_asked or takes) or any(_looks(program, one) for one in chain):
            continue
        confidence: Confidence = "likely" if _has_middleware(program) else "sure"
        yield Answer(
            route,
            f"{name_of(route)} lets in whoever sends any text as a token",
            f"{guards[0].name} asks that one is sent, nothing looks at what it is",
            f"{guards[0].name} ({guards[0].at}) takes the credential out of the request and verifies nothing",
            "depend on a function that is given the token, verifies it (joserfc.jwt.decode, hmac.compare_digest) and"
            " raises HTTPException(401)",
            confidence,
        )


def _has_middleware(program: Program) -> bool:
    for path in program.words.matching(_BEFORE):
        source = program.modules[path].source
        if not TEST_FILE.search(path) and len(_BEFORE.findall(source)) > len(_HARMLESS.findall(source)):
            return True
    return False


def _chain(program: Program, handler: Scope) -> list[Scope]:
    """A handler with the functions that it depends on, and those that these do."""
    found = [handler]
    for scope in found:
        if len(found) > _MAX_CHAIN:
            break
        nodes = [*(part for one in scope.parameters for part in one[form.P_ANNOTATION :] if part), *scope.decorators]
        for node in (inner for one in nodes for inner in form.walk(one)):
            given = _depended(node)
            inner = program.resolve(scope, given).scope if given is not None else None
            if inner is not None and inner.is_function and inner not in found:
                found.append(inner)
    return found


def _dependencies_of_routers(program: Program) -> list[Scope]:
    """Functions that routers and applications depend on, with those that these do."""
    found: list[Scope] = []
    for module in program.holding(("dependencies",)):
        scope = program.scope(module)
        for node in form.walk(scope.body) if not TEST_FILE.search(module.path) else ():
            for key, listed in node[5] if node[0] == form.CALL else ():
                for one in form.walk(listed) if key == "dependencies" else ():
                    given = _depended(one)
                    inner = program.resolve(scope, given).scope if given is not None else None
                    if inner is not None and inner.is_function:
                        found += _chain(program, inner)
    return found


def _depended(node: Node) -> Node | None:
    """What `Depends(...)` is given."""
    name = (form.dotted(node[3]) or "").rpartition(".")[2] if node[0] == form.CALL else ""
    return node[4][0] if name in _DEPENDS and node[4] else None


def _asks(program: Program, scope: Scope, node: Node) -> bool:
    """Whether it is `Depends(scheme)`."""
    given = _depended(node)
    found = program.resolve(scope, given) if given is not None else None
    return found is not None and found.name.rpartition(".")[2] in _SCHEMES


def _taken(program: Program, scope: Scope) -> list[str]:
    """The parameters that a function is given a credential by."""
    return [
        str(one[form.P_NAME])
        for one in scope.parameters
        if any(_asks(program, scope, node) for part in one[form.P_ANNOTATION :] if part for node in form.walk(part))
    ]


def _looks(program: Program, scope: Scope) -> bool:
    """Whether a function does anything with the credential that it is given, or with the request itself."""
    names = {*_taken(program, scope), "request", "websocket"}
    return any(node[0] == form.NAME and node[3] in names for node in form.walk(scope.body))
