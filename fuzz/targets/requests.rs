//! Fuzzes `tests/corpus/targets/requests.rs`.
#![no_main]

#[path = "../../tests/corpus/targets/requests.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
