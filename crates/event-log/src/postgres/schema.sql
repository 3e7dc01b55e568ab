-- The event log in Postgres 15 and newer: one table, one way to write to it. `casetrail migrate` runs this
-- as an administrator; everything belongs to a role that nobody can log in as.
--
-- A shard is an ordering domain: one partition, one run of positions, one stream in NATS.
SET ROLE casetrail_log_owner;

CREATE TABLE log.schema_version (version INTEGER NOT NULL);
INSERT INTO log.schema_version VALUES (1);

-- Only ever locked, never updated: a lock leaves no dead row behind, however old a snapshot somebody holds.
CREATE TABLE log.shard (shard SMALLINT PRIMARY KEY);

CREATE TABLE log.event (
  shard          SMALLINT NOT NULL,
  position       BIGINT   NOT NULL CHECK (position > 0),
  stream_id      UUID     NOT NULL,
  version        BIGINT   NOT NULL CHECK (version > 0),
  tenant         TEXT     NOT NULL,
  event_id       UUID     NOT NULL,
  command_id     UUID     NOT NULL,
  command_seq    SMALLINT NOT NULL CHECK (command_seq >= 0),
  -- Digest of the command's body: once a command, with its first event.
  fingerprint    BYTEA    CHECK ((command_seq = 0) = (fingerprint IS NOT NULL)),
  event_type     TEXT     NOT NULL,
  schema_version SMALLINT NOT NULL CHECK (schema_version > 0),
  recorded_at    BIGINT   NOT NULL, -- microseconds since 1970, UTC
  meta           BYTEA    NOT NULL,
  payload        BYTEA    NOT NULL,
  hash           BYTEA    NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (shard, stream_id, version),
  UNIQUE (shard, position)
) PARTITION BY LIST (shard);

-- Finds a command by its id; a repeat is answered from here.
CREATE UNIQUE INDEX event_command ON log.event (shard, stream_id, command_id) WHERE command_seq = 0;

CREATE FUNCTION log.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the event log is append-only: % refused', TG_OP USING ERRCODE = '55000';
END $$;

CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON log.event FOR EACH STATEMENT EXECUTE FUNCTION log.refuse();
ALTER TABLE log.event ENABLE ALWAYS TRIGGER event_no_truncate;

-- Records one batch: an entry of the r_ arrays for each caller (at most one a stream), and of the e_ arrays
-- for each event, in order. The row lock on the shard is held to the end of the transaction, so positions
-- are given in the order of commit, without gaps, and no reader ever sees a later one before an earlier one.
-- Verdicts in this order: another tenant's stream tells nothing, not even a version; a repeat comes before
-- a conflict, because a caller who lost the first answer still holds the old version.
CREATE FUNCTION log.append_batch(
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
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'log.append_batch needs READ COMMITTED' USING ERRCODE = '25001';
  END IF;
  PERFORM 1 FROM log.shard s WHERE s.shard = p_shard FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no shard %', p_shard USING ERRCODE = '22023';
  END IF;
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
        SELECT e.version, e.position, e.fingerprint, e.recorded_at FROM log.event e
         WHERE e.shard = p_shard AND e.stream_id = u.stream AND e.command_id = u.command
           AND e.command_seq = 0 LIMIT 1) d ON h.version IS NOT NULL),
  ev AS MATERIALIZED (
    SELECT q.req, q.stream, q.tenant, q.command, q.fingerprint, q.cur, q.cur_hash,
           x.id, x.typ, x.sch, x.meta, x.payload,
           row_number() OVER (PARTITION BY x.req ORDER BY x.i) AS n, row_number() OVER (ORDER BY x.i) AS g
      FROM unnest(e_req, e_id, e_type, e_schema, e_meta, e_payload)
           WITH ORDINALITY AS x(req, id, typ, sch, meta, payload, i)
      JOIN q ON q.req = x.req AND q.status = 'appended'),
  chain AS (
    SELECT ev.req, ev.n, sha256(ev.cur_hash || uuid_send(ev.stream) || int8send(ev.cur + 1)
             || sha256(convert_to(ev.tenant, 'UTF8')) || uuid_send(ev.command) || int2send(0::SMALLINT)
             || uuid_send(ev.id) || convert_to(ev.typ, 'UTF8') || int2send(ev.sch) || int8send(v_now)
             || sha256(ev.meta) || sha256(ev.payload)) AS hash
      FROM ev WHERE ev.n = 1
    UNION ALL
    SELECT ev.req, ev.n, sha256(c.hash || uuid_send(ev.stream) || int8send(ev.cur + ev.n)
             || sha256(convert_to(ev.tenant, 'UTF8')) || uuid_send(ev.command)
             || int2send((ev.n - 1)::SMALLINT)
             || uuid_send(ev.id) || convert_to(ev.typ, 'UTF8') || int2send(ev.sch) || int8send(v_now)
             || sha256(ev.meta) || sha256(ev.payload))
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
      -- The command's last event: the one before the next command's first, or else the stream's last.
      SELECT coalesce((SELECT n.version - 1 FROM log.event n
                        WHERE n.shard = p_shard AND n.stream_id = q.stream AND n.version > q.dup_first
                          AND n.command_seq = 0 ORDER BY n.version LIMIT 1), q.cur) AS version) dl
      ON q.status = 'duplicate'
   ORDER BY q.req;
END $$;

ALTER TABLE log.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.event FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_reads ON log.event FOR SELECT TO casetrail_log_owner USING (true);
CREATE POLICY owner_appends ON log.event FOR INSERT TO casetrail_log_owner WITH CHECK (true);
CREATE POLICY all_brands ON log.event FOR SELECT TO casetrail_log_writer, casetrail_log_reader USING (true);
CREATE POLICY one_brand ON log.event FOR SELECT TO casetrail_log_tenant
  USING (tenant = (SELECT current_setting('app.tenant', true)));

-- What a byte string says, as JSON where it is JSON.
CREATE FUNCTION log.shown(bytes BYTEA) RETURNS JSONB LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN convert_from(bytes, 'UTF8')::JSONB;
EXCEPTION WHEN OTHERS THEN
  RETURN to_jsonb('hex:' || encode(bytes, 'hex'));
END $$;

-- For an engineer in psql: times and contents as text. It shows what whoever asks may read.
CREATE VIEW log.event_text WITH (security_invoker = true) AS
SELECT shard, position, stream_id, version, tenant, event_type, schema_version,
       to_timestamp(recorded_at / 1000000.0) AS recorded_at, log.shown(meta) AS meta,
       log.shown(payload) AS payload, event_id, command_id, command_seq, encode(hash, 'hex') AS hash
  FROM log.event;

REVOKE ALL ON FUNCTION log.append_batch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_batch TO casetrail_log_writer;
GRANT USAGE ON SCHEMA log TO casetrail_log_writer, casetrail_log_reader, casetrail_log_tenant;
GRANT SELECT ON log.event, log.event_text, log.schema_version
  TO casetrail_log_writer, casetrail_log_reader, casetrail_log_tenant;

RESET ROLE;
