//! Masking measured on a labelled corpus, and compared with a slow reference.

mod corpus;
mod properties;
mod reference;
