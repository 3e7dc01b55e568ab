//! `casetrail bench system`: the child that `casetrail bench journey --protection` measures. It is `casetrail dev`
//! with some of what protects personal data left out; it is in no help text, and refuses a folder that has a log.

use clap::{Args, ValueEnum};
use embedded::Unprotected;

use crate::dev::{self, DevArgs};

/// Options of `casetrail bench system`.
#[derive(Debug, Args)]
pub(crate) struct SystemArgs {
    #[command(flatten)]
    dev: DevArgs,
    /// What to leave out
    #[arg(long, value_name = "WHAT")]
    without: Vec<LeftOut>,
}

/// What may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LeftOut {
    /// Personal texts are recorded as they are
    Sealing,
    /// Card data is not looked for
    Masking,
}

impl LeftOut {
    /// As it is typed.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sealing => "sealing",
            Self::Masking => "masking",
        }
    }
}

pub(crate) async fn run(args: SystemArgs, json: bool) -> anyhow::Result<()> {
    let left_out = Unprotected {
        without_sealing: args.without.contains(&LeftOut::Sealing),
        without_masking: args.without.contains(&LeftOut::Masking),
    };
    Box::pin(dev::run_unprotected(args.dev, json, left_out)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_typed_as_it_is_read() {
        for one in LeftOut::value_variants() {
            assert_eq!(one.to_possible_value().unwrap().get_name(), one.word());
        }
    }
}
