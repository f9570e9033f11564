"""What something elsewhere may do, told from its name alone: then nothing is sure. And how doubts name their places."""

from __future__ import annotations

import re

from nomoat.survey.trial.values import Thing, Value

#: Names of functions elsewhere that are likely to refuse somebody; what they do cannot be read here.
GUARDING = re.compile(
    r"(^|_|\.)(verify|verifier|auth|authn|authz|authenticate|authenticated|authentication|authenticator"
    r"|authorize|authorized|authorization|authorizer|require|required|requires"
    r"|current_user|get_user|login|signed_in|protect|protected|permission|permissions|allow|allowed|deny|ensure|guard"
    r"|secure|secured|security|jwt|token|credential|credentials|identity|principal|role|roles|scope|scopes|acl|rbac|admin"
    r"|superuser|oauth|oidc|keycloak|session_user|api_key|apikey|signature|check)(_|$|\.)",
    re.I,
)


#: What asks whether a request comes from a page of one's own refuses nobody for who they are.
_OF_FORGERY = re.compile(r"(^|_|\.)[cx]srf(_|$|\.)", re.I)


#: What authlib's clients do sends somebody to sign in elsewhere, and takes who comes back: it is the sign-in itself.
_OF_SIGN_IN = re.compile(r"(^|\.)authorize_(redirect|access_token)$")


#: How long a connection to a database stays open is no scope of a token: `session_scope()`.
_OF_DATABASES = re.compile(r"(^|_|\.)(session|transaction|connection|database|db)_scope(_|$|\.)", re.I)


def guards_by_name(dotted: str) -> bool:
    """Whether something elsewhere is called like a guard of who is calling."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", dotted)
    name = _OF_DATABASES.sub(r"\1\3", name)
    return bool(GUARDING.search(name)) and not _OF_FORGERY.search(name) and not _OF_SIGN_IN.search(name)


def stands_guard_by_name(name: str) -> bool:
    """Whether middleware elsewhere is called like a guard: what finds out who calls leaves others to refuse."""
    own = re.sub(r"_?middleware$", "", name, flags=re.I)
    return guards_by_name(re.sub(r"_?authentication$", "", own, flags=re.I))


def placed(why: str, at: str) -> str:
    """A reason with its place, where it has one: what a description of a package does has none."""
    return f"{why} ({at})" if at else why


#: What somebody types in who signs in.
_PASSWORD = re.compile(r"(^|_)(password|passwd|pwd)$", re.I)


def is_typed(value: Value) -> bool:
    """Whether it is a password of what a request brings: `form.password`, `request.POST["password"]`."""
    if not isinstance(value, Thing) or not value.trail:
        return False
    return "input" in value.tags and "caller" not in value.tags and bool(_PASSWORD.search(value.trail[-1]))
