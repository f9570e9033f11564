"""The Rego of the how-to page beside guard's own policy, by another engine of the language: the same decisions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from nomoat import settings
from nomoat.guard.backends.opa import Opa
from nomoat.guard.backends.rego import Rego
from nomoat.guard.backends.settings import OpaSettings, RegoSettings
from nomoat.policy.decide import Answer, compile_policy
from nomoat.policy.document import read
from tests.guard.backends.opa_server import OpaServer

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "ask-opa.md"
SAME = """\
services: {shop: {}}
roles:
  customer: [orders:list, {permission: orders:read, when: resource.owner == subject.sub}]
  admin: [orders:list, orders:refund]
"""


@pytest.fixture(scope="module")
def opa(tmp_path_factory: pytest.TempPathFactory) -> Any:
    regopy = pytest.importorskip("regopy", reason="regopy is absent")
    found = re.search(r"```rego\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None

    def answer(document: dict[str, Any]) -> dict[str, Any]:
        engine = regopy.Interpreter()
        engine.add_module("nomoat", found.group(1))
        engine.set_input(document)
        said = str(engine.query("data.nomoat.allow"))
        # An engine that says nothing has no document, as OPA's answer then has no result.
        return {} if said == "undefined" else {"result": json.loads(said)["expressions"][0]}

    with OpaServer(answer) as server:
        asking = Opa(OpaSettings(server.url, 2.0), service="shop", root=tmp_path_factory.mktemp("opa"))
        yield asking
        asking.close()


@pytest.fixture(scope="module")
def rego(tmp_path_factory: pytest.TempPathFactory) -> Any:
    pytest.importorskip("regopy", reason="regopy is absent")
    found = re.search(r"```rego\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    folder = tmp_path_factory.mktemp("rego")
    (folder / "policy.rego").write_text(found.group(1))
    asking = Rego(RegoSettings("policy.rego", timeout_s=20.0), service="shop", root=folder)
    yield asking
    asking.close()


_NAMES = st.sampled_from(["ana", "ben", "a/b"])


@how(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    sub=_NAMES,
    roles=st.lists(st.sampled_from(["customer", "admin", "guest"]), unique=True).map(tuple),
    permissions=st.lists(
        st.sampled_from(["orders:list", "orders:read", "orders:refund", "orders:drop"]), unique=True, max_size=3
    ).map(tuple),
    owner=st.none() | _NAMES,
    only=st.none() | st.just(frozenset({"orders:list", "orders:read"})),
)
def test_all_decide_alike(
    opa: Opa, rego: Rego, sub: str, roles: tuple[str, ...], permissions: tuple[str, ...], owner: str | None, only: Any
) -> None:
    own = compile_policy(read(settings.parse(SAME, root=Path("/"))), service="shop")

    asked: dict[str, Any] = {
        "subject": f"user:main/{sub}", "roles": roles, "permissions": permissions, "attributes": {},
        "resource": None if owner is None else {"owner": owner}, "only": only,
    }  # fmt: skip
    ours, theirs, within = own.decide(**asked), opa.decide(**asked), rego.decide(**asked)
    assert ours.outcome == theirs.outcome, (asked, ours, theirs)
    assert (theirs[:2], theirs.needs, theirs.denied) == (within[:2], within.needs, within.denied), (asked, within)
    assert "backend-unavailable" != theirs.reason
    assert isinstance(theirs, Answer)
