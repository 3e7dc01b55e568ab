//! How much one caller may ask, so that the others are answered too.
//!
//! - `config`: every limit of a server, as `[grpc.limits]` sets it.
//! - `rates`: how often one caller may call one method.
//! - `held`: how many calls and watches one caller may have open.
//!
//! A refusal says when to try again. It costs the server little: the caller is known, and nothing was read.

mod config;
mod held;
mod rates;

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use access::table::{self, Admits};
use case::{Actor, ActorKind};

use crate::failure::Failure;
use crate::metrics::metrics;

pub use config::{LimitsConfig, LimitsError, MessageSizes, Rate, SMALLEST_MESSAGE_BYTES};
pub(crate) use held::{Held, Open};
use rates::Rates;

/// How long somebody waits who has too much open: until something of it has ended, which nobody knows.
const UNTIL_SOMETHING_ENDS: Duration = Duration::from_secs(1);

/// How long a refusal waits at least, and at most. Whoever asks again at once then asks no faster than this, and
/// what it costs to say no stays small, however many calls somebody has in the air.
const REFUSED_AFTER: Duration = Duration::from_millis(100);
const REFUSED_AFTER_AT_MOST: Duration = Duration::from_secs(2);
/// For so many refusals that wait already, the next waits [`REFUSED_AFTER`] longer.
const REFUSALS_A_STEP: u32 = 16;

/// Counts what callers ask. One of a server.
pub struct Limits {
    persons: Rates,
    systems: Rates,
    /// The rates of methods that have one of their own.
    methods: Vec<(String, Rates)>,
    calls_of_persons: Open,
    calls_of_systems: Open,
    watches: Open,
    refusals: Open,
    metadata_bytes: usize,
    hasher: RandomState,
}

impl Limits {
    /// As the configuration has it.
    ///
    /// # Errors
    /// A limit that would let nobody in, or one of a method that nobody may call.
    pub fn new(config: &LimitsConfig) -> Result<Self, LimitsError> {
        config.check()?;
        let methods =
            config.methods.iter().map(|(method, rate)| (format!("/{method}"), Rates::of(*rate))).collect();
        Ok(Self {
            persons: Rates::of(config.person()),
            systems: Rates::of(config.system()),
            methods,
            calls_of_persons: Open::at_most(config.person_calls_in_hand),
            calls_of_systems: Open::at_most(config.system_calls_in_hand),
            watches: Open::at_most(config.watches),
            refusals: Open::at_most(u32::MAX),
            metadata_bytes: config.metadata_bytes,
            hasher: RandomState::new(),
        })
    }

    /// Whether the metadata of a call is small enough. Asked before the caller is known: nobody has to read it.
    pub(crate) fn fits(&self, headers: &http::HeaderMap) -> Result<(), Failure> {
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if bytes <= self.metadata_bytes {
            return Ok(());
        }
        Err(Failure::Exhausted {
            reason: "METADATA_TOO_LARGE",
            message: format!(
                "the metadata has {bytes} bytes and may have {}; send less of it",
                self.metadata_bytes
            ),
            retry_after: None,
        })
    }

    /// Lets a call in, and counts it until what is returned is dropped.
    pub(crate) fn admit(&self, caller: &Actor, path: &str, is_watch: bool) -> Result<Held, Failure> {
        let who = (kind(caller.kind), caller.id.as_str());
        // What nobody serves is one method: a caller must not get a new allowance for each made-up name.
        let method = if table::admitted(path) == Admits::Nobody { "" } else { path };
        let own = self.methods.iter().find(|(limited, _)| limited == method).map(|(_, rates)| rates);
        let (usual, calls) = match caller.kind {
            ActorKind::Service | ActorKind::Bot => (&self.systems, &self.calls_of_systems),
            ActorKind::Agent | ActorKind::Player => (&self.persons, &self.calls_of_persons),
        };
        let rates = own.unwrap_or(usual);
        if let Err(wait) = rates.take(self.hasher.hash_one((who, method))) {
            return Err(too_many(
                "TOO_MANY_CALLS",
                "this caller calls this method too often; wait as long as the retry info says",
                wait,
            ));
        }
        let (open, reason, message) = if is_watch {
            (
                &self.watches,
                "TOO_MANY_WATCHES",
                "this caller watches as much as one may; end a watch before beginning another",
            )
        } else {
            (
                calls,
                "TOO_MANY_CALLS_IN_HAND",
                "this caller has as many calls in hand as one may; wait for an answer before asking more",
            )
        };
        open.take(self.hasher.hash_one(who)).ok_or_else(|| too_many(reason, message, UNTIL_SOMETHING_ENDS))
    }

    /// Returns when it is time to refuse a call of this caller: the later, the more of them wait for the same. What
    /// waits takes a stream of its connection, of which there are so many.
    pub(crate) async fn wait_to_refuse(&self, caller: &Actor, at_most: Duration) {
        let waiting = self.refusals.take(self.hasher.hash_one((kind(caller.kind), caller.id.as_str())));
        let steps = 1 + waiting.as_ref().map_or(0, Held::number) / REFUSALS_A_STEP;
        let wait = REFUSED_AFTER.saturating_mul(steps).min(REFUSED_AFTER_AT_MOST);
        tokio::time::sleep(wait.min(at_most)).await;
    }

    /// A call was refused for want of room: it is counted.
    pub(crate) fn count(failure: &Failure, method: &str) {
        if let Failure::Exhausted { reason, .. } = failure {
            metrics().refused(method, reason);
        }
    }
}

fn too_many(reason: &'static str, message: &str, wait: Duration) -> Failure {
    Failure::Exhausted { reason, message: message.to_owned(), retry_after: Some(wait) }
}

fn kind(kind: ActorKind) -> u8 {
    match kind {
        ActorKind::Player => 0,
        ActorKind::Agent => 1,
        ActorKind::Bot => 2,
        ActorKind::Service => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &str = "/casetrail.intake.v1.IntakeService/GetCase";
    const OPEN: &str = "/casetrail.intake.v1.IntakeService/OpenCase";

    fn limits(change: impl FnOnce(&mut LimitsConfig)) -> Limits {
        let mut config =
            LimitsConfig { person_burst: 3, person_calls_per_second: 1, ..LimitsConfig::default() };
        change(&mut config);
        Limits::new(&config).unwrap()
    }

    fn reason(answer: Result<Held, Failure>) -> &'static str {
        answer.map_or_else(|failure| failure.reason(), |_| "")
    }

    #[test]
    fn each_caller_has_an_allowance_for_each_method() {
        let limits = limits(|_| {});
        let (mette, ola) = (Actor::agent("mette", &[]), Actor::agent("ola", &[]));
        for _ in 0..3 {
            assert_eq!(reason(limits.admit(&mette, GET, false)), "");
        }
        let Err(refused) = limits.admit(&mette, GET, false) else { panic!("a fourth call at once") };
        let Failure::Exhausted { retry_after: Some(wait), .. } = refused else { panic!("{refused}") };
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(reason(limits.admit(&mette, OPEN, false)), "", "another method");
        assert_eq!(reason(limits.admit(&ola, GET, false)), "", "another caller");
        assert_eq!(reason(limits.admit(&Actor::player("mette"), GET, false)), "", "a player of that name");
    }

    #[test]
    fn made_up_methods_share_one_allowance() {
        let limits = limits(|_| {});
        let mette = Actor::agent("mette", &[]);
        let tried: Vec<_> =
            (0..4).map(|number| reason(limits.admit(&mette, &format!("/x.Y/Z{number}"), false))).collect();
        assert_eq!(tried, ["", "", "", "TOO_MANY_CALLS"]);
    }

    #[test]
    fn a_method_may_have_a_rate_of_its_own_and_systems_have_another() {
        let limits = limits(|config| {
            let rate = Rate { calls_per_second: 1, burst: 1 };
            config.methods.insert(OPEN.trim_start_matches('/').to_owned(), rate);
        });
        let crm = Actor { kind: ActorKind::Service, ..Actor::agent("crm", &[]) };
        assert_eq!(reason(limits.admit(&crm, OPEN, false)), "");
        assert_eq!(reason(limits.admit(&crm, OPEN, false)), "TOO_MANY_CALLS");
        assert!((0..100).all(|_| limits.admit(&crm, GET, false).is_ok()));
    }

    #[test]
    fn what_is_open_counts_until_it_ends() {
        let limits =
            limits(|config| (config.person_calls_in_hand, config.watches, config.person_burst) = (2, 1, 100));
        let mette = Actor::agent("mette", &[]);
        let first = limits.admit(&mette, GET, false).unwrap();
        let _second = limits.admit(&mette, OPEN, false).unwrap();
        assert_eq!(reason(limits.admit(&mette, OPEN, false)), "TOO_MANY_CALLS_IN_HAND");
        let _watch = limits.admit(&mette, GET, true).unwrap();
        assert_eq!(reason(limits.admit(&mette, GET, true)), "TOO_MANY_WATCHES");
        drop(first);
        assert_eq!(reason(limits.admit(&mette, OPEN, false)), "");
    }

    #[test]
    fn metadata_is_measured_with_its_names() {
        let limits = limits(|config| config.metadata_bytes = 1_024);
        let headers = |bytes: usize| {
            let value = http::HeaderValue::from_str(&"a".repeat(bytes)).unwrap();
            http::HeaderMap::from_iter([(http::HeaderName::from_static("x-1"), value)])
        };
        assert!(limits.fits(&headers(1_021)).is_ok());
        assert_eq!(limits.fits(&headers(1_022)).unwrap_err().reason(), "METADATA_TOO_LARGE");
    }
}
