-- What cases tell of agents stands apart from what agents tell of themselves, and does not depend on the order in
-- which it is learned: cases in several shards have none between them. The rows are written anew.
DELETE FROM projection WHERE name LIKE 'routing.agents%';
DELETE FROM agent_team;
DELETE FROM personal_contact;
DROP TABLE agent;

-- Agents, from the facts about them.
CREATE TABLE agent (
    brand      TEXT   NOT NULL,
    agent_id   TEXT   NOT NULL,
    stream     TEXT   NOT NULL UNIQUE,
    version    BIGINT NOT NULL,
    presence   TEXT   NOT NULL,
    -- Everything they were registered with: JSON.
    registered TEXT   NOT NULL,
    PRIMARY KEY (brand, agent_id)
);

-- When agents last got a case (0 if never), and when they last did anything.
CREATE TABLE agent_activity (
    brand            TEXT   NOT NULL,
    agent_id         TEXT   NOT NULL,
    last_assigned_us BIGINT NOT NULL,
    last_active_us   BIGINT NOT NULL,
    PRIMARY KEY (brand, agent_id)
);

-- Offers that agents let run out since they last did anything.
CREATE TABLE missed_offer (
    brand     TEXT   NOT NULL,
    agent_id  TEXT   NOT NULL,
    missed_us BIGINT NOT NULL,
    PRIMARY KEY (brand, agent_id, missed_us)
);
