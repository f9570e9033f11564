"""Subjects as people type them: `user:ana` becomes `user:main/ana`, the id that the journal keeps.

With one issuer the alias may be left out when typed; stored ids always have it. The first `/` ends the alias.
"""

from __future__ import annotations

from nomoat.datafile import Mapping, Value, did_you_mean
from nomoat.errors import UsageError
from nomoat.settings import Settings

#: The alias of people that a service's own `identity=` names.
LOCAL = "local"
#: The alias of people whose programs show an API key; always written, as no issuer has it.
KEYS = "keys"


def aliases(settings: Settings) -> tuple[str, ...]:
    """The aliases of the issuers whose subjects are people, in the order of the file; `local` where there is none."""
    section = settings.section("identity")
    if not isinstance(section, Mapping):
        return (LOCAL,)
    found = [name for name, issuer in section.items() if not _is_of_services(issuer)]
    return tuple(found) or (LOCAL,)


def may_claim_roles(settings: Settings) -> bool:
    """Whether a caller may bring roles of its own: false only where issuers are named, and neither they nor keys do."""
    section, keys = settings.section("identity"), settings.section("api_keys")
    if not isinstance(section, Mapping) or not section.entries:
        return True
    ways = [*section.entries.values(), *(keys.entries.values() if isinstance(keys, Mapping) else ())]
    return any(not isinstance(way, Mapping) or "roles" in way for way in ways)


def _is_of_services(issuer: object) -> bool:
    kind = issuer.get("kind") if isinstance(issuer, Mapping) else None
    return isinstance(kind, Value) and kind.data in ("service", "kubernetes")


def whole(text: str, known: tuple[str, ...]) -> str:
    """The whole id of a subject as somebody typed it. Raises UsageError, with the fix."""
    kind, colon, rest = text.partition(":")
    if text == "anonymous" or (kind == "service" and rest):
        return text
    if not colon or kind != "user" or not rest:
        raise UsageError(f"'{text}' is no subject", fix="write user:NAME, user:ISSUER/NAME or service:NAME")
    alias, slash, name = rest.partition("/")
    if slash and (alias in known or alias in (LOCAL, KEYS)):
        if not name:
            raise UsageError(f"'{text}' names nobody", fix=f"write user:{alias}/NAME")
        return text
    if slash:
        raise UsageError(f"no issuer is called '{alias}' in '{text}'", fix=did_you_mean(alias, known))
    if len(known) > 1:
        options = " or ".join(f"user:{one}/{rest}" for one in known)
        raise UsageError(f"'{text}' does not say whose: there are several issuers", fix=f"write {options}")
    return f"user:{known[0]}/{rest}"
