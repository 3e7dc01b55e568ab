//! The deployables as real processes over a real Postgres and a real NATS, on real time: `casetrail up`
//! runs them, and these tests pull them down. What the stories check in one process is checked here where
//! nothing is shared.

#![cfg(test)]

#[path = "../journey/people.rs"]
mod people;
#[path = "../traces/receiver.rs"]
mod receiver;
#[path = "../journey/requests.rs"]
mod requests;
#[path = "../traces/spans.rs"]
#[expect(dead_code, reason = "the traces' tests look closer")]
mod spans;

mod balanced;
mod fleet;
mod forest;
mod service_config;
mod up;
mod withdrawal;

mod burst;
mod clients;
mod collector;
mod configured;
mod drained;
mod full_disk;
mod killed;
mod outages;
mod pushed;
mod reloaded;
mod replicas;
mod rollout;
mod rotated;
mod sampled;
mod secrets;
mod sharded;
mod traced;
mod upgraded;
