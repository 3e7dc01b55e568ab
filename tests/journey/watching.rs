//! The history as clients see it: watched live, read as of a moment, page by page, and verified.

mod as_of;
mod live;
mod pages;
mod traced;
mod verified;
