//! `config`: looks at a configuration before a process does.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::problem::Problem;

/// Options of `config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

impl ConfigArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail config check casetrail.toml        exits with 2 and names what is wrong
  casetrail config show --config casetrail.toml
  casetrail config show --json
  casetrail config schema > casetrail.schema.json
  casetrail config schema --dev                what `casetrail dev` reads

As for the processes, the environment goes over the file: CASETRAIL__GRPC__ADDRESS sets grpc.address.";
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read a file as every process would, and start nothing
    Check {
        /// The file (TOML)
        file: PathBuf,
    },
    /// Print the JSON Schema of a file, for editors and checks
    Schema {
        /// Of the file that `casetrail dev` reads
        #[arg(long)]
        dev: bool,
    },
    /// Print every setting as it is in the end, secrets hidden
    Show {
        /// A configuration file (TOML)
        #[arg(long, value_name = "FILE", env = "CASETRAIL_CONFIG")]
        config: Option<PathBuf>,
    },
}

pub(crate) fn run(args: &ConfigArgs, json: bool) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    match &args.action {
        Action::Check { file } => {
            distributed::check_settings(file)
                .map_err(|wrong| Problem::Usage(wrong.into_iter().collect::<Vec<_>>().join("\n")))?;
            if json {
                writeln!(out, "{}", json!({ "file": file, "usable": true }))?;
            } else {
                writeln!(out, "{} can be used", file.display())?;
            }
        }
        Action::Schema { dev } => {
            let schema = if *dev { embedded::Config::schema() } else { distributed::settings_schema() };
            let schema = schema.map_err(|error| Problem::Usage(error.to_string()))?;
            writeln!(out, "{schema:#}")?;
        }
        Action::Show { config } => {
            let shown = distributed::show_settings(config.as_deref())
                .map_err(|error| Problem::Usage(error.to_string()))?;
            if json {
                writeln!(out, "{}", json!(shown))?;
            } else {
                for (key, value) in shown {
                    writeln!(out, "{key} = {value}")?;
                }
            }
        }
    }
    Ok(())
}
