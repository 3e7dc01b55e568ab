-- Erasures that were asked for, one row a fact. Derived from privacy.player_erased and privacy.erasure_refused; can be
-- thrown away and rebuilt. No personal texts.
CREATE TABLE erasure (
    event_id         TEXT   NOT NULL PRIMARY KEY,
    brand            TEXT   NOT NULL,
    player_id        TEXT   NOT NULL,
    ground           TEXT   NOT NULL,
    asked_by         TEXT   NOT NULL,
    recorded_at_us   BIGINT NOT NULL,
    -- Until when a hold ran; 0 if the player was erased.
    refused_until_us BIGINT NOT NULL
);
CREATE INDEX erasure_by_age ON erasure (brand, recorded_at_us, event_id);
CREATE INDEX erasure_of_player ON erasure (brand, player_id);

-- What a case is found by: digests of its player's contacts, under the brand's key for look-ups. Derived from
-- intake.case_opened and intake.callback_requested; can be thrown away and rebuilt by a running service, which has the
-- keys. The digests of an erased player are deleted, and none come again.
CREATE TABLE contact (
    brand   TEXT NOT NULL,
    digest  TEXT NOT NULL,
    case_id TEXT NOT NULL,
    PRIMARY KEY (brand, digest, case_id)
);
CREATE INDEX contact_of_case ON contact (case_id);

-- Whose case it is.
CREATE TABLE contact_case (
    case_id   TEXT NOT NULL PRIMARY KEY,
    brand     TEXT NOT NULL,
    player_id TEXT NOT NULL
);
CREATE INDEX contact_case_of_player ON contact_case (brand, player_id);

-- Who was erased: shards are followed each for itself, and a case's opening may come after.
CREATE TABLE contact_erased (
    brand     TEXT NOT NULL,
    player_id TEXT NOT NULL,
    PRIMARY KEY (brand, player_id)
);
