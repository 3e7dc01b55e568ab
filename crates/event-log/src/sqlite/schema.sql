-- The event log in one SQLite file. One file holds one shard; `position` is the row's own key, so rows
-- are written at the end of the table and read back in order.
CREATE TABLE event (
  shard          INTEGER NOT NULL CHECK (shard = 0),
  position       INTEGER PRIMARY KEY CHECK (position > 0),
  stream_id      BLOB    NOT NULL CHECK (length(stream_id) = 16),
  version        INTEGER NOT NULL CHECK (version > 0),
  tenant         TEXT    NOT NULL,
  event_id       BLOB    NOT NULL CHECK (length(event_id) = 16),
  command_id     BLOB    NOT NULL CHECK (length(command_id) = 16),
  command_seq    INTEGER NOT NULL CHECK (command_seq >= 0),
  -- Digest of the command's body: once a command, with its first event.
  fingerprint    BLOB    CHECK ((command_seq = 0) = (fingerprint IS NOT NULL)),
  event_type     TEXT    NOT NULL,
  schema_version INTEGER NOT NULL CHECK (schema_version > 0),
  recorded_at    INTEGER NOT NULL, -- microseconds since 1970, UTC
  meta           BLOB    NOT NULL,
  payload        BLOB    NOT NULL,
  hash           BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE UNIQUE INDEX event_stream ON event (stream_id, version);

-- Finds a command by its id; a repeat is answered from here.
CREATE UNIQUE INDEX event_command ON event (command_id, stream_id) WHERE command_seq = 0;

CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the event log is append-only: UPDATE refused'); END;

CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the event log is append-only: DELETE refused'); END;

-- INSERT OR REPLACE deletes the row it replaces, and does so without firing the trigger above on any
-- connection that has recursive_triggers off (the default). So nothing that could replace a row, leave a
-- gap or use a command id twice gets as far as that: rows only ever go to the end.
CREATE TRIGGER event_only_at_the_end BEFORE INSERT ON event
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM event)
  OR NEW.version IS NOT (SELECT coalesce(max(version), 0) + 1 FROM event WHERE stream_id = NEW.stream_id)
  OR (NEW.command_seq = 0 AND EXISTS (SELECT 1 FROM event INDEXED BY event_command
        WHERE stream_id = NEW.stream_id AND command_id = NEW.command_id AND command_seq = 0))
BEGIN SELECT RAISE(ABORT, 'the event log is append-only: INSERT must go to the end'); END;

-- For an engineer with the sqlite3 shell: ids, times and contents as text.
CREATE VIEW event_text AS
SELECT position,
       lower(substr(hex(stream_id), 1, 8) || '-' || substr(hex(stream_id), 9, 4) || '-' ||
             substr(hex(stream_id), 13, 4) || '-' || substr(hex(stream_id), 17, 4) || '-' ||
             substr(hex(stream_id), 21)) AS stream_id,
       version,
       tenant,
       event_type,
       schema_version,
       strftime('%Y-%m-%dT%H:%M:%S', recorded_at / 1000000, 'unixepoch')
         || printf('.%06dZ', recorded_at % 1000000) AS recorded_at,
       iif(json_valid(CAST(meta AS TEXT)), json(CAST(meta AS TEXT)), 'hex:' || hex(meta)) AS meta,
       iif(json_valid(CAST(payload AS TEXT)), json(CAST(payload AS TEXT)), 'hex:' || hex(payload)) AS payload,
       lower(substr(hex(event_id), 1, 8) || '-' || substr(hex(event_id), 9, 4) || '-' ||
             substr(hex(event_id), 13, 4) || '-' || substr(hex(event_id), 17, 4) || '-' ||
             substr(hex(event_id), 21)) AS event_id,
       lower(substr(hex(command_id), 1, 8) || '-' || substr(hex(command_id), 9, 4) || '-' ||
             substr(hex(command_id), 13, 4) || '-' || substr(hex(command_id), 17, 4) || '-' ||
             substr(hex(command_id), 21)) AS command_id,
       command_seq,
       lower(hex(hash)) AS hash
FROM event;
