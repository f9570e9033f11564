"""What a request tells a caller of a part of it: headers, cookies, the session, who is signed in, the rest.

Takes the name that code asks for; gives a value with what it derives from, for who sends a credential and who does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial import posted_keys, resolved
from nomoat.survey.trial.judging import Judging
from nomoat.survey.trial.machine import End, RaisedError
from nomoat.survey.trial.values import (
    ABSENT,
    CALLER,
    INPUT,
    MADE,
    NOTHING,
    UNREAD,
    VAGUE,
    Choice,
    Const,
    Env,
    Items,
    Outside,
    Table,
    Thing,
    Value,
    options,
)

#: Headers that carry no credential; everything else may.
_PLAIN_HEADER = re.compile(
    r"^(accept|content|user-agent|host|if-|range|x-request|x-correlation|x-forwarded|x-real-ip|forwarded|connection"
    r"|cache-control|pragma|upgrade|date|via|traceparent|tracestate|x-b3|x-trace|sec-|dnt|te$|last-event-id|x-client"
    r"|x-timezone|x-locale|x-lang|accept-language|idempotency|x-idempotency|prefer|depth|hx-|x-total|x-page"
    r"|([a-z0-9]+-)*(request|correlation|trace|span)-?id$"
    r"|([a-z0-9]+-)*(protocol|api|client|app|schema)-?version$|mcp-(method|name)$"
    r"|(x-)?(h-|g-|re)?captcha|(cf-|x-)?turnstile)",
    re.I,
)
#: Words in the name of a header that tells who is calling; `X-Tenant` says only what somebody asks about.
_CREDENTIAL_HEADER = re.compile(
    r"(auth|token|key|secret|session|cookie|user|account|identity|credential|passw|passcode|jwt|bearer|cert|access|admin"
    r"|role|email|subject|principal|login|caller|assertion|saml|oidc|oauth|sso)",
    re.I,
)
#: What says of which customer something is asked for, and not by whom.
_OF_TENANT = re.compile(r"^(x-)?account(-?(id|name|code|slug))?$", re.I)
_CSRF = re.compile(r"(csrf|xsrf|^origin$|^referer$|x-requested-with)", re.I)
_SIGNATURE = re.compile(r"(signature|hmac|x-hub|sig$|^sig|webhook-id|webhook-timestamp|x-slack|digest)", re.I)
#: How settings are called that name a header which says from where a request comes: `TRUSTED_ADDRESS_HEADER`.
_OF_ADDRESS = re.compile(
    r"(?i)(^|_)((client_|real_|remote_|source_)?ip|(client_|remote_)?addr(ess)?|forwarded_for)(_|$)"
)
#: What a link has that was signed here: `?expires=...&sig=...`.
_OF_LINKS = re.compile(r"^(url_?|link_?)?(sig|signature|hmac)$", re.I)
#: Parameters of a query that carry a credential.
_SECRET = re.compile(
    r"^(token|access_?token|auth(_?token|orization)?|api_?key|apikey|x_?api_?key|key|secret|jwt|bearer|session(_?id)?"
    r"|password|credentials?|id_?token|auth_?key|admin_?key|admin_?token|passcode|pin|session_?(token|key)"
    r"|(user|private|api)_?token|access_?key)$",
    re.I,
)
#: Those of them that stand for a credential and nothing else.
_OF_CALLERS = re.compile(
    r"^(auth(_?token|orization)?|(x_?)?api_?key|(auth|admin)_?key|admin_?token|secret|jwt|bearer)$", re.I
)
#: What people type into a form.
_TYPED = frozenset(("password", "passcode", "credential", "credentials"))
#: Those of them that may as well say what is asked about: a row by its key, a chat by its session.
_OF_ANYTHING = frozenset(("key", "pin", "session", "session_id", "sessionid"))
_PLAIN_COOKIE = re.compile(
    r"(lang|locale|theme|consent|currency|tz|timezone|_ga|utm|visitor|cart|ab_|experiment|^age_?(ok|gate|verified)"
    r"|accepted|agreed|dismissed|banner|popup|^seen|^terms)",
    re.I,
)
#: What a session keeps of where somebody is and was: it is there for visitors, too, and says nothing of who they are.
_PLAIN_ENTRY = re.compile(
    r"^(_?flashes|_?messages?|next(_?(url|uri|page|path))?|url|cart|basket|page|step|wizard|filters?|sort|captcha"
    r"|(redirect|return|referr?er|back|goto|came_from|last|previous)(_?(to|after_login|url|uri|page|path))?"
    r"|lang(uage)?|locale|theme|tz|timezone|visits?|counter|drafts?(_?(id|data))?|(form|wizard)_?(data|step|state)"
    r"|(accepted|agreed|seen|dismissed)(_\w+)?|((cookie|age)_?)?(consent|terms|check)(_?(ok|accepted|given|passed))?"
    r"|age_?(ok|gate|verified)|search|coupon|promo(_?code)?|flash|notice|alerts?|utm_?\w*)$",
    re.I,
)
#: What modules of web servers put into the environment of a request of who signed in there.
_OF_SIGNED_IN = re.compile(r"(REMOTE_USER|AUTH_TYPE|KRB5CCNAME|GSS_NAME)$|SSL_CLIENT|MELLON_|OIDC_")
#: What a server or a framework puts into the scope of a request, and what says in it who is calling.
_OF_SERVER = frozenset(
    ("path", "raw_path", "root_path", "app_root_path", "method", "type", "scheme", "server", "client", "headers",
     "query_string", "http_version", "asgi", "extensions", "state", "app", "router", "endpoint", "route",
     "route_handler", "path_params", "subprotocols", "user", "auth", "session")
)  # fmt: skip
_SCOPE = "(scope) "
#: What an answer of another service is compared with: whether it answers a question that was asked here.
_ASKED = re.compile(r"^(\w+_)?(oauth|oidc|saml|sso|auth)?_?(state|nonce|(code|pkce)_?(verifier|challenge))$", re.I)
_STATE = re.compile(
    r"(user|auth|token|claims|identity|principal|account|subject|credential|(^|_)creds?(_|$)|session|permission|role|scope"
    r"|jwt|admin|staff)",
    re.I,
)
#: Name and value of a header.
_PAIR = 2
#: What opens a database or another service is called a session, too, and tells of nobody.
_OF_DATA = re.compile(
    r"(db|database|sql|sqla|sqlalchemy|async|orm|http|client|aiohttp)_?session|session_?(maker|factory|local|pool)",
    re.I,
)
#: Methods that change a part of a request.
_CHANGES = frozenset(("append", "extend", "insert", "update", "setdefault", "add"))
#: Parts of a request that carry a credential.
_CARRIES = frozenset(("header", "cookie", "session", "credential", "query"))


def tags_of_header(name: str) -> frozenset[str]:
    """What a header of this name tells."""
    name = name.replace("_", "-")
    if _CSRF.search(name):
        return frozenset(("csrf",))
    if _SIGNATURE.search(name):
        return frozenset(("signature",))
    if _PLAIN_HEADER.match(name):
        return INPUT
    is_credential = _CREDENTIAL_HEADER.search(name) and not _OF_TENANT.match(name)
    return CALLER if is_credential else CALLER | VAGUE


def tags_of_meta(name: str) -> frozenset[str]:
    """What an entry of the environment of a request tells (PEP 3333)."""
    if name.startswith("HTTP_"):
        return tags_of_header(name[5:])
    if name in ("REMOTE_ADDR", "REMOTE_HOST"):
        return frozenset(("address",))
    if not name.isupper() and not name.startswith("wsgi."):
        # No server puts it there (`beaker.session`): what does, a middleware around the application, is not followed.
        return UNREAD | (CALLER if _STATE.search(name) else NOTHING)
    return CALLER if _OF_SIGNED_IN.match(name) else INPUT


def tags_of_cookie(name: str) -> frozenset[str]:
    """What a cookie of this name tells."""
    if _CSRF.search(name) or _ASKED.match(name):
        return frozenset(("csrf",))
    return INPUT if _PLAIN_COOKIE.search(name) else CALLER


def tags_of_session(name: str) -> frozenset[str]:
    """What an entry of the session tells."""
    if _CSRF.search(name) or _ASKED.match(name):
        return frozenset(("csrf",))
    return INPUT if _PLAIN_ENTRY.match(name) else CALLER


def tags_of_query(name: str) -> frozenset[str]:
    """What a parameter of the query tells."""
    if _SIGNATURE.search(name):
        return frozenset(("signature",))
    return CALLER if _SECRET.match(name.replace("-", "_")) else INPUT


def tags_of_sent(name: str) -> frozenset[str]:
    """What a field of a form tells that a dependency asks for, and no handler: a token that a page sends along."""
    return INPUT if name.lower() in _TYPED | _OF_ANYTHING else tags_of_query(name)


def tags_of_parameter(name: str) -> frozenset[str]:
    """What a parameter of a handler tells that is read from the query for its name alone.

    A `token` may as well be what somebody was mailed, and a `key` that of a row.
    """
    return tags_of_query(name) if _OF_CALLERS.match(name) or _OF_LINKS.match(name) else INPUT


#: What a name says in a part of a request whose entries have names.
BY_NAME: dict[str, Callable[[str], frozenset[str]]] = {
    "header": tags_of_header,
    "cookie": tags_of_cookie,
    "meta": lambda name: tags_of_meta(name),
    "session": tags_of_session,
    "query": tags_of_query,
    "state": lambda name: CALLER if _STATE.search(_OF_DATA.sub("", name)) else NOTHING,
}


#: What stands under a name of a request's state for who has no credential, where nothing else puts anything there.
_NOBODY = Const(None, CALLER, "nobody")


class Requests(Judging):
    """Parts of a request."""

    #: Functions that were not gone into, and may have put something into the request.
    passed_by: set[Scope]

    def _of_request(self, value: Thing, name: str, at: str = "") -> Value:
        source = self.models.request.get(name)
        if name in value.named:
            if source in ("method", "path", "endpoint", "opt"):
                self.record.saw.add(source)
            if source == "match":
                self.record.saw |= resolved.SAW
            return value.named[name]
        if name in self.around.request_attributes:
            added = self.around.request_attributes[name]
            return self.call(added, (value,), {}, at, Env(self.path[-1])) if self.path else Thing(marks=CALLER)
        if source in ("method", "path", "endpoint") and source in value.named:
            # Under another name: `path_info`.
            self.record.saw.add(source)
            return value.named[source]
        if source is None:
            return Outside(f"{value.name}.{name}", value)
        if source in ("method", "path", "endpoint"):
            self.record.saw.add(source)  # It would be told if it were known to which route the request is.
        if source == "somebody" and "credential" not in self.around.forged:
            return Const(not self.anonymous, CALLER)
        if source == "token" and self.anonymous and source not in self.around.forged:
            return Const(None, CALLER)
        source = {"token": "credential", "somebody": "credential", "matched": "input"}.get(source, source)
        if source in ("credential", "input", "address"):
            marks = {"credential": CALLER, "input": INPUT, "address": frozenset(("address",))}[source]
            if source == "credential" and self.anonymous:
                # Somebody stands there for nobody, who is not signed in: unless a backend lets guests in.
                marks = marks | (UNREAD if source in self.around.forged else MADE)
            return Thing(f"request.{source}", marks=marks, trail=() if name == "user" else (name,))
        if source == "session":
            return Thing("request.session", marks=CALLER)
        return Thing(f"request.{source}", named=value.named)

    def _of_part(self, value: Thing, name: str) -> Value:
        part = value.name.removeprefix("request.")
        if name in _CHANGES or name.startswith("_"):
            return Outside(f"{value.name}.{name}", value)
        if part in ("match", "input") and name in value.named:
            self.record.saw |= resolved.SAW
            return value.named[name]
        if part == "state":
            self.told_absent(value, name)
            if name in value.named or ABSENT + name in value.named:
                return value.named.get(name) or value.named[ABSENT + name]
            if name in ("get", "pop"):
                return Outside("request.state.get", value)
            if self._is_first_to_keep(Const(name)):
                raise RaisedError([End(Thing("builtins.AttributeError"), "", tuple(self.conditions))])
            return self._kept(name)
        if part == "session" and _CSRF.search(name):
            # `request.session.get_csrf_token()`: what a page was given, whoever asked for it.
            return Thing("", marks=frozenset(("csrf",)), trail=(name,))
        if part == "rule" and name in ("rule", "endpoint"):
            return self.rule_of(value, name)
        if part == "url" and name == "path":
            self.record.saw.add("path")
            return value.named.get("path", Thing(marks=INPUT))
        takes = ("get", "getlist", "getall", "pop") if part == "session" else ("get", "getlist", "getall")
        if (part in BY_NAME or part in ("scope", "input")) and name in takes[: 1 if part == "input" else None]:
            return Outside(f"request.{part}.get", value)
        if part == "url" and name in ("query", "query_params"):
            return Thing("request.query")
        if part in ("url", "nothing"):
            return Thing("request.url" if part == "url" else "", named=value.named, marks=INPUT)
        marks = value.marks - MADE if part == "credential" else value.marks
        return Thing("", marks=marks, trail=(*value.trail, name), cls=value.cls)

    def _is_posted(self) -> bool:
        """Whether the request at hand is one that sends a form."""
        request = self.proxies.get("request")
        method = request.named.get("method") if isinstance(request, Thing) else None
        self.record.saw.add("method")
        return isinstance(method, Const) and method.value == "POST"

    def rule_of(self, rule: Thing, name: str = "rule") -> Value:
        """What the rule that fits a request says: its path, which is like those that fit it, or its endpoint."""
        source = "path" if name == "rule" else name
        self.record.saw.add(source)
        return rule.named.get(source) or Thing(marks=INPUT)

    def forges(self, part: Thing, given: Value, key: Value | None = None) -> None:
        """Takes note that code changes a part of a request to what the caller did not send elsewhere in it."""
        name = part.name.removeprefix("request.")
        if all(one.tags & {"input", "caller"} for one in _changed(given, key if name == "header" else None)):
            return
        if name == "scope":
            told = key.value if isinstance(key, Const) else None
            name = {"headers": "header", "user": "credential", "auth": "credential", "session": "session"}.get(
                str(told), "" if told is not None else "header"
            )
        if name in _CARRIES:
            self.record.forged.add(name)

    def told_absent(self, state: Thing, name: str) -> None:
        """Takes note that a request has nothing under a name of its state, where only a credential puts it there."""
        if not self.anonymous:
            if state.named.get(ABSENT + name) is _NOBODY:
                del state.named[ABSENT + name]  # The same request, sent with a credential.
            return
        is_open = not self.wires and name not in state.named and "caller" in BY_NAME["state"](name)
        if is_open and self.around.is_left_to_nobody(name, self.passed_by):
            state.named.setdefault(ABSENT + name, _NOBODY)

    def _kept(self, name: str) -> Value:
        """What middleware left in the state of a request: for an anonymous caller, what it left for that one."""
        marks = BY_NAME["state"](name)
        if not self.anonymous or "caller" not in marks:
            return Thing(marks=marks, trail=(name,))
        left = self.around.left.get(name)
        return left if left is not None else Thing(marks=marks | UNREAD, trail=(name,))

    def entry_of_request(self, value: Thing, key: Value) -> Value:
        """`request["user"]`: what code has put there before."""
        name = entry_name(key)
        known = value.named.get(f"[{name}]")
        if known is not None:
            return known
        marks = BY_NAME["state"](name)
        return Thing(marks=marks | UNREAD if self.anonymous and "caller" in marks else marks, trail=(name,))

    def put_in_session(self, key: Value, value: Value) -> None:
        """Takes note of what code puts into the session of the request at hand: it is there from then on."""
        name = entry_name(key)
        held = self.proxy("session") if name else None
        if isinstance(held, Thing):
            before = held.named.get(f"[{name}]")
            other = Thing(marks=tags_of_session(name), trail=(name,))
            held.named[f"[{name}]"] = self.carried(value, lambda: before or other)

    def put_in_scope(self, key: Value, value: Value) -> None:
        """Takes note of what middleware puts into the scope of a request: `request.scope["config"] = config`."""
        name = key.value if isinstance(key, Const) else None
        if self.anonymous and not self.wires and isinstance(name, str) and name not in _OF_SERVER:
            self.around.leave(f"{_SCOPE}{name}", self.carried(value, Thing))

    def in_session(self, part: Thing, key: Value) -> Value | None:
        """What code has put into the session under a key; None where it put nothing there."""
        held = self.proxies.get("session") if part.name == "request.session" else None
        return held.named.get(f"[{entry_name(key)}]") if isinstance(held, Thing) else None

    def carried(self, value: Value, before: Callable[[], Value]) -> Value:
        """What a request carries from here on."""
        raise NotImplementedError

    def item_of_request(self, value: Thing, key: Value) -> Value:
        """`request.headers[key]`, and what `.get(key)` gives."""
        part = value.name.removeprefix("request.")
        if part == "scope" and isinstance(key, Const):
            if key.value in value.named:
                self.record.saw |= {"path", "method"} if key.value != "route_handler" else {"route_handler"}
                return value.named[str(key.value)]
            if key.value in ("path", "method", "endpoint", "route", "root_path"):
                self.record.saw.add("path")
            left = self.around.left.get(f"{_SCOPE}{key.value}")
            if left is not None and (self.anonymous or "caller" not in left.tags):
                return left
            source = {"headers": "header", "user": "credential", "session": "session", "auth": "credential"}.get(
                str(key.value)
            )
            marks = CALLER if source in ("credential", "session", "header") else INPUT
            return Thing(f"request.{source}" if source else "", marks=marks)
        if part == "state" and isinstance(key, Const):
            self.told_absent(value, str(key.value))
            for name in (str(key.value), f"{ABSENT}{key.value}"):
                if name in value.named:
                    return value.named[name]
        if part in BY_NAME:
            key = _one_of_alike(key, BY_NAME[part])
            known = isinstance(key, Const) and isinstance(key.value, (str, bytes))
            text = key.value if isinstance(key, Const) else ""
            text = text.decode("latin-1") if isinstance(text, bytes) else str(text)
            marks = BY_NAME[part](text) if known else CALLER if part in ("header", "cookie", "session") else INPUT
            if part == "query" and text.lower() in _TYPED and self._is_posted():
                marks = INPUT  # Of a form in which somebody signs in, or joins.
            if self.anonymous and (part in self.around.forged or "header" in self.around.forged):
                marks = marks | UNREAD
            return Thing("", marks=marks, trail=(text,) if part == "session" and known else ())
        more = (str(key.value),) if part == "credential" and isinstance(key, Const) else ()
        posted = posted_keys.marks_of(str(key.value)) if part == "input" and isinstance(key, Const) else NOTHING
        return Thing("", marks=value.marks | key.tags | posted, trail=(*value.trail, *more))


def _one_of_alike(key: Value, tags_of: Callable[[str], frozenset[str]]) -> Value:
    """One of several names of a part of a request that tell the same: `PLAIN if settings.is_local else SECURE`.

    A name that a setting has is told by that of the setting: `request.cookies.get(settings.csrf_cookie_name)`.
    """
    names = [one.value for one in options(key) if isinstance(one, Const) and isinstance(one.value, str)]
    if isinstance(key, Choice) and len(names) == len(options(key)) and len(set(map(tags_of, names))) == 1:
        return Const(names[0])
    if isinstance(key, Thing) and key.trail and _CSRF.search(key.trail[-1]):
        return Const(key.trail[-1])
    setting = key.trail[-1] if isinstance(key, Thing) and key.trail else key.name if isinstance(key, Outside) else ""
    if tags_of is tags_of_header and _OF_ADDRESS.search(setting.rpartition(".")[2]):
        return Const("x-forwarded-for")
    return key


def _changed(given: Value, key: Value | None = None) -> Iterator[Value]:
    """What is put into a part of a request; headers that carry no credential are left out: `("host", found)`."""
    if key is not None and _is_plain(key):
        return
    if isinstance(given, Table) and given.is_whole:
        for name, value in given.entries.items():
            yield from _changed(value, Const(name))
    elif isinstance(given, Items) and any(isinstance(one, Items) for one in given.values):
        for row in given.values:
            yield from _changed(row)
    elif not (isinstance(given, Items) and len(given.values) == _PAIR and _is_plain(given.values[0])):
        yield given


def _is_plain(key: Value) -> bool:
    text = key.value if isinstance(key, Const) and "setting" not in key.marks else None
    text = text.decode("latin-1") if isinstance(text, bytes) else text
    return isinstance(text, str) and "caller" not in tags_of_header(text)


def entry_name(key: Value) -> str:
    """What the key of an entry of a request is called: `"user"`, `RequestKey("user", User)`; empty where not known."""
    if isinstance(key, Thing) and key.is_call and key.args:
        key = key.args[0]
    return str(key.value) if isinstance(key, Const) else ""


def may_say_what(part: Thing, key: Value) -> bool:
    """Whether a parameter of a query may say what is asked about as well as who asks: `request.GET["key"]`."""
    is_text = isinstance(key, Const) and isinstance(key.value, str)
    return part.name == "request.query" and is_text and str(getattr(key, "value", "")).lower() in _OF_ANYTHING


def tells_who(key: Value) -> bool:
    """Whether a header is called like one that carries a credential."""
    if not isinstance(key, Const):
        return True
    name = key.value.decode("latin-1") if isinstance(key.value, bytes) else str(key.value)
    return bool(_CREDENTIAL_HEADER.search(name))
