-- Who read what of whom. Not derived from the log: it tells of what changed nothing. No personal texts.
CREATE TABLE personal_read (
    read_id   TEXT   NOT NULL PRIMARY KEY,
    at_us     BIGINT NOT NULL,
    -- Kind and id, such as agent:mette.
    reader    TEXT   NOT NULL,
    brand     TEXT   NOT NULL,
    case_id   TEXT   NOT NULL,
    player_id TEXT   NOT NULL,
    method    TEXT   NOT NULL,
    -- Which of the case's texts were shown.
    fields    TEXT   NOT NULL,
    -- What the reader said it was for; empty if nothing.
    purpose   TEXT   NOT NULL
);
CREATE INDEX personal_read_by_age ON personal_read (brand, at_us, read_id);
CREATE INDEX personal_read_of_case ON personal_read (case_id, at_us);
CREATE INDEX personal_read_by_reader ON personal_read (at_us, reader);
