"""Makes the schema of a PostgreSQL store, and tells whether one is still as it was made.

What is made stands in `postgresql.sql`; `SHAPE` is how the server's catalogues describe it afterwards.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

from nomoat.journal.chain import genesis
from nomoat.storage.postgresql_errors import not_ours, storage_error
from nomoat.storage.postgresql_place import Place
from nomoat.storage.postgresql_session import FORMAT, Connection, open_connection

_SQL = Path(__file__).with_name("postgresql.sql")
#: "nomo" in ASCII: whoever makes a store waits for whoever is making one.
_MAKING = 0x6E6F6D6F
_BODY = re.compile(r"CREATE FUNCTION (\w+)\(.*?AS \$\$(.*?)\$\$;", re.DOTALL)


def make(place: Place) -> None:
    """An empty store, where none is; one that another process made meanwhile is kept. Raises StorageError."""
    connection = open_connection(place)
    try:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
            if not connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", [place.schema]).fetchall():
                connection.execute(f'CREATE SCHEMA "{place.schema}"'.encode())
            (found,) = connection.execute("SELECT to_regclass('store') IS NULL").fetchone() or (False,)
            if found:
                _fill(connection, place)
    except psycopg.errors.DuplicateTable as error:
        raise not_ours(place) from error
    except psycopg.Error as error:
        raise storage_error(error, "make", place) from error
    finally:
        connection.close()


def _fill(connection: Connection, place: Place) -> None:
    connection.execute(sql(place.schema).encode())
    store_id = uuid.uuid4().hex
    connection.execute("INSERT INTO store VALUES (true, %s, %s, 0, %s, '')", [store_id, FORMAT, genesis(store_id)])


def sql(schema: str) -> str:
    """What makes the tables and functions in a schema that is there."""
    return _SQL.read_text(encoding="utf-8").replace("{schema}", schema)


def by_kind(columns: str, condition: str = "true") -> str:
    """The question for facts of kinds: values are the kinds, after, upto, how many, and how many again.

    One ordered walk of the index for each kind, merged; nothing else could be chosen for it.
    """
    each = f"SELECT {columns} FROM facts WHERE kind = n.kind AND position + 0 > %s AND position + 0 <= %s "  # noqa: S608
    each += f"AND {condition} ORDER BY position + 0 LIMIT %s"
    return f"SELECT f.* FROM unnest(%s::text[]) AS n(kind), LATERAL ({each}) AS f ORDER BY position LIMIT %s"  # noqa: S608


def changes(connection: Connection, schema: str) -> Iterator[str]:
    """What of the schema is not as it was made: a trigger could swallow facts, a policy or a rule hide them."""
    found: dict[tuple[str, str], str] = {}
    for kind, name, text in connection.execute(_OBJECTS, {"schema": schema}):
        # Two functions of one name: which of them is called is not for anybody else to say.
        found[kind, name] = "twice" if (kind, name) in found else _PREFIX.sub(" ON ", text, count=1)
    path = f"{{search_path={schema}, pg_temp}}"
    functions = {("function", name): f"{_RIGHTS[name]}{body}" for name, body in _BODY.findall(sql(schema))}
    expected = {**SHAPE, **functions}
    for kind, name in sorted(found.keys() - expected.keys()):
        yield f"the store has a {kind} '{name}' that is not of nomoat's making"
    for kind, name in sorted(expected):
        text = found.get((kind, name), "")
        if kind == "function":
            rights, _, body = text.partition("\n")
            text = f"{re.sub(_QUOTES, '', rights).replace(path, 'ours')}\n{body}"
        if text != expected[kind, name]:
            yield f"the {kind} '{name}' of the store is gone or was changed"


_PREFIX = re.compile(r' ON ("?)\w+\1\.')
_QUOTES = re.compile(r'["\\]')
#: With whose rights a function runs, and whether its search path is the one that it was made with.
_RIGHTS = {
    **dict.fromkeys(("append", "settle", "beat", "lease", "blank", "seal"), "owner ours\n"),
    "change": "caller ours\n",
    **dict.fromkeys(("clock", "after", "characters"), "caller \n"),
}

_OBJECTS = """
WITH here AS (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s)
SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'relation' END, relname,
  CASE WHEN relpersistence = 'p' AND NOT relrowsecurity THEN '' ELSE 'altered ' END || (
    SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod),
      CASE WHEN attnotnull THEN 'not null' END,
      nullif(attcollation::regcollation::text, '-'), pg_get_expr(adbin, adrelid)), ', ' ORDER BY attnum)
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped)
  FROM pg_class WHERE relnamespace = (SELECT oid FROM here) AND relkind NOT IN ('i', 'I', 't', 'c')
UNION ALL SELECT 'index', relname,
  CASE WHEN indisvalid AND indisready THEN '' ELSE 'unusable ' END || pg_get_indexdef(indexrelid)
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = (SELECT oid FROM here)
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = (SELECT oid FROM here) AND contype NOT IN ('p', 'n')
UNION ALL SELECT 'trigger', tgname, ''::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
  WHERE relnamespace = (SELECT oid FROM here)
UNION ALL SELECT 'rule', rulename, ''::text FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
  WHERE relnamespace = (SELECT oid FROM here) AND relkind = 'r'
UNION ALL SELECT 'policy', polname, ''::text FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
  WHERE relnamespace = (SELECT oid FROM here)
UNION ALL SELECT 'child', inhrelid::regclass::text, ''::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhparent
  WHERE relnamespace = (SELECT oid FROM here)
UNION ALL SELECT 'function', proname,
  CASE WHEN prosecdef THEN 'owner ' ELSE 'caller ' END || coalesce(proconfig::text, '') || E'\\n' || prosrc
  FROM pg_proc WHERE pronamespace = (SELECT oid FROM here)
"""

SHAPE: dict[tuple[str, str], str] = {
    ("constraint", "store_one_check"): "CHECK (one)",
    ("index", "batches_pkey"): "CREATE UNIQUE INDEX batches_pkey ON batches USING btree (writer)",
    ("index", "counts_pkey"): "CREATE UNIQUE INDEX counts_pkey ON counts USING btree (kind)",
    ("index", "cursors_pkey"): "CREATE UNIQUE INDEX cursors_pkey ON cursors USING btree (reader)",
    ("index", "facts_by_key"): "CREATE INDEX facts_by_key ON facts USING hash (key)",
    ("index", "facts_by_kind"): 'CREATE INDEX facts_by_kind ON facts USING btree (kind, (("position" + 0)))',
    ("index", "facts_pkey"): 'CREATE UNIQUE INDEX facts_pkey ON facts USING btree ("position")',
    ("index", "leases_pkey"): "CREATE UNIQUE INDEX leases_pkey ON leases USING btree (name)",
    ("index", "processes_pkey"): "CREATE UNIQUE INDEX processes_pkey ON processes USING btree (id)",
    ("index", "standing_by_name"): "CREATE INDEX standing_by_name ON standing USING hash (name)",
    ("index", "store_pkey"): "CREATE UNIQUE INDEX store_pkey ON store USING btree (one)",
    ("table", "batches"): (
        'writer text not null "C", batch bigint not null, first bigint, skipped integer[] not null, '
        "at timestamp with time zone not null"
    ),
    ("table", "counts"): 'kind text not null "C", facts bigint not null, bytes bigint not null',
    ("table", "cursors"): 'reader text not null "C", position bigint not null',
    ("table", "facts"): (
        'position bigint not null, kind text not null "C", format integer not null, '
        'happened_at text not null "C", recorded_at text not null "C", key bytea, salt bytea, '
        'digest bytea not null, link bytea not null, body text "C"'
    ),
    ("table", "leases"): 'name text not null "C", holder text not null "default", until text not null "C"',
    ("table", "processes"): (
        'id text not null "C", host text not null "default", pid integer not null, '
        'role text not null "default", service text not null "default", started_at text not null "C", '
        'seen_at text not null "C", position bigint not null, ended boolean not null'
    ),
    ("table", "standing"): (
        'topic text not null "C", name text not null "C", position bigint not null, '
        'until text not null "C", is_open boolean not null'
    ),
    ("table", "store"): (
        'one boolean not null true, id text not null "C", format integer not null, '
        'position bigint not null, link bytea not null, recorded_at text not null "C"'
    ),
}
