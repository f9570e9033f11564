"""Whether a request reads alike to every router: its path in plain form, and no second method or path beside it.

Takes a scope (of ASGI, or what `wsgi.scope_of` made) and gives what can be held against a map, or what is ambiguous.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, unquote_to_bytes, urlsplit

from nomoat.guard.identity.origin import ENVIRON

#: Headers by which some frameworks let a caller change the method, or the path.
_METHOD_HEADERS = ("x-http-method-override", "x-http-method", "x-method-override")
_PATH_HEADERS = ("x-original-url", "x-rewrite-url")
_METHOD_PARAMETER = "_method"

#: What a path has that routers read differently, and how it is called.
_ODD = (
    (re.compile(r"\A(?!/)"), "does not begin with a slash"),
    (re.compile("//"), "has an empty segment"),
    (re.compile(r"/\.{1,2}(?:/|\Z)"), "has a dot segment"),
    (re.compile(r"\\"), "has a backslash"),
    (re.compile(";"), "has a semicolon"),
    (re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]"), "has a control character"),
    (re.compile("%[0-9A-Fa-f]{2}"), "is encoded twice"),
    (re.compile("[\\ud800-\\udfff\\ufffd]"), "is no UTF-8"),
    (re.compile(r"/\s|\s(?:/|\Z)"), "has a space where a segment begins or ends"),
)
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)*/?")
#: The same of a path as it came, before anybody has decoded it.
_ODD_RAW = (
    (re.compile(r"\A(?!/)"), "does not begin with a slash"),
    (re.compile("%(?![0-9A-Fa-f]{2})"), "has a percent sign that encodes nothing"),
    (re.compile("%2f|%5c", re.IGNORECASE), "has an encoded slash"),
    # RFC 3986, section 2.3: unreserved characters are not to be encoded.
    (re.compile("%(?:2[de]|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|7e)", re.IGNORECASE), "has an encoded plain character"),
)


class Plain(NamedTuple):
    """A request as it can be held against a map. `ambiguous` says why it cannot; else each reading is one path.

    `methods` are those of the routes that could serve it.
    """

    method: str
    methods: frozenset[str]
    readings: tuple[str, ...]
    headers: Iterable[tuple[bytes, bytes]]
    query: bytes
    ambiguous: str


def of(scope: Mapping[str, Any]) -> Plain:
    """A request of WSGI (its environ is in the scope) or of ASGI."""
    environ = scope.get(ENVIRON)
    method = "WS" if scope["type"] == "websocket" else str(scope["method"])
    readings, raw = _of_wsgi(environ) if environ is not None else _of_asgi(scope)
    why = "" if method == method.upper() else "the method is not in capital letters"
    if readings is None:
        why = why or "the path is no UTF-8"
    for path in readings or ():
        why = why or _odd(path)
    why = why or _odd_raw(raw.partition("?")[0])
    headers, query = scope["headers"], scope.get("query_string", b"")
    return Plain(method, _methods(method, headers), readings or (), headers, query, why)


def overridden(request: Plain, *, ignores: bool) -> str:
    """What of a request asks for another method or path; empty where nothing does, or the application ignores it."""
    if ignores:
        return ""
    for name, value in request.headers:
        header = name.decode("latin-1").lower().replace("_", "-")
        if header in _METHOD_HEADERS and value.decode("latin-1").strip().upper() != request.method:
            return f"the header {header} asks for another method"
        if header in _PATH_HEADERS and _path_of(value) not in request.readings:
            return f"the header {header} asks for another path"
    # Older frameworks end a parameter at a semicolon, too.
    query = request.query.decode("latin-1").replace(";", "&")
    if any(
        name.lower() == _METHOD_PARAMETER and value.strip().upper() != request.method
        for name, value in parse_qsl(query, keep_blank_values=True)
    ):
        return f"the parameter {_METHOD_PARAMETER} asks for another method"
    return ""


def _methods(method: str, headers: Iterable[tuple[bytes, bytes]]) -> frozenset[str]:
    found = {method, "ANY"}
    if method == "HEAD":
        # Most frameworks answer HEAD by the handler of GET.
        found.add("GET")
    if method == "GET" and any(name == b"upgrade" and b"websocket" in value.lower() for name, value in headers):
        found.add("WS")
    return frozenset(found)


def _of_wsgi(environ: Mapping[str, Any]) -> tuple[tuple[str, ...] | None, str]:
    """The path, alone and behind what the application is mounted at; and as it came, where the server tells."""
    try:
        script, path = (
            str(environ.get(name, "")).encode("latin-1").decode("utf-8") for name in ("SCRIPT_NAME", "PATH_INFO")
        )
    except UnicodeError:
        return None, ""
    readings = (path or "/",) if not script else (path or "/", script + path)
    return readings, str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")


def _of_asgi(scope: Mapping[str, Any]) -> tuple[tuple[str, ...] | None, str]:
    """The same: servers and frameworks differ in whether the path has what the application is mounted at."""
    path, root = str(scope["path"]) or "/", str(scope.get("root_path", ""))
    raw = scope.get("raw_path") or b""
    if not root:
        return (path,), raw.decode("latin-1")
    inner = path[len(root) :] if path == root or path.startswith(root.rstrip("/") + "/") else None
    return (path, root + path if inner is None else f"/{inner.lstrip('/')}"), raw.decode("latin-1")


def _odd(path: str) -> str:
    if _PLAIN.fullmatch(path):
        return ""
    # Who brings characters into one form makes slashes and dots of others.
    path = path if path.isascii() else unicodedata.normalize("NFKC", path)
    return next((f"the path {what}" for pattern, what in _ODD if pattern.search(path)), "")


def _odd_raw(raw: str) -> str:
    if not raw or _PLAIN.fullmatch(raw):
        return ""
    try:
        unquote_to_bytes(raw).decode("utf-8")
    except UnicodeError:
        return "the path is no UTF-8"
    return next((f"the path {what}" for pattern, what in _ODD_RAW if pattern.search(raw)), "")


def _path_of(value: bytes) -> str:
    return unquote(urlsplit(value.decode("latin-1")).path)
