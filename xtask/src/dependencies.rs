//! What the crates may be: `deny.toml`, by cargo-deny.

use crate::process::run;
use crate::setup;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// Licences, sources and bans always; known faults where their database can be reached.
pub fn check(root: &Path) -> Result<()> {
    let deny = setup::for_dependencies(root)?;
    let run = |arguments: &[&str]| run(Command::new(&deny).args(arguments).current_dir(root));
    run(&[
        "--locked",
        "--log-level",
        "error",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ])?;
    if let Err(error) = run(&["--log-level", "error", "fetch", "db"]) {
        println!(
            "  SKIPPED: known faults of the crates, as RustSec's database cannot be reached ({error:#})"
        );
        return Ok(());
    }
    run(&["--locked", "check", "--hide-inclusion-graph", "--disable-fetch", "advisories"])
}
