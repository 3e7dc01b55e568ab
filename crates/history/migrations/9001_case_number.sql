-- Which case a number stands for. Derived from intake.case_number_issued; can be thrown away and rebuilt.
-- It stands in the database of each service, behind the service's own migrations: hence its high number.
-- There already where the table was made before it moved into the service's own book.
CREATE TABLE IF NOT EXISTS case_number (
    number  TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL
);
