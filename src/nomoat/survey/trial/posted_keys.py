"""Keys that callers send in a form or a body, and that a secret is compared with: `posted["key"] != config.key`.

Takes two values that are compared; gives them with the one marked as a credential that was sent under the name of one,
where the other is called like a secret. Passwords are left out: in a form they are how somebody signs in.
"""

from __future__ import annotations

import re
from dataclasses import replace

from nomoat.survey.trial.values import CALLER, INPUT, NOTHING, Outside, Thing, Value

#: What a value derives from that was sent under the name of a credential; and one under which much else is sent.
_POSTED, _AS_KEY = "posted", "posted-as-key"
_OF_POSTED = frozenset((_POSTED, _AS_KEY))
#: Names under which a credential is sent along in a form.
_SENT = re.compile(
    r"^(x_?)?((api|auth|access|admin|shared|private)_?)?(key|secret)$|^(api|auth|access|admin|secret)_?token$", re.I
)
#: How what says which entry it is may be called as well.
_PLAIN = frozenset(("key", "keys"))
#: How what it is compared with is called: a column, a setting.
_SECRET = re.compile(r"(^|_)secret|(^|_)(keys?|tokens?|api_?keys?)(_?(hash|hashed|digest))?$", re.I)


def marks_of(name: str) -> frozenset[str]:
    """The marks of a field of a form by its name, where it is called like a credential."""
    if not _SENT.match(name.replace("-", "_")):
        return NOTHING
    return _OF_POSTED if name.lower() == "key" else frozenset((_POSTED,))


def as_credentials(values: list[Value], *, secretly: bool = False) -> list[Value]:
    """Values that are compared; a key that was sent is a credential where the other one is called like a secret.

    What is compared in constant time is a secret, whatever it is called.
    """
    sent = [one for one in values if _POSTED in one.tags and "caller" not in one.tags]
    held = [one for one in values if one not in sent]
    if len(sent) != 1 or len(held) != 1 or held[0].tags & {"caller", "signature", "csrf"}:
        return values
    # A row that was asked for by what a request says has a secret of its own, which the request does not say.
    name = _name_of(held[0])
    is_secret = bool(_SECRET.search(name)) or (secretly and "input" not in held[0].tags)
    if not secretly and _AS_KEY in sent[0].tags and name.lower() in _PLAIN:
        return values  # `posted["key"] == entry.key`: an entry is looked for as often as not.
    if not isinstance(sent[0], Thing) or not is_secret:
        return values
    key = replace(sent[0], marks=(sent[0].marks - INPUT - _OF_POSTED) | CALLER)
    return [key if one is sent[0] else one for one in values]


def _name_of(value: Value) -> str:
    """How what is compared is called: a column of a row, a setting, a variable of the process."""
    if isinstance(value, Thing):
        is_sent = not value.name and "input" in value.tags
        return value.trail[-1] if value.trail and not is_sent else ""
    return value.name.rpartition(".")[2] if isinstance(value, Outside) else ""
