"""Requests that source sends elsewhere: the host where it stands there, else the setting that names it.

A host may come from the constructor of a client class, or from whoever calls a helper: calls are asked about in the
frame in which they run (`standing.Frame`), and `sent` says what a call hands to a helper that sends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import CallSite, Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope
from nomoat.survey.standing import Frame, Made, Pieces

_VERBS = frozenset(("get", "post", "put", "delete", "patch", "head", "options", "ws_connect"))
_NAMED = frozenset(("request", "stream"))
_CLIENTS = ("requests.", "httpx.", "aiohttp.", "urllib3.", "niquests.")
#: What is given the address itself, and whether that is a URL or a bare `host:port`.
_OPENING = {
    "urllib.request.urlopen": True, "urllib.request.Request": True, "urllib.request.urlretrieve": True,
    "websockets.connect": True, "websockets.client.connect": True, "websocket.create_connection": True,
    "xmlrpc.client.ServerProxy": True, "zeep.Client": True,
    "grpc.insecure_channel": False, "grpc.secure_channel": False, "grpc.aio.insecure_channel": False,
    "grpc.aio.secure_channel": False, "smtplib.SMTP": False, "smtplib.SMTP_SSL": False, "ftplib.FTP": False,
}  # fmt: skip
_BASES = ("base_url",)
_MAX_STEPS = 8
_MAX_HELPERS = 6
#: What a parameter is called that takes an address.
_ADDRESS = re.compile(
    r"(^|_)(url|uri|host|endpoint|base|address|addr|service|target|server|link|href|origin|root)(_|$)", re.I
)
_SETTING = re.compile(r"[A-Z][A-Z0-9_]{2,}")
_SAME = frozenset(("urljoin", "str", "URL", "rstrip", "strip", "lstrip", "get_secret_value", "unicode_string"))


class Outbound:
    """Answers for one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._senders: dict[Scope, frozenset[str]] = {}

    def of(self, site: CallSite, frame: Frame) -> tuple[str, str, str] | None:
        """Host, place and setting of a request; None when the call is none. Host and setting may be empty."""
        for callee in site.callee.all:
            spot = self._spot(callee)
            if spot is None:
                continue
            url = self._address(site, spot)
            if callee.name in _OPENING and url is not None and self._is_request(site.scope, url):
                return None
            texts = self._text(site.scope, url, 0, frame) if url is not None else []
            host, setting = _host(texts, is_url=_OPENING.get(callee.name, True))
            if not host and not setting:
                host, setting = self._of_client(callee, frame)
            return host, site.at, setting
        return None

    def sent(self, frame: Frame, function: Scope, call: Node, *, is_bound: bool) -> Pieces:
        """Addresses that a call hands to a function which sends there, by the names of its parameters."""
        names = self._sends(function)
        if not names:
            return ()
        parameters = [one[form.P_NAME] for one in function.parameters]
        found: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        for name in parameters:
            if name not in names:
                continue
            given = form.argument(call, name, parameters.index(name) - (1 if is_bound else 0))
            pieces = tuple(self._text(frame.scope, given, 0, frame)) if given is not None else ()
            if pieces and any(pieces[0]):
                found.append((name, pieces))
        return tuple(found)

    def _sends(self, function: Scope, depth: int = 0) -> frozenset[str]:
        """Parameters that a function uses as the beginning of an address, or hands on to a function that does."""
        known = self._senders.get(function)
        if known is not None:
            return known
        self._senders[function] = frozenset()
        names = {one[form.P_NAME] for one in function.parameters if _ADDRESS.search(one[form.P_NAME])}
        if not names or depth > _MAX_HELPERS:
            return frozenset()
        found: set[str] = set()
        for site in self._program.calls(function):
            for callee in site.callee.all:
                spot = self._spot(callee)
                if spot is not None:
                    found |= self._heads(function, self._address(site, spot)) & names
                elif callee.kind == "function" and callee.scope is not None:
                    found |= self._handed_on(function, site.node, callee.scope, depth) & names
        self._senders[function] = frozenset(found)
        return self._senders[function]

    def _handed_on(self, function: Scope, call: Node, callee: Scope, depth: int) -> set[str]:
        found: set[str] = set()
        parameters = [one[form.P_NAME] for one in callee.parameters]
        skipped = 1 if callee.is_method else 0
        for name in self._sends(callee, depth + 1):
            given = form.argument(call, name, parameters.index(name) - skipped)
            found |= self._heads(function, given)
        return found

    def _heads(self, scope: Scope, node: Node | None) -> set[str]:
        """The name that a text begins with, as far as it is a parameter or a variable made of one."""
        for _ in range(_MAX_STEPS):
            if node is None:
                return set()
            if node[0] == form.NAME:
                bound = scope.bindings.get(node[3], ())
                if any(one.how.value == "parameter" for one in bound):
                    return {node[3]}
                node = next((one.value for one in bound if one.value is not None), None)
                continue
            parts = form.string_parts(node)
            inner = _same(node)
            node = parts[0] if parts and parts[0] is not node else inner
        return set()

    def _address(self, site: CallSite, spot: int) -> Node | None:
        for name in ("url", "target", "host", "uri"):
            found = form.keyword(site.node, name)
            if found is not None:
                return found
        return form.argument(site.node, "url", spot)

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

    def _of_client(self, callee: Resolved, frame: Frame) -> tuple[str, str]:
        """By the base address of the client that sends it."""
        client = callee.receiver
        while client is not None:
            for one in client.all:
                if one.value is not None and one.where is not None and one.value[0] == form.CALL:
                    for name in _BASES:
                        base = form.keyword(one.value, name)
                        if base is not None:
                            return _host(self._text(one.where, base, 0, frame))
            client = client.receiver
        return "", ""

    # -- texts -------------------------------------------------------------------------------------------------------

    def _text(self, scope: Scope, node: Node, depth: int, frame: Frame) -> list[tuple[str, str]]:
        """Pieces of a text in order: (text, setting behind it); an unknown piece is ("", "")."""
        if depth >= _MAX_STEPS:
            return [("", "")]
        given = self._given(scope, node, depth, frame)
        if given is not None:
            return given
        known = self._program.constant(scope, node)
        if known is not None:
            value = str(known.value) if known.is_set and known.value is not None else ""
            return [(value, known.settings[0] if known.settings else "")]
        parts = form.string_parts(node)
        if parts is not None:
            return [piece for part in parts for piece in self._text(scope, part, depth + 1, frame)]
        if node[0] in (form.NAME, form.ATTRIBUTE):
            for one in self._program.resolve(scope, node).all:
                if one.value is not None and one.where is not None and one.value is not node:
                    found = self._text(one.where, one.value, depth + 1, frame)
                    if any(found[0]):
                        return found
        inner = _same(node)
        if inner is not None:
            return self._text(scope, inner, depth + 1, frame)
        return [("", self._setting(node))]

    def _given(self, scope: Scope, node: Node, depth: int, frame: Frame) -> list[tuple[str, str]] | None:
        """What whoever called, or made the object at hand, gave: None where this is no such thing."""
        if node[0] == form.NAME and scope is frame.scope:
            return next((list(pieces) for name, pieces in frame.sent if name == node[3]), None)
        if node[0] == form.NAME and scope.name == "__init__" and isinstance(frame.me, Made):
            return self._constructed(scope, node[3], depth, frame.me)
        is_own = node[0] == form.ATTRIBUTE and node[3][0] == form.NAME and node[3][3] in ("self", "cls")
        if not is_own or not isinstance(frame.me, Made):
            return None
        members, _ = self._program.resolver.classes.members(frame.me.scope, node[4])
        for member in members:
            if member.binding.value is not None:
                found = self._text(member.scope, member.binding.value, depth + 1, frame)
                if found and any(found[0]):
                    return found
        return None

    def _constructed(self, init: Scope, name: str, depth: int, made: Made) -> list[tuple[str, str]] | None:
        """What a parameter of a constructor was given: where the object was made, or by `super().__init__(...)`."""
        parameters = [one[form.P_NAME] for one in init.parameters]
        if name not in parameters:
            return None
        for scope, call, frame in self._constructing(init, made):
            given = form.argument(call, name, parameters.index(name) - 1)
            if given is not None:
                return self._text(scope, given, depth + 1, frame)
        default = init.parameters[parameters.index(name)][form.P_DEFAULT]
        return self._text(init, default, depth + 1, Frame(init)) if default is not None else None

    def _constructing(self, init: Scope, made: Made) -> Iterator[tuple[Scope, Node, Frame]]:
        if made.node is not None and made.frame is not None:
            own = [base for base in self._program.bases(made.scope) if not isinstance(base, str)]
            first = next((base for base in own if "__init__" in base.bindings), None)
            if first is init.parent:
                yield made.frame.scope, made.node, made.frame
        for base in self._program.bases(made.scope):
            for child in base.children.values() if not isinstance(base, str) else ():
                if child.name == "__init__" and child is not init:
                    for site in self._program.calls(child):
                        if site.node[3][0] == form.ATTRIBUTE and site.node[3][4] == "__init__":
                            yield child, site.node, Frame(child, made)

    def _setting(self, node: Node) -> str:
        """The name of a setting that cannot be followed: `settings.PAYMENTS_URL`, `app.config["PAYMENTS_URL"]`."""
        name: str | None = None
        if node[0] == form.ATTRIBUTE:
            name = node[4]
        elif node[0] == form.SUBSCRIPT:
            name = form.text_of(node[4])
        elif node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in ("get", "getenv") and node[4]:
            name = form.text_of(node[4][0])
        return name if name is not None and _SETTING.fullmatch(name) else ""


def _same(node: Node) -> Node | None:
    """What a call like `str(url)` or `url.rstrip("/")` gives back."""
    if node[0] != form.CALL:
        return None
    name = node[3][4] if node[3][0] == form.ATTRIBUTE else node[3][3] if node[3][0] == form.NAME else ""
    if name not in _SAME:
        return None
    if node[3][0] == form.ATTRIBUTE and name not in ("urljoin", "URL"):
        inner: Node = node[3][3]
        return inner
    return node[4][0] if node[4] else None


def _host(pieces: list[tuple[str, str]], *, is_url: bool = True) -> tuple[str, str]:
    text = "" if is_url else "//"
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
