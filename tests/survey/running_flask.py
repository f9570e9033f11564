"""Runs small Flask applications: what their map of rules holds, and what a caller without a credential gets."""

from __future__ import annotations

import re
from typing import Any

_PARAMETER = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
_VALUES = {"int": "1", "float": "1.5", "uuid": "6f7c2b36-2e0b-4f0e-9f0e-1d5c1f6a7b8c", "any": "a", "path": "a/b"}
#: What nobody handles answers nothing that was protected: flask-restful makes it of exceptions of other packages.
_REFUSED = frozenset((401, 403, 500))


def served_by_flask(app: Any) -> set[tuple[str, str]]:
    """Method and path of every rule, paths as the map writes them; what Flask answers to OPTIONS itself is left out."""
    found: set[tuple[str, str]] = set()
    for rule in app.url_map.iter_rules():
        path = _PARAMETER.sub(lambda match: "{" + match.group(2) + "}", rule.rule)
        own = rule.methods - {"OPTIONS"} if rule.provide_automatic_options else rule.methods
        found |= {(method, path) for method in own}
    return found


def refused_by_flask(app: Any) -> dict[tuple[str, str], bool]:
    """Whether an anonymous caller is refused, for each method and path, asked for real."""
    client = app.test_client()
    found: dict[tuple[str, str], bool] = {}
    for rule in app.url_map.iter_rules():
        path = _PARAMETER.sub(lambda match: "{" + match.group(2) + "}", rule.rule)
        url = _PARAMETER.sub(lambda match: _VALUES.get(match.group(1) or "", "ab"), rule.rule)
        own = rule.methods - {"OPTIONS"} if rule.provide_automatic_options else rule.methods
        for method in own:
            answer = client.open(url, method=method)
            to_login = answer.status_code in (302, 303) and "login" in answer.headers.get("location", "")
            found[method, path] = answer.status_code in _REFUSED or to_login
    return found
