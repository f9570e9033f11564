"""Asks an issuer about a token that says nothing by itself, and remembers what it said for a moment.

The request has to wait for the answer: the network is used by a few threads of our own, one question a token, all of it
within a deadline. What cannot be asked is refused, never believed.
Source: RFC 7662, sections 2 and 4.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode

from nomoat.guard.identity import strict_json
from nomoat.guard.identity.claims import check_audience, end_of, identity_of, refuse
from nomoat.guard.identity.https import Line, ProviderError
from nomoat.guard.identity.model import Identity, KeysUnavailableError, TokenError
from nomoat.guard.identity.pending import Moment, Pending, moment
from nomoat.guard.identity.tokens import taken_apart
from nomoat.guard.issuers import IssuerSettings

#: How long a request waits for its answer, and the provider may take.
DEADLINE_S = 2.0
#: How long it is remembered that a token is not good: one that becomes good later is refused so long.
NEGATIVE_S = 5.0
#: Where nobody is there to answer, none is asked for so long: all requests would be waiting.
REST_S = 1.0
#: Faults of the way to the provider. What one token alone may provoke must not keep others from being asked about.
_DOWN = ("unreachable", "certificate", "late")
MAX_THREADS = 16
MAX_QUEUED = 128
MAX_REMEMBERED = 4096
#: RFC 6750, section 2.1.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*\Z")


class _Said(NamedTuple):
    """What is remembered of a token: its claims, or None where it is not good; until when by our monotonic clock."""

    claims: Mapping[str, Any] | None
    until: float


class _Question:
    """One that is under way; whoever has the same token waits for it."""

    __slots__ = ("come", "ends", "said", "token")

    def __init__(self, token: str, ends: float) -> None:
        self.token = token
        self.ends = ends
        self.come: Moment = moment()
        #: None where nobody answered.
        self.said: _Said | None = None


class Introspector:
    """Asks the one issuer of a service that is asked about tokens; safe between threads.

    Args:
        settings: the issuer; its `introspect` says whom to ask.
        client: the name by which we ask.
        secret: and what proves it.
        line: makes what asks once.
        say: tells a person what is wrong.
    """

    def __init__(
        self,
        settings: IssuerSettings,
        client: str,
        secret: str,
        *,
        line: Callable[[], Line],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        assert settings.introspect is not None
        self.settings = settings
        self._asked = settings.introspect
        # RFC 6749, section 2.3.1: both are form-encoded first.
        pair = f"{quote_plus(client)}:{quote_plus(secret)}".encode()
        self._headers = {"Authorization": "Basic " + b64encode(pair).decode("ascii")}
        self._line = line
        self._say = say
        self._clock = clock
        self._lock = threading.Lock()
        #: Those that are good, and the others: made-up tokens must not drive out what is known of good ones.
        self._known: dict[bytes, _Said] = {}
        self._others: dict[bytes, _Said] = {}
        self._questions: dict[bytes, _Question] = {}
        self._queue: deque[tuple[bytes, _Question]] = deque()
        self._threads: dict[threading.Thread, Line] = {}
        self._rests_until = float("-inf")
        self._is_stopped = False

    def identify(self, token: str, *, now: float) -> Identity | Pending:
        """The caller, where the answer is known; else whom to wait for. Raises TokenError, KeysUnavailableError."""
        if not _TOKEN.match(token):
            refuse("it is no bearer token")
        name = hashlib.sha256(token.encode("ascii")).digest()
        with self._lock:
            said = self._known.get(name) or self._others.get(name)
            if said is not None and self._clock() < said.until:
                claims = said.claims
            else:
                question = self._questions.get(name) or self._begun(name, token)
                return Pending(question.come, DEADLINE_S, lambda: self._settled(question, token), lambda: None)
        return self._identity(claims, token, now)

    def stop(self) -> None:
        """Ends, cutting off what is under way."""
        with self._lock:
            self._is_stopped = True
            threads = dict(self._threads)
        for line in threads.values():
            line.cut()
        for thread in threads:
            thread.join(2)

    def ask_once(self, token: str) -> Mapping[str, Any]:
        """What the issuer says of a token now. Raises ProviderError."""
        return self._answer(self._line(), token, DEADLINE_S)

    # -- what a request gets -----------------------------------------------------------------------------------------

    def _settled(self, question: _Question, token: str) -> Identity:
        said = question.said
        if said is None:
            raise self._unavailable("it did not say whether a token is good")
        return self._identity(said.claims, token, time.time())

    def _identity(self, claims: Mapping[str, Any] | None, token: str, now: float) -> Identity:
        """The claims are held to what those of a signed token are held to."""
        if claims is None:
            refuse("its issuer does not know it, or no longer")
        if claims.get("iss") != self.settings.issuer:
            refuse("another issuer gave it")
        kind = claims.get("token_type", "Bearer")
        if not isinstance(kind, str) or kind.lower() not in ("bearer", "access_token"):
            # A refresh token is active, too; and one that is bound to a key is not good without it.
            refuse("it is no access token that its bearer may use")
        end_of(claims, self.settings, now)
        check_audience(claims, self.settings)
        return identity_of(claims, self.settings, fingerprint(token))

    def _unavailable(self, why: str) -> KeysUnavailableError:
        return KeysUnavailableError(
            f"{self.settings.alias} cannot be asked about a token: {why}", where=f"identity.{self.settings.alias}"
        )

    # -- questions ---------------------------------------------------------------------------------------------------

    def _begun(self, name: bytes, token: str) -> _Question:
        now = self._clock()
        if self._is_stopped or now < self._rests_until:
            raise self._unavailable("it has just not answered")
        if len(self._queue) >= MAX_QUEUED:
            raise self._unavailable("too many wait for it")
        question = self._questions[name] = _Question(token, now + DEADLINE_S)
        self._queue.append((name, question))
        if len(self._threads) < MAX_THREADS:
            self._one_more_thread()
        return question

    def _one_more_thread(self) -> None:
        thread = threading.Thread(target=self._work, name=f"nomoat-asks-{self.settings.alias}", daemon=True)
        self._threads[thread] = self._line()
        try:
            thread.start()
        except RuntimeError as error:
            # The machine gives no more of them. Those that there are come to this question, or it is refused in time.
            del self._threads[thread]
            self._tell(error)

    def _work(self) -> None:
        """Puts the questions that wait, and ends when there are none."""
        me = threading.current_thread()
        while True:
            with self._lock:
                if not self._queue or self._is_stopped:
                    del self._threads[me]
                    left, self._queue = self._queue, deque()
                    break
                name, question = self._queue.popleft()
                line = self._threads[me]
            said = self._said(line, question)
            with self._lock:
                question.said = said
                self._remember(name, said)
                self._questions.pop(name, None)
            question.come.set_result(None)
        for _, question in left:
            question.come.set_result(None)

    def _said(self, line: Line, question: _Question) -> _Said | None:
        left_s = question.ends - self._clock()
        if left_s <= 0:
            self._say(f"identity.{self.settings.alias}: too many tokens wait to be asked about: some are refused")
            return None
        try:
            claims = self._answer(line, question.token, left_s)
        except Exception as error:
            # Whatever it answers: nobody is believed, and this thread goes on.
            self._tell(error)
            if isinstance(error, ProviderError) and error.fault in _DOWN:
                self._rests_until = self._clock() + REST_S
            return None
        is_active = claims.get("active") is True
        return _Said(claims if is_active else None, self._clock() + (self._asked.cache_s if is_active else NEGATIVE_S))

    def _answer(self, line: Line, token: str, deadline_s: float) -> Mapping[str, Any]:
        body = urlencode({"token": token, "token_type_hint": "access_token"}).encode("ascii")
        url = self._asked.url
        answer = line.ask(url, deadline_s=deadline_s, body=body, headers=self._headers)
        try:
            claims = strict_json.parsed(answer.body)
            if not isinstance(claims.get("active"), bool):
                raise ValueError("it does not say whether the token is active")
        except ValueError as error:
            fix = "look whether the address is that of introspection"
            raise ProviderError("malformed", f"its answer cannot be read: {error}", where=url, fix=fix) from error
        return claims

    def _remember(self, name: bytes, said: _Said | None) -> None:
        """When full, the one that came first goes."""
        self._known.pop(name, None)
        self._others.pop(name, None)
        if said is None or said.until <= self._clock():
            return
        among = self._others if said.claims is None else self._known
        while len(among) >= MAX_REMEMBERED:
            among.pop(next(iter(among)))
        among[name] = said

    def _tell(self, error: Exception) -> None:
        if self._is_stopped:
            return
        told = (
            f"{error.what} ({error.where}): {error.fix}" if isinstance(error, ProviderError) else type(error).__name__
        )
        self._say(f"identity.{self.settings.alias}: tokens cannot be asked about, AND ARE REFUSED: {told}")


def fingerprint(token: str) -> str:
    """Of the whole token; of a JWT, as everywhere, of what is signed: its signature may have a second spelling."""
    try:
        return taken_apart(token).fingerprint
    except TokenError:
        return "sha256:" + hashlib.sha256(token.encode("ascii")).hexdigest()
