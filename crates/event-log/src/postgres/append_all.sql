-- Version 2: `log.append_all`, what callers append with. Nearly every batch is one in which every request is
-- at the version it expects and new. Then nothing is judged, joined or looked up twice, and one row answers
-- for all. Whatever else there is in a batch, `log.append_batch` judges it request by request.
SET ROLE casetrail_log_owner;

-- Takes and answers what `log.append_batch` does; or, where everything was appended, gives one row with the
-- status 'all', the position before the first event, and the time. Events come in the order of requests.
--
-- A command that was recorded before, and is repeated at the stream's present version, violates the unique
-- index of commands: the caller hands such a batch to `log.append_batch`, which answers it.
CREATE FUNCTION log.append_all(
  p_shard SMALLINT, p_now BIGINT,
  r_stream UUID[], r_tenant TEXT[], r_expected BIGINT[], r_command UUID[], r_fingerprint BYTEA[],
  e_req INTEGER[], e_id UUID[], e_type TEXT[], e_schema SMALLINT[], e_meta BYTEA[], e_payload BYTEA[])
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
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'log.append_all needs READ COMMITTED' USING ERRCODE = '25001';
  END IF;
  PERFORM 1 FROM log.shard s WHERE s.shard = p_shard FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no shard %', p_shard USING ERRCODE = '22023';
  END IF;
  SELECT e.position, e.recorded_at INTO v_position, v_recorded_at
    FROM log.event e WHERE e.shard = p_shard ORDER BY e.position DESC LIMIT 1;
  v_position := coalesce(v_position, 0);
  -- A clock may step back; what is recorded later is never earlier.
  v_now := greatest(p_now, v_recorded_at);
  SELECT array_agg(coalesce(h.hash, sha256(uuid_send(u.stream))) ORDER BY u.i)
           FILTER (WHERE coalesce(h.version, 0) = u.expected AND (h.tenant = u.tenant) IS NOT FALSE)
    INTO v_heads
    FROM unnest(r_stream, r_tenant, r_expected) WITH ORDINALITY AS u(stream, tenant, expected, i)
    LEFT JOIN LATERAL (
      SELECT e.version, e.hash, e.tenant FROM log.event e
       WHERE e.shard = p_shard AND e.stream_id = u.stream ORDER BY e.version DESC LIMIT 1) h ON true;
  IF cardinality(v_heads) IS DISTINCT FROM cardinality(r_stream) THEN
    RETURN QUERY SELECT * FROM log.append_batch(p_shard, p_now, r_stream, r_tenant, r_expected, r_command,
      r_fingerprint, e_req, e_id, e_type, e_schema, e_meta, e_payload);
    RETURN;
  END IF;
  IF cardinality(e_req) = cardinality(r_stream)
     AND NOT EXISTS (SELECT FROM unnest(e_req) WITH ORDINALITY AS u(req, i) WHERE u.req <> u.i) THEN
    -- One event each, as nearly always: no chain goes on within the batch, and one statement does it all.
    INSERT INTO log.event
    SELECT p_shard, v_position + u.i, u.stream, u.expected + 1, u.tenant, u.id, u.command, 0, u.fingerprint,
           u.type, u.schema, v_now, u.meta, u.payload,
           sha256(u.head || uuid_send(u.stream) || int8send(u.expected + 1)
             || sha256(convert_to(u.tenant, 'UTF8')) || uuid_send(u.command) || int2send(0::SMALLINT)
             || uuid_send(u.id) || convert_to(u.type, 'UTF8') || int2send(u.schema) || int8send(v_now)
             || sha256(u.meta) || sha256(u.payload))
      FROM unnest(v_heads, r_stream, r_tenant, r_expected, r_command, r_fingerprint, e_id, e_type, e_schema,
                  e_meta, e_payload)
           WITH ORDINALITY AS u(head, stream, tenant, expected, command, fingerprint, id, type, schema, meta,
                                payload, i);
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
    h := sha256(h || uuid_send(r_stream[r]) || int8send(r_expected[r] + n + 1)
           || sha256(convert_to(r_tenant[r], 'UTF8')) || uuid_send(r_command[r]) || int2send(n::SMALLINT)
           || uuid_send(e_id[i]) || convert_to(e_type[i], 'UTF8') || int2send(e_schema[i]) || int8send(v_now)
           || sha256(e_meta[i]) || sha256(e_payload[i]));
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

UPDATE log.schema_version SET version = 2;
RESET ROLE;
