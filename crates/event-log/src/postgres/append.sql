-- Version 3: what appends, and the index that suits it.
SET ROLE casetrail_log_owner;

-- The command's id before its stream's: new ones go to the index's end, where ids are time-ordered.
DROP INDEX log.event_command;
CREATE UNIQUE INDEX event_command ON log.event (shard, command_id, stream_id) WHERE command_seq = 0;

-- What the functions below count and hash is not looked at once more with every row, and what they are given
-- they look at themselves: Postgres reads the text of a constraint anew for every statement.
ALTER TABLE log.event DROP CONSTRAINT event_position_check, DROP CONSTRAINT event_version_check,
  DROP CONSTRAINT event_command_seq_check, DROP CONSTRAINT event_hash_check, DROP CONSTRAINT event_check,
  DROP CONSTRAINT event_schema_version_check;

-- Begins an append: refuses what no event may be (without the digest of its command, or of no version), and holds the
-- shard for it. Who appends to it comes one after the other, so positions are given in the order of commit, without
-- gaps, and no reader ever sees a later one before an earlier one.
CREATE FUNCTION log.begin_append(p_shard SMALLINT, r_fingerprint BYTEA[], e_schema SMALLINT[])
RETURNS VOID LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF array_position(r_fingerprint, NULL) IS NOT NULL OR (1 > ANY (e_schema)) IS NOT FALSE THEN
    RAISE EXCEPTION 'a command needs a fingerprint and its events a version from 1' USING ERRCODE = '23514';
  END IF;
  -- What comes after the lock has to see what was there before it was given.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'an append needs READ COMMITTED' USING ERRCODE = '25001';
  END IF;
  PERFORM 1 FROM log.shard s WHERE s.shard = p_shard FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no shard %', p_shard USING ERRCODE = '22023';
  END IF;
END $$;
REVOKE ALL ON FUNCTION log.begin_append FROM PUBLIC;

-- An event's hash, which goes on from the one before it in its stream. Inlined wherever it is used, for which it must
-- not promise more than `convert_to` does: STABLE.
CREATE FUNCTION log.chained(
  head BYTEA, stream UUID, version BIGINT, tenant_digest BYTEA, command UUID, seq SMALLINT, id UUID, type TEXT,
  schema SMALLINT, recorded_at BIGINT, meta BYTEA, payload BYTEA)
RETURNS BYTEA LANGUAGE SQL STABLE
RETURN sha256(head || uuid_send(stream) || int8send(version) || tenant_digest || uuid_send(command)
  || int2send(seq) || uuid_send(id) || convert_to(type, 'UTF8') || int2send(schema) || int8send(recorded_at)
  || sha256(meta) || sha256(payload));
REVOKE ALL ON FUNCTION log.chained FROM PUBLIC;

-- Programs for version 2 do not say what they have seen.
DROP FUNCTION IF EXISTS log.append_all(SMALLINT, BIGINT, UUID[], TEXT[], BIGINT[], UUID[], BYTEA[],
  INTEGER[], UUID[], TEXT[], SMALLINT[], BYTEA[], BYTEA[]);

-- What callers append with. Nearly every batch is one in which every request is at the version it expects and new.
-- Then nothing is judged, joined or looked up twice, and one row answers for all. Whatever else there is in a batch,
-- `log.append_batch` judges it request by request.
--
-- Takes and answers what `log.append_batch` does; or, where everything was appended, gives one row with the
-- status 'all', the position before the first event, and the time. Events come in the order of requests.
--
-- A command that was recorded before, and is repeated at the stream's present version, violates the unique
-- index of commands: the caller hands such a batch to `log.append_batch`, which answers it.
--
-- `p_after` is a position that the caller has seen: the log's end is looked for from there on, and a stream's from
-- the version that is expected. Postgres takes note of a whole page of an index for the last entry of a range that
-- has no beginning.
CREATE FUNCTION log.append_all(
  p_shard SMALLINT, p_now BIGINT,
  r_stream UUID[], r_tenant TEXT[], r_expected BIGINT[], r_command UUID[], r_fingerprint BYTEA[],
  e_req INTEGER[], e_id UUID[], e_type TEXT[], e_schema SMALLINT[], e_meta BYTEA[], e_payload BYTEA[],
  p_after BIGINT DEFAULT 0)
RETURNS TABLE (req INTEGER, status TEXT, first_version BIGINT, last_version BIGINT, last_position BIGINT,
               recorded_at BIGINT)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  v_position BIGINT;
  v_recorded_at BIGINT;
  v_now BIGINT;
  -- Of each request: the hash that its chain goes on from, where all is as expected.
  v_heads BYTEA[];
  -- Of each event: its place in its command, and its hash. Begun at their full length.
  v_seq SMALLINT[] := e_schema;
  v_hash BYTEA[] := e_payload;
  r INTEGER := 0;
  n INTEGER := 0;
  h BYTEA;
  -- Hashed once: a batch is nearly always one brand's.
  v_tenant BYTEA := sha256(convert_to(r_tenant[1], 'UTF8'));
BEGIN
  PERFORM log.begin_append(p_shard, r_fingerprint, e_schema);
  SELECT e.position, e.recorded_at INTO v_position, v_recorded_at
    FROM log.event e WHERE e.shard = p_shard AND e.position >= p_after ORDER BY e.position DESC LIMIT 1;
  IF NOT FOUND THEN
    -- An empty log, or one that was put back to an earlier day.
    SELECT e.position, e.recorded_at INTO v_position, v_recorded_at
      FROM log.event e WHERE e.shard = p_shard ORDER BY e.position DESC LIMIT 1;
  END IF;
  v_position := coalesce(v_position, 0);
  -- A clock may step back; what is recorded later is never earlier.
  v_now := greatest(p_now, v_recorded_at);
  SELECT array_agg(coalesce(h.hash, sha256(uuid_send(u.stream))) ORDER BY u.i)
           FILTER (WHERE coalesce(h.version, 0) = u.expected AND (h.tenant = u.tenant) IS NOT FALSE)
    INTO v_heads
    FROM unnest(r_stream, r_tenant, r_expected) WITH ORDINALITY AS u(stream, tenant, expected, i)
    LEFT JOIN LATERAL (
      SELECT e.version, e.hash, e.tenant FROM log.event e
       WHERE e.shard = p_shard AND e.stream_id = u.stream AND e.version >= u.expected
       ORDER BY e.version DESC LIMIT 1) h ON true;
  IF cardinality(v_heads) IS DISTINCT FROM cardinality(r_stream) THEN
    RETURN QUERY SELECT * FROM log.append_batch(p_shard, p_now, r_stream, r_tenant, r_expected, r_command,
      r_fingerprint, e_req, e_id, e_type, e_schema, e_meta, e_payload);
    RETURN;
  END IF;
  IF cardinality(e_req) = cardinality(r_stream)
     AND NOT EXISTS (SELECT FROM unnest(e_req) WITH ORDINALITY AS u(req, i) WHERE u.req <> u.i) THEN
    -- One event each, as nearly always: no chain goes on within the batch, and one statement does it all.
    INSERT INTO log.event
    SELECT p_shard, v_position + i, r_stream[i], r_expected[i] + 1, r_tenant[i], e_id[i], r_command[i], 0,
           r_fingerprint[i], e_type[i], e_schema[i], v_now, e_meta[i], e_payload[i],
           log.chained(v_heads[i], r_stream[i], r_expected[i] + 1,
                       CASE r_tenant[i] WHEN r_tenant[1] THEN v_tenant
                                        ELSE sha256(convert_to(r_tenant[i], 'UTF8')) END,
                       r_command[i], 0::SMALLINT, e_id[i], e_type[i], e_schema[i], v_now, e_meta[i], e_payload[i])
      -- Not unnest, which writes each array down first.
      FROM (SELECT generate_series(1, cardinality(e_req)) AS i) u;
    RETURN QUERY SELECT 0, 'all', NULL::BIGINT, NULL::BIGINT, v_position, v_now;
    RETURN;
  END IF;
  FOR i IN 1 .. cardinality(e_req) LOOP
    IF e_req[i] = r THEN
      n := n + 1;
    ELSE
      r := e_req[i];
      n := 0;
      h := v_heads[r];
    END IF;
    h := log.chained(h, r_stream[r], r_expected[r] + n + 1, sha256(convert_to(r_tenant[r], 'UTF8')),
                     r_command[r], n::SMALLINT, e_id[i], e_type[i], e_schema[i], v_now, e_meta[i], e_payload[i]);
    v_seq[i] := n;
    v_hash[i] := h;
  END LOOP;
  INSERT INTO log.event
  SELECT p_shard, v_position + u.i, r_stream[u.req], r_expected[u.req] + u.seq + 1, r_tenant[u.req], u.id,
         r_command[u.req], u.seq, CASE u.seq WHEN 0 THEN r_fingerprint[u.req] END, u.type, u.schema, v_now,
         u.meta, u.payload, u.hash
    FROM unnest(e_req, v_seq, e_id, e_type, e_schema, e_meta, e_payload, v_hash)
         WITH ORDINALITY AS u(req, seq, id, type, schema, meta, payload, hash, i);
  RETURN QUERY SELECT 0, 'all', NULL::BIGINT, NULL::BIGINT, v_position, v_now;
END $$;

REVOKE ALL ON FUNCTION log.append_all FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_all TO casetrail_log_writer;

-- One event of one caller alone, without the machinery for many: in two thirds of the time. Gives its position and its
-- time. Where the stream is not as expected, or there is nothing from `p_after` on, nothing is recorded and nothing
-- answered: `log.append_all` is asked then. A command that was recorded before violates the unique index of commands,
-- as it does there; and whoever sees an older state than the lock lets through, that of positions.
-- Whoever calls it has set `plan_cache_mode` to `force_generic_plan`: set here, that costs a twentieth of the call.
CREATE FUNCTION log.append_one(
  p_shard SMALLINT, p_now BIGINT, p_stream UUID, p_tenant TEXT, p_expected BIGINT, p_command UUID,
  p_fingerprint BYTEA, p_id UUID, p_type TEXT, p_schema SMALLINT, p_meta BYTEA, p_payload BYTEA, p_after BIGINT)
RETURNS BIGINT[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_appended BIGINT[];
BEGIN
  PERFORM 1 FROM log.shard s WHERE s.shard = p_shard FOR UPDATE;
  IF NOT FOUND OR p_fingerprint IS NULL OR (p_schema >= 1) IS NOT TRUE THEN
    -- Says what is wrong. It is called only here because it would be a tenth of the time.
    PERFORM log.begin_append(p_shard, ARRAY[p_fingerprint], ARRAY[p_schema]);
  END IF;
  INSERT INTO log.event
  SELECT p_shard, last.position + 1, p_stream, p_expected + 1, p_tenant, p_id, p_command, 0,
         p_fingerprint, p_type, p_schema, n.now, p_meta, p_payload,
         log.chained(coalesce(h.hash, sha256(uuid_send(p_stream))), p_stream, p_expected + 1,
                     sha256(convert_to(p_tenant, 'UTF8')), p_command, 0::SMALLINT, p_id, p_type, p_schema,
                     n.now, p_meta, p_payload)
    FROM (SELECT e.position, e.recorded_at FROM log.event e
           WHERE e.shard = p_shard AND e.position >= p_after ORDER BY e.position DESC LIMIT 1) last
    LEFT JOIN LATERAL (SELECT e.version, e.hash, e.tenant FROM log.event e
                        WHERE e.shard = p_shard AND e.stream_id = p_stream AND e.version >= p_expected
                        ORDER BY e.version DESC LIMIT 1) h ON true
   -- A clock may step back; what is recorded later is never earlier.
   CROSS JOIN LATERAL (SELECT greatest(p_now, last.recorded_at) AS now) n
   WHERE coalesce(h.version, 0) = p_expected AND (h.tenant = p_tenant) IS NOT FALSE
  RETURNING ARRAY[position, recorded_at] INTO v_appended;
  IF v_appended IS NULL THEN
    -- Nothing is written but the lock, and whoever is asked next waits for the disk.
    PERFORM set_config('synchronous_commit', 'off', true);
  END IF;
  RETURN v_appended;
END $$;

REVOKE ALL ON FUNCTION log.append_one FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_one TO casetrail_log_writer;

UPDATE log.schema_version SET version = 3;
RESET ROLE;
