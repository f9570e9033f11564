"""Runs a Django project in a process of its own: the patterns of its resolver, and what an anonymous caller gets.

`python running_django.py FOLDER SETTINGS` prints JSON: `[path, {method: refused}, is_restricted]` for each pattern.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_ANGLE = re.compile(r"<(?:\w+:)?(\w+)>")
_NAMED = re.compile(r"\(\?P<(\w+)>[^()]*\)")
_VALUES = {"year": "2020"}


def asked(folder: Path, settings: str = "proj.settings") -> dict[str, tuple[dict[str, bool | None], bool]]:
    """For each path: the methods it answers with whether an anonymous caller is refused; whether it answers no others.

    A path that answers every method (a function that nothing restricts) is not restricted.

    Raises:
        CalledProcessError: the project does not start.
    """
    run = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, str(folder), settings],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    return {path: (methods, is_restricted) for path, methods, is_restricted in json.loads(run.stdout)}


def _patterns(resolver: Any, route: str, url: str) -> Iterator[tuple[str, str, Any]]:
    """Path as the map writes it, without converters; a URL that fits; what answers.

    The twins of a path for formats (`/orders.json`) are no routes of their own.
    """
    for one in resolver.url_patterns:
        text = str(one.pattern)
        path, example = route + _braced(text), url + _example(text)
        if hasattr(one, "url_patterns"):
            yield from _patterns(one, path, example)
        elif "{format}" not in path:
            yield path, example, one.callback


def _braced(text: str) -> str:
    return _plain(_ANGLE.sub(r"{\1}", _NAMED.sub(r"{\1}", text)))


def _example(text: str) -> str:
    def value(found: re.Match[str]) -> str:
        return _VALUES.get(found.group(1), "1")

    return _plain(_ANGLE.sub(value, _NAMED.sub(value, text)))


def _plain(text: str) -> str:
    return re.sub(r"[\^$]|\\Z", "", text).replace("\\.", ".")


def _own_methods(view: Any, client: Any, url: str) -> tuple[list[str], bool]:
    """The methods that a view answers, and whether it answers those alone."""
    actions = getattr(view, "actions", None)
    if actions:
        cls = view.cls
        allowed = set(view.initkwargs.get("http_method_names", cls.http_method_names))
        actions = {**actions, "head": actions.get("get")} if "get" in actions else actions
        return [one for one in METHODS if one.lower() in actions and one.lower() in allowed], True
    from django.contrib.auth.models import AnonymousUser
    from django.test import RequestFactory

    cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if cls is not None:
        made = cls(**getattr(view, "view_initkwargs", getattr(view, "initkwargs", {})))
        request = RequestFactory().get(url)
        request.user = AnonymousUser()
        made.setup(request)
        return [one for one in METHODS if one.lower() in made.http_method_names and hasattr(made, one.lower())], True
    found = [one for one in METHODS if _undone(client, one, url).status_code != 405]
    return found, len(found) < len(METHODS)


def _undone(client: Any, method: str, url: str) -> Any:
    """The answer; what the request did to the database is taken back."""
    from django.db import transaction

    with transaction.atomic():
        answer = client.generic(method, url)
        transaction.set_rollback(True)
    return answer


def _refuses(answer: Any) -> bool | None:
    """None where the answer is of neither kind: nothing that was protected, and no refusal."""
    to_login = answer.status_code in (301, 302, 303) and "login" in answer.headers.get("location", "")
    if answer.status_code in (404, 405, 500):
        return None
    return answer.status_code in (401, 403) or to_login


def _main(folder: str, settings: str) -> None:
    sys.path[0] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client
    from django.urls import get_resolver

    call_command("migrate", run_syncdb=True, verbosity=0)
    anonymous, root = (Client(raise_request_exception=False) for _ in range(2))
    root.force_login(get_user_model().objects.create_superuser("root", "root@test", "x"))
    found = []
    for path, url, view in _patterns(get_resolver(), "/", "/"):
        refused = {one: _refuses(_undone(anonymous, one, url)) for one in METHODS}
        methods, is_restricted = _own_methods(view, root, url)
        found.append((path, {one: refused[one] for one in methods}, is_restricted))
    print(json.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])
