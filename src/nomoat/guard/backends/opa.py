"""Asks an Open Policy Agent server: `POST /v1/data/<path>` with `{"input": ...}`, each question anew.

`true` allows, `false` and no result deny, `"deferred"` leaves the decision to the handler where the object is not known
yet. Whatever else comes, or does not come in time, denies as `backend-unavailable`. No answer is remembered.

Source: OPA's REST API, "Get a Document (with Input)".
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from nomoat import settings as settings_file
from nomoat.errors import SettingsError
from nomoat.guard import providers
from nomoat.guard.backends.line import MOST, Lines
from nomoat.guard.backends.settings import OpaSettings
from nomoat.guard.identity import strict_json
from nomoat.journal.facts import Attribute
from nomoat.policy.backend import ANSWERED_BY
from nomoat.policy.decide import Answer, out_of_scope
from nomoat.policy.inputs import MAX_RECORDED, bare_subject

#: How an answer names who granted it, and how a decision records OPA's own id of it.
GRANTED_BY = ("opa",)
DECISION_ID = "opa.decision_id"
#: Requests that may wait for an answer at once: one more is refused at once, so an outage never fills the memory.
MOST_WAITING = 256
DEFERRED = "deferred"
_UNAVAILABLE = Answer("deny", "backend-unavailable")
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Opa:
    """A backend of one service."""

    def __init__(self, settings: OpaSettings, *, service: str, root: Path) -> None:
        """Reads token and certificates. Raises SettingsError where they are not there."""
        self._settings = settings
        self._service = service
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "nomoat"}
        if settings.token:
            headers["Authorization"] = f"Bearer {_token(settings, root)}"
        address = providers.address(settings.url)
        context = None if address.scheme == "http" else _context(settings, root)
        self._lines = Lines(address, headers=headers, context=context)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._waiting = 0
        self._threads: tuple[int, ThreadPoolExecutor] | None = None
        #: What was wrong with the last question that got no answer, for people.
        self.trouble = ""

    async def asked(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Runs what asks in a thread, so that the event loop goes on; its time counts from now."""
        ends = time.monotonic() + self._settings.timeout_s

        def run() -> _T:
            self._local.ends = ends
            try:
                return function(*args, **kwargs)
            finally:
                self._local.ends = None

        return await asyncio.get_running_loop().run_in_executor(self._pool(), run)

    def decide(
        self,
        *,
        subject: str,
        roles: tuple[str, ...],
        permissions: tuple[str, ...],
        attributes: Mapping[str, object],
        resource: Mapping[str, object] | None = None,
        only: Collection[str] | None = None,
    ) -> Answer:
        """The answer of the server, or a denial."""
        if not permissions:
            return Answer("deny", "no-grant")
        if only is not None and (outside := out_of_scope(permissions, only)) is not None:
            return outside
        document = self._input(subject, roles, permissions, attributes, resource)
        answer = self._answer(document, is_final=resource is not None)
        read = {ANSWERED_BY: GRANTED_BY[0], **_read(document), **answer.read}
        return answer._replace(
            read=read, denied=permissions[0] if answer.outcome == "deny" else "",
            needs=permissions if answer.outcome == "deferred" else (),
        )  # fmt: skip

    def close(self) -> None:
        """Ends the connections; questions under way are answered, and threads end with whoever holds this."""
        self._lines.close()

    def _input(
        self,
        subject: str,
        roles: tuple[str, ...],
        permissions: tuple[str, ...],
        attributes: Mapping[str, object],
        resource: Mapping[str, object] | None,
    ) -> dict[str, object]:
        """The document that OPA calls `input`: what a decision records, under the same names."""
        parts: dict[str, dict[str, object]] = {"params": {}, "context": {}, "subject": {}}
        for name, value in attributes.items():
            namespace, _, rest = name.partition(".")
            if namespace in parts and (namespace != "subject" or rest in self._settings.claims):
                parts[namespace][rest] = value
        return {
            "service": self._service,
            "subject": subject,
            "sub": bare_subject(subject),
            "roles": list(dict.fromkeys(roles)),
            "permissions": list(permissions),
            "params": parts["params"],
            "context": parts["context"],
            "claims": parts["subject"],
            "resource": None if resource is None else dict(resource),
        }

    def _answer(self, document: dict[str, object], *, is_final: bool) -> Answer:
        ends = getattr(self._local, "ends", None) or time.monotonic() + self._settings.timeout_s
        with self._lock:
            if self._waiting >= MOST_WAITING:
                return self._unanswered(f"{MOST_WAITING} requests wait for it")
            self._waiting += 1
        try:
            body = json.dumps({"input": document}, allow_nan=False).encode()
            status, text = self._lines.post(body, ends=ends)
            if status != http.client.OK:
                return self._unanswered(f"it answered {status}")
            return self._meant(strict_json.parsed(text), is_final=is_final)
        except ssl.SSLCertVerificationError as error:
            return self._unanswered(f"its certificate is not trusted ({error.verify_message})")
        except (OSError, http.client.HTTPException, ValueError, TypeError, RecursionError) as error:
            said = str(error) if isinstance(error, (TimeoutError, http.client.HTTPException, ValueError)) else ""
            return self._unanswered(said or type(error).__name__)
        finally:
            with self._lock:
                self._waiting -= 1

    def _meant(self, answer: Mapping[str, object], *, is_final: bool) -> Answer:
        decision_id = answer.get("decision_id")
        read = {DECISION_ID: decision_id[:MAX_RECORDED]} if isinstance(decision_id, str) else {}
        result = answer.get("result", False)
        if result is True:
            return Answer("allow", "granted", grants=GRANTED_BY, read=read)
        if result is False:
            # No result at all is a document that OPA has not, or one that is undefined for this input.
            return Answer("deny", "no-grant", read=read)
        if result == DEFERRED and not is_final:
            return Answer("deferred", "depends-on-resource", grants=GRANTED_BY, read=read)
        return self._unanswered(f"its result is neither true nor false ({type(result).__name__})")

    def _unanswered(self, why: str) -> Answer:
        self.trouble = f"OPA gave no answer that can be used, so the request is denied: {why}"
        return _UNAVAILABLE

    def _pool(self) -> ThreadPoolExecutor:
        """The threads of this process: those of a parent did not come along."""
        with self._lock:
            if self._threads is None or self._threads[0] != os.getpid():
                self._threads = os.getpid(), ThreadPoolExecutor(2 * MOST, thread_name_prefix="nomoat-guard-opa")
            return self._threads[1]


def _read(document: Mapping[str, object]) -> dict[str, Attribute]:
    """What a decision records of the document besides its own fields, so that the question can be put again."""
    found: dict[str, Attribute] = {}
    for namespace, name in (("context", "context"), ("claims", "subject"), ("resource", "resource")):
        part = document[namespace]
        for rest, value in part.items() if isinstance(part, Mapping) else ():
            if isinstance(value, int) or (isinstance(value, str) and len(value) <= MAX_RECORDED):
                found[f"{name}.{rest}"] = value
    return found


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
    except ssl.SSLError as error:
        raise SettingsError(
            "these are no certificates", where="backend.opa.ca", fix="name a file in PEM form"
        ) from error
