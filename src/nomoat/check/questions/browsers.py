"""Forged requests: forms that are answered for whoever the browser's cookie signs in, whatever page sent them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.requested import Requested
from nomoat.check.questions.words import name_of, touched, touches
from nomoat.survey.python import form

_PROTECTED = re.compile(
    rb"CSRFProtect|CsrfProtect|SeaSurf|flask_wtf|FlaskForm|generate_csrf|validate_csrf|csrf_token|SAMESITE|xsrf", re.I
)
_COOKIES = re.compile(rb"\bflask_login\b|\bsession\b|flask_security|flask_user")


def forged_requests(asked: Asked) -> Iterator[Answer]:
    """Flask services that sign in by a cookie and answer forms without a token against forged requests."""
    for service in asked.map.services:
        if "flask" not in service.framework.lower():
            continue
        root = "" if service.root in (".", "") else f"{service.root}/"
        sources = [one.source for one in asked.registrations.program.modules.values() if one.path.startswith(root)]
        if any(_PROTECTED.search(source) for source in sources) or not any(
            _COOKIES.search(source) for source in sources
        ):
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
