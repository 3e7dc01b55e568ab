//! Migrations add; one that takes something away says whom it still serves (docs/adr/0026).

use crate::house::{self, Faults};

/// Statements after which a program of the release before may not find what it uses.
const TAKES_AWAY: [&str; 7] =
    ["DROP TABLE", "DROP COLUMN", "DROP VIEW", "DROP FUNCTION", "RENAME", "SET NOT NULL", "ALTER COLUMN"];

/// How the name of such a migration ends; `service_kit::store` reads it.
const SERVES_FROM: &str = "_serves_from_";

/// From before there was a release, and a rule.
const BEFORE_THE_RULE: &[&str] = &["services/routing/migrations/0002_what_cases_tell_of_agents.sql"];

fn takes_away(sql: &str) -> Option<&'static str> {
    let code = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    let code = code.collect::<Vec<_>>().join(" ").to_uppercase();
    let words = code.split_whitespace().collect::<Vec<_>>().join(" ");
    TAKES_AWAY.into_iter().find(|statement| words.contains(statement))
}

#[test]
fn a_migration_that_takes_something_away_says_whom_it_serves() {
    let mut faults = Faults::default();
    let mut looked_at = 0;
    for folder in ["services", "crates"] {
        for file in house::files(folder, &[".sql"]) {
            if !file.path.contains("/migrations/") || file.path.contains("/tests/") {
                continue;
            }
            looked_at += 1;
            let says =
                file.stem().rsplit_once(SERVES_FROM).is_some_and(|(_, from)| from.parse::<u32>().is_ok());
            if let Some(statement) = takes_away(&file.text).filter(|_| !says) {
                let excused = BEFORE_THE_RULE.contains(&file.path.as_str());
                faults.add_if(!excused, || format!("{}: {statement}", file.path));
            }
        }
    }
    assert!(looked_at > 5, "the migrations were not found");
    faults.assert_none(
        "Programs of the release before still run over it. Take it away one release later, and name the newest \
         migration that the oldest program served knows: 0007_drop_state_serves_from_0006.sql (docs/adr/0026).",
    );
}

#[test]
fn what_takes_away_is_recognised() {
    assert_eq!(takes_away("ALTER TABLE a\n  drop column b;"), Some("DROP COLUMN"));
    assert_eq!(takes_away("-- DROP TABLE a\nCREATE TABLE b (c TEXT NOT NULL);"), None);
}
