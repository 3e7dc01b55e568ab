//! The journey of a case, end to end: the stories, and what must hold beside them.

#![cfg(test)]

#[path = "../support/bytes.rs"]
mod bytes;
mod case_watch;
mod people;
mod refusal;
mod requests;
mod scene;

mod bad_input;
mod checked;
mod erasure;
mod evidence;
mod keys;
mod mail;
mod masked;
mod metrics;
mod read_models;
mod reads;
mod restart;
mod startup;
mod stories;
mod watching;
