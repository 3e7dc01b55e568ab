//! Rows from single facts, along the log. Those that the read model does not follow are not even decoded.

use event_bus::Filter;
use sqlx::AnyConnection;

use super::pages::Pages;
use super::{Progress, TOGETHER, read};
use crate::failure::Failure;
use crate::projection::FactRows;

/// Takes the facts on these pages into the rows.
pub(super) async fn take_in(
    mut pages: Pages,
    derived: &dyn FactRows,
    rows: &mut AnyConnection,
    progress: Progress<'_>,
) -> Result<(), Failure> {
    let wanted = Filter::types(derived.facts().iter().copied());
    let mut facts = Vec::new();
    while let Some(page) = pages.next().await? {
        let events = u64::try_from(page.len()).unwrap_or(u64::MAX);
        for committed in page.into_iter().filter(|event| wanted.matches(&event.event_type)) {
            let event = read(&committed)?;
            facts.push((committed, event));
        }
        if facts.len() >= TOGETHER {
            derived.put_all(rows, &facts).await?;
            facts.clear();
        }
        progress(events);
    }
    derived.put_all(rows, &facts).await
}
