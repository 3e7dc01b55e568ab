-- How many cases are in each state is counted every few seconds: those that are over, by far the most, must
-- not be read for it.
CREATE INDEX cases_by_state ON cases (state);
