"""Asks an Open Policy Agent server: `POST /v1/data/<path>` with `{"input": ...}`, each question anew.

What its results mean stands in `asking`.

Source: OPA's REST API, "Get a Document (with Input)".
"""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.errors import SettingsError
from nomoat.guard import providers
from nomoat.guard.backends.asking import MOST_WAITING, UNDEFINED, Asking, Said, UnansweredError
from nomoat.guard.backends.line import MOST, Lines
from nomoat.guard.backends.settings import OpaSettings
from nomoat.guard.identity import strict_json
from nomoat.policy.inputs import MAX_RECORDED

__all__ = ["DECISION_ID", "MOST_WAITING", "Opa"]

#: How a decision records OPA's own id of it.
DECISION_ID = "opa.decision_id"


class Opa(Asking):
    """A backend of one service."""

    def __init__(self, settings: OpaSettings, *, service: str, root: Path) -> None:
        """Reads token and certificates. Raises SettingsError where they are not there."""
        super().__init__(
            "opa", "OPA", self._asked_of_server, service=service, claims=settings.claims, timeout_s=settings.timeout_s,
            threads=2 * MOST,
        )  # fmt: skip
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "nomoat"}
        if settings.token:
            headers["Authorization"] = f"Bearer {_token(settings, root)}"
        address = providers.address(settings.url)
        context = None if address.scheme == "http" else _context(settings, root)
        self._lines = Lines(address, headers=headers, context=context)

    def close(self) -> None:
        """Ends the connections; questions under way are answered, and threads end with whoever holds this."""
        self._lines.close()

    def _asked_of_server(self, document: bytes, ends: float) -> Said:
        try:
            status, text = self._lines.post(document, ends=ends)
            if status != http.client.OK:
                raise UnansweredError(f"it answered {status}")
            answer = strict_json.parsed(text)
        except ssl.SSLCertVerificationError as error:
            raise UnansweredError(f"its certificate is not trusted ({error.verify_message})") from error
        except TimeoutError as error:
            # Also in the system's own words.
            raise UnansweredError("it did not answer in time") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            # Only these are in words of ours: the others may quote what came.
            is_ours = type(error) in (http.client.HTTPException, ValueError)
            raise UnansweredError((is_ours and str(error)) or type(error).__name__) from error
        found = answer.get("decision_id")
        # Half a character in it would keep the whole decision out of the journal.
        is_fit = isinstance(found, str) and found.isascii() and found.isprintable()
        read = {DECISION_ID: str(found)[:MAX_RECORDED]} if is_fit else {}
        return Said(answer.get("result", UNDEFINED), read)


def _token(settings: OpaSettings, root: Path) -> str:
    token = settings_file.secret(settings.token, root=root, where="backend.opa.token").strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise SettingsError("the token is none", where="backend.opa.token", fix="one word of ASCII text")
    return token


def _context(settings: OpaSettings, root: Path) -> ssl.SSLContext:
    try:
        if not settings.ca:
            return ssl.create_default_context()
        certificates = settings_file.secret(settings.ca, root=root, where="backend.opa.ca")
        return ssl.create_default_context(cadata=certificates)
    except (ssl.SSLError, ValueError) as error:
        # ValueError: text that is not ASCII; its words quote the file.
        raise SettingsError(
            "these are no certificates", where="backend.opa.ca", fix="name a file in PEM form"
        ) from error
