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

GRANT USAGE ON SCHEMA log TO casetrail_log_writer, casetrail_log_reader, casetrail_log_tenant;
GRANT SELECT ON log.event, log.event_text, log.schema_version
  TO casetrail_log_writer, casetrail_log_reader, casetrail_log_tenant;

RESET ROLE;
