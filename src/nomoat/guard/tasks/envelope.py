"""The envelope of a task that goes through a queue: for whom it is, signed, and bound to this task and its arguments.

A JSON Web Signature (HS256) among the message's headers. The broker is not trusted: what is not exactly what a service
with the key made is refused, and the reason never holds any of it. It is signed and not encrypted: a broker reads it.
Sources: RFC 7515, 7519, 8725.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from nomoat import settings as settings_file
from nomoat.errors import SettingsError, UsageError
from nomoat.guard.identity.keys import MIN_SECRET_BYTES
from nomoat.guard.identity.model import Identity, TokenError
from nomoat.guard.identity.tokens import MAX_BYTES, taken_apart
from nomoat.guard.tasks.run import OnBehalf

if TYPE_CHECKING:
    from joserfc.jwk import OctKey

    from nomoat.guard.loading import Loaded
    from nomoat.guard.tasks.settings import TaskSettings

VERSION = 1
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")
#: How far the clocks of two machines may be apart.
LEEWAY_S = 30.0
#: A type of its own: no token of an issuer that has the same key is an envelope, and no envelope is a token.
_HEADER = {"alg": "HS256", "typ": "nomoat-task+jwt"}
_CLAIMS = frozenset(
    ("ver", "iss", "aud", "jti", "iat", "nbf", "exp", "body", "who", "client", "trace", "request")
)  # fmt: skip
_WHO = frozenset(("sub", "roles", "claims", "credential", "jti", "issued_at", "only"))


class Sent(NamedTuple):
    """What an envelope is bound to: the task's name, the id of the message, and the digest of all that it is told."""

    task: str
    id: str
    digest: str


class Seal:
    """The keys of a service: the first one signs, all of them verify."""

    def __init__(self, keys: Iterable[OctKey], *, within_s: float) -> None:
        self._keys = tuple(keys)
        self._within_s = within_s

    @classmethod
    def load(cls, settings: TaskSettings, *, root: Path) -> Seal:
        """Reads the keys. Raises SettingsError: absent, unreadable, too short."""
        from joserfc.jwk import OctKey

        found = []
        for reference in settings.keys:
            text = settings_file.secret(reference, root=root, where="tasks.key")
            if len(text.encode()) < MIN_SECRET_BYTES:
                raise SettingsError(
                    f"the key is shorter than {MIN_SECRET_BYTES} bytes", where=f"tasks.key ({reference})",
                    fix="make one: openssl rand -hex 32",
                )  # fmt: skip
            found.append(OctKey.import_key(text))
        return cls(found, within_s=settings.within_s)

    def sealed(
        self, behalf: OnBehalf, sent: Sent, loaded: Loaded, *, now: float, begins: float | None, ends: float | None
    ) -> str:
        """The envelope of a message.

        Args:
            behalf: for whom it is.
            sent: what it is bound to.
            loaded: by what its publisher decides: of the caller's claims, what conditions read goes along.
            now: seconds since 1970.
            begins: when the task may run first (its ETA); None: at once. It is good from then on.
            ends: when the message itself expires; None: never.

        Raises UsageError: it would be too large to be verified.
        """
        from joserfc import jws

        expires = max(now, begins or now) + self._within_s
        claims = {
            "ver": VERSION,
            "iss": f"service:{loaded.service}",
            "aud": sent.task,
            "jti": sent.id,
            "iat": now,
            "exp": expires if ends is None else min(expires, ends),
            "body": sent.digest,
            "who": _who(behalf.identity, loaded),
            "client": behalf.client,
            "trace": behalf.trace,
            "request": behalf.also.get("request", ""),
        } | ({} if begins is None else {"nbf": begins})
        text = jws.serialize_compact(dict(_HEADER), json.dumps(claims).encode(), self._keys[0], algorithms=["HS256"])
        if len(text) > MAX_BYTES:
            raise UsageError(
                "what a task has to know of its caller is over 16 KB", where=sent.task,
                fix="the roles and the claims that conditions read are what goes along",
            )  # fmt: skip
        return text

    def opened(self, text: object, sent: Sent, *, now: float) -> OnBehalf:
        """For whom the message is. Raises TokenError: forged, of another task or message, altered, or not for now."""
        if not isinstance(text, str):
            _refuse("it is no text")
        parts = taken_apart(text)
        if parts.header != _HEADER:
            _refuse("its header is another")
        self._verify(text)
        claims = parts.claims
        if claims.get("ver") != VERSION or not _CLAIMS - {"nbf"} <= claims.keys() <= _CLAIMS:
            _refuse("it is of another version")
        if (claims["aud"], claims["jti"], claims["body"]) != (sent.task, sent.id, sent.digest):
            _refuse("it is of another message")
        if now >= _number(claims["exp"]) + LEEWAY_S:
            _refuse("it has expired")
        if now < max(_number(claims["iat"]), _number(claims.get("nbf", 0))) - LEEWAY_S:
            _refuse("it is not valid yet")
        request = _text(claims["request"])
        also = {**({"request": request} if request else {}), **queued(sent.id)}
        return OnBehalf(_identity(claims["who"]), _text(claims["client"]), _text(claims["trace"]), also)

    def _verify(self, text: str) -> None:
        from joserfc import jws
        from joserfc.errors import JoseError

        for key in self._keys:
            try:
                jws.deserialize_compact(text, key, algorithms=["HS256"])
            except (JoseError, ValueError, TypeError):
                continue
            return
        _refuse("no key of ours signed it")


def queued(task_id: object) -> dict[str, str]:
    """What decisions keep of a message's id: nothing of one that no queue makes, for anybody may write it."""
    return {"task": task_id} if isinstance(task_id, str) and _ID.match(task_id) else {}


def digest(body: Any) -> str:
    """The digest of a message's body as plain JSON, whatever the order of its members. Raises TypeError, ValueError."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _refuse(why: str) -> NoReturn:
    raise TokenError(f"the envelope of a task is refused: {why}")


def _who(identity: Identity | None, loaded: Loaded) -> dict[str, Any] | None:
    """A caller as the envelope has it: no claim that no condition reads, for whoever has the broker reads it."""
    if identity is None:
        return None
    reads = loaded.decider.reads
    claims = {
        name: value
        for name, value in identity.claims.items()
        if (loaded.asking is not None or f"subject.{name}" in reads) and _is_plain(value)
    }
    return {
        "sub": identity.subject,
        "roles": [role for role in identity.roles if isinstance(role, str)],
        "claims": claims,
        "credential": identity.credential,
        "jti": identity.jti,
        "issued_at": identity.issued_at,
        "only": None if identity.only is None else sorted(identity.only),
    }


def _is_plain(value: object) -> bool:
    """True for what JSON gives back as it is."""
    if isinstance(value, (list, tuple)):
        return all(isinstance(one, (str, int, bool)) for one in value)
    return isinstance(value, (str, int, bool)) or (isinstance(value, float) and math.isfinite(value))


def _identity(who: Any) -> Identity | None:
    if who is None:
        return None
    if not isinstance(who, Mapping) or who.keys() != _WHO or not isinstance(who["claims"], Mapping):
        _refuse("it names nobody")
    only = who["only"]
    return Identity(
        _text(who["sub"]),
        _texts(who["roles"]),
        _text(who["credential"]),
        dict(who["claims"]),
        _text(who["jti"]),
        _number(who["issued_at"]),
        None if only is None else frozenset(_texts(only)),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        _refuse("a claim is no text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        _refuse("a claim is no list")
    return tuple(map(_text, value))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse("a claim is no number")
    return value
