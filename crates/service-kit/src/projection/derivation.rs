//! How a read model's rows come about, by itself: without a running service, so that they can be derived a
//! second time.

use std::sync::Arc;

use sqlx::AnyConnection;

use super::{Before, CaseRows, FactRows, ReadModel};
use crate::failure::Failure;
use crate::timers::{Timer, put_timers};
use async_trait::async_trait;
use case::Case;

/// A read model with what derives its rows. Cheap to clone.
#[derive(Clone)]
pub struct Derivation {
    model: ReadModel,
    pub(super) by: By,
}

#[derive(Clone)]
pub(super) enum By {
    Facts(Arc<dyn FactRows>),
    Cases(Arc<dyn CaseRows>),
}

impl Derivation {
    /// Rows from single facts.
    pub fn facts(rows: impl FactRows) -> Self {
        Self { model: rows.model(), by: By::Facts(Arc::new(rows)) }
    }

    /// Rows from cases.
    pub fn cases(rows: impl CaseRows) -> Self {
        Self { model: rows.model(), by: By::Cases(Arc::new(rows)) }
    }

    /// The timers of the source of this name, from what is due on a case.
    pub fn timers(name: &'static str, of: impl Fn(&Case) -> Vec<Timer> + Send + Sync + 'static) -> Self {
        Self::cases(DueRows { name, of })
    }

    /// Whose rows.
    pub fn model(&self) -> ReadModel {
        self.model
    }
}

/// Timers as rows, which nobody fires.
struct DueRows<F> {
    name: &'static str,
    of: F,
}

#[async_trait]
impl<F: Fn(&Case) -> Vec<Timer> + Send + Sync + 'static> CaseRows for DueRows<F> {
    fn model(&self) -> ReadModel {
        ReadModel::of_timers(self.name)
    }

    fn unchanged(&self, before: Option<&Case>, after: &Case) -> bool {
        before.map_or_else(Vec::new, &self.of) == (self.of)(after)
    }

    async fn put_all(&self, rows: &mut AnyConnection, cases: &[(&Before, &Case)]) -> Result<(), Failure> {
        put_timers(rows, self.name, cases, &self.of).await
    }
}
