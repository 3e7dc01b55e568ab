-- Every event once: a batch that is applied twice is refused.
CREATE TABLE seen (
    position BIGINT NOT NULL PRIMARY KEY,
    stream   TEXT   NOT NULL
);
