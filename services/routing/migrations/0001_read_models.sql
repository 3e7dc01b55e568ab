-- Cases that stand in a queue, in the order of their priority. Derived from the cases; can be thrown away
-- and rebuilt.
CREATE TABLE queue_entry (
    case_id           TEXT   NOT NULL PRIMARY KEY,
    brand             TEXT   NOT NULL,
    team              TEXT   NOT NULL,
    number            TEXT   NOT NULL,
    version           BIGINT NOT NULL,
    state             TEXT   NOT NULL,
    safety_rank       BIGINT NOT NULL,
    jurisdiction_rank BIGINT NOT NULL,
    topic_rank        BIGINT NOT NULL,
    value_rank        BIGINT NOT NULL,
    sla_rank          BIGINT NOT NULL,
    waiting_since_us  BIGINT NOT NULL,
    queued_at_us      BIGINT NOT NULL,
    reason            TEXT   NOT NULL,
    -- What the priority was computed from, and what an agent is chosen by: JSON.
    inputs            TEXT   NOT NULL,
    entry             TEXT   NOT NULL,
    -- The offer that is out; empty words and 0 if none.
    offered_to        TEXT   NOT NULL,
    offer_id          TEXT   NOT NULL,
    offer_reason      TEXT   NOT NULL,
    offer_expires_us  BIGINT NOT NULL
);

CREATE INDEX queue_entry_in_order ON queue_entry
    (brand, team, safety_rank, jurisdiction_rank, topic_rank, value_rank, sla_rank, waiting_since_us, case_id);
CREATE INDEX queue_entry_by_offer ON queue_entry (brand, offered_to, offer_expires_us, case_id);

-- What takes capacity of an agent: cases they own, and cases they are offered (then with the offer's id).
CREATE TABLE holding (
    case_id  TEXT   NOT NULL PRIMARY KEY,
    brand    TEXT   NOT NULL,
    agent_id TEXT   NOT NULL,
    weight   BIGINT NOT NULL,
    offer_id TEXT   NOT NULL
);

CREATE INDEX holding_by_agent ON holding (brand, agent_id);

-- Agents, from the facts about them and from their assignments.
CREATE TABLE agent (
    brand            TEXT   NOT NULL,
    agent_id         TEXT   NOT NULL,
    stream           TEXT   NOT NULL UNIQUE,
    version          BIGINT NOT NULL,
    presence         TEXT   NOT NULL,
    -- Everything they were registered with: JSON.
    registered       TEXT   NOT NULL,
    -- When they last got a case; 0 if never.
    last_assigned_us BIGINT NOT NULL,
    -- Offers in a row that they let run out, those that ran out together counted once, and when the last did.
    missed_offers    BIGINT NOT NULL,
    last_missed_us   BIGINT NOT NULL,
    PRIMARY KEY (brand, agent_id)
);

CREATE TABLE agent_team (
    brand    TEXT NOT NULL,
    team     TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    PRIMARY KEY (brand, team, agent_id)
);

CREATE TABLE personal_contact (
    brand     TEXT NOT NULL,
    player_id TEXT NOT NULL,
    agent_id  TEXT NOT NULL,
    PRIMARY KEY (brand, player_id, agent_id)
);

-- Which case a request to claim the next one was given, so that its repeat gets the same one. Not derived:
-- without it a repeat of an old request may get another case.
CREATE TABLE claim (
    request_id  TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    case_id     TEXT NOT NULL
);
