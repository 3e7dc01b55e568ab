//! What every place for seals promises, and what only some of them have to prove.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::sync::Arc;

use event_log::Hash;
use jiff::Timestamp;
use scratch::shared::Database;
use seals::{
    Draft, Error, MemorySealStore, PostgresSealStore, Seal, SealStore, SigningKey, SqliteSealStore, Witness,
    merkle, postgres,
};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

const LEAVES: [Hash; 3] = [[1; 32], [2; 32], [3; 32]];

/// The seal of the three positions after `before`.
fn next(before: Option<&Seal>) -> Seal {
    let from = before.map_or(0, |before| before.to) + 1;
    let draft = Draft {
        shard: 0,
        from,
        to: from + 2,
        root: merkle::root(&LEAVES),
        previous: before.map_or([0; 32], Seal::hash),
        now: Timestamp::from_second(1_750_000_000).unwrap(),
    };
    Seal::sign(draft, &SigningKey::from_seed(&[1; 32]))
}

async fn keeps_seals(store: &dyn SealStore, keeps_leaves: bool) {
    assert_eq!(store.last().await.unwrap(), None);
    assert_eq!(store.range(0, u64::MAX, 10).await.unwrap(), []);
    let mut seals: Vec<Seal> = Vec::new();
    for _ in 0..4 {
        let seal = next(seals.last());
        store.append(&seal, &LEAVES).await.unwrap();
        // A repeat changes nothing.
        store.append(&seal, &LEAVES).await.unwrap();
        assert_eq!(store.last().await.unwrap().as_ref(), Some(&seal));
        seals.push(seal);
    }
    for (range, expected) in [
        (store.range(1, u64::MAX, 10).await, &seals[..]),
        (store.range(1, u64::MAX, 2).await, &seals[..2]),
        (store.range(7, u64::MAX, 2).await, &seals[2..]),
        (store.range(5, 7, 10).await, &seals[1..3]),
        (store.range(2, 2, 10).await, &seals[..1]),
        (store.range(13, 20, 10).await, &[]),
    ] {
        assert_eq!(range.unwrap(), expected);
    }
    let leaves = store.leaves(&seals[1]).await.unwrap();
    assert_eq!(leaves, keeps_leaves.then(|| LEAVES.to_vec()));

    let mut too_early = next(Some(&seals[3]));
    too_early.from -= 1;
    for stranger in [next(Some(&seals[1])), next(Some(&next(Some(&seals[3])))), too_early] {
        let refused = store.append(&stranger, &LEAVES).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }
    assert_eq!(store.range(0, u64::MAX, 10).await.unwrap(), seals);
}

#[tokio::test]
async fn memory_keeps_seals() {
    keeps_seals(&MemorySealStore::new(), true).await;
}

#[tokio::test]
async fn sqlite_keeps_seals_and_refuses_to_change_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seals.db");
    let store = SqliteSealStore::open(&path, 0).await.unwrap();
    keeps_seals(&store, true).await;
    store.close().await;
    let store = SqliteSealStore::open(&path, 0).await.unwrap();
    assert_eq!(store.last().await.unwrap().unwrap().to, 12, "it is there after opening it again");
    let mut shell = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    for change in
        ["UPDATE seal SET root = x'00'", "DELETE FROM seal", "INSERT OR REPLACE INTO seal SELECT * FROM seal"]
    {
        let refused = sqlx::raw_sql(change).execute(&mut shell).await.expect_err(change).to_string();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
}

#[tokio::test]
async fn postgres_keeps_seals_and_refuses_to_change_them() {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    let refused = PostgresSealStore::open(&database.url, 0).await.unwrap_err();
    assert!(matches!(refused, Error::NotMigrated { .. }), "{refused}");
    event_log::postgres::migrate(&mut admin, 1).await.unwrap();
    postgres::migrate(&mut admin).await.unwrap();
    let role = format!("sealer_{}", database.name);
    run(&mut admin, &format!("CREATE ROLE {role} LOGIN")).await.unwrap();
    postgres::grant(&mut admin, &role).await.unwrap();
    let url = database.url.replacen("postgres@", &format!("{role}@"), 1);
    keeps_seals(&PostgresSealStore::open(&url, 0).await.unwrap(), true).await;
    assert_eq!(PostgresSealStore::open(&url, 1).await.unwrap().last().await.unwrap(), None, "another shard");

    let changes = ["UPDATE log.seal SET sealed_at = 0", "DELETE FROM log.seal", "TRUNCATE log.seal"];
    for mode in ["origin", "replica"] {
        run(&mut admin, &format!("SET session_replication_role = {mode}")).await.unwrap();
        for change in changes {
            let refused = run(&mut admin, change).await.expect_err(change);
            assert!(refused.contains("append-only"), "{change}: {refused}");
        }
    }
    let mut session = PgConnection::connect(&url).await.unwrap();
    for change in changes {
        let refused = run(&mut session, change).await.expect_err(change);
        assert!(refused.contains("permission denied"), "{change}: {refused}");
    }
    run(&mut admin, "ALTER TABLE log.seal DISABLE TRIGGER seal_no_change").await.unwrap();
    let refused = PostgresSealStore::open(&url, 0).await.unwrap_err().to_string();
    assert!(refused.contains("seal_no_change"), "{refused}");
    PostgresSealStore::open_unprotected(&url, 0).await.unwrap();
    database.drop().await.unwrap();
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), String> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn of_two_sealers_in_postgres_one_comes_too_late() {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    event_log::postgres::migrate(&mut admin, 1).await.unwrap();
    postgres::migrate(&mut admin).await.unwrap();
    let stores = [
        PostgresSealStore::open(&database.url, 0).await.unwrap(),
        PostgresSealStore::open(&database.url, 0).await.unwrap(),
    ];
    let (one, mut two) = (next(None), next(None));
    two.to = 2;
    let (first, second) = tokio::join!(stores[0].append(&one, &LEAVES), stores[1].append(&two, &LEAVES[..2]));
    assert_eq!([first, second].iter().filter(|answer| answer.is_ok()).count(), 1);
    database.drop().await.unwrap();
}

#[tokio::test]
async fn a_witness_keeps_seals_as_lines_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness.jsonl");
    let witness = Witness::open(&path).await.unwrap();
    keeps_seals(&witness, false).await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 4);
    let first: Seal = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first, next(None));
    // Another process sees what is added.
    let reader = Witness::open_read_only(&path).await.unwrap();
    let fifth = next(witness.last().await.unwrap().as_ref());
    witness.append(&fifth, &[]).await.unwrap();
    assert_eq!(reader.last().await.unwrap(), Some(fifth.clone()));
    let refused = reader.append(&next(Some(&fifth)), &[]).await.unwrap_err().to_string();
    assert!(refused.contains("reading only"), "{refused}");
}

#[tokio::test]
async fn a_line_that_a_crash_cut_off_anywhere_stays_and_is_followed_by_the_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let first = next(None);
    let second = next(Some(&first));
    let lines = [&first, &second].map(|seal| serde_json::to_string(seal).unwrap() + "\n");
    for cut in 0..lines[1].len() {
        let path = folder.path().join(format!("{cut}.jsonl"));
        let torn = lines[0].clone() + &lines[1][..cut];
        std::fs::write(&path, &torn).unwrap();
        let witness = Witness::open(&path).await.unwrap();
        assert_eq!(witness.last().await.unwrap().as_ref(), Some(&first), "cut at {cut}");
        witness.append(&second, &[]).await.unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(&torn), "nothing was taken away");
        for witness in [witness, Witness::open(&path).await.unwrap()] {
            assert_eq!(witness.range(0, 100, 10).await.unwrap(), [first.clone(), second.clone()]);
        }
    }
}

#[tokio::test]
async fn a_changed_line_of_a_witness_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness.jsonl");
    let witness: Arc<dyn SealStore> = Arc::new(Witness::open(&path).await.unwrap());
    let first = next(None);
    witness.append(&first, &[]).await.unwrap();
    witness.append(&next(Some(&first)), &[]).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"from\"", "\"form\"", 1)).unwrap();
    let reason = Witness::open(&path).await.unwrap_err().to_string();
    assert!(reason.contains("witness.jsonl") && reason.contains("line 1"), "{reason}");
}
