-- Escalations as lines in a list, one per case. Derived from the cases; can be thrown away and rebuilt.
CREATE TABLE escalation (
    case_id         TEXT   NOT NULL PRIMARY KEY,
    brand           TEXT   NOT NULL,
    number          TEXT   NOT NULL,
    version         BIGINT NOT NULL,
    state           TEXT   NOT NULL,
    progress        TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    method          TEXT   NOT NULL,
    amount_minor    BIGINT NOT NULL,
    currency        TEXT   NOT NULL,
    escalated_at_us BIGINT NOT NULL,
    updated_at_us   BIGINT NOT NULL
);

-- The longest escalated first, within a brand; the id settles ties, so that pages do not overlap.
CREATE INDEX escalation_by_age ON escalation (brand, escalated_at_us, case_id);
