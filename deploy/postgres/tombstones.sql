-- Prints one statement for each player's key that was destroyed. Run on a database that was restored from an older
-- backup, they destroy those keys again:
--   psql --tuples-only --no-align --file tombstones.sql casetrail > destroyed-keys.sql
--   psql --set=ON_ERROR_STOP=1 --file destroyed-keys.sql casetrail
SELECT format(
  'INSERT INTO keys.data_key (key_id, brand, player, created_at_us, destroyed_at_us) '
  'VALUES (%L, %L, %L, %s, %s) ON CONFLICT (key_id) DO UPDATE '
  'SET wrapped = NULL, wrapped_by = NULL, destroyed_at_us = excluded.destroyed_at_us '
  'WHERE data_key.destroyed_at_us IS NULL;',
  key_id, brand, player, created_at_us, destroyed_at_us)
FROM keys.data_key WHERE destroyed_at_us IS NOT NULL ORDER BY destroyed_at_us;
