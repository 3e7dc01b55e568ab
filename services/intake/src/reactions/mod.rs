//! What intake does when something happened: one file a fact.

mod on_case_classified;

pub(crate) use on_case_classified::OnCaseClassified;
