"""Requests that source sends elsewhere: the host where it stands there, else the setting that names it."""

from __future__ import annotations

from urllib.parse import urlsplit

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import CallSite, Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope

_VERBS = frozenset(("get", "post", "put", "delete", "patch", "head", "options", "ws_connect"))
_NAMED = frozenset(("request", "stream"))
_CLIENTS = (
    "requests.", "httpx.", "aiohttp.", "urllib3.",
)  # fmt: skip
_OPENING = frozenset(("urllib.request.urlopen", "urllib.request.Request", "urllib.request.urlretrieve"))
_BASES = ("base_url",)
_MAX_STEPS = 6


class Outbound:
    """Answers for one program."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def of(self, site: CallSite) -> tuple[str, str, str] | None:
        """Host, place and setting of a request; None when the call is none. Host and setting may be empty."""
        for callee in site.callee.all:
            spot = self._spot(callee)
            if spot is None:
                continue
            url = form.argument(site.node, "url", spot)
            if callee.name in _OPENING and url is not None and self._is_request(site.scope, url):
                return None
            texts: list[tuple[str, str]] = []
            if url is not None:
                texts = self._text(site.scope, url, 0)
            host, setting = _host(texts)
            if not host and not setting:
                host, setting = self._of_client(callee)
            return host, site.at, setting
        return None

    def _spot(self, callee: Resolved) -> int | None:
        name = callee.name
        if name in _OPENING:
            return 0
        if not name.startswith(_CLIENTS) or callee.kind != "external":
            return None
        last = name.rpartition(".")[2]
        if last in _VERBS:
            return 0
        return 1 if last in _NAMED else None

    def _is_request(self, scope: Scope, node: Node) -> bool:
        found = self._program.resolve(scope, node)
        return any(one.name == "urllib.request.Request" for one in found.all)

    def _of_client(self, callee: Resolved) -> tuple[str, str]:
        """By the base address of the client that sends it."""
        client = callee.receiver
        while client is not None:
            for one in client.all:
                if one.value is not None and one.where is not None and one.value[0] == form.CALL:
                    for name in _BASES:
                        base = form.keyword(one.value, name)
                        if base is not None:
                            return _host(self._text(one.where, base, 0))
            client = client.receiver
        return "", ""

    def _text(self, scope: Scope, node: Node, depth: int) -> list[tuple[str, str]]:
        """Pieces of a text in order: (text, setting behind it); an unknown piece is ("", "")."""
        known = self._program.constant(scope, node)
        if known is not None:
            value = str(known.value) if known.is_set and known.value is not None else ""
            return [(value, known.settings[0] if known.settings else "")]
        parts = form.string_parts(node)
        if parts is not None:
            pieces = [piece for part in parts for piece in self._text(scope, part, depth + 1)]
            return pieces if depth < _MAX_STEPS else []
        if node[0] in (form.NAME, form.ATTRIBUTE) and depth < _MAX_STEPS:
            for one in self._program.resolve(scope, node).all:
                if one.value is not None and one.where is not None and form.string_parts(one.value) is not None:
                    return self._text(one.where, one.value, depth + 1)
        if node[0] == form.CALL and depth < _MAX_STEPS:
            name = node[3][4] if node[3][0] == form.ATTRIBUTE else node[3][3] if node[3][0] == form.NAME else ""
            if name in ("urljoin", "str", "URL", "rstrip", "strip"):
                inner = node[4][0] if node[4] else node[3][3] if node[3][0] == form.ATTRIBUTE else None
                return self._text(scope, inner, depth + 1) if inner is not None else [("", "")]
        return [("", "")]


def _host(pieces: list[tuple[str, str]]) -> tuple[str, str]:
    text = ""
    for value, setting in pieces:
        if not value and not setting:
            break
        if setting:
            # What is configured may be anything; its default is only a hint.
            return ("", setting) if not text or "//" not in text or text.endswith("//") else (_named(text), setting)
        text += value
        if "//" in text and "/" in text.partition("//")[2]:
            break
    return _named(text), ""


def _named(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    # A host that ends where something unknown is put in is not known.
    return f"{host}{port}" if host else ""
