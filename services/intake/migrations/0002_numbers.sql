-- The last running number given out, by brand and year.
CREATE TABLE number_counter (
    brand         TEXT   NOT NULL,
    year          BIGINT NOT NULL,
    last_sequence BIGINT NOT NULL,
    PRIMARY KEY (brand, year)
);

-- Which case got which number: a repeat gets the same again. Numbers found in the log are written here
-- too, so that none is given twice after this file was thrown away.
CREATE TABLE allocated_number (
    case_id  TEXT   NOT NULL PRIMARY KEY,
    brand    TEXT   NOT NULL,
    year     BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    UNIQUE (brand, year, sequence)
);
