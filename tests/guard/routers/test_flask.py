"""Generated Flask applications: what the framework dispatches is what guard decided on, whatever the path."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nomoat.appmap.spelling import braced
from nomoat.guard.routers.flask import Routes
from nomoat.guard.testing import journal_in_memory
from nomoat.journal.facts import Decision
from tests.guard.routers.generated import odd_paths
from tests.guard.wsgi_calling import Served, call, environ_of
from tests.policy.maps import route

METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS")
SEGMENTS = (
    "a", "b", "orders", "<x>", "<int:x>", "<path:x>", "<float:x>", "<any(a,b):x>", "a<x>", "A", "%61",
    "<string(length=2):x>",
)  # fmt: skip
PREFIXES = ("", "/a", "/b", "/orders", "/<p>")

Rule = tuple[str, tuple[str, ...], bool]


def _rules() -> st.SearchStrategy[Rule]:
    ends = st.sampled_from(("", "/"))
    path = st.builds(
        lambda segments, end: "/" + "/".join(s.replace("x>", f"x{n}>") for n, s in enumerate(segments)) + end,
        st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3).filter(
            lambda segments: sum("path:" in one for one in segments) <= 1
        ),
        ends,
    )
    methods = st.lists(st.sampled_from(METHODS), min_size=1, max_size=2, unique=True).map(tuple)
    return st.tuples(path, methods, st.booleans())


#: Blueprints by their prefixes, each with its rules.
_trees = st.lists(
    st.tuples(st.sampled_from(PREFIXES), st.lists(_rules(), min_size=1, max_size=4)), min_size=1, max_size=3
)


def application(tree: list[tuple[str, list[Rule]]]) -> Flask:
    """Each view answers with its own method-less route, as the map spells it."""
    app = Flask("generated", static_folder=None)
    for number, (prefix, rules) in enumerate(tree):
        inner = Blueprint(f"b{number}", "generated", url_prefix=prefix or None)
        for place, (path, methods, strict) in enumerate(rules):
            whole = braced(prefix + path, "angle")
            inner.add_url_rule(
                path, f"v{place}", lambda whole=whole, **_: whole, methods=list(methods), strict_slashes=strict
            )
        app.register_blueprint(inner)
    return app


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    tree=_trees, targets=st.lists(st.tuples(st.sampled_from((*METHODS, "HEAD")), odd_paths()), min_size=1, max_size=6)
)
@example(tree=[("/a", [("/<int:x0>", ("GET",), True)])], targets=[("GET", "/a/01"), ("GET", "//a/1"), ("HEAD", "/a/1")])
@example(
    tree=[("", [("/a/", ("GET", "OPTIONS"), False)])], targets=[("OPTIONS", "/a"), ("GET", "/a"), ("GET", "/a/%2F")]
)
def test_what_flask_dispatches_is_what_guard_decided_on(
    tree: list[tuple[str, list[Rule]]], targets: list[tuple[str, str]]
) -> None:
    app = application(tree)
    known = {f"{one.method} {one.path}" for one in Routes(app).served()}
    plain = application(tree)
    with tempfile.TemporaryDirectory() as folder, journal_in_memory():
        routes = tuple(route(name, verdict="unguarded", binding="signed-in") for name in sorted(known))
        served = Served(Path(folder), app, routes)
        served.start()
        seen: list[Decision] = []
        for method, target in targets:
            before = len(seen)
            answer = served.ask(method, target)
            audit = served.runtime.store
            served.runtime.writer.flush()
            seen = [e.fact for e in audit.read(kinds=(Decision,)) if isinstance(e.fact, Decision)]
            (fact,) = seen[before:]

            real = call(plain, environ_of(method, target))
            assert (answer.status, answer.body) == (real.status, real.body), (method, target)
            if real.status == 200 and method not in ("HEAD", "OPTIONS"):
                assert fact.target == f"route:shop/{method} {_bare(real.body.decode())}"
                assert fact.outcome == "allow"
        served._starting.close()


def _bare(path: str) -> str:
    from nomoat.appmap import ids

    return ids.template(path)
