"""The section `backend:` of nomoat.yaml: `native`, or an OPA server and how it is asked. Nothing is asked here."""

from __future__ import annotations

import re
from collections.abc import Mapping as Sections
from dataclasses import dataclass

from nomoat.datafile import Mapping, Node, Reader, Value
from nomoat.guard import providers
from nomoat.policy.backend import NATIVE

LEAST_S, DEFAULT_S, MOST_S = 0.01, 0.2, 2.0
_CLAIM = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class OpaSettings:
    """An OPA server. `token` and `ca` are references; `claims` are those of a caller that it is told, no others."""

    url: str
    timeout_s: float = DEFAULT_S
    token: str = ""
    ca: str = ""
    claims: tuple[str, ...] = ()


def read(node: Node | None, reader: Reader, *, refusing: Sections[str, Node | None]) -> OpaSettings | None:
    """The section; None: native. Mistakes go to the reader. `refusing` are the sections of rules that refuse."""
    if node is None or (isinstance(node, Value) and node.data in (None, NATIVE)):
        return None
    fields = reader.mapping(node, "backend", known=("opa",))
    if fields is None:
        return None
    if "opa" not in fields:
        reader.mistake("backend names none", node, "write backend: native, or backend: {opa: {url: ...}}")
        return None
    for name, rules in refusing.items():
        if rules is not None and not (isinstance(rules, Value) and rules.data is None):
            # Rules that refuse, and that nobody asks, would look as if they did.
            reader.mistake(f"{name}: decides nothing where OPA is asked", rules, "move its rules to OPA's policy")
    opa = reader.mapping(fields.get("opa"), "opa", known=("url", "timeout", "token", "ca", "claims"))
    return None if opa is None else _opa(opa, reader)


def _opa(fields: Mapping, reader: Reader) -> OpaSettings | None:
    url = reader.text(fields.get("url"), "url of opa") or ""
    if "url" not in fields:
        reader.mistake("opa has no url", fields, "add url: http://127.0.0.1:8181/v1/data/nomoat/allow")
        return None
    try:
        address = providers.address(url)
        if not address.path.startswith("/v1/data/"):
            raise ValueError("it does not begin with /v1/data/ behind the host")
        if address.query:
            raise ValueError("it holds a query")
    except ValueError as error:
        reader.mistake(f"the url of opa cannot be asked: {error}", fields.get("url") or fields)
    timeout_s = reader.duration_s(fields.get("timeout"), "timeout")
    if timeout_s is not None and not LEAST_S <= timeout_s <= MOST_S:
        reader.mistake("the timeout of opa is out of bounds", fields.get("timeout") or fields, "write 10ms to 2s")
    references = {name: reader.text(fields.get(name), f"{name} of opa") or "" for name in ("token", "ca")}
    for name, reference in references.items():
        if reference and reference.partition(":")[0] not in ("env", "file"):
            reader.mistake(
                f"{name} of opa must be a reference", fields.get(name) or fields, "write env:NAME or file:PATH"
            )
    claims = []
    for one in reader.sequence(fields.get("claims"), "claims of opa"):
        claim = reader.text(one, "a claim")
        if claim is not None and not _CLAIM.match(claim):
            reader.mistake(f"'{claim}' is no claim that can be handed on", one, "write its name")
        elif claim is not None:
            claims.append(claim)
    return OpaSettings(url, timeout_s or DEFAULT_S, references["token"], references["ca"], tuple(claims))
