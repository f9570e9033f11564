"""Routers of quite different minds, each as a WSGI application whose handlers note that they ran, and with what."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from pyramid.urldispatch import RoutesMapper
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

Table: TypeAlias = list[tuple[str, str, Any]]
Ran: TypeAlias = list[tuple[int, dict[str, str]]]
#: Where a method and path of an environ go: the number of the route, and its parameters.
Dispatch: TypeAlias = Callable[[str, str, dict[str, Any]], tuple[int, dict[str, Any]] | None]

_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_TAKEN = {
    "": "[^/]+", "int": "[0-9]+", "path": ".*",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}  # fmt: skip


def _application(dispatch: Dispatch, ran: Ran) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        found = dispatch(environ["REQUEST_METHOD"], path, environ)
        if found is None:
            start_response("404 Not Found", [])
            return [b""]
        number, params = found
        ran.append((number, {name: str(value) for name, value in params.items()}))
        start_response("200 OK", [])
        return [b"ran"]

    return app


def _regex(path: str) -> str:
    parts = re.split(r"(\{[^}]*\})", path)
    return "".join(
        f"(?P<{m.group(1)}>{_TAKEN[m.group(2) or '']})" if (m := _PARAMETER.fullmatch(part)) else re.escape(part)
        for part in parts
    )


def _angled(path: str) -> str:
    return _PARAMETER.sub(lambda m: f"<{m.group(2)}:{m.group(1)}>" if m.group(2) else f"<{m.group(1)}>", path)


def _werkzeug(table: Table, ran: Ran, **options: Any) -> Any:
    rules = [Rule(_angled(path), methods=[method], endpoint=number) for number, (method, path, _) in enumerate(table)]
    known = Map(rules, **options)

    def dispatch(method: str, path: str, environ: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        try:
            number, params = known.bind_to_environ(environ).match()
        except HTTPException:
            return None
        return number, dict(params)

    return _application(dispatch, ran)


def best_match(table: Table, ran: Ran) -> Any:
    """Werkzeug's: the rule with the greatest weight."""
    return _werkzeug(table, ran)


def best_match_of_any_slash(table: Table, ran: Ran) -> Any:
    """The same, for which a slash more or less is nothing."""
    return _werkzeug(table, ran, strict_slashes=False)


def pyramid(table: Table, ran: Ran) -> Any:
    """Pyramid's: the first route whose pattern and method match."""
    mapper = RoutesMapper()
    for number, (method, path, _) in enumerate(table):
        text = _PARAMETER.sub(lambda m: f"{{{m.group(1)}:{_TAKEN[m.group(2) or '']}}}", path)
        methods = {method, "HEAD"} if method == "GET" else {method}
        mapper.connect(
            str(number), text, predicates=[lambda _, request, m=methods: request.environ["REQUEST_METHOD"] in m]
        )

    def dispatch(method: str, path: str, environ: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        class Request:
            pass

        request = Request()
        request.environ, request.path_info, request.method = environ, path, method  # type: ignore[attr-defined]
        found = mapper(request)
        return None if found["route"] is None else (int(found["route"].name), found["match"])

    return _application(dispatch, ran)


def last_match(table: Table, ran: Ran) -> Any:
    """Regular expressions, the last one first, HEAD by its own routes alone; behind a mount it sees the whole path."""
    patterns = [(method, re.compile(_regex(path)), n) for n, (method, path, _) in enumerate(table)][::-1]

    def dispatch(method: str, path: str, environ: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        path = environ["SCRIPT_NAME"] + path
        return next(
            ((n, m.groupdict()) for of, pattern, n in patterns if of == method and (m := pattern.match(path + ""))
             and m.end() in (len(path), len(path.rstrip("\n")))), None,
        )  # fmt: skip

    return _application(dispatch, ran)


def trie(table: Table, ran: Ran) -> Any:
    """By segments: fixed ones before parameters, without a way back; HEAD is GET, case and slashes are nothing."""
    root: dict[str, Any] = {}
    for number, (method, path, _) in enumerate(table):
        place = root
        for segment in path.lower().strip("/").split("/"):
            place = place.setdefault(segment, {})
        place.setdefault("", {})[method] = (number, path)

    def dispatch(method: str, path: str, environ: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        place: dict[str, Any] | None = root
        params: dict[str, str] = {}
        segments = [one for one in path.split("/") if one]
        for at, segment in enumerate(segments):
            assert place is not None
            place = _step(place, segment, segments[at:], params)
            if place is None or "\0rest" in params:
                break
        params.pop("\0rest", None)
        leaf = (place or {}).get("", {})
        found = leaf.get(method.upper()) or (leaf.get("GET") if method == "HEAD" else None)
        return None if found is None else (found[0], params)

    return _application(dispatch, ran)


def _step(place: dict[str, Any], segment: str, rest: list[str], params: dict[str, str]) -> dict[str, Any] | None:
    if segment.lower() in place:
        found: dict[str, Any] = place[segment.lower()]
        return found
    for text, inner in place.items():
        matched = re.fullmatch(_regex(text), segment, re.IGNORECASE) if "{" in text else None
        if ":path}" in text and text.startswith("{"):
            params |= {text[1:-6]: "/".join(rest), "\0rest": ""}
            return dict(inner)
        if matched is not None:
            params.update(matched.groupdict())
            return dict(inner)
    return None


def lenient(table: Table, ran: Ran) -> Any:
    """It mends whatever it is asked for: decodes again, folds, resolves dots, and honours every override."""
    patterns = [(method, re.compile(_regex(path.rstrip("/")), re.I), n) for n, (method, path, _) in enumerate(table)]

    def dispatch(method: str, path: str, environ: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        query = dict(parse_qsl(environ["QUERY_STRING"].lower().replace(";", "&")))
        method = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE") or query.get("_method") or method
        path = unquote(environ.get("HTTP_X_ORIGINAL_URL") or path).replace("\\", "/").replace("\x00", "")
        path = re.sub(";[^/]*", "", unicodedata.normalize("NFKC", path))
        path = re.sub("/ +| +/", "/", posixpath.normpath("/" + path.lstrip("/"))).strip().rstrip("/")
        methods = {method.upper(), "GET"} if method == "HEAD" else {method.upper()}
        return next(
            ((n, m.groupdict()) for of, pattern, n in patterns if of in methods and (m := pattern.fullmatch(path))),
            None,
        )

    return _application(dispatch, ran)


ROUTERS = (best_match, best_match_of_any_slash, pyramid, last_match, trie, lenient)
