//! What the bus over NATS promises beyond what every bus does: a stream that is the log, whatever becomes of
//! NATS, of relays and of replicas.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

mod relay;
mod replicas;
mod world;
