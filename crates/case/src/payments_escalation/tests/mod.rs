//! Payments-escalation's rules, tried: tables (given, when, then), properties, golden files.

mod escalation;
mod execution;
mod gateway;
mod golden;
mod invariants;
mod properties;
mod resolution;
mod world;
