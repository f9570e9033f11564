"""What the how-to grants is enough, and no more than enough: who appends facts can change none."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from nomoat.errors import StorageError
from nomoat.journal.facts import Pruned
from nomoat.journal.journal import open_store
from nomoat.journal.ports import CursorMove
from nomoat.journal.retention import Keeper, Limit, prune
from nomoat.storage import postgresql_place
from nomoat.storage.postgresql_store import PostgreSQLStore
from tests.journal.made import block
from tests.storage import server
from tests.storage.contract import decisions

_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "journal-on-postgresql.md"


@dataclass(frozen=True)
class Roles:
    """URLs of one store: as its owner, and as a service."""

    owner: str
    service: str


@pytest.fixture
def roles() -> Iterator[Roles]:
    """A store made as the how-to says, with names of its own."""
    mark = uuid.uuid4().hex[:8]
    names = {"nomoat_owner": f"nomoat_owner_{mark}", "shop": f"nomoat_shop_{mark}", "journal": "test"}
    blocks = re.findall(r"```sql\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    with server.schema() as url:
        names["nomoat"] = server.schema_of(url)
        first, second = (re.sub(r"\b(\w+)\b", lambda word: names.get(word[1], word[1]), sql) for sql in blocks)
        found = Roles(*(url.replace("postgres@", f"{names[role]}@") for role in ("nomoat_owner", "shop")))
        try:
            server.ask(first)
            open_store(found.owner).close()
            server.ask(second)
            yield found
        finally:
            for role in (names["shop"], names["nomoat_owner"]):
                server.ask(f"DROP OWNED BY {role} CASCADE")
                server.ask(f"DROP ROLE {role}")


def test_a_service_can_do_what_services_do(roles: Roles) -> None:
    with closing(open_store(roles.service)) as store:
        assert ["1", "2"] == store.append([*decisions(1), (block(), "b")], cursor=CursorMove("watch", "", "1"))
        store.append(decisions(1, 1), durable=True)
        store.beat("p", role="guard", service="shop", position="2", ended=True)

        assert store.lease("other", "p", seconds=60)
        assert 3 == len(list(store.read()))
        assert ("b1", "1", "p") == (
            store.state(now="2026-01-01T00:00:00.000000Z").blocks[0].block,
            store.cursor("watch"),
            store.processes()[0].id,
        )
        assert store.find("b") is not None
        assert {"decision": 2, "block": 1} == {kind: facts for kind, (facts, _) in store.usage().kinds.items()}
        assert () == store.verify().problems


@pytest.mark.parametrize(
    "query",
    [
        "UPDATE facts SET body = '{}'",
        "DELETE FROM facts",
        "TRUNCATE facts",
        "INSERT INTO facts SELECT * FROM facts",
        "UPDATE store SET position = 0",
        "DELETE FROM standing",
        "INSERT INTO cursors VALUES ('watch', 9)",
        "DELETE FROM processes",
        "SELECT * FROM batches",
        "SELECT * FROM store FOR UPDATE",
        "SELECT blank(ARRAY[1]::bigint[])",
        "SELECT change(1, 'remove', 'block', 'b1', '')",
        "DROP TABLE facts",
        "ALTER TABLE facts DISABLE TRIGGER ALL",
        "CREATE TABLE more (x int)",
        "CREATE OR REPLACE FUNCTION clock(_now text) RETURNS text LANGUAGE sql AS $$ SELECT '' $$",
    ],
)
def test_a_service_can_change_no_fact_and_nothing_that_readers_trust(roles: Roles, query: str) -> None:
    with closing(open_store(roles.service)) as store:
        store.append([*decisions(1), (block(), None)])
        with psycopg.connect(roles.service.partition("?")[0], autocommit=True) as other:
            other.execute(f"SET search_path = {server.schema_of(roles.service)}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute(query)

        assert () == store.verify().problems


def test_nothing_of_the_callers_own_stands_in_for_what_the_functions_use(roles: Roles) -> None:
    """They run as the owner: a table or function that the caller made must never be found by them."""
    with psycopg.connect(roles.service.partition("?")[0], autocommit=True) as other:
        name = server.schema_of(roles.service)
        with closing(open_store(roles.service)) as store:
            other.execute(f"CREATE TEMP TABLE leases AS SELECT * FROM {name}.processes")
            other.execute("SET search_path = pg_temp, pg_catalog")
            other.execute(f"SELECT {name}.lease('other', 'me', 60, NULL)")

            assert not store.lease("other", "p", seconds=60)


def test_a_service_cannot_turn_the_journals_clock(roles: Roles) -> None:
    place = postgresql_place.read(roles.service)
    with closing(PostgreSQLStore(place, clock=lambda: "2999-01-01T00:00:00.000000Z")) as store:
        store.append(decisions(1))
        store.beat("p", role="guard", service="shop", position="")
    with closing(open_store(roles.service)) as store:
        assert "2999" > next(store.read()).recorded_at
        assert [True] == [process.live for process in store.processes()]


def test_a_service_may_not_shorten_the_journal_and_its_owner_may(roles: Roles) -> None:
    limited = {"decision": Limit(keep_s=0)}
    with closing(open_store(roles.service)) as store, closing(open_store(roles.owner)) as owned:
        store.append(decisions(60))
        for refused in (
            lambda: prune(store, limited, holder="p"),
            lambda: Keeper(store, limited, holder="p").tick(),
            lambda: store.blank(["1"]),
        ):
            with pytest.raises(StorageError, match="may not"):
                refused()
        assert [] == list(store.read(kinds=(Pruned,)))

        assert (60, 1) == (prune(owned, limited, holder="o").blanked["decision"][0], 1)

        assert () == store.verify().problems
        assert {"decision": 0, "pruned": 1, "sealed": 1} == {
            **{"decision": 0}, **{kind: facts for kind, (facts, _) in store.usage().kinds.items()}
        }  # fmt: skip


def test_a_keeper_that_may_not_asks_again_later_alone(roles: Roles) -> None:
    with closing(open_store(roles.service)) as store:
        keeper = Keeper(store, {"decision": Limit(keep_s=0)}, holder="p")
        with pytest.raises(StorageError):
            keeper.tick()

        assert not keeper.tick()


def test_a_service_that_may_not_make_the_store_says_who_does() -> None:
    role = f"nomoat_poor_{uuid.uuid4().hex[:8]}"
    with server.schema() as url:
        server.ask(f"CREATE ROLE {role} LOGIN")
        try:
            with pytest.raises(StorageError) as found:
                open_store(url.replace("postgres@", f"{role}@"))
        finally:
            server.ask(f"DROP ROLE {role}")

    assert "this role may not" in found.value.what
    assert "journal-on-postgresql.md" in found.value.fix
