-- What notifications looks up: which cases a player has and what they said about offers, what became of
-- each notification, and what agents are called. All of it is derived from the log.

CREATE TABLE player_case (
    case_id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    brand TEXT NOT NULL,
    player_id TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    excluded BIGINT NOT NULL,
    consent BIGINT NOT NULL,
    consent_us BIGINT NOT NULL,
    -- Whether the player said it themselves: their own word counts before what a later case was opened with.
    consent_stated BIGINT NOT NULL
);
CREATE INDEX player_case_player ON player_case (brand, player_id);

CREATE TABLE delivery (
    notification_id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    brand TEXT NOT NULL,
    kind TEXT NOT NULL,
    audience TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    standing TEXT NOT NULL,
    suppression_reason TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    last_error_code TEXT NOT NULL,
    due_us BIGINT,
    queued_us BIGINT NOT NULL,
    sent_us BIGINT
);
CREATE INDEX delivery_case ON delivery (case_id);
CREATE INDEX delivery_brand ON delivery (brand, queued_us, notification_id);

CREATE TABLE agent (
    brand TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    PRIMARY KEY (brand, agent_id)
);
