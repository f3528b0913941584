//! What the crates may be: `deny.toml`, by cargo-deny.

use crate::process::run;
use crate::setup;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// What a fault of a crate that became known since means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownFaults {
    /// It is printed: no commit may fail for what became known after it.
    Reported,
    /// Nothing is released with it.
    Refused,
}

/// Licences, sources and bans always; known faults where their database can be reached.
pub fn check(root: &Path, known: KnownFaults) -> Result<()> {
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
    match run(&["--locked", "check", "--hide-inclusion-graph", "--disable-fetch", "advisories"]) {
        Err(error) if known == KnownFaults::Reported => {
            println!("  REPORTED, and refused by `cargo xtask release`: {error:#}");
            Ok(())
        }
        outcome => outcome,
    }
}
