"""Random policies, routes, callers and handlers: guard lets pass what an independent reading of the policy allows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from nomoat import guard
from nomoat.appmap import codec
from nomoat.errors import NomoatError
from nomoat.guard import Identity
from nomoat.guard.testing import journal_in_memory
from nomoat.policy.model import Grant, Policy
from tests.guard.calling import scope_of, serve
from tests.policy import strategies
from tests.policy.maps import map_of, route
from tests.policy.oracle import Tree, verdict

Resource = dict[str, str | int | bool]
#: `None` is a route whose demand nobody knows; "absent" one that the map lacks.
Demand = tuple[str, ...] | str | None

_permissions = st.lists(st.sampled_from(strategies.PERMISSIONS), min_size=1, max_size=2, unique=True).map(tuple)
_demands: st.SearchStrategy[Demand] = st.one_of(
    st.sampled_from(("public", "signed-in", "absent", None)), _permissions, _permissions, _permissions
)
_resources: st.SearchStrategy[Resource] = st.dictionaries(
    st.sampled_from(("owner", "total")), strategies.scalars, max_size=2
)
_plans: st.SearchStrategy[list[tuple[str, Resource]]] = st.one_of(
    st.lists(st.tuples(st.sampled_from(strategies.PERMISSIONS), _resources), max_size=3),
    # A careful handler asks about one object for all that may be deferred to it.
    st.builds(lambda names, one: [(name, one) for name in names], _permissions, _resources),
)
#: `id`, `sub` and `roles` are what a token claims beside the subject that guard took from it.
_claims = st.dictionaries(st.sampled_from(("region", "id", "sub", "roles", "kind")), strategies.scalars, max_size=2)
_callers: st.SearchStrategy[Identity | None] = st.one_of(
    st.none(),
    *(
        [
            st.builds(
                Identity,
                st.sampled_from(("user:local/ana", "user:local/ben", "service:billing", "service:shop")),
                st.one_of(strategies.claimed, st.just(strategies.ROLE_NAMES)),
                claims=_claims,
            )
        ]
        * 3
    ),
)


@dataclass(frozen=True)
class Case:
    """One request: who calls what, and what its handler asks, swallowing every answer."""

    method: str
    number: str
    caller: Identity | None
    plan: list[tuple[str, Resource]]


_cases = st.builds(
    Case, st.sampled_from(("GET", "POST")), st.sampled_from(("ana", "5", "é", "%00", "a%2Fb")), _callers, _plans
)


def _file(policy: Policy, demand: Demand) -> str:
    def grants(these: tuple[Grant, ...]) -> list[dict[str, str]]:
        return [{"permission": one.permission, **({"when": one.when} if one.when else {})} for one in these]

    sections: dict[str, object] = {
        "services": {name: {"app": f"{name}:app"} for name in strategies.SERVICES},
        "roles": {one.name: {"includes": list(one.includes), "may": grants(one.grants)} for one in policy.roles},
        "assign": {role: [who.replace("main", "local") for who in subjects] for role, subjects in policy.assign},
        "deny": [
            {"permission": one.permission, **({"when": one.when} if one.when else {}), "because": "so"}
            for one in policy.denies
        ],
        "calls": [{"from": one.caller, "to": one.to, "may": grants(one.grants)} for one in policy.calls],
    }
    if demand == "public":
        public = {"public": True, "because": "everybody"}
        sections["routes"] = {"shop/GET /x/{id}": public, "shop/POST /x/{id}": public}
    return json.dumps(sections)


def _allows(case: Case, policy: Policy, trees: Mapping[str, Tree], demand: Demand, asks: bool, hour: int) -> bool:
    """What the contract's words give, with the naive reading of the policy."""
    caller = case.caller
    if demand in ("absent", None) or (caller is None and (demand != "public" or case.plan)):
        return False
    if caller is None:
        return True
    assigned = [role for role, who in policy.assign if caller.subject.replace("local", "main") in who]

    def answer(permissions: tuple[str, ...], resource: Resource | None) -> tuple[str, frozenset[str]]:
        assert caller is not None
        found = verdict(
            policy,
            trees,
            service="shop",
            subject=caller.subject,
            roles=(*caller.roles, *assigned),
            permissions=permissions,
            attributes={
                **{f"subject.{name}": value for name, value in caller.claims.items()},
                "params.id": case.number,
                "context.hour": hour,
            },
            resource=resource,
        )
        return found.outcome, found.needs

    if any(answer((permission,), resource)[0] != "allow" for permission, resource in case.plan):
        return False
    if isinstance(demand, str):
        return True
    assert demand is not None
    outcome, needs = answer(demand, None)
    if outcome != "deferred":
        return outcome == "allow"
    if case.method == "POST" and not asks:
        return False
    return needs <= {permission for permission, _ in case.plan}


async def _answers(app: Any, inner: Starlette, cases: list[Case]) -> list[tuple[int, int]]:
    found = []
    for case in cases:
        inner.state.case = case
        scope = scope_of(case.method, f"/x/{case.number}".encode().decode("latin-1"))
        scope["path"] = f"/x/{case.number}"
        answer = await serve(app, scope)
        found.append((answer.status, scope["nomoat.asked"].known.at.hour))
    return found


async def _handler(request: Request) -> PlainTextResponse:
    for permission, resource in request.app.state.case.plan:
        # Nothing but guard's own errors is swallowed: any other would be seen as a fault.
        with contextlib.suppress(NomoatError):
            guard.require(permission, **resource)
    return PlainTextResponse("what was asked for")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=strategies.policies(), demand=_demands, asks=st.booleans(), cases=st.lists(_cases, min_size=6, max_size=12))
def test_guard_lets_pass_exactly_what_the_oracle_allows(
    made: tuple[Policy, dict[str, Tree]], demand: Demand, asks: bool, cases: list[Case]
) -> None:
    policy, trees = made
    inner = Starlette(routes=[Route("/x/{id}", _handler, methods=["GET", "POST"])])
    requires = strategies.PERMISSIONS if asks else ()
    binding = None if demand == "absent" else demand
    routes = [route(f"{method} /x/{{id}}", binding=binding, requires=requires) for method in ("GET", "POST")]
    drawn = map_of(*([route("GET /other", binding="signed-in")] if demand == "absent" else routes))
    with tempfile.TemporaryDirectory() as folder, journal_in_memory():
        root = Path(folder)
        (root / "nomoat.yaml").write_text(_file(policy, demand))
        (root / ".nomoat").mkdir()
        (root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
        app = guard.Guard(
            inner, "enforce", application=inner, service="shop", config=root / "nomoat.yaml",
            identity=lambda connection: inner.state.case.caller,
        )  # fmt: skip
        try:
            # Twice: what was worked out for a caller may answer the second time, and must be the same.
            answered = asyncio.run(_answers(app, inner, cases * 2))
        finally:
            app.close()

    for case, (status, hour) in zip(cases * 2, answered, strict=True):
        expected = _allows(case, policy, trees, demand, asks, hour)
        assert (200 if expected else "refused") == (status if status < 400 else "refused"), (case, status)
        assert status in (200, 401, 403), (case, status)
