//! The bill of materials of what is shipped: one `CycloneDX` file a program, in `target/sbom`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::process::{ask, install};
use crate::tools::{self, Tool};
use crate::workshop::Workshop;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask sbom                            target/sbom/casetrail.cdx.json and one for each service
  grype sbom:target/sbom/casetrail.cdx.json   look for vulnerabilities in it";

/// The packages of the image's programs (`deploy/docker/Dockerfile`).
const SHIPPED: &[&str] = &["casetrail", "intake", "routing", "payments-escalation", "notifications", "relay"];

/// Writes them, twice: what differs from one time to the next proves nothing.
pub(crate) fn run(workshop: &Workshop) -> Result<bool> {
    let tool = tools::cargo_cyclonedx(workshop)?;
    // With this the file holds the commit's time and no random serial number.
    let epoch = ask(workshop.command("git").args(["log", "-1", "--format=%ct"])).unwrap_or_default();
    let first = written(workshop, &tool, epoch.trim())?;
    ensure!(
        first == written(workshop, &tool, epoch.trim())?,
        "the bill of materials differs from one time to the next"
    );
    let folder = workshop.root.join("target").join("sbom");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (name, text) in &first {
        let path = folder.join(format!("{name}.cdx.json"));
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.strip_prefix(&workshop.root).unwrap_or(&path).display());
    }
    Ok(true)
}

/// Each shipped package with its bill of materials.
fn written(workshop: &Workshop, tool: &Tool, epoch: &str) -> Result<Vec<(String, String)>> {
    let mut write = workshop.command(&tool.program);
    write.args(["cyclonedx", "--format", "json", "--spec-version", "1.5", "--quiet"]);
    install(write.env("SOURCE_DATE_EPOCH", epoch))?;
    let all = beside_manifests(&workshop.root)?;
    let mut kept = Vec::new();
    for path in &all {
        let name = path.file_name().unwrap_or_default().to_string_lossy().replace(".cdx.json", "");
        if SHIPPED.contains(&name.as_str()) {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            // Where the checkout lies is nobody's business, and differs from one machine to the next.
            kept.push((name, text.replace(&workshop.root.display().to_string(), "")));
        }
        // It is written beside every manifest of the workspace.
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    kept.sort();
    let names: Vec<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
    let mut wanted = SHIPPED.to_vec();
    wanted.sort_unstable();
    ensure!(names == wanted, "{} wrote {names:?} and not {wanted:?}", tool.name);
    Ok(kept)
}

fn beside_manifests(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in ["crates", "services", "tests", "xtask"] {
        collect(&root.join(folder), &mut found)?;
    }
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.to_string_lossy().ends_with(".cdx.json") {
            found.push(path);
        }
    }
    Ok(())
}
