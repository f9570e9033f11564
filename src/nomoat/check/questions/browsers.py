"""Forged requests: forms that are answered for whoever the browser's cookie signs in, whatever page sent them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.requested import Requested
from nomoat.check.questions.words import name_of, touched, touches
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_PROTECTED = re.compile(
    rb"CSRFProtect|CsrfProtect|SeaSurf|flask_wtf|FlaskForm|generate_csrf|validate_csrf|csrf_token|SAMESITE|xsrf", re.I
)
_CHECKS_ORIGIN = re.compile(rb"def check_origin\b")
_CHECKS_XSRF = re.compile(rb"def check_xsrf_cookie\b")
_OF_COOKIES = re.compile(r"get_(secure|signed)_cookie|get_cookie")
_COOKIES = re.compile(rb"\bflask_login\b|\bsession\b|flask_security|flask_user")


def any_origin_socket(asked: Asked) -> Iterator[Answer]:
    """Handlers of WebSockets that take connections from the pages of any site: Tornado's `check_origin`."""
    program = asked.registrations.program
    for scope in _methods(asked, _CHECKS_ORIGIN, "check_origin", b"check_origin"):
        value = _only_returned(scope)
        known = program.constant(scope, value) if value is not None else None
        if known is not None and known.value is True and not known.settings:
            owner, node = scope.parent, scope.node
            assert owner is not None and node is not None
            yield Answer(
                None,
                f"{owner.name} takes connections from the pages of any site",
                "check_origin lets every origin in",
                "a page of any site connects with the cookies of whoever looks at it, and reads and writes as they do",
                "compare the host of the origin with the own ones: return urlsplit(origin).hostname in HOSTS",
                "sure", Place(scope.module, node),
            )  # fmt: skip


def _methods(asked: Asked, written: re.Pattern[bytes], name: str, word: bytes) -> Iterator[Scope]:
    """Methods of this name of handlers of Tornado."""
    program = asked.registrations.program
    for path in program.words.matching(written, (word,)):
        for scope in program.functions(within=program.modules[path]) if not TEST_FILE.search(path) else ():
            bases = program.bases(scope.parent) if scope.is_method and scope.parent is not None else ()
            named = (one if isinstance(one, str) else one.dotted for one in bases)
            if scope.name == name and any(one.startswith("tornado.") for one in named):
                yield scope


def _only_returned(scope: Scope) -> Node | None:
    """What a function gives that does nothing else; texts that describe it do not count."""
    body = [one for one in scope.body if one[0] != form.EXPRESSION or one[3][0] != form.CONSTANT]
    return body[0][3] if len(body) == 1 and body[0][0] == form.RETURN else None


def _let_through(asked: Asked) -> Iterator[Answer]:
    """Handlers of Tornado whose `check_xsrf_cookie` asks nothing, though a cookie signs in."""
    for scope in _methods(asked, _CHECKS_XSRF, "check_xsrf_cookie", b"check_xsrf_cookie"):
        does = [one for one in scope.body if one[0] not in (form.PASS, form.RETURN)]
        if any(one[0] != form.EXPRESSION or one[3][0] != form.CONSTANT for one in does):
            continue
        owner, node = scope.parent, scope.node
        assert owner is not None and node is not None
        text = owner.module.text(owner.node) if owner.node is not None else ""
        yield Answer(
            None,
            f"{owner.name} takes forged requests: check_xsrf_cookie asks nothing",
            "check_xsrf_cookie does nothing",
            "another site can have the browser of whoever is signed in send any form here",
            "leave check_xsrf_cookie as it is; for handlers that a header signs in, override it there alone",
            "sure" if _OF_COOKIES.search(text) else "likely", Place(scope.module, node),
        )  # fmt: skip


def forged_requests(asked: Asked) -> Iterator[Answer]:
    """Services that sign in by a cookie and take forms without a token against forged requests."""
    yield from _let_through(asked)
    yield from _without_token(asked)


def _without_token(asked: Asked) -> Iterator[Answer]:
    """Flask services that sign in by a cookie and answer forms without a token against forged requests."""
    for service in asked.map.services:
        if "flask" not in service.framework.lower():
            continue
        root = "" if service.root in (".", "") else f"{service.root}/"
        index = asked.registrations.program.words
        protected, signing = (
            any(path.startswith(root) for path in index.matching(word)) for word in (_PROTECTED, _COOKIES)
        )
        if protected or not signing:
            continue
        forms = [one for one in asked.routes if one.service == service.name and _is_form(asked, one)]
        if not forms:
            continue
        route = forms[0]
        count = f"{len(forms)} routes of {service.name} take" if len(forms) > 1 else "it takes"
        yield Answer(
            route,
            f"any page can send {name_of(route)} in the name of whoever is signed in",
            f"{count} forms from a browser that a cookie signs in"
            + (f"; it {touches(route)}" if touched(route) else ""),
            "no token against forged requests is in the source, and no SESSION_COOKIE_SAMESITE",
            "CSRFProtect(app) of flask-wtf, with {{ csrf_token() }} in the forms; and"
            ' app.config["SESSION_COOKIE_SAMESITE"] = "Lax"',
            "likely",
        )


def _is_form(asked: Asked, route: Route) -> bool:
    """Whether a guarded route that changes something reads the fields of a form."""
    handler = asked.handler(route)
    if handler is None or route.method in SAFE_METHODS or route.verdict != "guarded":
        return False
    requested = Requested(asked.registrations.program, handler, route)
    return any(
        node[0] == form.ATTRIBUTE and node[4] in ("form", "values") and next(requested.items(node), None) is not None
        for node in form.walk_scope(handler.body)
    )
