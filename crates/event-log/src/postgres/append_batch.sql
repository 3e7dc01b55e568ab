-- Version 4: what judges a batch request by request. A conflict, and every other verdict, once looked through the index
-- of all commands for the end of a repeat that it was not, while it held the shard.
SET ROLE casetrail_log_owner;

-- Records one batch: an entry of the r_ arrays for each caller (at most one a stream), and of the e_ arrays
-- for each event, in order.
-- Verdicts in this order: another tenant's stream tells nothing, not even a version; a repeat comes before
-- a conflict, because a caller who lost the first answer still holds the old version.
CREATE OR REPLACE FUNCTION log.append_batch(
  p_shard SMALLINT, p_now BIGINT,
  r_stream UUID[], r_tenant TEXT[], r_expected BIGINT[], r_command UUID[], r_fingerprint BYTEA[],
  e_req INTEGER[], e_id UUID[], e_type TEXT[], e_schema SMALLINT[], e_meta BYTEA[], e_payload BYTEA[])
RETURNS TABLE (req INTEGER, status TEXT, first_version BIGINT, last_version BIGINT, last_position BIGINT,
               recorded_at BIGINT)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- Planned once a connection: planning costs more than running it, and a plan made for the numbers of one
-- batch may take quadratic time for the next.
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  v_position BIGINT := 0;
  v_now BIGINT := p_now;
  v_last RECORD;
BEGIN
  PERFORM log.begin_append(p_shard, r_fingerprint, e_schema);
  SELECT e.position, e.recorded_at INTO v_last
    FROM log.event e WHERE e.shard = p_shard ORDER BY e.position DESC LIMIT 1;
  IF FOUND THEN
    v_position := v_last.position;
    -- A clock may step back; what is recorded later is never earlier.
    v_now := greatest(p_now, v_last.recorded_at);
  END IF;
  RETURN QUERY
  WITH RECURSIVE
  q AS MATERIALIZED (
    SELECT u.i::INTEGER AS req, u.stream, u.tenant, u.command, u.fingerprint,
           coalesce(h.version, 0) AS cur, coalesce(h.hash, sha256(uuid_send(u.stream))) AS cur_hash,
           d.version AS dup_first, d.position AS dup_position, d.recorded_at AS dup_recorded_at,
           CASE WHEN h.tenant <> u.tenant THEN 'wrong_tenant'
                WHEN d.version IS NOT NULL AND d.fingerprint = u.fingerprint THEN 'duplicate'
                WHEN d.version IS NOT NULL THEN 'reused'
                WHEN u.expected <> coalesce(h.version, 0) THEN 'conflict'
                ELSE 'appended' END AS status
      FROM unnest(r_stream, r_tenant, r_expected, r_command, r_fingerprint)
           WITH ORDINALITY AS u(stream, tenant, expected, command, fingerprint, i)
      LEFT JOIN LATERAL (
        SELECT e.version, e.hash, e.tenant FROM log.event e
         WHERE e.shard = p_shard AND e.stream_id = u.stream ORDER BY e.version DESC LIMIT 1) h ON true
      LEFT JOIN LATERAL (
        SELECT e.version, e.position, e.fingerprint, e.recorded_at
          FROM (SELECT * FROM log.event WHERE shard = p_shard AND command_id = u.command AND command_seq = 0
                -- By the command's id whatever the planner thinks: a stream may be long.
                OFFSET 0) e
         WHERE e.stream_id = u.stream) d ON h.version IS NOT NULL),
  ev AS MATERIALIZED (
    SELECT q.req, q.stream, q.tenant, q.command, q.fingerprint, q.cur, q.cur_hash,
           x.id, x.typ, x.sch, x.meta, x.payload,
           row_number() OVER (PARTITION BY x.req ORDER BY x.i) AS n, row_number() OVER (ORDER BY x.i) AS g
      FROM unnest(e_req, e_id, e_type, e_schema, e_meta, e_payload)
           WITH ORDINALITY AS x(req, id, typ, sch, meta, payload, i)
      JOIN q ON q.req = x.req AND q.status = 'appended'),
  chain AS (
    SELECT ev.req, ev.n,
           log.chained(ev.cur_hash, ev.stream, ev.cur + 1, sha256(convert_to(ev.tenant, 'UTF8')), ev.command,
                       0::SMALLINT, ev.id, ev.typ, ev.sch, v_now, ev.meta, ev.payload) AS hash
      FROM ev WHERE ev.n = 1
    UNION ALL
    SELECT ev.req, ev.n,
           log.chained(c.hash, ev.stream, ev.cur + ev.n, sha256(convert_to(ev.tenant, 'UTF8')), ev.command,
                       (ev.n - 1)::SMALLINT, ev.id, ev.typ, ev.sch, v_now, ev.meta, ev.payload)
      FROM chain c JOIN ev ON ev.req = c.req AND ev.n = c.n + 1),
  ins AS (
    INSERT INTO log.event
    SELECT p_shard, v_position + ev.g, ev.stream, ev.cur + ev.n, ev.tenant, ev.id, ev.command,
           (ev.n - 1)::SMALLINT, CASE ev.n WHEN 1 THEN ev.fingerprint END, ev.typ, ev.sch, v_now,
           ev.meta, ev.payload, c.hash
      FROM ev JOIN chain c ON c.req = ev.req AND c.n = ev.n ORDER BY ev.g
    RETURNING stream_id, version, position)
  SELECT q.req, q.status,
         CASE q.status WHEN 'appended' THEN i.f WHEN 'duplicate' THEN q.dup_first
                       WHEN 'conflict' THEN q.cur END,
         CASE q.status WHEN 'appended' THEN i.l WHEN 'duplicate' THEN dl.version END,
         CASE q.status WHEN 'appended' THEN i.p
                       WHEN 'duplicate' THEN q.dup_position + dl.version - q.dup_first END,
         CASE q.status WHEN 'appended' THEN v_now WHEN 'duplicate' THEN q.dup_recorded_at END
    FROM q
    LEFT JOIN (SELECT stream_id, min(version) AS f, max(version) AS l, max(position) AS p
                 FROM ins GROUP BY stream_id) i ON i.stream_id = q.stream
    LEFT JOIN LATERAL (
      -- The command's last event: the one before the next command's first, or else the stream's last. Only where it is
      -- asked for. A command's first event alone bears a fingerprint, and is asked for by its length: `command_seq = 0`
      -- lets a planner who takes the index of all commands for a small one go through the whole of it.
      SELECT CASE q.status WHEN 'duplicate' THEN coalesce(
        (SELECT n.version - 1 FROM log.event n
          WHERE n.shard = p_shard AND n.stream_id = q.stream AND n.version > q.dup_first
            AND octet_length(n.fingerprint) > 0 ORDER BY n.version LIMIT 1), q.cur) END AS version) dl
      ON true
   ORDER BY q.req;
END $$;

REVOKE ALL ON FUNCTION log.append_batch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_batch TO casetrail_log_writer;

UPDATE log.schema_version SET version = 4;
RESET ROLE;
