-- Seals in Postgres, beside the events in the schema `log`, and as closed: whoever seals may insert and read.
SET ROLE casetrail_log_owner;

CREATE TABLE IF NOT EXISTS log.seal_schema_version (version BIGINT NOT NULL);

CREATE TABLE IF NOT EXISTS log.seal (
  shard         SMALLINT NOT NULL,
  from_position BIGINT   NOT NULL CHECK (from_position > 0),
  to_position   BIGINT   NOT NULL CHECK (to_position >= from_position),
  root          BYTEA    NOT NULL CHECK (octet_length(root) = 32),
  previous      BYTEA    NOT NULL CHECK (octet_length(previous) = 32),
  sealed_at     BIGINT   NOT NULL, -- microseconds since 1970, UTC
  key_id        BYTEA    NOT NULL CHECK (octet_length(key_id) = 8),
  signature     BYTEA    NOT NULL CHECK (octet_length(signature) = 64),
  -- The leaf hashes of the run, one after the other: they tell which position is wrong when the root is.
  leaves        BYTEA    NOT NULL CHECK (octet_length(leaves) = 32 * (to_position - from_position + 1)),
  PRIMARY KEY (shard, from_position),
  UNIQUE (shard, to_position),
  -- Of two that seal at once, one is told that it came too late.
  UNIQUE (shard, previous)
);

CREATE OR REPLACE FUNCTION log.refuse_seal_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'seals are append-only: % refused', TG_OP USING ERRCODE = '55000';
END $$;

CREATE OR REPLACE TRIGGER seal_no_change BEFORE UPDATE OR DELETE ON log.seal
  FOR EACH ROW EXECUTE FUNCTION log.refuse_seal_change();
CREATE OR REPLACE TRIGGER seal_no_truncate BEFORE TRUNCATE ON log.seal
  FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_seal_change();
ALTER TABLE log.seal ENABLE ALWAYS TRIGGER seal_no_change;
ALTER TABLE log.seal ENABLE ALWAYS TRIGGER seal_no_truncate;

GRANT USAGE ON SCHEMA log TO casetrail_sealer;
GRANT SELECT, INSERT ON log.seal TO casetrail_sealer;
GRANT SELECT ON log.seal TO casetrail_log_writer, casetrail_log_reader;
GRANT SELECT ON log.seal_schema_version TO casetrail_sealer, casetrail_log_writer, casetrail_log_reader;

INSERT INTO log.seal_schema_version
  SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM log.seal_schema_version);

RESET ROLE;
