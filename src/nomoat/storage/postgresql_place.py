"""Reads the URL of a PostgreSQL store: where the server is, who connects, and how the line is kept private.

A password is a reference, never part of the URL. A server that is not on this machine is reached by TLS that is
verified, or by a loosening that says why and until when.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from nomoat import settings
from nomoat.datafile import did_you_mean
from nomoat.errors import SettingsError

_WHERE = "journal.store"
_FIX = "write postgresql://user@host:5432/database?schema=nomoat"
_VERIFIED = "verify-full"
_MODES = ("disable", "allow", "prefer", "require", "verify-ca", _VERIFIED)
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
#: What goes to the driver as it stands.
_PASSED = ("passfile", "sslcert", "sslkey", "sslrootcert", "target_session_attrs")
_KNOWN = ("because", "host", "password", "schema", "sslmode", "until", *_PASSED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is. `parameters` are for the driver, without the password; `password` is a reference, or empty."""

    url: str
    schema: str
    password: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    def secret(self) -> dict[str, str]:
        """The password, read anew for each connection, so that it can be changed. Raises SettingsError."""
        if not self.password:
            return {}
        return {"password": settings.secret(self.password, root=Path("/"), where=_WHERE)}


def read(url: str, *, today: date | None = None) -> Place:
    """The place behind a URL. Raises SettingsError; no message repeats what could be a password."""
    try:
        parts = urlsplit(url)
        login, _, hosts = parts.netloc.rpartition("@")
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True) if parts.query else [])
    except ValueError as error:
        raise SettingsError("the URL of the store cannot be read", where=_WHERE, fix=_FIX) from error
    if ":" in login or (options.get("password") and not options["password"].startswith(("env:", "file:/"))):
        raise SettingsError(
            "a password stands in the URL of the store",
            where=_WHERE,
            fix="take it out (and change it): &password=env:NAME or &password=file:/PATH, or libpq's own ~/.pgpass",
        )
    for name in options:
        if name not in _KNOWN:
            raise SettingsError(
                f"'{name}' is no option of a postgresql URL", where=_WHERE, fix=did_you_mean(name, _KNOWN)
            )
    parameters = {name: options[name] for name in _PASSED if name in options}
    parameters |= _server(hosts, options.get("host", ""))
    parameters |= {"user": unquote(login)} if login else {}
    parameters["dbname"] = unquote(parts.path.removeprefix("/"))
    schema = options.get("schema", "nomoat")
    if parts.scheme != "postgresql" or not parameters["host"] or not parameters["dbname"] or parts.fragment:
        raise SettingsError("the URL of the store names no host or no database", where=_WHERE, fix=_FIX)
    if not _SCHEMA.match(schema):
        raise SettingsError(
            f"'{schema}' is no name of a schema here", where=_WHERE, fix="use small letters, digits and underscores"
        )
    parameters |= _privacy(parameters["host"].split(","), options, today or datetime.now(UTC).date())
    return Place(url, schema, options.get("password", ""), parameters)


def _server(hosts: str, folder: str) -> dict[str, str]:
    """Host and port, or several with commas between; `folder` is that of a Unix socket."""
    if folder and (hosts or not folder.startswith("/")):
        raise SettingsError(
            "host= is for the folder of a Unix socket, where no other host stands", where=_WHERE, fix=_FIX
        )
    names, ports = [], []
    for one in hosts.split(","):
        found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]*)(?::([0-9]{1,5}))?", one)
        if found is None:
            raise SettingsError("the URL of the store has a host that is none", where=_WHERE, fix=_FIX)
        names.append(unquote(found[1]).strip("[]"))
        ports.append(found[2] or "5432")
    # Nothing of the environment (PGHOSTADDR, PGSERVICE) may lead elsewhere than the URL says.
    return {"host": folder or ",".join(names), "port": ",".join(ports)}


def _privacy(hosts: list[str], options: Mapping[str, str], today: date) -> dict[str, str]:
    is_here = all(map(_is_local, hosts))
    mode = options.get("sslmode") or ("prefer" if is_here else _VERIFIED)
    if mode not in _MODES:
        raise SettingsError(f"'{mode}' is no sslmode", where=_WHERE, fix=f"use {_VERIFIED}")
    if not is_here and mode != _VERIFIED:
        _expect_reason(mode, options, today)
    privacy = {"sslmode": mode}
    if mode == _VERIFIED and "sslrootcert" not in options and not _has_own_roots():
        privacy["sslrootcert"] = "system"
    return privacy


def _expect_reason(mode: str, options: Mapping[str, str], today: date) -> None:
    """A loosening carries why and until when, as everywhere."""
    until = options.get("until", "")
    try:
        is_over = date.fromisoformat(until) < today
    except ValueError:
        is_over = True
    if not options.get("because") or is_over:
        said = (
            f"was allowed until {until}" if options.get("because") and until else "lets somebody in between read along"
        )
        raise SettingsError(
            f"sslmode={mode} to a server on another host {said}",
            where=_WHERE,
            fix=f"use sslmode={_VERIFIED} (the default), or say why and until when: &because=...&until=YYYY-MM-DD",
        )


def _has_own_roots() -> bool:
    """True where the user told libpq whom to trust; otherwise it is whom the system trusts."""
    return "PGSSLROOTCERT" in os.environ or (Path.home() / ".postgresql" / "root.crt").is_file()


def _is_local(host: str) -> bool:
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
