"""What stands around the routes of an application, may ask who calls, and is not followed: then nothing is sure.

`APIRouter(route_class=Signed)`, `app.wsgi_app = KeyGate(app.wsgi_app)`, `class App(Flask): def dispatch_request(self)`,
`app.view_functions[name] = locked(view)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.surroundings import Surroundings
from nomoat.survey.trial.values import Class, Object, Value

#: Methods of an application that all of its requests go through.
_DISPATCHING = ("dispatch_request", "full_dispatch_request", "preprocess_request", "wsgi_app", "__call__")
_REFUSAL = re.compile(rb"\b40[13]\b|unauthorized|forbidden", re.I)
_MAX_DEEP = 4


def around(surroundings: Surroundings, registry: Registry) -> tuple[str, ...]:
    """Why it cannot be told who is let through to any route of an application or router."""
    return tuple(_around(surroundings, registry))


def _around(surroundings: Surroundings, registry: Registry) -> Iterator[str]:
    made = registry.attributes.get("route_class") or registry.named.get("route_class")
    if isinstance(made, Class) and surroundings.class_may_refuse(made.scope):
        yield f"its routes are made by {made.scope.name}, which may ask who calls ({made.scope.at})"
    for cls in _objects(registry.attributes.get("wsgi_app")):
        if _says_no(cls):
            yield f"{cls.name} stands around the whole application and may ask who calls ({cls.at})"
    if registry.cls is not None and registry.kind.is_application:
        for base in surroundings.program.bases(registry.cls.scope):
            own = () if isinstance(base, str) or base.module.is_library else base.children.values()
            for method in own:
                if method.name in _DISPATCHING and surroundings.may_turn_away(method):
                    yield f"{method.name} of {base.name} may ask who calls ({method.at})"  # type: ignore[union-attr]  # No text here.


def of_view(surroundings: Surroundings, endpoint: str) -> str | None:
    """Why it cannot be told who is let through to a view: it is put in the place of another by its name."""
    for name, at in surroundings.replaced_views:
        if name in (None, endpoint):
            return f"another function is put in its place in view_functions ({at})"
    return None


def _objects(value: Value | None) -> Iterator[Scope]:
    """The classes of an object and of those that it holds, each object once: they may hold one another."""
    near = [value] if isinstance(value, Object) else []
    seen: set[int] = set()
    for _ in range(_MAX_DEEP):
        near = [one for one in {id(one): one for one in near}.values() if id(one) not in seen]
        seen.update(map(id, near))
        yield from (one.cls.scope for one in near if not one.cls.scope.module.is_library)
        near = [held for one in near for held in one.attributes.values() if isinstance(held, Object)]


def _says_no(cls: Scope) -> bool:
    return cls.node is not None and bool(_REFUSAL.search(cls.module.source[cls.node[1] : cls.node[2]]))
