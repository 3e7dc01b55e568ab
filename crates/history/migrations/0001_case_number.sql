-- Which case a number stands for. Derived from intake.case_number_issued; can be thrown away and rebuilt.
CREATE TABLE case_number (
    number  TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL
);
