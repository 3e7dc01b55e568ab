-- One more shard: its partition, guarded, and the row that its writers lock.
SET ROLE casetrail_log_owner;
CREATE TABLE log.event_SHARD PARTITION OF log.event FOR VALUES IN (SHARD);
ALTER TABLE log.event_SHARD ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.event_SHARD FORCE ROW LEVEL SECURITY;
CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON log.event_SHARD
  FOR EACH ROW EXECUTE FUNCTION log.refuse();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON log.event_SHARD
  FOR EACH STATEMENT EXECUTE FUNCTION log.refuse();
ALTER TABLE log.event_SHARD ENABLE ALWAYS TRIGGER event_no_change;
ALTER TABLE log.event_SHARD ENABLE ALWAYS TRIGGER event_no_truncate;
INSERT INTO log.shard VALUES (SHARD);
RESET ROLE;
