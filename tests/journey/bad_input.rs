//! Bad input, each over a real connection: it is refused with a stable reason and a sentence that helps,
//! nothing of it is recorded, and nothing that was there is lost.

mod callers;
mod etags;
mod interruptions;
mod moments;
mod money;
mod newer_facts;
mod pages;
mod repeats;
mod repeats_elsewhere;
mod texts;
mod unknown_cases;
mod uploads;
mod wire;
