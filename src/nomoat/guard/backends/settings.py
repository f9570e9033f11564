"""The section `backend:` of nomoat.yaml: `native`, an OPA server, or a module of Rego. Nothing is asked here."""

from __future__ import annotations

import re
from collections.abc import Mapping as Sections
from dataclasses import dataclass

from nomoat.datafile import Mapping, Node, Reader, Value
from nomoat.guard import providers
from nomoat.policy.backend import NATIVE

LEAST_S, DEFAULT_S, MOST_S = 0.01, 0.2, 2.0
QUERY = "data.nomoat.allow"
_CLAIM = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_QUERY = re.compile(r"data(?:\.[A-Za-z_][A-Za-z0-9_]*)+\Z")


@dataclass(frozen=True, slots=True)
class OpaSettings:
    """An OPA server. `token` and `ca` are references; `claims` are those of a caller that it is told, no others."""

    url: str
    timeout_s: float = DEFAULT_S
    token: str = ""
    ca: str = ""
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegoSettings:
    """A module of Rego that is evaluated in the process; `query` is the document that answers."""

    module: str
    query: str = QUERY
    timeout_s: float = DEFAULT_S
    claims: tuple[str, ...] = ()


def read(
    node: Node | None, reader: Reader, *, refusing: Sections[str, Node | None]
) -> OpaSettings | RegoSettings | None:
    """The section; None: native. Mistakes go to the reader. `refusing` are the sections of rules that refuse."""
    if node is None or (isinstance(node, Value) and node.data in (None, NATIVE)):
        return None
    fields = reader.mapping(node, "backend", known=("opa", "rego"))
    if fields is None:
        return None
    if len(fields.entries) != 1:
        what = "backend names two" if fields.entries else "backend names none"
        reader.mistake(what, node, "write backend: native, {opa: {url: ...}} or {rego: {module: ...}}")
        return None
    name = next(iter(fields.entries))
    title = {"opa": "OPA", "rego": "Rego"}.get(name, name)
    for section, rules in refusing.items():
        if rules is not None and not (isinstance(rules, Value) and rules.data is None):
            # Rules that refuse, and that nobody asks, would look as if they did.
            reader.mistake(
                f"{section}: decides nothing where {title} is asked", rules, f"move its rules to {title}'s policy"
            )
    if name == "rego":
        rego = reader.mapping(fields.get("rego"), "rego", known=("module", "query", "timeout", "claims"))
        return None if rego is None else _rego(rego, reader)
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
    references = {name: reader.text(fields.get(name), f"{name} of opa") or "" for name in ("token", "ca")}
    for name, reference in references.items():
        if reference and reference.partition(":")[0] not in ("env", "file"):
            reader.mistake(
                f"{name} of opa must be a reference", fields.get(name) or fields, "write env:NAME or file:PATH"
            )
    timeout_s, claims = _timeout_s(fields, reader, "opa"), _claims(fields, reader, "opa")
    return OpaSettings(url, timeout_s, references["token"], references["ca"], claims)


def _rego(fields: Mapping, reader: Reader) -> RegoSettings | None:
    module = reader.text(fields.get("module"), "module of rego") or ""
    if not module:
        reader.mistake("rego has no module", fields, "add module: policy.rego")
    query = reader.text(fields.get("query"), "query of rego") if "query" in fields else QUERY
    if query is not None and not _QUERY.match(query):
        reader.mistake(f"'{query}' is no document", fields.get("query") or fields, "write data.nomoat.allow")
    return RegoSettings(module, query or QUERY, _timeout_s(fields, reader, "rego"), _claims(fields, reader, "rego"))


def _timeout_s(fields: Mapping, reader: Reader, of: str) -> float:
    timeout_s = reader.duration_s(fields.get("timeout"), "timeout")
    if timeout_s is not None and not LEAST_S <= timeout_s <= MOST_S:
        reader.mistake(f"the timeout of {of} is out of bounds", fields.get("timeout") or fields, "write 10ms to 2s")
    return timeout_s or DEFAULT_S


def _claims(fields: Mapping, reader: Reader, of: str) -> tuple[str, ...]:
    claims = []
    for one in reader.sequence(fields.get("claims"), f"claims of {of}"):
        claim = reader.text(one, "a claim")
        if claim is not None and not _CLAIM.match(claim):
            reader.mistake(f"'{claim}' is no claim that can be handed on", one, "write its name")
        elif claim is not None:
            claims.append(claim)
    return tuple(claims)
