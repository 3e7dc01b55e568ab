-- What the embedded bus remembers: how far each consumer of reactions is, and what was put aside.
CREATE TABLE checkpoint (
  consumer TEXT    PRIMARY KEY,
  position INTEGER NOT NULL CHECK (position >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
  consumer   TEXT    NOT NULL,
  position   INTEGER NOT NULL,
  stream_id  BLOB    NOT NULL CHECK (length(stream_id) = 16),
  event_id   BLOB    NOT NULL CHECK (length(event_id) = 16),
  event_type TEXT    NOT NULL,
  tries      INTEGER NOT NULL,
  reason     TEXT    NOT NULL,
  failed_at  INTEGER NOT NULL, -- microseconds since 1970, UTC
  PRIMARY KEY (consumer, position)
) STRICT, WITHOUT ROWID;
