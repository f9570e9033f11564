"""Bodies of decisions by their form: what many requests share of a body is encoded once.

guard writes one decision a request, and of its two dozen fields a handful differ from the last one by the same caller
at the same route. What comes out is letter by letter what `codec.encode` makes of the whole decision.
"""

from __future__ import annotations

from collections.abc import Mapping

from nomoat.journal.codec import EncodedDecision, dump, quote
from nomoat.journal.facts import Attribute, Outcome, Reason


class DecisionForm:
    """What the decisions about one caller at one route, with one answer, have in common."""

    __slots__ = ("_after_params", "_after_read", "_after_request", "_after_status", "_begin", "_first")

    def __init__(
        self,
        *,
        service: str,
        target: str,
        method: str,
        subject: str,
        credential: str,
        roles: tuple[str, ...],
        permissions: tuple[str, ...],
        outcome: Outcome,
        enforced: bool,
        reason: Reason,
        grants: tuple[str, ...],
        policy: str,
        map: str,
        login: bool,
        only: tuple[str, ...] | None,
        by_map: bool,
    ) -> None:
        # The runs between what differs, in the order of a body: keys sorted, fields at their default left out.
        self._first = '"by_map":true,' if by_map else ""
        self._begin = _joined(
            _text("credential", credential),
            f'"enforced":{"true" if enforced else "false"}',
            _texts("grants", grants),
            '"login":true' if login else "",
            _text("map", map),
            _text("method", method),
            "" if only is None else f'"only":[{",".join(quote(one) for one in only)}]',
            f'"outcome":{quote(outcome)}',
        )
        self._after_params = _joined(_texts("permissions", permissions), _text("policy", policy))
        self._after_read = f'"reason":{quote(reason)},"request":'
        self._after_request = "," + _joined(_texts("roles", roles), f'"service":{quote(service)}').rstrip(",")
        self._after_status = f',"subject":{quote(subject)},"target":{quote(target)}'

    def fact(
        self,
        *,
        happened_at: str,
        request: str,
        client: str,
        params: Mapping[str, str],
        read: Mapping[str, Attribute],
        status: int,
        trace: str,
    ) -> EncodedDecision:
        """One decision. Raises TypeError or ValueError where a value cannot be written."""
        where = f'"client":{quote(client)},' if client else ""
        given = read_in = ended = traced = ""
        if params:
            given = f'"params":{{{",".join([f"{quote(n)}:{quote(v)}" for n, v in sorted(params.items())])}}},'
        if read:
            read_in = f'"read":{dump(dict(read))},'
        if status:
            ended = f',"status":{status:d}'
        if trace:
            traced = f',"trace":{quote(trace)}'
        return EncodedDecision(
            f"{{{self._first}{where}{self._begin}{given}{self._after_params}{read_in}{self._after_read}{quote(request)}"
            f"{self._after_request}{ended}{self._after_status}{traced}}}",
            happened_at,
        )


def _joined(*members: str) -> str:
    """Members, each with its comma behind it."""
    return "".join(f"{member}," for member in members if member)


def _text(name: str, value: str) -> str:
    return f'"{name}":{quote(value)}' if value else ""


def _texts(name: str, values: tuple[str, ...]) -> str:
    return f'"{name}":[{",".join(map(quote, values))}]' if values else ""
