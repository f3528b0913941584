//! The release site, by Trunk.

use crate::parts::Parts;
use crate::process::run;
use crate::setup::SiteTools;
use crate::wasm::TARGET;
use crate::{files, headers, precache};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo profile of the wasm modules.
pub const PROFILE: &str = "wasm-release";

/// Builds the site and returns its folder.
pub fn build(root: &Path, tools: &SiteTools) -> Result<PathBuf> {
    println!("building the site into dist/ (over ten minutes the first time, for Burn)");
    let dist = root.join("dist");
    // Trunk's `--offline` keeps it from downloading tools of its own choice, and cargo with it from
    // downloading crates: those first, with the standard library's where that is built too.
    run(tools
        .toolchain
        .cargo()?
        .args(["fetch", "--quiet", "--locked", "--target", TARGET])
        .current_dir(root))?;
    let mut trunk = Command::new(&tools.trunk);
    trunk.args(["build", "--release", "--offline", "--cargo-profile", PROFILE, "--dist"]);
    trunk.arg(&dist).current_dir(root);
    // Trunk takes NO_COLOR as a flag and refuses the usual value, 1.
    trunk.env_remove("NO_COLOR");
    let directories: Vec<&Path> = tools.directories.iter().map(PathBuf::as_path).collect();
    tools.toolchain.apply(&mut trunk, &directories)?;
    run(&mut trunk)?;
    if !dist.join("index.html").is_file() {
        bail!("Trunk ended well but wrote no dist/index.html: see Trunk.toml");
    }
    seal(root, &dist)?;
    Ok(dist)
}

/// Adds what follows from the built files: licences, headers, and the service worker's list of hashes.
pub fn seal(root: &Path, dist: &Path) -> Result<()> {
    files::write(&dist.join("licences.txt"), Parts::read(root)?.licences()?)?;
    let page = files::read_text(&dist.join("index.html"))?;
    files::write(&dist.join(headers::FILE), headers::file(&headers::all(&page)?))?;
    precache::write(dist)
}
