-- The tables of a PostgreSQL store and the only functions that write to them, within one schema.
-- Every write is one call: the chain is made in the server, no transaction waits for a client. Each function runs with the
-- rights of the schema's owner, so whoever writes facts needs no right to change a table (docs/how-to/journal-on-postgresql.md).
-- `store` is locked first by whatever changes facts: positions become visible in their order.

CREATE TABLE store (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  id text COLLATE "C" NOT NULL, format integer NOT NULL,
  position bigint NOT NULL, link bytea NOT NULL, recorded_at text COLLATE "C" NOT NULL
) WITH (fillfactor = 10);

-- A key is kept as bytes: text of PostgreSQL cannot hold every character.
CREATE TABLE facts (
  position bigint PRIMARY KEY, kind text COLLATE "C" NOT NULL, format integer NOT NULL,
  happened_at text COLLATE "C" NOT NULL, recorded_at text COLLATE "C" NOT NULL,
  key bytea, salt bytea, digest bytea NOT NULL, link bytea NOT NULL, body text COLLATE "C"
);
-- By hash: a key may be longer than a page of the other kind of index can hold. `append` sees to it that each is there once.
CREATE INDEX facts_by_key ON facts USING hash (key);
-- `+ 0` keeps the primary key out of questions by kind: of a rare kind, the planner might walk all facts by their position.
CREATE INDEX facts_by_kind ON facts USING btree (kind, (position + 0));

CREATE TABLE counts (kind text COLLATE "C" PRIMARY KEY, facts bigint NOT NULL, bytes bigint NOT NULL) WITH (fillfactor = 50);

CREATE TABLE standing (
  topic text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, position bigint NOT NULL,
  until text COLLATE "C" NOT NULL, is_open boolean NOT NULL
);
CREATE INDEX standing_by_name ON standing USING hash (name);

CREATE TABLE cursors (reader text COLLATE "C" PRIMARY KEY, position bigint NOT NULL) WITH (fillfactor = 50);

CREATE TABLE processes (
  id text COLLATE "C" PRIMARY KEY, host text NOT NULL, pid integer NOT NULL, role text NOT NULL, service text NOT NULL,
  started_at text COLLATE "C" NOT NULL, seen_at text COLLATE "C" NOT NULL, position bigint NOT NULL, ended boolean NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE leases (
  name text COLLATE "C" PRIMARY KEY, holder text NOT NULL, until text COLLATE "C" NOT NULL
) WITH (fillfactor = 50);

-- The newest batch of each writer: a call whose answer was lost is made again, and tells what it did.
CREATE TABLE batches (
  writer text COLLATE "C" PRIMARY KEY, batch bigint NOT NULL, first bigint, skipped integer[] NOT NULL, at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- The server's time. Another one only from the owner, who may do anything: nobody else turns the journal's clock.
CREATE FUNCTION clock(_now text) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT CASE WHEN pg_has_role(session_user, current_user, 'USAGE') AND _now IS NOT NULL THEN _now ELSE
    to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END
$$;

-- A time so many seconds after another.
CREATE FUNCTION after(_at text, _seconds double precision) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT to_char((_at::timestamptz + _seconds * interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- How many characters a key has. A text cannot hold U+0000; bytes that go on a character begin with 10 (RFC 3629).
CREATE FUNCTION characters(_key bytea) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN _key IS NULL THEN NULL WHEN position('\x00'::bytea IN _key) = 0 THEN length(convert_from(_key, 'UTF8')) ELSE (
    SELECT count(*) FROM generate_series(0, octet_length(_key) - 1) AS n(i) WHERE get_byte(_key, n.i) & 192 <> 128
  )::integer END
$$;

-- `_keys` is empty where no fact has one. `_changes` are objects: fact (from 1), how, topic, name, until.
CREATE FUNCTION append(
  _store text, _writer text, _batch bigint, _sync text, _now text,
  _kinds text[], _formats integer[], _happened text[], _keys bytea[], _salts bytea[], _bodies text[], _changes jsonb,
  _reader text, _expected bigint, _new bigint,
  OUT _first bigint, OUT _skipped integer[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = "{schema}", pg_temp AS $$
DECLARE
  _head store;
  _done batches;
  _stands bigint;
  _fact record;
  _links bytea[] := '{}';
BEGIN
  PERFORM set_config('synchronous_commit', _sync, true);
  SELECT * INTO _head FROM store FOR UPDATE;
  IF _head.id IS DISTINCT FROM _store THEN
    RAISE EXCEPTION 'another store was put in the place of this one' USING ERRCODE = 'NM003';
  END IF;
  SELECT * INTO _done FROM batches WHERE writer = _writer;
  IF _done.batch = _batch THEN
    _first := _done.first;
    _skipped := _done.skipped;
    RETURN;
  ELSIF _done.batch > _batch THEN
    RAISE EXCEPTION 'this batch was given up' USING ERRCODE = 'NM002';
  END IF;
  IF _reader IS NOT NULL THEN
    SELECT position INTO _stands FROM cursors WHERE reader = _reader;
    IF coalesce(_stands, 0) <> _expected THEN
      RAISE EXCEPTION '%', coalesce(_stands, 0) USING ERRCODE = 'NM001';
    END IF;
    INSERT INTO cursors VALUES (_reader, _new) ON CONFLICT (reader) DO UPDATE SET position = excluded.position;
  END IF;
  _first := _head.position + 1;
  _skipped := '{}';
  IF _keys <> '{}' THEN
    SELECT coalesce(array_agg(k.i ORDER BY k.i), '{}') INTO _skipped FROM (
      SELECT n.i::integer AS i, n.key, row_number() OVER (PARTITION BY n.key ORDER BY n.i) AS nth
      FROM unnest(_keys) WITH ORDINALITY AS n(key, i) WHERE n.key IS NOT NULL
    ) AS k WHERE k.nth > 1 OR EXISTS (SELECT FROM facts WHERE facts.key = k.key);
    IF _skipped <> '{}' THEN
      SELECT coalesce(array_agg(n.kind), '{}'), coalesce(array_agg(n.format), '{}'), coalesce(array_agg(n.happened), '{}'),
        coalesce(array_agg(n.key), '{}'), coalesce(array_agg(n.salt), '{}'), coalesce(array_agg(n.body), '{}')
      INTO _kinds, _formats, _happened, _keys, _salts, _bodies FROM (
        SELECT * FROM unnest(_kinds, _formats, _happened, _keys, _salts, _bodies)
          WITH ORDINALITY AS n(kind, format, happened, key, salt, body, i) WHERE i <> ALL (_skipped) ORDER BY i
      ) AS n;
    END IF;
  END IF;
  IF _kinds <> '{}' THEN
    _head.recorded_at := greatest(_head.recorded_at COLLATE "C", clock(_now) COLLATE "C");
    -- What a link covers, to the byte as in `nomoat.journal.chain.link` and `tail`.
    FOR _fact IN
      SELECT sha256(n.salt || convert_to(n.body, 'UTF8')) || convert_to(
        _head.position + n.i || ' ' || length(_head.recorded_at) || ' ' || _head.recorded_at
        || n.format || ' ' || length(n.kind) || ' ' || length(n.happened) || ' '
        || CASE WHEN n.key IS NULL THEN '-' ELSE characters(n.key)::text END || ' ' || n.kind || n.happened, 'UTF8'
      ) || coalesce(n.key, '') AS covered
      FROM unnest(_kinds, _formats, _happened, _keys, _salts, _bodies)
        WITH ORDINALITY AS n(kind, format, happened, key, salt, body, i) ORDER BY n.i
    LOOP
      _head.link := sha256(_head.link || _fact.covered);
      _links := array_append(_links, _head.link);
    END LOOP;
    INSERT INTO facts
      SELECT _head.position + n.i, n.kind, n.format, n.happened, _head.recorded_at, n.key, n.salt,
        sha256(n.salt || convert_to(n.body, 'UTF8')), n.link, n.body
      FROM unnest(_kinds, _formats, _happened, _keys, _salts, _bodies, _links)
        WITH ORDINALITY AS n(kind, format, happened, key, salt, body, link, i);
    UPDATE store SET position = position + cardinality(_kinds), link = _head.link, recorded_at = _head.recorded_at;
    INSERT INTO counts AS c
      SELECT n.kind, count(*), sum(length(n.body)) FROM unnest(_kinds, _bodies) AS n(kind, body) GROUP BY n.kind
      ON CONFLICT (kind) DO UPDATE SET facts = c.facts + excluded.facts, bytes = c.bytes + excluded.bytes;
    IF _changes IS NOT NULL THEN
      PERFORM change(_head.position + n.fact - (SELECT count(*) FROM unnest(_skipped) AS s(i) WHERE s.i < n.fact),
        n.how, n.topic, n.name, n.until)
      FROM jsonb_to_recordset(_changes) AS n(fact integer, how text, topic text, name text, until text)
      WHERE n.fact <> ALL (_skipped);
    END IF;
  END IF;
  IF _done.batch IS NULL THEN
    DELETE FROM batches WHERE at < now() - interval '1 day';
  END IF;
  INSERT INTO batches VALUES (_writer, _batch, _first, _skipped, now()) ON CONFLICT (writer) DO UPDATE
    SET batch = excluded.batch, first = excluded.first, skipped = excluded.skipped, at = excluded.at;
END
$$;

-- One change to what stands, as `nomoat.journal.standing.apply` makes it. A revocation is named by its position.
CREATE FUNCTION change(_position bigint, _how text, _topic text, _name text, _until text) RETURNS void
LANGUAGE plpgsql SET search_path = "{schema}", pg_temp AS $$
BEGIN
  IF _topic = 'revocation' THEN
    _name := _position::text;
  END IF;
  IF _how = 'close' THEN
    UPDATE standing SET is_open = false WHERE topic = _topic AND name = _name;
    RETURN;
  ELSIF _how = 'first' AND EXISTS (SELECT FROM standing WHERE topic = _topic AND name = _name) THEN
    RETURN;
  END IF;
  DELETE FROM standing WHERE topic = _topic AND name = _name;
  IF _how <> 'remove' THEN
    INSERT INTO standing VALUES (_topic, _name, _position, _until, true);
  END IF;
END
$$;

-- What became of a batch whose answer was lost: what it did, or nothing, and then it never will do anything.
CREATE FUNCTION settle(_writer text, _batch bigint, OUT _kept boolean, OUT _first bigint, OUT _skipped integer[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = "{schema}", pg_temp AS $$
DECLARE
  _done batches;
BEGIN
  PERFORM FROM store FOR UPDATE;
  SELECT * INTO _done FROM batches WHERE writer = _writer;
  _kept := coalesce(_done.batch = _batch, false);
  IF _kept THEN
    _first := _done.first;
    _skipped := _done.skipped;
  ELSE
    INSERT INTO batches VALUES (_writer, _batch, NULL, '{}', now()) ON CONFLICT (writer) DO UPDATE
      SET batch = excluded.batch, first = NULL, skipped = '{}', at = excluded.at;
  END IF;
END
$$;

CREATE FUNCTION beat(
  _id text, _host text, _pid integer, _role text, _service text, _position bigint, _ended boolean, _now text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = "{schema}", pg_temp AS $$
DECLARE
  _at text := clock(_now);
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  INSERT INTO processes VALUES (_id, _host, _pid, _role, _service, _at, _at, _position, _ended) ON CONFLICT (id) DO UPDATE
    SET seen_at = excluded.seen_at, position = excluded.position, ended = excluded.ended;
  IF _ended THEN
    DELETE FROM processes WHERE ended AND seen_at < after(_at, -86400) COLLATE "C";
  END IF;
END
$$;

-- True for who holds the lease now. One that ends later than it could was taken by a clock that was ahead.
CREATE FUNCTION lease(_name text, _holder text, _seconds double precision, _now text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = "{schema}", pg_temp AS $$
DECLARE
  _at text := clock(_now);
  _until text := after(_at, _seconds);
BEGIN
  INSERT INTO leases AS l VALUES (_name, _holder, _until) ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder, until = excluded.until
    WHERE l.holder = _holder OR NOT (_at COLLATE "C" < l.until AND l.until <= _until COLLATE "C");
  RETURN FOUND;
END
$$;

-- Takes bodies and salts away, so that the digests that stay tell nothing.
CREATE FUNCTION blank(_gone bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = "{schema}", pg_temp AS $$
BEGIN
  PERFORM FROM store FOR UPDATE;
  UPDATE counts SET bytes = counts.bytes - n.bytes FROM (
    SELECT kind, sum(length(body)) AS bytes FROM facts WHERE position = ANY (_gone) AND body IS NOT NULL GROUP BY kind
  ) AS n WHERE n.kind = counts.kind;
  UPDATE facts SET salt = NULL, body = NULL WHERE position = ANY (_gone) AND body IS NOT NULL;
END
$$;

-- Removes a run of blanked facts and appends the fact that stands for them, in one transaction.
CREATE FUNCTION seal(
  _from bigint, _upto bigint, _count bigint,
  _store text, _writer text, _batch bigint, _now text, _happened text, _salt bytea, _format integer, _body text,
  OUT _first bigint, OUT _skipped integer[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = "{schema}", pg_temp AS $$
DECLARE
  _found bigint;
BEGIN
  PERFORM FROM store FOR UPDATE;
  IF NOT EXISTS (SELECT FROM batches WHERE writer = _writer AND batch = _batch) THEN
    UPDATE counts SET facts = counts.facts - n.facts FROM (
      SELECT kind, count(*) AS facts FROM facts WHERE position BETWEEN _from AND _upto GROUP BY kind
    ) AS n WHERE n.kind = counts.kind;
    DELETE FROM facts WHERE position BETWEEN _from AND _upto AND body IS NULL;
    GET DIAGNOSTICS _found = ROW_COUNT;
    IF _found <> _count OR EXISTS (SELECT FROM facts WHERE position BETWEEN _from AND _upto) THEN
      RAISE EXCEPTION 'these facts have changed' USING ERRCODE = 'NM004';
    END IF;
  END IF;
  SELECT a._first, a._skipped INTO _first, _skipped FROM append(
    _store, _writer, _batch, 'on', _now, ARRAY['sealed'], ARRAY[_format], ARRAY[_happened], '{}', ARRAY[_salt], ARRAY[_body],
    NULL, NULL, NULL, NULL
  ) AS a;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA "{schema}" FROM PUBLIC;
