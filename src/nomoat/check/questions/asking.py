"""What questions are asked of, and what an answer holds."""

from __future__ import annotations

import re
from typing import NamedTuple

from nomoat.appmap.model import Map, Route
from nomoat.check.model import Confidence
from nomoat.check.questions.words import file_of, is_public_by_name
from nomoat.check.registrations import Registrations
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_OWNERS = re.compile(
    r"\A(owner|user|author|creator|customer|account|tenant|member|organi[sz]ation|workspace|team|created_by|owned_by|uploaded_by"
    r"|submitted_by|requested_by|uploader)(_?(id|uuid|pk|name|email|sub))?\Z", re.I
)  # fmt: skip


class Answer(NamedTuple):
    """One answer: the route, what is said about it here, beside the code, why, the fix in this code, how sure it is."""

    route: Route
    message: str
    label: str
    why: str
    fix: str
    confidence: Confidence


class Asked:
    """What questions are asked of: the map, and where its routes stand in source."""

    def __init__(self, drawn: Map, registrations: Registrations) -> None:
        self.map = drawn
        self.registrations = registrations
        self.routes = [
            route for route in drawn.routes if route.origin == "source" and not TEST_FILE.search(file_of(route))
        ]

    def siblings(self, route: Route) -> list[Route]:
        """The other routes on the same router, or of the same file where there is none."""
        router = self.registrations.of(route).router
        beside = [other for other in self.routes if other is not route and file_of(other) == file_of(route)]
        on_router = [other for other in beside if self.registrations.of(other).router == router]
        return [other for other in on_router or beside if not is_public_by_name(other) and not other.login]

    def owner_column(self, route: Route) -> str:
        """`orders.owner_id`: a column of what the route reaches that says whose a row is; empty without one."""
        at = {store.id: store for store in self.map.stores}
        for name in dict.fromkeys((*route.writes, *route.reads)):
            store = at.get(name)
            scope = self._declared(store.at) if store is not None and store.at else None
            for column in scope.bindings if scope is not None else ():
                if _OWNERS.match(column) and store is not None:
                    return f"{store.name}.{column}"
        return ""

    def _declared(self, at: str) -> Scope | None:
        module = self.registrations.program.modules.get(at.rpartition(":")[0])
        if module is None:
            return None
        classes = self.registrations.program.classes(within=module)
        return next((scope for scope in classes if scope.at == at), None)
