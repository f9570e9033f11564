"""What a permission asks of how its caller signed in: how long ago, and by which means.

It is a deny rule whose condition reads the claims `auth_time` and `acr`, so that whatever decides, explains, records
and judges again does so with it as with any other; what differs is the answer, which tells how to come back.
Source: RFC 9470, sections 3 and 4; OpenID Connect Core 1.0, section 2 (`auth_time`, `acr`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A clock of an issuer may be so far ahead of ours.
_AHEAD_S = 120
_ACR = re.compile(r"[A-Za-z0-9:/._#+=~-]{1,200}\Z")


@dataclass(frozen=True, slots=True, order=True)
class StepUp:
    """`within_s`: seconds since they signed in, at most (0: any); `acr`: the means, one of them (none: any)."""

    within_s: int = 0
    acr: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """True where it asks for something."""
        return bool(self.within_s or self.acr)

    @property
    def condition(self) -> str:
        """What a deny rule says of it: it holds for whoever has to sign in again, and where nothing is known."""
        given, asked = [], []
        if self.within_s:
            given.append("has(subject.auth_time)")
            since = "context.now - timestamp(subject.auth_time)"
            asked += [f'{since} <= duration("{self.within_s}s")', f'{since} >= duration("-{_AHEAD_S}s")']
        if self.acr:
            given.append("has(subject.acr)")
            names = ", ".join(f'"{one}"' for one in self.acr)
            asked.append(f"subject.acr in [{names}]")
        return f"!({' && '.join((*given, *asked))})"

    @property
    def challenge(self) -> str:
        """The parameters by which a client knows how to come back."""
        acr = [f'acr_values="{" ".join(self.acr)}"'] if self.acr else []
        return ", ".join((*acr, *([f'max_age="{self.within_s}"'] if self.within_s else [])))

    @property
    def words(self) -> str:
        """`a sign-in within 900 s, by gold`."""
        within = f" within {self.within_s} s" if self.within_s else ""
        return f"a sign-in{within}" + (f", by {' or '.join(self.acr)}" if self.acr else "")


#: Asks for nothing.
NOTHING = StepUp()


def is_acr(text: str) -> bool:
    """True for what may name a means: a header carries it, separated by spaces."""
    return _ACR.match(text) is not None
