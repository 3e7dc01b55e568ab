//! Running other programs: shown, so that a reader can repeat each by hand, and always waited for.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What a program left behind.
pub(crate) struct Finished {
    /// Whether it ended with exit code 0.
    pub(crate) success: bool,
    /// Its standard output.
    pub(crate) stdout: String,
}

/// Runs a program with its output shown as it comes. True when it ended with exit code 0.
pub(crate) fn run(command: &mut Command) -> Result<bool> {
    show(command);
    let status = command.stdin(Stdio::null()).status().with_context(|| cannot_start(command))?;
    Ok(status.success())
}

/// As [`run`], with its output on standard error: standard output is left to the caller.
pub(crate) fn run_aside(command: &mut Command) -> Result<bool> {
    eprintln!("$ {}", words(command));
    let status = command.stdin(Stdio::null()).stdout(std::io::stderr()).status();
    Ok(status.with_context(|| cannot_start(command))?.success())
}

/// Runs a program that installs something; its failure is an error that names it.
pub(crate) fn install(command: &mut Command) -> Result<()> {
    if run(command)? { Ok(()) } else { bail!("`{}` failed; see its output above", words(command)) }
}

/// Runs a program with its output shown as it comes, and keeps its standard output.
pub(crate) fn run_and_keep(command: &mut Command) -> Result<Finished> {
    show(command);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| cannot_start(command))?;
    let mut stdout = String::new();
    if let Some(pipe) = child.stdout.take() {
        let mut shown = std::io::stdout();
        for line in BufReader::new(pipe).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            writeln!(shown, "{line}")?;
            stdout.push_str(&line);
            stdout.push('\n');
        }
    }
    Ok(Finished { success: child.wait()?.success(), stdout })
}

/// Runs a program unseen, such as `TOOL --version`. `None` when it cannot be started or fails.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn show(command: &Command) {
    println!("$ {}", words(command));
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", command.get_program().to_string_lossy())
}

/// The command as it would be typed in the root of the repository.
fn words(command: &Command) -> String {
    let root = command.get_current_dir().map(|root| format!("{}/", root.display())).unwrap_or_default();
    let program = command.get_program().to_string_lossy().replace(&root, "");
    // The absolute path of the running toolchain's cargo says nothing to a reader.
    let program = if program.ends_with("/cargo") { "cargo".to_owned() } else { program };
    let words = command.get_args().map(|word| word.to_string_lossy().replace(&root, ""));
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed_in_the_root() {
        let mut command = Command::new("/repo/target/tools/bin/cargo-deny");
        command.current_dir("/repo").args(["--config", "/repo/deny.toml"]);
        assert_eq!(words(&command), "target/tools/bin/cargo-deny --config deny.toml");
        assert_eq!(words(Command::new("/toolchains/1.95/bin/cargo").arg("fmt")), "cargo fmt");
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(error.to_string().contains("no-such-program-here"), "{error}");
        assert!(ask(&mut Command::new("no-such-program-here")).is_none());
    }
}
