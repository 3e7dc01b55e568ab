-- Cases as lines in a list, one per case, and what patterns are found by. Derived from the cases; can be
-- thrown away and rebuilt. No personal texts.
CREATE TABLE cases (
    case_id        TEXT   NOT NULL PRIMARY KEY,
    brand          TEXT   NOT NULL,
    number         TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    state          TEXT   NOT NULL,
    player_id      TEXT   NOT NULL,
    channel        TEXT   NOT NULL,
    topic          TEXT   NOT NULL,
    team           TEXT   NOT NULL,
    owner_agent_id TEXT   NOT NULL,
    language       TEXT   NOT NULL,
    product        TEXT   NOT NULL,
    pattern_id     TEXT   NOT NULL,
    opened_at_us   BIGINT NOT NULL,
    updated_at_us  BIGINT NOT NULL
);

-- The last opened first, within a brand; the id settles ties, so that pages do not overlap.
CREATE INDEX cases_by_age ON cases (brand, opened_at_us, case_id);
CREATE INDEX cases_by_player ON cases (brand, player_id, opened_at_us);
CREATE INDEX cases_by_product ON cases (brand, topic, product, opened_at_us);
