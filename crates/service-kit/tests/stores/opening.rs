//! A service checks its schema and never changes it; whoever migrates may do so twice, and at once.

use scratch::shared::Database;
use service_kit::store::{CONNECTIONS, Store, StoreError, migrate_postgres};
use sqlx::migrate::Migrator;
use sqlx::{AnyPool, Connection, PgConnection};

use crate::world::{MIGRATIONS, Place, SCHEMA};

/// Adds something.
static NEWER: Migrator = sqlx::migrate!("tests/stores/newer");
/// Takes away what programs before [`NEWER`] used.
static CONTRACTED: Migrator = sqlx::migrate!("tests/stores/contracted");

async fn open(url: &str, migrations: &Migrator) -> Result<Store, StoreError> {
    Store::open_postgres(url, SCHEMA, migrations, CONNECTIONS).await
}

/// What the error says, which must name the schema and the way out.
fn refusal(opened: Result<Store, StoreError>) -> String {
    let refused = opened.unwrap_err();
    assert!(matches!(refused, StoreError::Schema { .. }), "{refused:?}");
    let said = refused.to_string();
    assert!(said.contains(SCHEMA) && said.contains("casetrail migrate"), "{said}");
    said
}

#[tokio::test]
async fn a_schema_that_was_never_migrated_is_refused() {
    let database = Database::create().await.unwrap();
    let said = refusal(open(&database.url, &MIGRATIONS).await);
    assert!(said.contains("no tables") && said.contains("migrations 1"), "{said}");
    database.drop().await.unwrap();
}

#[tokio::test]
async fn an_older_schema_is_refused_and_both_versions_are_named() {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    migrate_postgres(&mut admin, SCHEMA, &MIGRATIONS).await.unwrap();
    let said = refusal(open(&database.url, &NEWER).await);
    assert!(said.contains("has migrations 1, but") && said.contains("needs migrations 1, 2:"), "{said}");
    database.drop().await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_used_and_left_as_it_is_until_it_takes_away_what_is_needed() {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    // Expanded: the program before goes on, and may be started again.
    migrate_postgres(&mut admin, SCHEMA, &NEWER).await.unwrap();
    assert!(open(&database.url, &NEWER).await.is_ok());
    let store = open(&database.url, &MIGRATIONS).await.unwrap();
    sqlx::query("INSERT INTO seen (position, stream) VALUES (1, 's')").execute(store.pool()).await.unwrap();
    migrate_postgres(&mut admin, SCHEMA, &MIGRATIONS).await.unwrap();
    assert!(open(&database.url, &NEWER).await.is_ok());

    // Contracted: only who knows the expansion goes on.
    migrate_postgres(&mut admin, SCHEMA, &CONTRACTED).await.unwrap();
    assert!(open(&database.url, &NEWER).await.is_ok());
    let said = refusal(open(&database.url, &MIGRATIONS).await);
    assert!(said.contains("has migrations 1, 2, 3, but") && said.contains("needs migrations 1:"), "{said}");
    let migrated = migrate_postgres(&mut admin, SCHEMA, &MIGRATIONS).await;
    assert!(matches!(migrated, Err(StoreError::Migrate { .. })), "{migrated:?}");
    // Refused or not, the connection goes on to the next schema.
    migrate_postgres(&mut admin, "another", &MIGRATIONS).await.unwrap();
    database.drop().await.unwrap();
}

#[tokio::test]
async fn two_that_migrate_at_once_make_one_schema() {
    let database = Database::create().await.unwrap();
    let migrate = async || {
        let mut admin = PgConnection::connect(&database.url).await.unwrap();
        migrate_postgres(&mut admin, SCHEMA, &NEWER).await.unwrap();
    };
    tokio::join!(migrate(), migrate(), migrate());
    assert!(open(&database.url, &NEWER).await.is_ok());
    database.drop().await.unwrap();
}

#[tokio::test]
async fn a_name_that_is_no_plain_word_reaches_no_statement() {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    let refused = migrate_postgres(&mut admin, "x\"; DROP SCHEMA public", &MIGRATIONS).await;
    assert!(matches!(refused, Err(StoreError::Name(_))), "{refused:?}");
    database.drop().await.unwrap();
}

#[tokio::test]
async fn a_refused_password_is_not_repeated() {
    let refused = open("postgres://nobody:hunter2@127.0.0.1:1/none", &MIGRATIONS).await.unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
}

async fn count(pool: &AnyPool) -> i64 {
    use sqlx::Row;
    sqlx::query("SELECT COUNT(*) FROM seen").fetch_one(pool).await.unwrap().get(0)
}

/// sqlx issue 4393: whoever gives up while a transaction begins hands back a connection that is inside one.
async fn nothing_acknowledged_is_lost_when_callers_give_up(place: Place) {
    let store = place.open().await;
    let mut acknowledged = 0;
    for position in 0_i64..300 {
        // Given up at each of its first steps in turn.
        let mut call = Box::pin(store.begin());
        for _ in 0..position % 4 {
            if futures_util::poll!(call.as_mut()).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
        let written = sqlx::query("INSERT INTO seen (position, stream) VALUES ($1, $2)")
            .bind(position)
            .bind("s")
            .execute(store.pool())
            .await;
        acknowledged += i64::from(written.is_ok());
    }
    store.close().await;
    let again = place.open().await;
    assert_eq!((acknowledged, count(again.pool()).await), (300, 300));
    place.remove().await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_in_a_file() {
    nothing_acknowledged_is_lost_when_callers_give_up(Place::file()).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_postgres() {
    nothing_acknowledged_is_lost_when_callers_give_up(Place::postgres().await).await;
}
